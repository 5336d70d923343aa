/* SPDX-License-Identifier: GPL-2.0-only */
/* The service or a consumer is killed in the middle of its work: what is on disk is readable, and it goes on. */
#include "support/recording.h"

#include <signal.h>
#include <unistd.h>

typedef struct {
  TstService *service;
  char *session;
  char *output;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new ();
  self->session = tst_start_recording (self->service, "deaths", options);
  self->output = tst_output (self->service, "deaths");
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  g_free (self->session);
  g_free (self->output);
  tst_service_free (self->service);
}

static TstChild *
start_burst (Fixture *self, const char *n)
{
  TstChild *app = tst_app_start (self->service, "app-burst", n, "64", NULL);

  g_free (tst_child_wait_line (app, "ready"));
  return app;
}

/* Nobody tells the consumer to write out what is in the buffers: it sees for itself that it is alone. */
static void
a_killed_service_costs_no_event (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autoptr(GPtrArray) events = NULL;
  int consumer;

  tst_app_go (app, 1000);
  consumer = tst_process_watch (tst_service_consumer_pid (self->service));
  tst_service_kill (self->service);
  tst_process_await (consumer);
  events = tst_events (self->service, "deaths");
  g_assert_cmpuint (events->len, ==, 1000);
}

static void
a_trace_is_readable_after_its_service_was_killed (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) one = start_burst (self, "300000");
  g_autoptr(TstChild) two = start_burst (self, "300000");
  g_autoptr(TstChild) idle = tst_app_start (self->service, "app-idle", NULL);
  int consumer = tst_process_watch (tst_service_consumer_pid (self->service));

  tst_app_go (idle, 1); /* however far the others have come */
  tst_service_kill (self->service);
  tst_process_await (consumer);
  g_assert_cmpuint (tst_babeltrace_live (self->output), >, 0);
}

/* The rendezvous is taken over from the dead, and programs find the new service by themselves. */
static void
another_service_takes_over_from_a_killed_one (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *object = NULL;
  g_autofree char *session = NULL;
  int consumer;

  tst_app_go (app, 10);
  consumer = tst_process_watch (tst_service_consumer_pid (self->service));
  tst_service_kill (self->service);
  tst_process_await (consumer);
  tst_service_start (self->service, NULL);
  object = tst_wait_app (self->service, tst_child_pid (app), "ready");
  session = tst_start_recording (self->service, "again", options);
  tst_app_go (app, 20);
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "again", "tbtest:tick"), ==, 20);
  g_assert_cmpuint (tst_count (self->service, "deaths", "tbtest:tick"), ==, 10);
}

static void
kill_consumer (Fixture *self)
{
  pid_t pid = tst_service_consumer_pid (self->service);
  int consumer = tst_process_watch (pid);

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  tst_process_await (consumer);
}

/* Somebody is told, and it is over when programs have buffers again. */
static void
wait_until_repaired (Fixture *self)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");

  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'consumer-restarting'"));
  tst_wait_until (self->service, tst_get_length (self->service, self->session, "Session.Problems") == 0);
  g_assert_cmpuint (tst_get_number (self->service, consumers[0], "Consumer.Restarts"), ==, 1);
}

static void
a_killed_consumer_is_replaced (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  TstResult result;

  tst_app_go (app, 100);
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
  kill_consumer (self);
  g_assert_cmpuint (tst_babeltrace_live (self->output), ==, 100);
  wait_until_repaired (self);
  tst_app_go (app, 50);
  tst_app_run (self->service, "app-tiny", NULL);
  result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (result.failed, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "deaths", "tbtest:tick"), ==, 151);
}

static void
a_trace_is_readable_after_its_consumer_was_killed (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) one = start_burst (self, "300000");
  g_autoptr(TstChild) two = start_burst (self, "300000");
  g_autoptr(TstChild) idle = tst_app_start (self->service, "app-idle", NULL);
  guint64 before, after;

  tst_app_go (idle, 1);
  kill_consumer (self);
  before = tst_babeltrace_live (self->output);
  tst_child_finish (one);
  tst_child_finish (two);
  wait_until_repaired (self);
  tst_app_go (idle, 50);
  tst_session_run (self->service, self->session, "Stop");
  after = tst_babeltrace_live (self->output);
  g_assert_cmpuint (after, >=, before + 50);
}

/* Also the one that replaced another, and one that is killed while nothing records. */
static void
consumers_may_be_killed_again (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  tst_app_go (app, 1);
  tst_session_run (self->service, self->session, "Stop");
  kill_consumer (self);
  wait_until_repaired (self);
  tst_session_run (self->service, self->session, "Start");
  tst_app_go (app, 10);
  tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "deaths", "tbtest:tick"), ==, 11);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/process/deaths", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (a_killed_service_costs_no_event);
  ADD (a_trace_is_readable_after_its_service_was_killed);
  ADD (another_service_takes_over_from_a_killed_one);
  ADD (a_killed_consumer_is_replaced);
  ADD (a_trace_is_readable_after_its_consumer_was_killed);
  ADD (consumers_may_be_killed_again);
  return g_test_run ();
}
