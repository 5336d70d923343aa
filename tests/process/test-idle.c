/* SPDX-License-Identifier: GPL-2.0-only */
/* Consumers that nobody needs any more: they end and leave nothing, and who needs one gets another. */
#include "support/recording.h"

#include <signal.h>

typedef struct {
  TstService *service;
  TstStore *store;
} Fixture;

/* A life in which a consumer ends after a second of idleness; otherwise it stays for as long as a test takes. */
static void
start_impatient (Fixture *self)
{
  g_autofree char *path = tst_dir_file (tst_service_dir (self->service), "limits.conf");
  g_autofree char *option = g_strconcat ("--config=", path, NULL);

  g_assert_true (g_file_set_contents (path, "[Limits]\nConsumerIdleSeconds=1\n", -1, NULL));
  tst_service_start (self->service, option);
}

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new_idle ();
  self->store = tst_service_use_store (self->service);
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_service_free (self->service);
}

/* A session from its beginning to its end, in which a program emits once. */
static void
record (Fixture *self, const char *name)
{
  g_autofree char *session = tst_start_recording (self->service, name, TST_PER ("user"));
  TstResult result;

  tst_app_run (self->service, "app-tiny", NULL);
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.failed + result.pending + result.discarded + result.lost + result.dropped, ==, 0);
  tst_session_run (self->service, session, "Destroy");
  g_assert_cmpuint (tst_count (self->service, name, "tbtest:tick"), ==, 1);
}

static gboolean
is_known (Fixture *self)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");

  return consumers[0] != NULL || tst_get_number (self->service, TST_ROOT, "Manager.ConsumerCount") > 0;
}

/* Its process, its object, and what the store had of it. */
static void
await_nothing_left (Fixture *self, int ended)
{
  tst_process_await (ended);
  tst_wait_until (self->service, !is_known (self));
  tst_wait_until (self->service, tst_store_count (self->store, "consumer-") == 0);
  tst_wait_until (self->service, tst_store_count (self->store, "staging-") == 0);
  g_assert_false (tst_heard (self->service, "Consumer.State", "'restarting'"));
}

static void
one_ends_after_its_last_session_and_the_next_has_another (Fixture *self, gconstpointer options)
{
  guint64 fds;

  start_impatient (self);
  fds = tst_get_number (self->service, TST_ROOT, "Manager.FdsInUse");
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *name = g_strdup_printf ("round-%u", i);
      g_autofree char *stays = tst_session (self->service, name);
      int ended = tst_process_watch (tst_service_consumer_pid (self->service));

      await_nothing_left (self, ended); /* a session that was not started needs none */
      tst_enable (self->service, stays, "", "tbtest:*");
      tst_session_run (self->service, stays, "Start");
      ended = tst_process_watch (tst_service_consumer_pid (self->service));
      tst_app_run (self->service, "app-tiny", NULL);
      tst_session_run (self->service, stays, "Destroy");
      g_assert_cmpuint (tst_count (self->service, name, "tbtest:tick"), ==, 1);
      await_nothing_left (self, ended);
      tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.FdsInUse") == fds);
    }
}

/* It is stopped, so that it takes its time. */
static void
who_comes_while_one_ends_gets_another_at_once (Fixture *self, gconstpointer options)
{
  pid_t consumer;
  int ended;

  start_impatient (self);
  record (self, "before");
  consumer = tst_service_consumer_pid (self->service);
  ended = tst_process_watch (consumer);
  g_assert_cmpint (kill (consumer, SIGSTOP), ==, 0);
  tst_wait_until (self->service, !is_known (self));
  record (self, "meanwhile");
  g_assert_cmpint (tst_service_consumer_pid (self->service), !=, consumer);
  g_assert_cmpint (kill (consumer, SIGCONT), ==, 0);
  tst_process_await (ended);
  record (self, "after");
}

static void
one_that_was_idle_at_a_kill_is_ended_by_the_next_life (Fixture *self, gconstpointer options)
{
  int ended;

  tst_service_start (self->service, NULL);
  record (self, "before");
  ended = tst_process_watch (tst_service_consumer_pid (self->service));
  tst_service_kill (self->service);
  start_impatient (self);
  await_nothing_left (self, ended);
  record (self, "after");
}

static void
one_that_was_idle_and_died_with_the_service_has_no_successor (Fixture *self, gconstpointer options)
{
  pid_t consumer;
  int ended;

  tst_service_start (self->service, NULL);
  record (self, "before");
  consumer = tst_service_consumer_pid (self->service);
  ended = tst_process_watch (consumer);
  tst_service_kill (self->service);
  g_assert_cmpint (kill (consumer, SIGKILL), ==, 0);
  tst_process_await (ended);
  tst_service_start (self->service, NULL);
  g_assert_false (is_known (self));
  tst_wait_until (self->service, tst_store_count (self->store, "consumer-") == 0);
  tst_wait_until (self->service, tst_store_count (self->store, "staging-") == 0);
  record (self, "after");
}

/* What its memory is kept for is over with it. */
static void
one_that_is_killed_while_it_is_idle_ends_in_time (Fixture *self, gconstpointer options)
{
  pid_t consumer;

  start_impatient (self);
  record (self, "before");
  consumer = tst_service_consumer_pid (self->service);
  g_assert_cmpint (kill (consumer, SIGKILL), ==, 0);
  tst_wait_until (self->service, !is_known (self));
  tst_wait_until (self->service, tst_store_count (self->store, "consumer-") == 0);
  tst_wait_until (self->service, tst_store_count (self->store, "staging-") == 0);
  record (self, "after");
}

#define ADD(function) TST_ADD ("/process/idle", NULL, function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (one_ends_after_its_last_session_and_the_next_has_another);
  ADD (who_comes_while_one_ends_gets_another_at_once);
  ADD (one_that_was_idle_at_a_kill_is_ended_by_the_next_life);
  ADD (one_that_was_idle_and_died_with_the_service_has_no_successor);
  ADD (one_that_is_killed_while_it_is_idle_ends_in_time);
  return g_test_run ();
}
