/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/filter/tree.h"

static void
step_clear (gpointer data)
{
  g_free (((TbusFilterStep *) data)->name);
}

static void
link_clear (gpointer data)
{
  tbus_filter_node_free (((TbusFilterLink *) data)->operand);
}

TbusFilterNode *
tbus_filter_node_new (TbusFilterNodeKind kind, guint column)
{
  TbusFilterNode *self = g_new0 (TbusFilterNode, 1);

  self->kind = kind;
  self->column = column;
  if (kind == TBUS_FILTER_NODE_REFERENCE)
    {
      self->steps = g_array_new (FALSE, FALSE, sizeof (TbusFilterStep));
      g_array_set_clear_func (self->steps, step_clear);
    }
  if (kind == TBUS_FILTER_NODE_CHAIN)
    {
      self->links = g_array_new (FALSE, FALSE, sizeof (TbusFilterLink));
      g_array_set_clear_func (self->links, link_clear);
    }
  return self;
}

void
tbus_filter_node_free (TbusFilterNode *self)
{
  g_free (self->string);
  g_clear_pointer (&self->steps, g_array_unref);
  g_clear_pointer (&self->operand, tbus_filter_node_free);
  g_clear_pointer (&self->links, g_array_unref);
  g_free (self);
}

void
tbus_filter_node_add_step (TbusFilterNode *self, char *name, guint64 index, guint column)
{
  TbusFilterStep step = { name, index, column };

  g_array_append_val (self->steps, step);
}

void
tbus_filter_node_add_link (TbusFilterNode *self, TbusFilterOperator op, guint column, TbusFilterNode *operand)
{
  TbusFilterLink link = { op, column, operand };

  g_array_append_val (self->links, link);
}

gboolean
tbus_filter_node_is_indexed (const TbusFilterNode *self)
{
  for (guint i = 0; i < self->steps->len; i++)
    if (g_array_index (self->steps, TbusFilterStep, i).name == NULL)
      return TRUE;
  return FALSE;
}

char *
tbus_filter_node_name (const TbusFilterNode *self)
{
  static const char *const roots[] = { "", "$ctx.", "$app." };
  GString *name = g_string_new (roots[self->root]);

  for (guint i = 0; i < self->steps->len; i++)
    {
      if (i > 0)
        g_string_append_c (name, '.');
      g_string_append (name, g_array_index (self->steps, TbusFilterStep, i).name);
    }
  return g_string_free (name, FALSE);
}

gsize
tbus_filter_node_count (const TbusFilterNode *self)
{
  gsize count = 1;

  if (self->steps != NULL)
    count += self->steps->len;
  if (self->operand != NULL)
    count += tbus_filter_node_count (self->operand);
  for (guint i = 0; self->links != NULL && i < self->links->len; i++)
    count += tbus_filter_node_count (g_array_index (self->links, TbusFilterLink, i).operand);
  return count;
}
