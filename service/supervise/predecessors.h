/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Predecessors: consumers of a service that died. Nobody holds their links any more, so they drain and end; when the
 * last has, everything that was recorded before can be read.
 *
 * Owner: none. Threads: main.
 * Limit: a consumer that a file system keeps waiting is waited for so long, and said to be left behind.
 */
#include "base/thread.h"
#include "core/state.h"

G_BEGIN_DECLS

enum { TBUS_PREDECESSOR_MS = 10000 };

/* Calls @func from the main loop when all consumers of @state that still run have ended. */
void tbus_predecessors_await (const TbusState *state, TbusPostFunc func, gpointer data);

G_END_DECLS
