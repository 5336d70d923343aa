/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/filter/bytecode.h"

#include "base/limits.h"
#include "core/filter/lexer.h"

#include <string.h>

/* Those of operators are in core/filter/operator. */
enum {
  OP_RETURN = 1,
  OP_LOAD_FIELD_REF = 59,
  OP_LOAD_STRING = 64,
  OP_LOAD_S64 = 65,
  OP_LOAD_DOUBLE = 66,
  OP_CAST_TO_S64 = 67,
  OP_CAST_DOUBLE_TO_S64 = 68,
  OP_GET_CONTEXT_REF = 70,
  OP_LOAD_STAR_GLOB_STRING = 76,
  OP_GET_CONTEXT_ROOT = 79,
  OP_GET_APP_CONTEXT_ROOT = 80,
  OP_GET_PAYLOAD_ROOT = 81,
  OP_GET_SYMBOL = 82,
  OP_GET_INDEX_U64 = 85,
  OP_LOAD_FIELD = 86,
};

enum { MAX_DEPTH = 8, MAX_SIZE = G_MAXUINT16 };

/* What the tracer, before it knows the event, takes the value on top of the stack for. */
typedef enum {
  REGISTER_SIGNED,   /* a signed integer: the one type that && and || surely take */
  REGISTER_UNSIGNED, /* what bitwise operators leave */
  REGISTER_DOUBLE,
  REGISTER_OTHER, /* a string, or what only linking tells */
} Register;

typedef struct {
  GByteArray *code, *relocations;
  guint depth;  /* of the stack, now */
  guint n_steps;
} Emitter;

static gboolean emit_node (Emitter *self, const TbusFilterNode *node, Register *reg, GError **error);

static void
emit_byte (Emitter *self, guint8 byte)
{
  g_byte_array_append (self->code, &byte, 1);
}

static void
emit_u16 (GByteArray *out, gsize number)
{
  guint16 value = number; /* what does not fit is beyond MAX_SIZE, and refused in the end */

  g_byte_array_append (out, (const guint8 *) &value, sizeof value);
}

static void
emit_u64 (Emitter *self, guint64 value)
{
  g_byte_array_append (self->code, (const guint8 *) &value, sizeof value);
}

static gboolean
push (Emitter *self, guint column, GError **error)
{
  if (self->depth == MAX_DEPTH)
    return tbus_filter_fail (error, column,
                             "this needs more than %d values at a time: write what is nested deepest first", MAX_DEPTH);
  self->depth++;
  return TRUE;
}

static gboolean
emit_integer (Emitter *self, guint64 value, guint column, GError **error)
{
  if (!push (self, column, error))
    return FALSE;
  emit_byte (self, OP_LOAD_S64);
  emit_u64 (self, value);
  return TRUE;
}

static gboolean
emit_float (Emitter *self, const TbusFilterNode *node, GError **error)
{
  guint64 bits;

  if (!push (self, node->column, error))
    return FALSE;
  memcpy (&bits, &node->real, sizeof bits);
  emit_byte (self, OP_LOAD_DOUBLE);
  emit_u64 (self, bits);
  return TRUE;
}

/* A star at the end alone is matched by the plain comparison, which is cheaper. */
static gboolean
needs_glob (const TbusFilterNode *node)
{
  const char *at = node->string;

  if (!node->pattern)
    return FALSE;
  for (; *at != '*'; at++)
    at += *at == '\\'; /* and what it escapes */
  return at[1] != '\0';
}

static gboolean
emit_string (Emitter *self, const TbusFilterNode *node, GError **error)
{
  if (!push (self, node->column, error))
    return FALSE;
  emit_byte (self, needs_glob (node) ? OP_LOAD_STAR_GLOB_STRING : OP_LOAD_STRING);
  g_byte_array_append (self->code, (const guint8 *) node->string, strlen (node->string) + 1);
  return TRUE;
}

/* The instruction that comes next refers to @name. Returns: where the name is in the table. */
static gsize
relocate (Emitter *self, const char *name)
{
  gsize offset;

  emit_u16 (self->relocations, self->code->len);
  offset = self->relocations->len;
  g_byte_array_append (self->relocations, (const guint8 *) name, strlen (name) + 1);
  return offset;
}

static void
emit_plain_reference (Emitter *self, const TbusFilterNode *node)
{
  g_autofree char *name = tbus_filter_node_name (node);

  relocate (self, name);
  emit_byte (self, node->root == TBUS_FILTER_ROOT_PAYLOAD ? OP_LOAD_FIELD_REF : OP_GET_CONTEXT_REF);
  emit_u16 (self->code, G_MAXUINT16); /* for the tracer to fill in */
}

static gboolean
emit_path (Emitter *self, const TbusFilterNode *node, GError **error)
{
  static const guint8 roots[] = { OP_GET_PAYLOAD_ROOT, OP_GET_CONTEXT_ROOT, OP_GET_APP_CONTEXT_ROOT };

  self->n_steps += node->steps->len;
  if (self->n_steps > TBUS_MAX_FILTER_STEPS)
    return tbus_filter_fail (error, node->column, "a filter has at most %d elements of arrays",
                             TBUS_MAX_FILTER_STEPS / 2);
  emit_byte (self, roots[node->root]);
  for (guint i = 0; i < node->steps->len; i++)
    {
      const TbusFilterStep *step = &g_array_index (node->steps, TbusFilterStep, i);

      if (step->name != NULL)
        {
          gsize offset = relocate (self, step->name);

          emit_byte (self, OP_GET_SYMBOL);
          emit_u16 (self->code, offset);
        }
      else
        {
          emit_byte (self, OP_GET_INDEX_U64);
          emit_u64 (self, step->index);
        }
    }
  emit_byte (self, OP_LOAD_FIELD);
  return TRUE;
}

static gboolean
emit_reference (Emitter *self, const TbusFilterNode *node, GError **error)
{
  if (!push (self, node->column, error))
    return FALSE;
  if (tbus_filter_node_is_indexed (node))
    return emit_path (self, node, error);
  emit_plain_reference (self, node);
  return TRUE;
}

/*
 * ! of what may be a float is == 0: the tracer's own ! leaves the float where the next instruction looks, so that
 * !f && 1 would ask for f.
 */
static gboolean
emit_not (Emitter *self, const TbusFilterNode *node, Register *reg, GError **error)
{
  if (*reg == REGISTER_SIGNED || *reg == REGISTER_UNSIGNED)
    {
      emit_byte (self, tbus_filter_operators[TBUS_FILTER_NOT].opcode);
      return TRUE;
    }
  if (!emit_integer (self, 0, node->column, error))
    return FALSE;
  emit_byte (self, tbus_filter_operators[TBUS_FILTER_EQ].opcode);
  self->depth--;
  *reg = REGISTER_SIGNED;
  return TRUE;
}

static gboolean
emit_prefix (Emitter *self, const TbusFilterNode *node, Register *reg, GError **error)
{
  if (!emit_node (self, node->operand, reg, error))
    return FALSE;
  if (node->op == TBUS_FILTER_NOT)
    return emit_not (self, node, reg, error);
  if (node->op == TBUS_FILTER_PLUS)
    return TRUE;
  emit_byte (self, tbus_filter_operators[node->op].opcode);
  *reg = node->op == TBUS_FILTER_BIT_NOT ? REGISTER_UNSIGNED : REGISTER_OTHER;
  return TRUE;
}

/* Both ways to where && and || lead have to leave the same type there. */
static void
emit_cast (Emitter *self, Register reg)
{
  if (reg == REGISTER_DOUBLE)
    emit_byte (self, OP_CAST_DOUBLE_TO_S64);
  else if (reg != REGISTER_SIGNED)
    emit_byte (self, OP_CAST_TO_S64);
}

static gboolean
emit_logical (Emitter *self, const TbusFilterLink *link, Register left, GError **error)
{
  Register right;
  gsize patch;

  emit_cast (self, left);
  emit_byte (self, tbus_filter_operators[link->op].opcode);
  patch = self->code->len;
  emit_u16 (self->code, 0);
  self->depth--; /* the left value goes, unless it decides */
  if (!emit_node (self, link->operand, &right, error))
    return FALSE;
  emit_cast (self, right);
  if (self->code->len <= MAX_SIZE)
    {
      guint16 target = self->code->len;

      memcpy (self->code->data + patch, &target, sizeof target);
    }
  return TRUE;
}

static gboolean
emit_chain (Emitter *self, const TbusFilterNode *node, Register *reg, GError **error)
{
  if (!emit_node (self, node->operand, reg, error))
    return FALSE;
  for (guint i = 0; i < node->links->len; i++)
    {
      const TbusFilterLink *link = &g_array_index (node->links, TbusFilterLink, i);
      const TbusFilterOperatorInfo *info = &tbus_filter_operators[link->op];
      Register right;

      if (info->level <= TBUS_FILTER_LEVEL_AND)
        {
          if (!emit_logical (self, link, *reg, error))
            return FALSE;
          *reg = REGISTER_SIGNED;
          continue;
        }
      if (!emit_node (self, link->operand, &right, error))
        return FALSE;
      emit_byte (self, info->opcode);
      self->depth--;
      *reg = info->level <= TBUS_FILTER_LEVEL_ORDER ? REGISTER_SIGNED : REGISTER_UNSIGNED;
    }
  return TRUE;
}

static gboolean
emit_node (Emitter *self, const TbusFilterNode *node, Register *reg, GError **error)
{
  switch (node->kind)
    {
    case TBUS_FILTER_NODE_INTEGER:
      *reg = REGISTER_SIGNED;
      return emit_integer (self, node->integer, node->column, error);
    case TBUS_FILTER_NODE_FLOAT:
      *reg = REGISTER_DOUBLE;
      return emit_float (self, node, error);
    case TBUS_FILTER_NODE_STRING:
      *reg = REGISTER_OTHER;
      return emit_string (self, node, error);
    case TBUS_FILTER_NODE_REFERENCE:
      *reg = REGISTER_OTHER;
      return emit_reference (self, node, error);
    case TBUS_FILTER_NODE_PREFIX:
      return emit_prefix (self, node, reg, error);
    default:
      return emit_chain (self, node, reg, error);
    }
}

gboolean
tbus_filter_compile (const TbusFilterNode *tree, GBytes **bytecode, guint32 *reloc_offset, GError **error)
{
  g_autoptr(GByteArray) code = g_byte_array_new ();
  g_autoptr(GByteArray) relocations = g_byte_array_new ();
  Emitter self = { .code = code, .relocations = relocations };
  Register reg;
  guint32 length;

  if (!emit_node (&self, tree, &reg, error))
    return FALSE;
  emit_byte (&self, OP_RETURN);
  length = code->len;
  g_byte_array_append (code, relocations->data, relocations->len);
  if (code->len > MAX_SIZE)
    return tbus_filter_fail (error, tree->column, "it is too long: compiled it has %u bytes, and %d are the most",
                             code->len, MAX_SIZE);
  *reloc_offset = length;
  *bytecode = g_byte_array_free_to_bytes (g_steal_pointer (&code));
  return TRUE;
}
