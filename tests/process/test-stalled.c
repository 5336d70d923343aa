/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stopped program costs nobody but itself: calls are answered and others are recorded while it stands still, and
 * what it missed is applied when it runs again. That a call was answered before SIGCONT is the proof; times are told.
 */
#include "support/recording.h"

#include <signal.h>

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

/* How many programs a list had to do without. It comes after all that they were asked before. */
static guint
list_tracepoints (Fixture *self)
{
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GVariant) tracepoints = NULL;
  g_autoptr(GVariant) result = NULL;
  g_autoptr(GVariant) pending = NULL;

  answer = tst_call (self->service, TST_ROOT, "Manager.ListTracepoints", "({'name': <'tbtest:tick'>},)");
  tracepoints = g_variant_get_child_value (answer, 0);
  result = g_variant_get_child_value (answer, 1);
  pending = g_variant_lookup_value (result, "apps-pending", G_VARIANT_TYPE ("ao"));
  g_assert_cmpuint (g_variant_n_children (tracepoints) + g_variant_n_children (pending), ==, 2);
  return g_variant_n_children (pending);
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

#define ADD(function)                                                                                                 \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    add ("user", #function, TST_PER ("user"), function);                                                              \
    add ("process", #function, TST_PER ("process"), function);                                                        \
  }                                                                                                                   \
  G_STMT_END

static void
add (const char *scheme, const char *function, const char *options, void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *sentence = g_strdelimit (g_strdup (function), "_", '-');
  g_autofree char *path = g_strdup_printf ("/process/stalled/per-%s/%s", scheme, sentence);

  g_test_add (path, Fixture, options, set_up, test, tear_down);
}

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
  return g_test_run ();
}
