/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/holdings.h"

void
tbus_holdings_init (TbusHoldings *self)
{
  for (TbusHeld kind = 0; kind < TBUS_N_HELD; kind++)
    self->keys[kind] = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
}

void
tbus_holdings_clear (TbusHoldings *self)
{
  for (TbusHeld kind = 0; kind < TBUS_N_HELD; kind++)
    g_clear_pointer (&self->keys[kind], g_hash_table_unref);
}

void
tbus_holdings_forget (TbusHoldings *self)
{
  for (TbusHeld kind = 0; kind < TBUS_N_HELD; kind++)
    g_hash_table_remove_all (self->keys[kind]);
}

void
tbus_holdings_add (TbusHoldings *self, TbusHeld kind, guint64 key, guint64 parent)
{
  g_hash_table_replace (self->keys[kind], g_memdup2 (&key, sizeof key), g_memdup2 (&parent, sizeof parent));
}

static gboolean
has_parent (gpointer key, gpointer value, gpointer user_data)
{
  return g_int64_equal (value, user_data);
}

void
tbus_holdings_remove (TbusHoldings *self, TbusHeld kind, guint64 key)
{
  g_hash_table_remove (self->keys[kind], &key);
  if (kind == TBUS_HELD_SET)
    g_hash_table_foreach_remove (self->keys[TBUS_HELD_CHANNEL], has_parent, &key);
}

gboolean
tbus_holdings_are_empty (TbusHoldings *self)
{
  for (TbusHeld kind = 0; kind < TBUS_N_HELD; kind++)
    if (g_hash_table_size (self->keys[kind]) > 0)
      return FALSE;
  return TRUE;
}

gboolean
tbus_holdings_has (TbusHoldings *self, TbusHeld kind, guint64 key)
{
  return g_hash_table_contains (self->keys[kind], &key);
}
