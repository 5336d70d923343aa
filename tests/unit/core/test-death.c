/* SPDX-License-Identifier: GPL-2.0-only */
/* A consumer's death: its buffers are given up, said so, and made anew elsewhere; recording goes on. */
#include "base/error.h"
#include "base/thread.h"
#include "fixture.h"

#include <errno.h>

static const char died[] = "Session \"a\": the consumer of user 1000 (64-bit) died; what it had not written is lost, *";

static TbusSession *
start (Fixture *f, TbusBufferOwnership ownership)
{
  TbusSession *session = fixture_start_simple (f, "a", ownership);

  fixture_expect_warning (died);
  return session;
}

static void
buffers_are_made_anew_in_another_directory (Fixture *f, gconstpointer data)
{
  TbusTracee *first = fixture_app (f, 100), *second = fixture_app (f, 101);
  TbusSession *session = start (f, TBUS_BUFFER_USER);
  FakeConsumer *consumer = fixture_consumer (f);

  g_free (fake_tracer_take_log (f->tracer, first));
  fake_consumer_die (consumer);
  fixture_settle ();
  fake_consumer_come_back (consumer);
  fixture_settle ();
  fixture_expect_app (f, first, "session(channel0(tick:*))");
  fixture_expect_app (f, second, "session(channel0(tick:*))");
  fixture_expect_asked (f, first, "disable session, wait, release tick:*, release channel0, release session, "
                                  "create-session, send-ring channel0, create-event tick:*, enable tick:*, "
                                  "enable session, wait");
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 1);
  g_assert_nonnull (fake_consumer_get_set (consumer, "ust/uid/1000/64-bit-1"));
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_ACTIVE);
}

static void
processes_get_new_buffers_each (Fixture *f, gconstpointer data)
{
  TbusTracee *first = fixture_app (f, 100), *second = fixture_app (f, 101);
  FakeConsumer *consumer = fixture_consumer (f);

  start (f, TBUS_BUFFER_PROCESS);
  fake_consumer_die (consumer);
  fake_consumer_come_back (consumer);
  fixture_settle ();
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 2);
  fixture_expect_app (f, first, "session(channel0(tick:*))");
  fixture_expect_app (f, second, "session(channel0(tick:*))");
}

static void
a_problem_lasts_until_apps_have_buffers_again (Fixture *f, gconstpointer data)
{
  TbusSession *session;
  const TbusProblem *problem;

  fixture_app (f, 100);
  session = start (f, TBUS_BUFFER_USER);
  fake_consumer_die (fixture_consumer (f));
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 1);
  problem = g_ptr_array_index (tbus_session_get_problems (session), 0);
  g_assert_cmpstr (problem->code, ==, "consumer-restarting");
  g_assert_cmpuint (problem->consumer, ==, tbus_consumer_get_id (TBUS_CONSUMER (fixture_consumer (f))));
  fake_consumer_come_back (fixture_consumer (f));
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 1);
  fixture_settle ();
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
}

static void
totals_count_what_both_wrote (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;
  g_auto(Call) flush = { FALSE };

  fixture_app (f, 100);
  session = start (f, TBUS_BUFFER_USER);
  fake_consumer_get_channel (consumer, NULL, "channel0")->counters.bytes_written = 1000;
  tbus_session_flush_async (session, NULL, call_flushed, &flush);
  fixture_run_until (&flush.done);
  fake_consumer_die (consumer);
  fake_consumer_come_back (consumer);
  fixture_settle ();
  fake_consumer_get_channel (consumer, NULL, "channel0")->counters.bytes_written = 10;
  fixture_stop (session);
  g_assert_cmpuint (tbus_session_get_bytes_written (session), ==, 1010);
}

static void
dying_while_it_makes_buffers_costs_nothing (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session = fixture_create (f, "a");
  TbusTracee *tracee = fixture_app (f, 100);
  g_auto(Call) call = { FALSE };

  fixture_settle ();
  fixture_enable (session, "", "tick:*");
  fake_consumer_hold (consumer, TRUE);
  tbus_session_start_async (session, NULL, call_done, &call);
  fake_consumer_answer (consumer, 2); /* open-output, read-clock: buffers are asked for */
  fixture_expect_warning (died);
  fake_consumer_die (consumer);
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_come_back (consumer);
  fixture_run_until (&call.done);
  g_assert_no_error (call.error);
  fixture_settle ();
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 1);
}

static void
dying_while_the_output_is_opened_fails_the_start (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { FALSE }, again = { FALSE };

  fixture_app (f, 100);
  fixture_enable (session, "", "tick:*");
  fake_consumer_hold (consumer, TRUE);
  tbus_session_start_async (session, NULL, call_done, &call);
  fixture_expect_warning (died);
  fake_consumer_die (consumer);
  call_expect_error (&call, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_come_back (consumer);
  tbus_session_start_async (session, NULL, call_done, &again);
  call_expect (&again, "applied 1, failed 0, pending 0");
}

static void
dying_while_a_stop_flushes_is_a_warning (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;
  g_auto(Call) call = { FALSE };

  fixture_app (f, 100);
  session = start (f, TBUS_BUFFER_USER);
  fake_consumer_hold (consumer, TRUE);
  tbus_session_stop_async (session, TRUE, call_done, &call);
  fixture_settle ();
  fake_consumer_die (consumer);
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_come_back (consumer);
  fixture_run_until (&call.done);
  g_assert_no_error (call.error);
  g_assert_cmpuint (tbus_operation_get_outcome (call.operation)->warnings->len, >, 0);
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
}

static void
dying_while_a_session_is_destroyed_ends_it (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;
  g_auto(Call) call = { FALSE };

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fake_consumer_hold (consumer, TRUE);
  tbus_session_destroy_async (session, TRUE, call_done, &call);
  fixture_settle ();
  g_assert_false (call.done);
  fake_consumer_die (consumer);
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_come_back (consumer);
  call_expect (&call, "applied 1, failed 0, pending 0");
  g_assert_cmpuint (tbus_session_set_count (f->sessions), ==, 0);
}

static void
other_sessions_and_users_do_not_notice (Fixture *f, gconstpointer data)
{
  TbusTracee *alices = fixture_app (f, 100);
  TbusTracee *bobs = fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = BOB });
  TbusSessionRequest request = { .name = "b", .owner = BOB, .group = BOB, .output = "/fake/b" };
  TbusSession *other = fixture_create_full (f, &request);

  fixture_enable (other, "", "tick:*");
  fixture_start (other);
  start (f, TBUS_BUFFER_USER);
  g_free (fake_tracer_take_log (f->tracer, bobs));
  fake_consumer_die (fixture_consumer (f));
  fake_consumer_come_back (fixture_consumer (f));
  fixture_settle ();
  fixture_expect_asked (f, bobs, "");
  g_assert_cmpuint (tbus_session_get_problems (other)->len, ==, 0);
  fixture_expect_app (f, alices, "session(channel0(tick:*))");
}

static void
a_frozen_app_gets_its_new_buffers_when_it_thaws (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);

  start (f, TBUS_BUFFER_USER);
  fake_tracer_freeze (f->tracer, tracee);
  fake_consumer_die (fixture_consumer (f));
  fake_consumer_come_back (fixture_consumer (f));
  fixture_settle ();
  fixture_expect_app (f, tracee, "session(channel0(tick:*))"); /* the old one */
  g_assert_cmpuint (fake_consumer_count_sets (fixture_consumer (f)), ==, 0);
  fake_tracer_thaw (f->tracer, tracee);
  fixture_settle ();
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
  g_assert_cmpuint (fake_consumer_count_sets (fixture_consumer (f)), ==, 1);
}

/* It cannot be got rid of the old session: it is not asked without end, and counts as failed. */
static void
an_app_that_keeps_its_old_session_is_asked_once (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);

  start (f, TBUS_BUFFER_USER);
  g_free (fake_tracer_take_log (f->tracer, tracee));
  fake_tracer_refuse (f->tracer, tracee, TBUS_OP_RELEASE, -EINVAL);
  fake_consumer_die (fixture_consumer (f));
  fake_consumer_come_back (fixture_consumer (f));
  fixture_settle ();
  fixture_expect_asked (f, tracee, "disable session, wait, release tick:*, release channel0, release session");
  fake_tracer_refuse (f->tracer, tracee, TBUS_OP_RELEASE, 0);
}

static void
it_may_die_again_and_again (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  FakeConsumer *consumer = fixture_consumer (f);

  start (f, TBUS_BUFFER_USER);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *directory = g_strdup_printf ("ust/uid/1000/64-bit-%u", i + 1);

      if (i > 0)
        fixture_expect_warning (died);
      fake_consumer_die (consumer);
      fake_consumer_come_back (consumer);
      fixture_settle ();
      g_assert_nonnull (fake_consumer_get_set (consumer, directory));
    }
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
}

#define ADD(name, func) FIXTURE_ADD ("/core/death/" name, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  ADD ("buffers-are-made-anew-in-another-directory", buffers_are_made_anew_in_another_directory);
  ADD ("processes-get-new-buffers-each", processes_get_new_buffers_each);
  ADD ("a-problem-lasts-until-apps-have-buffers-again", a_problem_lasts_until_apps_have_buffers_again);
  ADD ("totals-count-what-both-wrote", totals_count_what_both_wrote);
  ADD ("dying-while-it-makes-buffers-costs-nothing", dying_while_it_makes_buffers_costs_nothing);
  ADD ("dying-while-the-output-is-opened-fails-the-start", dying_while_the_output_is_opened_fails_the_start);
  ADD ("dying-while-a-stop-flushes-is-a-warning", dying_while_a_stop_flushes_is_a_warning);
  ADD ("dying-while-a-session-is-destroyed-ends-it", dying_while_a_session_is_destroyed_ends_it);
  ADD ("other-sessions-and-users-do-not-notice", other_sessions_and_users_do_not_notice);
  ADD ("a-frozen-app-gets-its-new-buffers-when-it-thaws", a_frozen_app_gets_its_new_buffers_when_it_thaws);
  ADD ("an-app-that-keeps-its-old-session-is-asked-once", an_app_that_keeps_its_old_session_is_asked_once);
  ADD ("it-may-die-again-and-again", it_may_die_again_and_again);
  return g_test_run ();
}
