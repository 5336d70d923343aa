/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stopped program costs nobody but itself: calls are answered and others are recorded while it stands still, and
 * what it missed is applied when it runs again. That a call was answered before SIGCONT is the proof; times are told.
 */
#include "support/peer.h"
#include "support/recording.h"

#include <signal.h>
#include <string.h>

typedef struct {
  TstService *service;
  TstChild *frozen, *lively;
  char *object; /* the frozen one's */
  char *session;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new ();
  self->frozen = tst_app_start (self->service, "app-idle", "frozen", NULL);
  self->lively = tst_app_start (self->service, "app-idle", "lively", NULL);
  tst_app_go (self->frozen, 0); /* a provider of its own is known when its main() runs */
  tst_app_go (self->lively, 0);
  self->object = tst_wait_app (self->service, tst_child_pid (self->frozen), "ready");
  g_free (tst_wait_app (self->service, tst_child_pid (self->lively), "ready"));
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_child_free (self->frozen);
  tst_child_free (self->lively);
  g_free (self->object);
  g_free (self->session);
  tst_service_free (self->service);
}

/* Asks while one stands still, and tells how long it took. */
static TstResult
run_frozen (Fixture *self, const char *method)
{
  gint64 began = g_get_monotonic_time ();
  TstResult result = tst_session_run (self->service, self->session, method);

  g_test_message ("%s took %" G_GINT64_FORMAT " ms", method, (g_get_monotonic_time () - began) / 1000);
  g_assert_cmpuint (result.failed, ==, 0);
  return result;
}

static void
assert_one_pending (TstResult result)
{
  g_assert_cmpuint (result.pending, ==, 1);
  g_assert_cmpuint (result.applied, ==, 1);
}

static void
assert_state (Fixture *self, const char *state)
{
  g_autofree char *actual = tst_get_string (self->service, self->object, "App.State");

  g_assert_cmpstr (actual, ==, state);
}

/* How many of @n programs a list had to do without. It comes after all that they were asked before. */
static guint
list_tracepoints_of (Fixture *self, guint n)
{
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GVariant) tracepoints = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GVariant) pending = NULL;

  answer = tst_call (self->service, TST_ROOT, "Manager.ListTracepoints", "({'name': <'tbtest:tick'>},)");
  tracepoints = g_variant_get_child_value (answer, 0);
  result = g_variant_get_child_value (answer, 1);
  pending = g_variant_lookup_value (result, "apps-pending", G_VARIANT_TYPE ("ao"));
  g_assert_cmpuint (g_variant_n_children (tracepoints) + g_variant_n_children (pending), ==, n);
  return g_variant_n_children (pending);
}

static guint
list_tracepoints (Fixture *self)
{
  return list_tracepoints_of (self, 2);
}

/* It catches up by itself; that it is asked for a list does nothing but wait for that. */
static void
thaw (Fixture *self)
{
  tst_child_signal (self->frozen, SIGCONT);
  g_free (tst_wait_app (self->service, tst_child_pid (self->frozen), "ready"));
  g_assert_cmpuint (list_tracepoints (self), ==, 0);
}

static void
assert_ticks (Fixture *self, const char *session, guint frozen, guint lively)
{
  g_autoptr(GPtrArray) events = tst_events (self->service, session);
  guint n_frozen = 0, n_lively = 0;

  for (guint i = 0; i < events->len; i++)
    {
      g_autofree char *who = tst_trace_field (events->pdata[i], "who");

      n_frozen += g_str_equal (who, "\"frozen\"");
      n_lively += g_str_equal (who, "\"lively\"");
    }
  g_assert_cmpuint (n_frozen, ==, frozen);
  g_assert_cmpuint (n_lively, ==, lively);
}

static void
start_is_answered (Fixture *self, gconstpointer options)
{
  self->session = tst_session (self->service, "one");
  g_free (tst_channel (self->service, self->session, "events", options));
  tst_enable (self->service, self->session, "events", "tbtest:*");
  tst_child_freeze (self->frozen);
  assert_one_pending (run_frozen (self, "Start"));
  assert_state (self, "unresponsive");
  tst_app_go (self->lively, 5);
  thaw (self);
  tst_app_go (self->frozen, 3);
  g_assert_cmpuint (run_frozen (self, "Stop").pending, ==, 0);
  assert_ticks (self, "one", 3, 5);
}

static void
stop_is_answered (Fixture *self, gconstpointer options)
{
  self->session = tst_start_recording (self->service, "one", options);
  tst_app_go (self->frozen, 2);
  tst_app_go (self->lively, 5);
  tst_child_freeze (self->frozen);
  assert_one_pending (run_frozen (self, "Stop"));
  assert_state (self, "unresponsive");
  assert_ticks (self, "one", 2, 5);
  thaw (self);
  tst_app_go (self->frozen, 10);
  g_assert_cmpuint (run_frozen (self, "Start").pending, ==, 0);
  tst_app_go (self->frozen, 1);
  run_frozen (self, "Stop");
  assert_ticks (self, "one", 3, 5);
}

static void
rules_are_answered (Fixture *self, gconstpointer options)
{
  g_autofree char *channel = NULL;
  g_autoptr(GVariant) answer = NULL;

  self->session = tst_session (self->service, "one");
  channel = tst_channel (self->service, self->session, "events", options);
  tst_enable (self->service, self->session, "events", "nothing:*");
  run_frozen (self, "Start");
  tst_child_freeze (self->frozen);
  answer = tst_call (self->service, channel, "Channel.EnableEvent", "('tbtest:*', @a{sv} {})");
  assert_one_pending (tst_result (answer));
  tst_app_go (self->lively, 5);
  thaw (self);
  tst_app_go (self->frozen, 3);
  run_frozen (self, "Stop");
  assert_ticks (self, "one", 3, 5);
}

/* The trace is complete, and the program that was part of it is none the worse. */
static void
destroy_is_answered (Fixture *self, gconstpointer options)
{
  g_autofree char *again = NULL;

  self->session = tst_start_recording (self->service, "one", options);
  tst_app_go (self->frozen, 2);
  tst_app_go (self->lively, 5);
  tst_child_freeze (self->frozen);
  assert_one_pending (run_frozen (self, "Destroy"));
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"), ==, 0);
  assert_ticks (self, "one", 2, 5);
  again = tst_start_recording (self->service, "two", options);
  thaw (self);
  tst_enable (self->service, again, "events", "tbtest:*"); /* waits until it has its buffers */
  tst_app_go (self->frozen, 4);
  tst_session_run (self->service, again, "Stop");
  assert_ticks (self, "one", 2, 5);
  assert_ticks (self, "two", 4, 0);
}

static void
lists_are_answered (Fixture *self, gconstpointer options)
{
  tst_child_freeze (self->frozen);
  g_assert_cmpuint (list_tracepoints (self), ==, 1);
  assert_state (self, "unresponsive");
  thaw (self);
}

/* Its job waits; theirs does not. */
static void
programs_start_and_end_beside_it (Fixture *self, gconstpointer options)
{
  gint64 began;

  self->session = tst_start_recording (self->service, "one", options);
  tst_child_freeze (self->frozen);
  tst_enable (self->service, self->session, "events", "tbtest_types:*");
  began = g_get_monotonic_time ();
  for (guint i = 0; i < 10; i++)
    tst_app_run (self->service, "app-tiny", "lively", NULL);
  g_test_message ("10 programs took %" G_GINT64_FORMAT " ms", (g_get_monotonic_time () - began) / 1000);
  run_frozen (self, "Stop");
  assert_ticks (self, "one", 0, 10);
  thaw (self);
}

static void
it_may_die_as_it_stands (Fixture *self, gconstpointer options)
{
  self->session = tst_start_recording (self->service, "one", options);
  tst_app_go (self->frozen, 2);
  tst_child_freeze (self->frozen);
  tst_enable (self->service, self->session, "events", "tbtest_types:*");
  assert_state (self, "unresponsive");
  tst_child_signal (self->frozen, SIGKILL);
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.AppCount") == 1);
  g_assert_cmpuint (run_frozen (self, "Stop").pending, ==, 0);
  assert_ticks (self, "one", 2, 0);
}

/* Five programs, of which three stand still or none: how long a call of each kind takes, in microseconds. */
enum { N_FIVE = 5, N_STOPPED = 3 };

typedef struct {
  gint64 start, list, launch, stop;
} Times;

static gint64
since (gint64 *began)
{
  gint64 now = g_get_monotonic_time (), took = now - *began;

  *began = now;
  return took;
}

static Times
call_all (Fixture *self, guint pending)
{
  gint64 began = g_get_monotonic_time ();
  Times times;
  TstResult result = tst_session_run (self->service, self->session, "Start");

  times.start = since (&began);
  g_assert_cmpuint (result.pending, ==, pending);
  g_assert_cmpuint (list_tracepoints_of (self, N_FIVE), ==, pending);
  times.list = since (&began);
  tst_app_run (self->service, "app-tiny", "lively", NULL);
  times.launch = since (&began);
  result = tst_session_run (self->service, self->session, "Stop");
  times.stop = since (&began);
  g_assert_cmpuint (result.pending, ==, pending);
  return times;
}

static void
three_of_five_cost_no_caller_anything (Fixture *self, gconstpointer options)
{
  TstChild *apps[N_FIVE] = { self->frozen, self->lively };
  Times before, during;

  for (guint i = 2; i < N_FIVE; i++)
    {
      apps[i] = tst_app_start (self->service, "app-idle", "frozen", NULL);
      tst_app_go (apps[i], 0);
      g_free (tst_wait_app (self->service, tst_child_pid (apps[i]), "ready"));
    }
  self->session = tst_session (self->service, "one");
  g_free (tst_channel (self->service, self->session, "events", options));
  tst_enable (self->service, self->session, "events", "tbtest:*");
  before = call_all (self, 0);
  for (guint i = 2; i < N_FIVE; i++)
    tst_child_freeze (apps[i]);
  during = call_all (self, N_STOPPED);
  g_test_message ("with three stopped, longer by ms: start %.1f, list %.1f, another program's launch %.1f, stop %.1f",
                  (double) (during.start - before.start) / 1000, (double) (during.list - before.list) / 1000,
                  (double) (during.launch - before.launch) / 1000, (double) (during.stop - before.stop) / 1000);
  for (guint i = 2; i < N_FIVE; i++)
    {
      g_free (tst_wait_app (self->service, tst_child_pid (apps[i]), "unresponsive"));
      tst_child_signal (apps[i], SIGCONT);
      g_free (tst_wait_app (self->service, tst_child_pid (apps[i]), "ready"));
    }
  g_assert_cmpuint (list_tracepoints_of (self, N_FIVE), ==, 0);
  g_assert_cmpuint (run_frozen (self, "Start").pending, ==, 0);
  for (guint i = 2; i < N_FIVE; i++)
    tst_app_go (apps[i], 1);
  run_frozen (self, "Stop");
  assert_ticks (self, "one", N_STOPPED, 2);
  for (guint i = 2; i < N_FIVE; i++)
    tst_child_free (apps[i]);
  if (strcmp (options, TST_PER ("user")) == 0)
    tst_peer_tell ("stalled");
}

#define ADD(function) TST_ADD_PER_SCHEME ("/process/stalled", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (start_is_answered);
  ADD (stop_is_answered);
  ADD (rules_are_answered);
  ADD (destroy_is_answered);
  ADD (lists_are_answered);
  ADD (programs_start_and_end_beside_it);
  ADD (it_may_die_as_it_stands);
  ADD (three_of_five_cost_no_caller_anything);
  return g_test_run ();
}
