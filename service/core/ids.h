/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ids: process-wide counters of everything that is numbered, never reused (B1), not by a restarted
 * service either: the state that is written out carries them on.
 *
 * Threads: any; atomic.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_ID_SESSION,
  TBUS_ID_CHANNEL,
  TBUS_ID_APP,
  TBUS_ID_APP_SESSION,
  TBUS_ID_CONSUMER,
  TBUS_ID_KEY, /* channel, metadata and set keys on consumers; from 1: 0 means never started (B2) */
  TBUS_ID_RULE,
  TBUS_N_IDS
} TbusIdKind;

guint64 tbus_id_next (TbusIdKind kind);
/* The last one given out; raising it is for a restored state. */
guint64 tbus_id_last (TbusIdKind kind);
void tbus_id_raise (TbusIdKind kind, guint64 last);

G_END_DECLS
