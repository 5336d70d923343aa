/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Recording: what nearly every test does with a session, in a line each.
 *
 * Owner:   the caller of what it returns.
 * Threads: main.
 */
#include "support/service.h"
#include "support/trace.h"

G_BEGIN_DECLS

/* A session whose output is @name, a relative path, in the service's directory, and whose name is its last part. */
char *tst_session (TstService *self, const char *name);
/* A channel with @options, an a{sv} as text. (transfer full): its path */
char *tst_channel (TstService *self, const char *session, const char *name, const char *options);
void tst_enable (TstService *self, const char *session, const char *channel, const char *pattern);
/* All of it in one: session @name, channel "events" with @options, everything of the provider tbtest, started. */
char *tst_start_recording (TstService *self, const char *name, const char *options);

/* What methods of sessions answer: a dictionary. */
typedef struct {
  guint applied, failed, pending;
  guint64 discarded, lost, dropped; /* of Stop and Destroy */
} TstResult;

/* @method: "Start", "Stop", "Destroy". */
TstResult tst_session_run (TstService *self, const char *session, const char *method);
TstResult tst_result (GVariant *answer);

/* (transfer full): the trace of session @name, its events, those of a lossy trace, and how many are called @event. */
char *tst_output (TstService *self, const char *name);
GPtrArray *tst_events (TstService *self, const char *name);
GPtrArray *tst_events_lossy (TstService *self, const char *name, TstMissing *missing);
guint tst_count (TstService *self, const char *name, const char *event);
/* The tail of a channel's options: buffers of @scheme, "user" or "process". */
#define TST_PER(scheme) "{'buffer-ownership': <'" scheme "'>}"

G_END_DECLS
