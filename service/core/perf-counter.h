/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Perf counter: the counters of Linux's perf events that have a name in LTTng, by their numbers.
 *
 * Owner: none; constant. Threads: any.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *name;
  guint32 type;
  guint64 config;
} TbusPerfCounter;

/* (nullable) */
const TbusPerfCounter *tbus_perf_counter_find (const char *name);
/* (nullable): of the @i-th */
const char *tbus_perf_counter_name (gsize i);

G_END_DECLS
