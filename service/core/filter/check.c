/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/filter/check.h"

#include "core/filter/lexer.h"

#include <string.h>

typedef enum {
  TYPE_ANY, /* the value of a name that nobody looked up */
  TYPE_INTEGER,
  TYPE_FLOAT,
  TYPE_NUMBER, /* one of the two before */
  TYPE_STRING,
  TYPE_PATTERN, /* a string with stars in it */
} Type;

typedef struct {
  TbusFilterScope scope;
  const TbusFilterEvent *event;
} Check;

static gboolean check_node (const Check *self, const TbusFilterNode *node, Type *type, GError **error);

static gboolean
is_text (Type type)
{
  return type == TYPE_STRING || type == TYPE_PATTERN;
}

static gboolean
is_number (Type type)
{
  return type == TYPE_INTEGER || type == TYPE_FLOAT || type == TYPE_NUMBER;
}

/* Contexts that every app has for filters, whether the channel records them or not. */
static const struct {
  const char *name;
  Type type;
} contexts[] = {
  { "cgroup_ns", TYPE_INTEGER }, { "cpu_id", TYPE_INTEGER },  { "ipc_ns", TYPE_INTEGER },
  { "mnt_ns", TYPE_INTEGER },    { "net_ns", TYPE_INTEGER },  { "pid_ns", TYPE_INTEGER },
  { "procname", TYPE_STRING },   { "pthread_id", TYPE_INTEGER }, { "time_ns", TYPE_INTEGER },
  { "user_ns", TYPE_INTEGER },   { "uts_ns", TYPE_INTEGER },  { "vegid", TYPE_INTEGER },
  { "veuid", TYPE_INTEGER },     { "vgid", TYPE_INTEGER },    { "vpid", TYPE_INTEGER },
  { "vsgid", TYPE_INTEGER },     { "vsuid", TYPE_INTEGER },   { "vtid", TYPE_INTEGER },
  { "vuid", TYPE_INTEGER },
};

static gboolean
unknown_context (const TbusFilterNode *node, const char *name, GError **error)
{
  g_autoptr(GString) known = g_string_new (NULL);

  if (g_str_equal (name, "$ctx.ip") || g_str_has_prefix (name, "$ctx.perf"))
    return tbus_filter_fail (error, node->column, "%s can be recorded, but no filter can read it", name);
  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    g_string_append_printf (known, "%s%s", i > 0 ? ", " : "", contexts[i].name);
  return tbus_filter_fail (error, node->column, "there is no context %s: there are %s", name, known->str);
}

static gboolean
check_context (const TbusFilterNode *node, Type *type, GError **error)
{
  g_autofree char *name = NULL;

  if (tbus_filter_node_is_indexed (node))
    return tbus_filter_fail (error, node->column, "no context is an array");
  name = tbus_filter_node_name (node);
  if (node->root == TBUS_FILTER_ROOT_APP_CONTEXT)
    return TRUE; /* each value has its type */
  for (guint i = 0; i < G_N_ELEMENTS (contexts); i++)
    if (g_str_equal (name + strlen ("$ctx."), contexts[i].name))
      {
        *type = contexts[i].type;
        return TRUE;
      }
  return unknown_context (node, name, error);
}

static const TbusFilterField *
find_field (const TbusFilterEvent *event, const char *name)
{
  for (gsize i = 0; i < event->n_fields; i++)
    if (g_str_equal (event->fields[i].name, name))
      return &event->fields[i];
  return NULL;
}

static gboolean
check_element (const Check *self, const TbusFilterField *field, const TbusFilterStep *step, GError **error)
{
  switch (field->kind)
    {
    case TBUS_FILTER_FIELD_ARRAY:
      return step->index < field->length
             || tbus_filter_fail (error, step->column, "%s of %s has %u elements, counted from 0", field->name,
                                  self->event->name, field->length);
    case TBUS_FILTER_FIELD_SEQUENCE:
    case TBUS_FILTER_FIELD_OTHER:
      return TRUE;
    default:
      return tbus_filter_fail (error, step->column, "%s of %s is no array of numbers", field->name,
                               self->event->name);
    }
}

static gboolean
check_scalar (const Check *self, const TbusFilterNode *node, const TbusFilterField *field, Type *type, GError **error)
{
  switch (field->kind)
    {
    case TBUS_FILTER_FIELD_INTEGER:
      *type = TYPE_INTEGER;
      return TRUE;
    case TBUS_FILTER_FIELD_FLOAT:
      *type = TYPE_FLOAT;
      return TRUE;
    case TBUS_FILTER_FIELD_STRING:
      *type = TYPE_STRING;
      return TRUE;
    default:
      return tbus_filter_fail (error, node->column, "%s of %s is an array: compare one of its elements, as %s[0]",
                               field->name, self->event->name, field->name);
    }
}

static gboolean
check_field (const Check *self, const TbusFilterNode *node, Type *type, GError **error)
{
  const TbusFilterStep *steps = (const TbusFilterStep *) node->steps->data;
  const TbusFilterField *field;

  if (node->steps->len > 2 || (node->steps->len == 2 && steps[1].name != NULL))
    return tbus_filter_fail (error, steps[1].column, "fields have no members, and their elements neither");
  if (node->steps->len == 2)
    *type = TYPE_INTEGER;
  if (self->scope != TBUS_FILTER_CHECK_EVENT)
    return TRUE;
  field = find_field (self->event, steps[0].name);
  if (field == NULL)
    return tbus_filter_fail (error, node->column, "%s has no field %s", self->event->name, steps[0].name);
  if (node->steps->len == 2)
    return check_element (self, field, &steps[1], error);
  return check_scalar (self, node, field, type, error);
}

static gboolean
check_reference (const Check *self, const TbusFilterNode *node, Type *type, GError **error)
{
  *type = TYPE_ANY;
  if (self->scope == TBUS_FILTER_CHECK_LANGUAGE)
    return TRUE;
  return node->root == TBUS_FILTER_ROOT_PAYLOAD ? check_field (self, node, type, error)
                                                : check_context (node, type, error);
}

static gboolean
check_prefix (const Check *self, const TbusFilterNode *node, Type *type, GError **error)
{
  const char *text = tbus_filter_operators[node->op].text;

  if (!check_node (self, node->operand, type, error))
    return FALSE;
  if (is_text (*type))
    return tbus_filter_fail (error, node->column, "%s takes a number, not a string", text);
  if (node->op == TBUS_FILTER_BIT_NOT && *type == TYPE_FLOAT)
    return tbus_filter_fail (error, node->column, "%s takes an integer, not a float", text);
  if (node->op == TBUS_FILTER_MINUS && node->operand->kind == TBUS_FILTER_NODE_INTEGER && node->operand->is_unsigned)
    return tbus_filter_fail (error, node->column, "this is too small: integers go down to -9223372036854775808");
  if (node->op == TBUS_FILTER_NOT || node->op == TBUS_FILTER_BIT_NOT)
    *type = TYPE_INTEGER;
  else if (*type == TYPE_ANY)
    *type = TYPE_NUMBER;
  return TRUE;
}

/* The tracer compares all integers as signed ones, so large unsigned ones are equal, but in no order. */
static gboolean
check_order (const TbusFilterLink *link, Type left, Type right, const TbusFilterNode *large, GError **error)
{
  const char *text = tbus_filter_operators[link->op].text;

  if (left == TYPE_PATTERN || right == TYPE_PATTERN)
    return tbus_filter_fail (error, link->column, "%s takes no pattern: \\* stands for a star, == and != take patterns",
                             text);
  if (large->kind == TBUS_FILTER_NODE_INTEGER && large->is_unsigned)
    return tbus_filter_fail (error, large->column,
                             "%s compares signed numbers, up to 9223372036854775807; == and != take larger ones", text);
  return TRUE;
}

static gboolean
check_comparison (const TbusFilterLink *link, const TbusFilterNode *before, Type left, Type right, GError **error)
{
  if ((is_text (left) && is_number (right)) || (is_number (left) && is_text (right)))
    return tbus_filter_fail (error, link->column, "%s compares a string with a number, which are never alike",
                             tbus_filter_operators[link->op].text);
  if (left == TYPE_PATTERN && right == TYPE_PATTERN)
    return tbus_filter_fail (error, link->column, "%s compares two patterns: one side has to be a value",
                             tbus_filter_operators[link->op].text);
  if (tbus_filter_operators[link->op].level == TBUS_FILTER_LEVEL_ORDER)
    return check_order (link, left, right, before, error) && check_order (link, left, right, link->operand, error);
  return TRUE;
}

static gboolean
check_bitwise (const TbusFilterLink *link, Type left, Type right, GError **error)
{
  const char *text = tbus_filter_operators[link->op].text;
  const TbusFilterNode *count = link->operand;

  if (is_text (left) || is_text (right))
    return tbus_filter_fail (error, link->column, "%s takes integers, not strings", text);
  if (left == TYPE_FLOAT || right == TYPE_FLOAT)
    return tbus_filter_fail (error, link->column, "%s takes integers, not floats", text);
  if (tbus_filter_operators[link->op].level == TBUS_FILTER_LEVEL_SHIFT && count->kind == TBUS_FILTER_NODE_INTEGER
      && count->integer > 63)
    return tbus_filter_fail (error, count->column, "%s shifts 64 bits by 0 to 63", text);
  return TRUE;
}

static gboolean
check_link (const TbusFilterLink *link, const TbusFilterNode *before, Type left, Type right, GError **error)
{
  switch (tbus_filter_operators[link->op].level)
    {
    case TBUS_FILTER_LEVEL_OR:
    case TBUS_FILTER_LEVEL_AND:
      return !(is_text (left) || is_text (right))
             || tbus_filter_fail (error, link->column, "%s takes conditions and numbers, not strings",
                                  tbus_filter_operators[link->op].text);
    case TBUS_FILTER_LEVEL_EQUALITY:
    case TBUS_FILTER_LEVEL_ORDER:
      return check_comparison (link, before, left, right, error);
    default:
      return check_bitwise (link, left, right, error);
    }
}

static gboolean
check_chain (const Check *self, const TbusFilterNode *node, Type *type, GError **error)
{
  const TbusFilterNode *before = node->operand;

  if (!check_node (self, node->operand, type, error))
    return FALSE;
  for (guint i = 0; i < node->links->len; i++)
    {
      const TbusFilterLink *link = &g_array_index (node->links, TbusFilterLink, i);
      Type right;

      if (!check_node (self, link->operand, &right, error) || !check_link (link, before, *type, right, error))
        return FALSE;
      *type = TYPE_INTEGER;
      before = node; /* from the second link on, what stands left is a result */
    }
  return TRUE;
}

static gboolean
check_node (const Check *self, const TbusFilterNode *node, Type *type, GError **error)
{
  switch (node->kind)
    {
    case TBUS_FILTER_NODE_INTEGER:
      *type = TYPE_INTEGER;
      return TRUE;
    case TBUS_FILTER_NODE_FLOAT:
      *type = TYPE_FLOAT;
      return TRUE;
    case TBUS_FILTER_NODE_STRING:
      *type = node->pattern ? TYPE_PATTERN : TYPE_STRING;
      return TRUE;
    case TBUS_FILTER_NODE_REFERENCE:
      return check_reference (self, node, type, error);
    case TBUS_FILTER_NODE_PREFIX:
      return check_prefix (self, node, type, error);
    default:
      return check_chain (self, node, type, error);
    }
}

gboolean
tbus_filter_check_tree (const TbusFilterNode *tree, TbusFilterScope scope, const TbusFilterEvent *event,
                        GError **error)
{
  const Check self = { scope, event };
  Type type;

  if (!check_node (&self, tree, &type, error))
    return FALSE;
  if (is_text (type))
    return tbus_filter_fail (error, tree->column, "a string alone is no condition: compare it with another");
  if (type == TYPE_FLOAT)
    return tbus_filter_fail (error, tree->column, "a float alone is no condition: compare it, as with != 0");
  return TRUE;
}
