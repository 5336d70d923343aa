/* SPDX-License-Identifier: GPL-2.0-only */
/* Who asks what keeps the service hears it; and what stands still, all of it or a part, goes on where it was. */
#include "support/peer.h"
#include "support/recording.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  TstService *service;
  TstChild *app;
  char *session;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new ();
  self->session = tst_start_recording (self->service, "trace", options);
  self->app = tst_app_start (self->service, "app-idle", NULL);
  tst_app_go (self->app, 100);
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_child_free (self->app);
  g_free (self->session);
  tst_service_free (self->service);
}

/* What the part is at: "" where it waits, NULL where there is none. */
static char *
get_doing (Fixture *self, const char *part)
{
  g_autoptr(GVariant) health = tst_get (self->service, TST_ROOT, "Manager.Health");
  g_autoptr(GVariant) state = g_variant_lookup_value (health, part, G_VARIANT_TYPE_VARDICT);
  char *doing = NULL;

  if (state != NULL)
    g_assert_true (g_variant_lookup (state, "doing", "s", &doing));
  return doing;
}

static gboolean
is_doing (Fixture *self, const char *part, const char *doing)
{
  g_autofree char *actual = get_doing (self, part);

  return g_strcmp0 (actual, doing) == 0;
}

/* The consumer is the only one, and the first object of its kind. */
static void
a_consumer_is_named_with_what_it_is_at (Fixture *self, gconstpointer options)
{
  pid_t consumer = tst_service_consumer_pid (self->service);
  g_autoptr(GVariant) answer = NULL;
  TstAnswer *stop;
  TstResult result;

  g_assert_true (is_doing (self, "consumer-1", ""));
  g_assert_cmpint (kill (consumer, SIGSTOP), ==, 0);
  stop = tst_ask (self->service, self->session, "Session.Stop", "(@a{sv} {},)");
  tst_wait_until (self->service, is_doing (self, "consumer-1", "writing metadata"));
  g_assert_cmpint (kill (consumer, SIGCONT), ==, 0);
  answer = tst_answer (stop);
  result = tst_result (answer);
  g_assert_cmpuint (result.dropped + result.lost + result.discarded, ==, 0);
  g_assert_true (is_doing (self, "consumer-1", ""));
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, 100);
}

/* Its buffers cannot be made; where it shares others', there is nothing to wait for. */
static void
a_program_that_did_not_wait_for_its_buffers_is_counted (Fixture *self, gconstpointer scheme)
{
  gboolean late = strstr (scheme, "'process'") != NULL;
  pid_t consumer = tst_service_consumer_pid (self->service);
  g_autoptr(TstChild) comer = NULL;
  g_autofree char *app = NULL;
  TstResult result;

  g_assert_cmpint (kill (consumer, SIGSTOP), ==, 0);
  comer = tst_app_start (self->service, "app-idle", NULL);
  tst_app_go (comer, 50);
  g_assert_cmpuint (tst_get_number (self->service, self->session, "Session.AppsLate"), ==, late);
  g_assert_cmpuint (tst_get_length (self->service, self->session, "Session.Problems"), ==, late);
  g_assert_cmpint (kill (consumer, SIGCONT), ==, 0);
  app = tst_wait_app (self->service, tst_child_pid (comer), "ready");
  tst_wait_until (self->service, tst_get_length (self->service, app, "App.Sessions") == 1);
  tst_app_go (comer, 10);
  result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (result.discarded + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, late ? 110 : 160);
}

/* It has none left for its buffers: the tracer's library ends the connection and registers again, without an end. */
static void
a_program_with_few_descriptors_goes_on_without_being_recorded (Fixture *self, gconstpointer scheme)
{
  g_autofree char *program = tst_build_path ("tests/support/apps/app-idle");
  const char *const argv[] = { "sh", "-c", "ulimit -n 7; exec \"$0\"", program, NULL };
  g_autoptr(TstChild) poor = tst_child_start (argv, tst_service_environment (self->service));
  g_autofree char *app = NULL;
  TstResult result;

  tst_app_go (poor, 10);
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'app-failed'"));
  app = tst_wait_app (self->service, tst_child_pid (poor), "ready");
  g_assert_cmpuint (tst_get_length (self->service, app, "App.Sessions"), ==, 0);
  tst_child_finish (poor);
  tst_app_go (self->app, 5);
  result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  g_assert_cmpuint (result.discarded + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, 105);
}

/* As a machine does that is suspended: everything stands still, in whatever order, and goes on. */
static void
a_machine_that_was_suspended_goes_on (Fixture *self, gconstpointer options)
{
  pid_t all[3] = { tst_service_pid (self->service), tst_service_consumer_pid (self->service),
                   tst_child_pid (self->app) };
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  for (guint round = 0; round < 3; round++)
    {
      tst_child_say (self->app, "go 20000");
      for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        g_assert_cmpint (kill (all[(i + round) % G_N_ELEMENTS (all)], SIGSTOP), ==, 0);
      for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        g_assert_cmpint (kill (all[i], SIGCONT), ==, 0);
      g_free (tst_child_wait_line (self->app, "done"));
    }
  result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  g_assert_cmpuint (result.dropped + result.lost, ==, 0);
  events = tst_events_lossy (self->service, "trace", &missing);
  g_test_message ("%u recorded, %" G_GUINT64_FORMAT " discarded", events->len, result.discarded);
  g_assert_cmpuint (events->len + result.discarded, ==, 60100);
  if (strcmp (options, TST_PER ("user")) == 0)
    tst_peer_tell ("suspended");
}

/* Every thread of @pid stands still, which nobody but its parent is told. */
static gboolean
is_stopped (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return strstr (text, ") T ") != NULL;
}

static void
stop_and_wait (const pid_t *pids, gsize n)
{
  for (gsize i = 0; i < n; i++)
    g_assert_cmpint (kill (pids[i], SIGSTOP), ==, 0);
  for (gsize i = 0; i < n; i++)
    while (!is_stopped (pids[i]))
      sched_yield ();
}

/* How long a suspension takes: longer than a program may do nothing until it counts as unresponsive. */
static gulong
suspension_us (void)
{
  const char *wanted = g_getenv ("TRACEBUS_SUSPENDED_MS");

  return (wanted != NULL ? strtoul (wanted, NULL, 10) : 200) * 1000;
}

/* Nothing was stuck or dead, only late. */
static void
assert_nobody_was_given_up (Fixture *self)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");
  g_autoptr(GVariant) health = tst_get (self->service, TST_ROOT, "Manager.Health");
  g_autofree char *text = g_variant_print (health, FALSE);

  g_assert_cmpuint (g_strv_length (consumers), ==, 1);
  g_assert_cmpuint (tst_get_number (self->service, consumers[0], "Consumer.Restarts"), ==, 0);
  g_assert_cmpuint (tst_get_length (self->service, self->session, "Session.Problems"), ==, 0);
  if (strstr (text, "'alive': <false>") != NULL)
    g_error ("somebody counts as stuck: %s", text);
}

/* Timers are due meanwhile, calls come, and a program is in the middle of its registration: whoever goes on first. */
static void
timers_and_calls_go_on_after_a_suspension (Fixture *self, gconstpointer scheme)
{
  g_autofree char *ticking = tst_session (self->service, "ticking");
  g_autofree char *options = g_strconcat (scheme, ", 'switch-timer-us': <uint32 10000>", NULL);
  g_autofree char *channel = tst_channel (self->service, ticking, "events", options);
  pid_t all[3] = { tst_service_pid (self->service), tst_service_consumer_pid (self->service),
                   tst_child_pid (self->app) };
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  tst_enable (self->service, ticking, "events", "tbtest:*");
  tst_session_run (self->service, ticking, "Start");
  for (guint round = 0; round < G_N_ELEMENTS (all); round++)
    {
      g_autoptr(TstChild) comer = NULL;
      guint64 before = tst_get_number (self->service, ticking, "Session.BytesWritten");
      TstAnswer *calls[3];

      tst_app_go (self->app, 1000);
      tst_child_say (self->app, "go 1000");
      stop_and_wait (all, G_N_ELEMENTS (all));
      comer = tst_app_start (self->service, "app-idle", NULL);
      calls[0] = tst_ask (self->service, ticking, "Session.Flush", "(@a{sv} {},)");
      calls[1] = tst_ask (self->service, TST_ROOT, "Manager.ListTracepoints", "({'name': <'tbtest:tick'>},)");
      calls[2] = tst_ask (self->service, self->session, round % 2 == 0 ? "Session.Stop" : "Session.Start",
                          "(@a{sv} {},)");
      g_usleep (suspension_us ());
      for (guint i = 0; i < G_N_ELEMENTS (all); i++)
        g_assert_cmpint (kill (all[(i + round) % G_N_ELEMENTS (all)], SIGCONT), ==, 0);
      for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
        g_variant_unref (tst_answer (calls[i]));
      g_free (tst_child_wait_line (self->app, "done"));
      g_free (tst_wait_app (self->service, tst_child_pid (comer), "ready"));
      tst_enable (self->service, ticking, "events", "tbtest:*"); /* a program waits no second for its buffers: we do */
      tst_app_go (comer, 10);
      tst_child_finish (comer);
      tst_wait_until (self->service, tst_get_number (self->service, ticking, "Session.BytesWritten") > before);
    }
  assert_nobody_was_given_up (self);
  result = tst_session_run (self->service, ticking, "Stop");
  events = tst_events_lossy (self->service, "ticking", &missing);
  g_test_message ("emitted %d: %u recorded, %" G_GUINT64_FORMAT " discarded", 3 * 2010, events->len, result.discarded);
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  g_assert_cmpuint (result.dropped + result.lost, ==, 0);
  g_assert_cmpuint (events->len + result.discarded, ==, 3 * 2010);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/process/health", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (a_consumer_is_named_with_what_it_is_at);
  ADD (a_program_that_did_not_wait_for_its_buffers_is_counted);
  ADD (a_program_with_few_descriptors_goes_on_without_being_recorded);
  ADD (a_machine_that_was_suspended_goes_on);
  ADD (timers_and_calls_go_on_after_a_suspension);
  return g_test_run ();
}
