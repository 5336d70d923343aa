/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Turns: the calls of one caller on one object begin in the order in which they came, however long the question
 * takes for each; calls on different objects do not wait for each other.
 *
 * Owner:   the peer. Threads: main.
 * Limit:   as many as the peer may have calls in flight; every step looks at all of them.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct TbusTurns TbusTurns;
typedef struct TbusTurn TbusTurn;

typedef void (*TbusTurnFunc) (gpointer data);

TbusTurns *tbus_turns_new (void);
/* When nobody waits any more. */
void tbus_turns_free (TbusTurns *self);

/* Waits behind all that has the same @lane. It ends with tbus_turn_ready() or tbus_turn_leave(). */
TbusTurn *tbus_turns_take (TbusTurns *self, gconstpointer lane, TbusTurnFunc run, gpointer data);
/* Runs once everything before it in its lane has; perhaps now. */
void tbus_turn_ready (TbusTurn *self);
/* It will not run. */
void tbus_turn_leave (TbusTurn *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusTurns, tbus_turns_free)

G_END_DECLS
