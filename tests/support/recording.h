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
/* A channel with @options, the entries of an a{sv} as text. (transfer full): its path */
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
/* Whether @session says now that it has the problem @code. */
gboolean tst_has_problem (TstService *self, const char *session, const char *code);
/* (transfer full): what "tracebusctl status" says that lasts, a row a line, and what the caller may do. */
char *tst_status (TstService *self);
/* A channel's options: buffers of @scheme, "user" or "process". */
#define TST_PER(scheme) "'buffer-ownership': <'" scheme "'>"

/* The test @function of a Fixture, with the set_up() and tear_down() of its file: @area/what-the-function-says. */
#define TST_ADD(area, options, function)                                                                              \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    g_autofree char *path_ = tst_test_path (area, #function);                                                         \
    g_test_add (path_, Fixture, options, set_up, function, tear_down);                                                \
  }                                                                                                                   \
  G_STMT_END
/* It for both schemes, below @area/per-user and @area/per-process, with TST_PER (scheme) as its data. */
#define TST_ADD_PER_SCHEME(area, function)                                                                            \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    TST_ADD (area "/per-user", TST_PER ("user"), function);                                                           \
    TST_ADD (area "/per-process", TST_PER ("process"), function);                                                     \
  }                                                                                                                   \
  G_STMT_END
char *tst_test_path (const char *area, const char *function);

G_END_DECLS
