/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fixture: a core between a fake tracer and fake consumers, and its callers' methods made synchronous.
 *
 * Owner: the test. Threads: main.
 */
#include "base/error.h"
#include "core/core.h"
#include "fake-pool.h"
#include "fake-tracer.h"

G_BEGIN_DECLS

enum { ALICE = 1000, BOB = 1001 };

typedef struct {
  TbusTraceeIndex *index;
  FakeTracer *tracer;
  FakePool *pool;
  TbusCore *core;
  TbusSessionSet *sessions; /* borrowed */
  TbusAppSet *apps;         /* borrowed */
  guint fds;                /* of the budget, before the test */
} Fixture;

void fixture_set_up (Fixture *self, gconstpointer data);
/* Ends all apps and sessions, and checks that nothing is left: no descriptor, no set, no output. */
void fixture_tear_down (Fixture *self, gconstpointer data);

/* A warning that matches @pattern is logged before the test ends. */
void fixture_expect_warning (const char *pattern);

/* Runs the main loop until nothing is ready. */
void fixture_settle (void);
/* Runs it until *@flag. */
void fixture_run_until (const gboolean *flag);

/* A method that was called: its answer, once it is there. */
typedef struct {
  gboolean done;
  TbusOperation *operation; /* NULL: @error */
  GError *error;
  guint64 bytes; /* of a push */
} Call;
/* Callback of every method of a session; @call is a Call. */
void call_done (GObject *source, GAsyncResult *result, gpointer call);
void call_flushed (GObject *source, GAsyncResult *result, gpointer call);
void call_pushed (GObject *source, GAsyncResult *result, gpointer call);
void call_clear (Call *self);
/* Waits for it, checks that it went well and what it answered: "applied 2, failed 0, pending 1". */
void call_expect (Call *self, const char *outcome);
/* Waits for it and checks that it failed. (transfer none): the message */
const char *call_expect_error (Call *self, TbusError code);
/* Its only warning. */
const char *call_get_warning (Call *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Call, call_clear)

/* A session of alice over her own apps, below /fake/<name>. (transfer none) */
TbusSession *fixture_create (Fixture *self, const char *name);
TbusSession *fixture_create_full (Fixture *self, const TbusSessionRequest *request);
/* Adds a channel with defaults. */
TbusChannel *fixture_add_channel (TbusSession *session, const char *name, TbusBufferOwnership ownership);
TbusChannel *fixture_add_channel_full (TbusSession *session, const char *name, const TbusChannelConfig *config);
TbusEventRule *fixture_rule (const char *pattern);
/* Enables the one rule @pattern on @channel ("": channel0). */
void fixture_enable (TbusSession *session, const char *channel, const char *pattern);
void fixture_disable (TbusSession *session, const char *channel, const char *pattern);
void fixture_start (TbusSession *session);
void fixture_stop (TbusSession *session);
void fixture_destroy (TbusSession *session);
/* Created, tick:* enabled on channel0 with @ownership, started. */
TbusSession *fixture_start_simple (Fixture *self, const char *name, TbusBufferOwnership ownership);

/* Alice's 64-bit consumer; alice's app. (transfer none) */
FakeConsumer *fixture_consumer (Fixture *self);
TbusTracee *fixture_app (Fixture *self, pid_t pid);
/* What @tracee has, what it was asked since the last time: checked against @expected. */
void fixture_expect_app (Fixture *self, TbusTracee *tracee, const char *expected);
void fixture_expect_asked (Fixture *self, TbusTracee *tracee, const char *expected);
/* What @consumer was asked since the last time, keys and all: checked against the pattern @expected. */
void fixture_expect_consumer (FakeConsumer *consumer, const char *expected);

/* For main(): a test in this fixture. */
#define FIXTURE_ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

G_END_DECLS
