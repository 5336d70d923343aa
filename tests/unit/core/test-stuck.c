/* SPDX-License-Identifier: GPL-2.0-only */
/* A file system keeps a consumer waiting: callers are answered, and what was begun is done when it goes on. */
#include "base/thread.h"
#include "fixture.h"

static const char told[] = "Session \"a\": a file system does not answer: events wait in their buffers *";

/* A session that records, and a consumer that answers nothing from now on. */
static TbusSession *
start_and_hold (Fixture *f)
{
  TbusSession *session;

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fake_consumer_hold (fixture_consumer (f), TRUE);
  return session;
}

static void
tell (Fixture *f, gboolean stuck)
{
  g_signal_emit_by_name (fixture_consumer (f), "output-stuck", stuck);
}

static void
go_on (Fixture *f)
{
  FakeConsumer *consumer = fixture_consumer (f);

  fake_consumer_hold (consumer, FALSE);
  fixture_settle ();
  tell (f, FALSE);
}

static void
a_stop_is_answered_and_goes_on (Fixture *f, gconstpointer data)
{
  TbusSession *session = start_and_hold (f);
  g_auto(Call) stop = { FALSE };

  tbus_session_stop_async (session, TRUE, call_done, &stop);
  fixture_settle ();
  g_assert_false (stop.done);
  fixture_expect_warning (told);
  tell (f, TRUE);
  call_expect (&stop, "applied 1, failed 0, pending 0");
  g_assert_nonnull (strstr (call_get_warning (&stop), "does not answer"));
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
  tell (f, TRUE); /* as it does each second */
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 1);
  g_assert_true (tbus_session_get_data_pending (session));
  go_on (f);
  g_assert_false (tbus_session_get_data_pending (session));
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
}

static void
a_destroy_is_answered_and_goes_on (Fixture *f, gconstpointer data)
{
  TbusSession *session = start_and_hold (f);
  g_auto(Call) destroy = { FALSE };

  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  fixture_settle ();
  fixture_expect_warning (told);
  tell (f, TRUE);
  call_expect (&destroy, "applied 1, failed 0, pending 0");
  g_assert_cmpuint (tbus_session_set_count (f->sessions), ==, 1);
  go_on (f);
  g_assert_cmpuint (tbus_session_set_count (f->sessions), ==, 0);
  g_assert_cmpuint (fake_consumer_count_sets (fixture_consumer (f)), ==, 0);
}

static void
a_start_is_refused_and_does_not_come_later (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) start = { FALSE };

  fixture_add_channel (session, "channel0", TBUS_BUFFER_USER);
  fake_consumer_hold (fixture_consumer (f), TRUE);
  tbus_session_start_async (session, NULL, call_done, &start);
  fixture_settle ();
  fixture_expect_warning (told);
  tell (f, TRUE);
  g_assert_nonnull (strstr (call_expect_error (&start, TBUS_ERROR_OUTPUT_UNAVAILABLE), "does not answer"));
  go_on (f);
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
  fixture_start (session);
}

/* What has its turn after it is refused; but what ends a session is what callers still want. */
static void
what_waits_behind_it_is_answered_too (Fixture *f, gconstpointer data)
{
  TbusSession *session = start_and_hold (f);
  g_auto(Call) stop = { FALSE };
  g_auto(Call) flush = { FALSE };
  g_auto(Call) start = { FALSE };
  g_auto(Call) destroy = { FALSE };

  tbus_session_stop_async (session, TRUE, call_done, &stop);
  tbus_session_flush_async (session, NULL, call_flushed, &flush);
  tbus_session_start_async (session, NULL, call_done, &start);
  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  fixture_settle ();
  fixture_expect_warning (told);
  tell (f, TRUE);
  call_expect (&stop, "applied 1, failed 0, pending 0");
  call_expect_error (&flush, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  call_expect_error (&start, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  call_expect (&destroy, "applied 0, failed 0, pending 0");
  go_on (f);
  g_assert_cmpuint (tbus_session_set_count (f->sessions), ==, 0);
}

/* It records no more, whatever was asked for before; and what was refused is not asked for again and again. */
static void
a_stop_is_not_kept_from_beginning (Fixture *f, gconstpointer data)
{
  TbusSession *session = start_and_hold (f);
  g_auto(Call) flush = { FALSE };
  g_auto(Call) again = { FALSE };
  g_auto(Call) stop = { FALSE };
  g_auto(Call) later = { FALSE };

  tbus_session_flush_async (session, NULL, call_flushed, &flush);
  tbus_session_flush_async (session, NULL, call_flushed, &again);
  tbus_session_stop_async (session, TRUE, call_done, &stop);
  fixture_settle ();
  fixture_expect_warning (told);
  tell (f, TRUE);
  call_expect_error (&flush, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  call_expect_error (&again, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  fixture_settle ();
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
  g_assert_false (stop.done);
  tell (f, TRUE);
  call_expect (&stop, "applied 1, failed 0, pending 0");
  g_assert_true (tbus_session_get_data_pending (session));
  go_on (f);
  g_assert_false (tbus_session_get_data_pending (session));
  tbus_session_flush_async (session, NULL, call_flushed, &later);
  fixture_run_until (&later.done);
  g_assert_no_error (later.error);
}

/* Others have their own consumers. */
static void
a_session_that_is_not_on_it_is_not_concerned (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");

  fixture_add_channel (session, "channel0", TBUS_BUFFER_USER);
  tell (f, TRUE);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
}

static void
its_death_ends_the_problem (Fixture *f, gconstpointer data)
{
  TbusSession *session = start_and_hold (f);
  FakeConsumer *consumer = fixture_consumer (f);

  fixture_expect_warning (told);
  tell (f, TRUE);
  fixture_expect_warning ("Session \"a\": the consumer of user 1000 (64-bit) died; *");
  fake_consumer_die (consumer);
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_come_back (consumer);
  fixture_settle ();
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
}

int
main (int argc, char **argv)
{
  tbus_thread_init ();
  g_test_init (&argc, &argv, NULL);
  FIXTURE_ADD ("/core/stuck/a-stop-is-answered-and-goes-on", a_stop_is_answered_and_goes_on);
  FIXTURE_ADD ("/core/stuck/a-destroy-is-answered-and-goes-on", a_destroy_is_answered_and_goes_on);
  FIXTURE_ADD ("/core/stuck/a-start-is-refused-and-does-not-come-later", a_start_is_refused_and_does_not_come_later);
  FIXTURE_ADD ("/core/stuck/what-waits-behind-it-is-answered-too", what_waits_behind_it_is_answered_too);
  FIXTURE_ADD ("/core/stuck/a-session-that-is-not-on-it-is-not-concerned",
               a_session_that_is_not_on_it_is_not_concerned);
  FIXTURE_ADD ("/core/stuck/a-stop-is-not-kept-from-beginning", a_stop_is_not_kept_from_beginning);
  FIXTURE_ADD ("/core/stuck/its-death-ends-the-problem", its_death_ends_the_problem);
  return g_test_run ();
}
