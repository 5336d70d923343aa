/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/ids.h"

static guint64 last_ids[TBUS_N_IDS];

guint64
tbus_id_next (TbusIdKind kind)
{
  return __atomic_add_fetch (&last_ids[kind], 1, __ATOMIC_RELAXED);
}

guint64
tbus_id_last (TbusIdKind kind)
{
  return __atomic_load_n (&last_ids[kind], __ATOMIC_RELAXED);
}

void
tbus_id_raise (TbusIdKind kind, guint64 last)
{
  guint64 now = tbus_id_last (kind);

  while (now < last
         && !__atomic_compare_exchange_n (&last_ids[kind], &now, last, FALSE, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
}
