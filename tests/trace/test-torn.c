/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that are killed, or stopped, between reserving room for an event and committing it: nobody else loses more
 * than the rest of one packet, and the buffers go on.
 */
#include "support/recording.h"

#include <signal.h>
#include <string.h>

#define PER_USER "'buffer-ownership': <'user'>"
#define PER_PROCESS "'buffer-ownership': <'process'>"
#define SMALL ", 'subbuf-size': <uint64 4096>, 'num-subbuf': <uint64 4>"
#define OVERWRITE ", 'mode': <'overwrite'>"

typedef struct {
  TstService *service;
  char *session;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  g_autofree char *all = g_strdup_printf ("{%s}", (const char *) options);

  self->service = tst_service_new ();
  self->session = tst_start_recording (self->service, "trace", all);
}

/* The same where descriptors are kept while the service does not run. */
static void
set_up_with_store (Fixture *self, gconstpointer options)
{
  g_autofree char *all = g_strdup_printf ("{%s}", (const char *) options);

  self->service = tst_service_new_idle ();
  tst_service_use_store (self->service);
  tst_service_start (self->service, NULL);
  self->session = tst_start_recording (self->service, "trace", all);
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  g_free (self->session);
  tst_service_free (self->service);
}

static TstChild *
start (Fixture *self, const char *name)
{
  TstChild *app = tst_app_start (self->service, "app-torn", name, NULL);

  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  return app;
}

/* Has @app emit one event, and die in it. */
static void
die_within_an_event (TstChild *app)
{
  tst_child_say (app, "raise %d", SIGKILL);
  g_assert_cmpint (tst_child_wait (app), ==, SIGKILL);
}

static gboolean
has_problem (Fixture *self, const char *code)
{
  g_autoptr(GVariant) problems = tst_get (self->service, self->session, "Session.Problems");
  g_autofree char *text = g_variant_print (problems, FALSE);

  return strstr (text, code) != NULL;
}

/* Events of the program @who in the trace. */
static guint
count_of (GPtrArray *events, const char *who)
{
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", who);
  guint n = 0;

  for (guint i = 0; i < events->len; i++)
    {
      g_autofree char *name = tst_trace_field (events->pdata[i], "who");

      n += g_strcmp0 (name, quoted) == 0;
    }
  return n;
}

static gboolean
overwrites (gconstpointer options)
{
  return strstr (options, OVERWRITE) != NULL;
}

/* Others @emitted in one go: where buffers overwrite, a consumer that is slow just then has lost more. */
static void
assert_all_but_one_packet (gconstpointer options, TstResult result, guint recorded, guint emitted)
{
  if (overwrites (options))
    {
      g_assert_cmpuint (result.lost, >=, 1);
      g_assert_cmpuint (recorded, >, 0);
      return;
    }
  g_assert_cmpuint (result.lost, ==, 1);
  g_assert_cmpuint (recorded + result.discarded, ==, emitted);
}

/* The stall is seen without anybody asking, and everything before and after is there. */
static void
costs_one_packet (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) other = start (self, "other");
  g_autoptr(TstChild) victim = start (self, "victim");
  g_autoptr(GPtrArray) events = NULL;
  gint64 began;
  TstMissing missing;
  TstResult result;

  tst_app_go (other, 20);
  tst_app_go (victim, 10);
  die_within_an_event (victim);
  began = g_get_monotonic_time ();
  tst_wait_until (self->service, has_problem (self, "torn-stream"));
  g_test_message ("noticed, and mended, after %.0f ms", (double) (g_get_monotonic_time () - began) / 1000);
  /* Several times round the ring. */
  for (guint i = 0; i < 50; i++)
    {
      tst_app_go (other, 20);
      tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
    }
  result = tst_session_run (self->service, self->session, "Stop");
  events = tst_events_lossy (self->service, "trace", &missing);
  g_test_message ("%u events, %" G_GUINT64_FORMAT " discarded, %" G_GUINT64_FORMAT " packets lost", events->len,
                  result.discarded, result.lost);
  g_assert_cmpuint (result.lost, ==, 1);
  g_assert_cmpuint (result.discarded, ==, 0);
  g_assert_cmpuint (result.dropped, ==, 0);
  g_assert_cmpuint (count_of (events, "other"), ==, 1020);
  g_assert_cmpuint (count_of (events, "victim"), ==, 10);
}

/* Others write at full rate on the same CPU meanwhile: the ring is full by the time that it is mended. */
static void
at_full_rate (Fixture *self, gconstpointer options)
{
  enum { N = 100000 };
  g_autoptr(TstChild) other = start (self, "other");
  g_autoptr(TstChild) victim = start (self, "victim");
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;
  guint recorded;

  tst_app_go (victim, 10);
  die_within_an_event (victim); /* first: an event that is discarded is not written at all */
  tst_child_say (other, "go %u", N);
  tst_wait_until (self->service, has_problem (self, "torn-stream"));
  g_free (tst_child_wait_line (other, "done"));
  tst_app_go (other, 100);
  result = tst_session_run (self->service, self->session, "Stop");
  events = tst_events_lossy (self->service, "trace", &missing);
  recorded = count_of (events, "other");
  g_test_message ("%u recorded, %" G_GUINT64_FORMAT " discarded, %" G_GUINT64_FORMAT " packets lost", recorded,
                  result.discarded, result.lost);
  g_assert_cmpuint (result.lost, >=, 1);
  if (overwrites (options))
    return;
  g_assert_cmpuint (result.lost, ==, 1);
  /* What the lost packet had after the hole is not known: an event takes 18 bytes. */
  g_assert_cmpuint (recorded + result.discarded, <=, N + 100);
  g_assert_cmpuint (recorded + result.discarded + 4096 / 18, >=, N + 100);
  g_assert_cmpuint (recorded, >=, 100);
}

static void
of_one_that_had_its_buffers_to_itself (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) other = start (self, "other");
  g_autoptr(TstChild) victim = start (self, "victim");
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  tst_app_go (other, 20);
  tst_app_go (victim, 10);
  die_within_an_event (victim);
  tst_wait_until (self->service, tst_get_number (self->service, self->session, "Session.PacketsLost") == 1);
  tst_app_go (other, 20);
  result = tst_session_run (self->service, self->session, "Stop");
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "torn-stream"));
  events = tst_events_lossy (self->service, "trace", &missing);
  g_assert_cmpuint (result.lost, ==, 1);
  g_assert_cmpuint (count_of (events, "other"), ==, 40);
  g_assert_cmpuint (count_of (events, "victim"), ==, 10);
}

/* Who was stopped within an event finishes it when it goes on, and nobody has lost a thing. */
static void
who_is_stopped_is_waited_for (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) other = start (self, "other");
  g_autoptr(TstChild) frozen = start (self, "frozen");
  g_autoptr(TstChild) victim = start (self, "victim");
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  tst_app_go (other, 20);
  tst_child_say (frozen, "raise %d", SIGSTOP);
  g_free (tst_wait_app (self->service, tst_child_pid (frozen), NULL));
  tst_child_wait_frozen (frozen);
  tst_app_go (other, 20);
  /* Somebody else's end makes the consumer look, and the service ask: it finds out that one cannot answer. */
  tst_child_signal (victim, SIGKILL);
  tst_child_wait (victim);
  g_free (tst_wait_app (self->service, tst_child_pid (frozen), "unresponsive"));
  tst_app_go (other, 20);
  tst_child_signal (frozen, SIGCONT);
  g_free (tst_child_wait_line (frozen, "done"));
  g_free (tst_wait_app (self->service, tst_child_pid (frozen), "ready"));
  tst_app_go (frozen, 10);
  tst_app_go (other, 20);
  result = tst_session_run (self->service, self->session, "Stop");
  events = tst_events_lossy (self->service, "trace", &missing);
  g_assert_cmpuint (result.lost, ==, 0);
  g_assert_cmpuint (result.discarded, ==, 0);
  g_assert_cmpuint (result.pending, ==, 0);
  g_assert_false (tst_heard (self->service, "Session.Problems", "torn-stream"));
  g_assert_cmpuint (count_of (events, "other"), ==, 80);
  g_assert_cmpuint (count_of (events, "frozen"), ==, 11);
}

/* It dies after all, and only then it is clear that nobody will finish it. */
static void
who_is_stopped_and_then_killed (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) other = start (self, "other");
  g_autoptr(TstChild) frozen = start (self, "frozen");
  g_autoptr(TstChild) victim = start (self, "victim");
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  tst_app_go (frozen, 5);
  tst_child_say (frozen, "raise %d", SIGSTOP);
  tst_child_wait_frozen (frozen);
  tst_child_signal (victim, SIGKILL);
  tst_child_wait (victim);
  g_free (tst_wait_app (self->service, tst_child_pid (frozen), "unresponsive"));
  g_assert_false (has_problem (self, "torn-stream"));
  tst_child_signal (frozen, SIGKILL);
  tst_wait_until (self->service, has_problem (self, "torn-stream"));
  tst_app_go (other, 20);
  result = tst_session_run (self->service, self->session, "Stop");
  events = tst_events_lossy (self->service, "trace", &missing);
  g_assert_cmpuint (result.lost, ==, 1);
  g_assert_cmpuint (count_of (events, "other"), ==, 20);
  g_assert_cmpuint (count_of (events, "frozen"), ==, 5);
}

/* A new life of the service may not be able to ask it any more; but it is alive, and may finish its event yet. */
static void
who_is_stopped_and_dropped_is_waited_for (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) other = start (self, "other");
  g_autoptr(TstChild) frozen = start (self, "frozen");
  g_autoptr(TstChild) victim = start (self, "victim");
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  tst_app_go (other, 10);
  tst_child_say (frozen, "raise %d", SIGSTOP);
  tst_child_wait_frozen (frozen);
  tst_child_signal (victim, SIGKILL);
  tst_child_wait (victim);
  g_free (tst_wait_app (self->service, tst_child_pid (frozen), "unresponsive"));
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
  tst_app_go (other, 10);
  for (guint i = 0; i < 10; i++)
    tst_app_run (self->service, "app-tiny", NULL); /* each has the consumer look, and all be asked */
  tst_child_signal (frozen, SIGCONT);
  g_free (tst_child_wait_line (frozen, "done"));
  g_free (tst_wait_app (self->service, tst_child_pid (frozen), "ready"));
  tst_app_go (other, 10);
  result = tst_session_run (self->service, self->session, "Stop");
  events = tst_events_lossy (self->service, "trace", &missing);
  g_assert_cmpuint (result.lost, ==, 0);
  g_assert_false (tst_heard (self->service, "Session.Problems", "torn-stream"));
  g_assert_cmpuint (count_of (events, "other"), ==, 30);
  g_assert_cmpuint (count_of (events, "frozen"), ==, 1);
}

/* Nobody has noticed yet: what ends everything finds it. */
static void
at_once_before_the_end (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) other = start (self, "other");
  g_autoptr(TstChild) victim = start (self, "victim");
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  tst_app_go (victim, 10);
  die_within_an_event (victim);
  result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (result.lost, ==, 1);
  tst_session_run (self->service, self->session, "Start");
  tst_app_go (other, 1000);
  result = tst_session_run (self->service, self->session, "Destroy");
  events = tst_events_lossy (self->service, "trace", &missing);
  assert_all_but_one_packet (options, result, count_of (events, "other"), 1000);
  g_assert_cmpuint (count_of (events, "victim"), ==, 10);
}

/* Its successor finds it. */
static void
together_with_the_consumer (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) other = start (self, "other");
  g_autoptr(TstChild) victim = start (self, "victim");
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  tst_app_go (victim, 10);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGSTOP), ==, 0);
  die_within_an_event (victim);
  tst_app_go (other, 10);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  tst_wait_until (self->service, has_problem (self, "torn-stream"));
  for (guint i = 0; i < 20; i++)
    tst_app_go (other, 50);
  result = tst_session_run (self->service, self->session, "Stop");
  events = tst_events_lossy (self->service, "trace", &missing);
  assert_all_but_one_packet (options, result, count_of (events, "other"), 1000);
  g_assert_cmpuint (count_of (events, "victim"), ==, 10);
}

static void
add (const char *function, const char *options, void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *sentence = g_strdelimit (g_strdup (function), "_", '-');
  g_autofree char *path = g_strdup_printf ("/trace/torn/%s%s%s/%s", overwrites (options) ? "overwriting/" : "",
                                           strstr (options, SMALL) != NULL ? "small/" : "",
                                           strstr (options, PER_USER) != NULL ? "per-user" : "per-process", sentence);

  g_test_add (path, Fixture, options, set_up, test, tear_down);
}

#define ADD(function, ownership)                                                                                      \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    add (#function, ownership SMALL, function);                                                                       \
    add (#function, ownership SMALL OVERWRITE, function);                                                             \
  }                                                                                                                   \
  G_STMT_END

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (costs_one_packet, PER_USER);
  add ("costs_one_packet", PER_USER, costs_one_packet);
  ADD (at_full_rate, PER_USER);
  ADD (of_one_that_had_its_buffers_to_itself, PER_PROCESS);
  ADD (who_is_stopped_is_waited_for, PER_USER);
  ADD (who_is_stopped_and_then_killed, PER_USER);
  ADD (at_once_before_the_end, PER_USER);
  add ("at_once_before_the_end", PER_PROCESS SMALL, at_once_before_the_end);
  ADD (together_with_the_consumer, PER_USER);
  g_test_add ("/trace/torn/small/per-user/who-is-stopped-and-dropped-is-waited-for", Fixture, PER_USER SMALL,
              set_up_with_store, who_is_stopped_and_dropped_is_waited_for, tear_down);
  return g_test_run ();
}
