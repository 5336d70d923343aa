/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Holdings: what a consumer has been given, by key, so that it can speak of nothing else (architecture, rule 7).
 *
 * Owner: one consumer. Threads: main.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_HELD_OUTPUT, /* key: the session */
  TBUS_HELD_SET,
  TBUS_HELD_CHANNEL, /* parent: its set */
  TBUS_N_HELD
} TbusHeld;

typedef struct {
  GHashTable *keys[TBUS_N_HELD]; /* guint64 to guint64 *: key to parent */
} TbusHoldings;

void tbus_holdings_init (TbusHoldings *self);
void tbus_holdings_clear (TbusHoldings *self);
/* Empty again: a new process holds nothing. */
void tbus_holdings_forget (TbusHoldings *self);
void tbus_holdings_add (TbusHoldings *self, TbusHeld kind, guint64 key, guint64 parent);
/* A set goes with its channels. */
void tbus_holdings_remove (TbusHoldings *self, TbusHeld kind, guint64 key);
/* There is nothing at all. */
gboolean tbus_holdings_are_empty (TbusHoldings *self);
gboolean tbus_holdings_has (TbusHoldings *self, TbusHeld kind, guint64 key);

G_END_DECLS
