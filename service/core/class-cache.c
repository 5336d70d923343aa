/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/class-cache.h"

static TbusCachedClass slots[TBUS_CLASS_CACHE_SLOTS]; /* own their blocks; one without has none */

static TbusCachedClass *
slot_of (const TbusHash *raw)
{
  return &slots[raw->low % TBUS_CLASS_CACHE_SLOTS];
}

const TbusCachedClass *
tbus_class_cache_find (const TbusHash *raw, guint32 stream_id, guint32 id)
{
  const TbusCachedClass *slot = slot_of (raw);

  if (slot->block != NULL && tbus_hash_table_equal (&slot->raw, raw) && slot->stream_id == stream_id && slot->id == id)
    return slot;
  return NULL;
}

void
tbus_class_cache_put (const TbusCachedClass *class)
{
  TbusCachedClass *slot = slot_of (&class->raw);

  if (class->length > TBUS_CLASS_CACHE_LONGEST)
    return;
  g_free ((char *) slot->block);
  *slot = *class;
  slot->block = g_memdup2 (class->block, class->length);
}

void
tbus_class_cache_clear (void)
{
  for (guint i = 0; i < TBUS_CLASS_CACHE_SLOTS; i++)
    {
      g_free ((char *) slots[i].block);
      slots[i] = (TbusCachedClass){ 0 };
    }
}
