/* SPDX-License-Identifier: GPL-2.0-only */
/* A consumer's death: its successor goes on with its buffers; what it cannot take is made anew, and that is said. */
#include "base/error.h"
#include "base/thread.h"
#include "fixture.h"

#include <errno.h>

static const char died[] = "Session \"a\": the consumer of user 1000 (64-bit) died; the next one goes on *";
static const char lost[] = "Session \"a\": the consumer of user 1000 (64-bit) died, and nobody could go on with *";

static TbusSession *
start (Fixture *f, TbusBufferOwnership ownership)
{
  TbusSession *session = fixture_start_simple (f, "a", ownership);

  fixture_expect_warning (died);
  return session;
}

/* Its successor cannot make anything of its buffers. */
static TbusSession *
start_lost (Fixture *f, TbusBufferOwnership ownership)
{
  TbusSession *session = start (f, ownership);

  fixture_expect_warning (lost);
  fake_consumer_fail (fixture_consumer (f), FAKE_ADOPT_CHANNEL, TBUS_ERROR_CONSUMER_FAILED, 0);
  return session;
}

static void
replace_consumer (Fixture *f)
{
  fake_consumer_die (fixture_consumer (f));
  fake_consumer_come_back (fixture_consumer (f));
  fixture_settle ();
}

/* It has written @bytes to channel0, and told so. */
static void
write_bytes (Fixture *f, TbusSession *session, guint64 bytes)
{
  g_auto(Call) flush = { FALSE };

  fake_consumer_get_channel (fixture_consumer (f), NULL, "channel0")->counters.bytes_written = bytes;
  tbus_session_flush_async (session, NULL, call_flushed, &flush);
  fixture_run_until (&flush.done);
}

static void
apps_notice_nothing (Fixture *f, gconstpointer data)
{
  TbusTracee *first = fixture_app (f, 100), *second = fixture_app (f, 101);
  TbusSession *session = start (f, TBUS_BUFFER_USER);
  FakeConsumer *consumer = fixture_consumer (f);
  TbusTracee *late;

  g_free (fake_tracer_take_log (f->tracer, first));
  g_free (fake_tracer_take_log (f->tracer, second));
  g_free (fake_consumer_take_log (consumer));
  fake_consumer_die (consumer);
  fixture_settle ();
  late = fixture_app (f, 102); /* the service has all that it needs */
  fixture_settle ();
  fixture_expect_app (f, late, "session(channel0(tick:*))");
  fake_consumer_come_back (consumer);
  fixture_settle ();
  fixture_expect_asked (f, first, "");
  fixture_expect_asked (f, second, "");
  fixture_expect_consumer (consumer, "open-output*, add-set * ust/uid/1000/64-bit, adopt-channel * channel0");
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_ACTIVE);
  g_assert_false (fake_consumer_get_channel (consumer, NULL, "channel0")->quiescent);
}

static void
processes_keep_their_buffers_each (Fixture *f, gconstpointer data)
{
  TbusTracee *first = fixture_app (f, 100), *second = fixture_app (f, 101);
  FakeConsumer *consumer = fixture_consumer (f);

  start (f, TBUS_BUFFER_PROCESS);
  g_free (fake_tracer_take_log (f->tracer, first));
  fake_consumer_die (consumer);
  fake_tracer_hang_up (f->tracer, second); /* its last packets are its successor's to write */
  fixture_settle ();
  fake_consumer_come_back (consumer);
  fixture_settle ();
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 2);
  g_assert_false (fake_channel_has_writers (fake_consumer_get_channel (consumer, NULL, "channel0")));
  fixture_expect_asked (f, first, "");
}

static void
totals_go_on (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;

  fixture_app (f, 100);
  session = start (f, TBUS_BUFFER_USER);
  write_bytes (f, session, 1000);
  replace_consumer (f);
  g_assert_cmpuint (fake_consumer_get_channel (consumer, NULL, "channel0")->counters.bytes_written, ==, 1000);
  fake_consumer_get_channel (consumer, NULL, "channel0")->counters.bytes_written = 1010;
  fixture_stop (session);
  g_assert_cmpuint (tbus_session_get_bytes_written (session), ==, 1010);
}

static void
what_is_stopped_stays_so (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;

  fixture_app (f, 100);
  session = start (f, TBUS_BUFFER_USER);
  fixture_stop (session);
  replace_consumer (f);
  g_assert_true (fake_consumer_get_channel (consumer, NULL, "channel0")->quiescent);
}

/* A successor that dies before it has answered: the next is asked for all of it. */
static void
successors_may_die_as_well (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session = start (f, TBUS_BUFFER_USER);

  g_free (fake_tracer_take_log (f->tracer, tracee));
  fake_consumer_die (consumer);
  for (guint i = 0; i < 3; i++)
    {
      fake_consumer_hold (consumer, TRUE);
      fake_consumer_come_back (consumer);
      fake_consumer_answer (consumer, i);
      fake_consumer_die_with_all (consumer);
    }
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 1);
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_come_back (consumer);
  fixture_settle ();
  fixture_expect_asked (f, tracee, "");
  g_assert_cmpuint (fake_consumer_count_channels (consumer), ==, 1);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
}

static void
buffers_that_no_consumer_survives_are_given_up (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session = start (f, TBUS_BUFFER_USER);

  fixture_expect_warning (lost);
  fake_consumer_die (consumer);
  for (guint i = 0; i < 4; i++)
    {
      fake_consumer_hold (consumer, TRUE);
      fake_consumer_come_back (consumer);
      fake_consumer_die_with_all (consumer);
    }
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_come_back (consumer);
  fixture_settle ();
  g_assert_nonnull (fake_consumer_get_set (consumer, "ust/uid/1000/64-bit-1"));
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 1);
}

static void
lost_buffers_are_made_anew_in_another_directory (Fixture *f, gconstpointer data)
{
  TbusTracee *first = fixture_app (f, 100), *second = fixture_app (f, 101);
  TbusSession *session = start_lost (f, TBUS_BUFFER_USER);
  FakeConsumer *consumer = fixture_consumer (f);
  const TbusProblem *problem;

  g_free (fake_tracer_take_log (f->tracer, first));
  fake_consumer_die (consumer);
  fixture_settle ();
  fake_consumer_come_back (consumer);
  fixture_settle ();
  fixture_expect_app (f, first, "session(channel0(tick:*))");
  fixture_expect_app (f, second, "session(channel0(tick:*))");
  fixture_expect_asked (f, first, "disable session, wait, release tick:*, release channel0, release session, "
                                  "create-session, send-ring channel0, create-event tick:*, enable tick:*, "
                                  "enable session");
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 1);
  g_assert_nonnull (fake_consumer_get_set (consumer, "ust/uid/1000/64-bit-1"));
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_ACTIVE);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 1);
  problem = g_ptr_array_index (tbus_session_get_problems (session), 0);
  g_assert_cmpstr (problem->code, ==, "buffers-lost");
  fixture_stop (session);
  fixture_start (session);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
}

static void
processes_get_new_buffers_each (Fixture *f, gconstpointer data)
{
  TbusTracee *first = fixture_app (f, 100), *second = fixture_app (f, 101);
  FakeConsumer *consumer = fixture_consumer (f);

  start_lost (f, TBUS_BUFFER_PROCESS);
  replace_consumer (f);
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

  fixture_app (f, 100);
  session = start_lost (f, TBUS_BUFFER_USER);
  write_bytes (f, session, 1000);
  replace_consumer (f);
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
  g_assert_nonnull (fake_consumer_get_set (consumer, "ust/uid/1000/64-bit"));
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
  fake_consumer_die_with_all (consumer);
  call_expect_error (&call, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_come_back (consumer);
  tbus_session_start_async (session, NULL, call_done, &again);
  call_expect (&again, "applied 1, failed 0, pending 0");
}

static void
dying_while_a_stop_flushes_costs_nothing (Fixture *f, gconstpointer data)
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
  call_expect (&call, "applied 1, failed 0, pending 0");
  g_assert_cmpuint (tbus_operation_get_outcome (call.operation)->warnings->len, ==, 0);
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
  g_assert_false (fake_consumer_get_channel (consumer, NULL, "channel0")->quiescent); /* its flush came after */
}

static void
a_stop_that_no_consumer_survives_is_a_warning (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;
  g_auto(Call) call = { FALSE };

  fixture_app (f, 100);
  session = start (f, TBUS_BUFFER_USER);
  fake_consumer_hold (consumer, TRUE);
  tbus_session_stop_async (session, TRUE, call_done, &call);
  fixture_settle ();
  fake_consumer_die_with_all (consumer);
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
  replace_consumer (f);
  fixture_expect_asked (f, bobs, "");
  g_assert_cmpuint (tbus_session_get_problems (other)->len, ==, 0);
  fixture_expect_app (f, alices, "session(channel0(tick:*))");
}

static void
a_frozen_app_gets_its_new_buffers_when_it_thaws (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);

  start_lost (f, TBUS_BUFFER_USER);
  fake_tracer_freeze (f->tracer, tracee);
  replace_consumer (f);
  fixture_expect_app (f, tracee, "session(channel0(tick:*))"); /* the old one */
  g_assert_cmpuint (fake_consumer_count_sets (fixture_consumer (f)), ==, 0);
  fake_tracer_thaw (f->tracer, tracee);
  fixture_settle ();
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
  g_assert_cmpuint (fake_consumer_count_sets (fixture_consumer (f)), ==, 1);
}

/* The old session stays with it: it is asked once to let go of it, and gets another. */
static void
an_app_that_keeps_its_old_session_is_asked_once (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);

  start_lost (f, TBUS_BUFFER_USER);
  g_free (fake_tracer_take_log (f->tracer, tracee));
  fake_tracer_refuse (f->tracer, tracee, TBUS_OP_RELEASE, -EINVAL);
  replace_consumer (f);
  fixture_expect_asked (f, tracee, "disable session, wait, release tick:*, release channel0, release session, "
                                   "create-session, send-ring channel0, create-event tick:*, enable tick:*, "
                                   "enable session");
  fake_tracer_refuse (f->tracer, tracee, TBUS_OP_RELEASE, 0);
}

static void
it_may_die_again_and_again (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  FakeConsumer *consumer = fixture_consumer (f);

  start_lost (f, TBUS_BUFFER_USER);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *directory = g_strdup_printf ("ust/uid/1000/64-bit-%u", i + 1);

      if (i > 0)
        fixture_expect_warning (died);
      replace_consumer (f);
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
  ADD ("apps-notice-nothing", apps_notice_nothing);
  ADD ("processes-keep-their-buffers-each", processes_keep_their_buffers_each);
  ADD ("totals-go-on", totals_go_on);
  ADD ("what-is-stopped-stays-so", what_is_stopped_stays_so);
  ADD ("successors-may-die-as-well", successors_may_die_as_well);
  ADD ("buffers-that-no-consumer-survives-are-given-up", buffers_that_no_consumer_survives_are_given_up);
  ADD ("lost-buffers-are-made-anew-in-another-directory", lost_buffers_are_made_anew_in_another_directory);
  ADD ("processes-get-new-buffers-each", processes_get_new_buffers_each);
  ADD ("a-problem-lasts-until-apps-have-buffers-again", a_problem_lasts_until_apps_have_buffers_again);
  ADD ("totals-count-what-both-wrote", totals_count_what_both_wrote);
  ADD ("dying-while-it-makes-buffers-costs-nothing", dying_while_it_makes_buffers_costs_nothing);
  ADD ("dying-while-the-output-is-opened-fails-the-start", dying_while_the_output_is_opened_fails_the_start);
  ADD ("dying-while-a-stop-flushes-costs-nothing", dying_while_a_stop_flushes_costs_nothing);
  ADD ("a-stop-that-no-consumer-survives-is-a-warning", a_stop_that_no_consumer_survives_is_a_warning);
  ADD ("dying-while-a-session-is-destroyed-ends-it", dying_while_a_session_is_destroyed_ends_it);
  ADD ("other-sessions-and-users-do-not-notice", other_sessions_and_users_do_not_notice);
  ADD ("a-frozen-app-gets-its-new-buffers-when-it-thaws", a_frozen_app_gets_its_new_buffers_when_it_thaws);
  ADD ("an-app-that-keeps-its-old-session-is-asked-once", an_app_that_keeps_its_old_session_is_asked_once);
  ADD ("it-may-die-again-and-again", it_may_die_again_and_again);
  return g_test_run ();
}
