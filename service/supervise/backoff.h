/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Backoff: how long a consumer that died waits for its successor, and when there is none any more.
 *
 * Owner: one consumer. Threads: main; pure.
 * Limit: TBUS_BACKOFF_DEATHS deaths, each within TBUS_BACKOFF_LIFE_MS of its birth.
 */
#include <glib.h>

G_BEGIN_DECLS

enum {
  TBUS_BACKOFF_MS = 100, /* after the second death in a row, then doubling; the first is made good at once */
  TBUS_BACKOFF_LIFE_MS = 1000, /* who lived so long died of something else: the count starts anew */
  TBUS_BACKOFF_DEATHS = 8,
};

typedef struct {
  guint first_ms; /* TBUS_BACKOFF_MS but in tests */
  guint deaths;   /* in a row, each of them quick */
} TbusBackoff;

/* Counts a death after @lived_ms. Returns: milliseconds to wait, or -1: given up, and again at each quick death. */
gint64 tbus_backoff_died (TbusBackoff *self, gint64 lived_ms);
/* Milliseconds between giving up and the next try, which somebody asked for. */
gint64 tbus_backoff_rest (const TbusBackoff *self);

G_END_DECLS
