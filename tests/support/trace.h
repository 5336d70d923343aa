/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Trace: what babeltrace2 reads from a directory, an event a line, without what differs from run to run.
 *
 * Owner:   the caller; an array of strings.
 * Threads: main.
 */
#include <glib.h>

G_BEGIN_DECLS

/*
 * Returns: (transfer full): the events below @path in the order of their time, each as "provider:name: { ... }":
 * without time stamp, host and cpu. Ends the test where babeltrace2 fails, or says anything on stderr, be it a warning.
 */
GPtrArray *tst_babeltrace (const char *path);

/* What babeltrace2 says that a trace lacks. */
typedef struct {
  guint64 events, packets;
  gboolean more; /* events, which a stream's first packet counts: of these it says no number */
} TstMissing;

/* The same for a trace that may lack events, and says so: that is no error then. @missing: sums over all streams */
GPtrArray *tst_babeltrace_lossy (const char *path, TstMissing *missing);

/*
 * The same for a trace that is being written: its index may lack the last packet, or have one too many, which is no
 * error either. Returns: the number of events.
 */
guint64 tst_babeltrace_live (const char *path);

/*
 * Returns: (transfer full): the events that the file @path holds, a line each, as tst_babeltrace() returns them. %NULL
 * for what app-types emits.
 */
GPtrArray *tst_trace_load (const char *path);

/* Events called @name: "provider:name". */
guint tst_trace_count (GPtrArray *events, const char *name);
/* Returns: (transfer full) (nullable): the text of @field's value in @event, as babeltrace2 prints it. */
char *tst_trace_field (const char *event, const char *field);
/* Ends the test with the first difference where the two are not the same events, in whatever order. */
void tst_trace_assert_same (GPtrArray *actual, GPtrArray *expected);
/* Returns: (transfer full) (nullable): a line of babeltrace2 without time stamp, host and cpu; NULL for others. */
char *tst_trace_normalise (const char *line);

G_END_DECLS
