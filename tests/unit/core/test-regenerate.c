/* SPDX-License-Identifier: GPL-2.0-only */
/* The clock, the metadata and the state of apps, told anew. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

static void
regenerate_metadata (TbusSession *session, Call *call)
{
  tbus_session_regenerate_metadata_async (session, call_done, call);
}

static void
regenerate_statedump (TbusSession *session, Call *call)
{
  tbus_session_regenerate_statedump_async (session, NULL, call_done, call);
}

#define NOBODY "applied 0, failed 0, pending 0"

/* Whether the metadata that @consumer has written says @what. */
static gboolean
says (FakeConsumer *consumer, TbusSession *session, const char *what)
{
  g_auto(Call) push = { FALSE };

  tbus_session_push_metadata_async (session, call_pushed, &push);
  fixture_run_until (&push.done);
  g_assert_no_error (push.error);
  return strstr (fake_consumer_get_set (consumer, NULL)->metadata->str, what) != NULL;
}

static void
the_clock_is_the_consumers_at_the_first_start (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;

  fixture_app (f, 100);
  fake_consumer_set_clock (consumer, 1111);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fixture_settle ();
  g_assert_true (says (consumer, session, "offset = 1111;"));
  fake_consumer_set_clock (consumer, 2222);
  fixture_stop (session);
  fixture_start (session);
  fixture_app (f, 101);
  fixture_settle ();
  g_assert_true (says (consumer, session, "offset = 1111;"));
}

static void
without_a_clock_nothing_starts (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) failed = { FALSE };

  fixture_enable (session, "", "tick:*");
  fake_consumer_fail (consumer, FAKE_READ_CLOCK, TBUS_ERROR_CONSUMER_FAILED, 0);
  tbus_session_start_async (session, NULL, call_done, &failed);
  call_expect_error (&failed, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
  fake_consumer_fail (consumer, FAKE_READ_CLOCK, -1, 0);
  fixture_start (session);
}

static void
all_metadata_says_the_new_offset (Fixture *f, TbusBufferOwnership ownership)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;
  g_auto(Call) active = { FALSE }, inactive = { FALSE };

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", ownership);
  fake_consumer_set_clock (consumer, 3333);
  regenerate_metadata (session, &active);
  call_expect (&active, NOBODY);
  g_assert_true (says (consumer, session, "offset = 3333;"));
  g_assert_false (says (consumer, session, "offset = 0;"));
  fixture_stop (session);
  fake_consumer_set_clock (consumer, 4444);
  regenerate_metadata (session, &inactive);
  call_expect (&inactive, NOBODY);
  g_assert_true (says (consumer, session, "offset = 4444;"));
}

static void
shared_metadata_says_the_new_offset (Fixture *f, gconstpointer data)
{
  all_metadata_says_the_new_offset (f, TBUS_BUFFER_USER);
}

static void
each_processs_metadata_says_the_new_offset (Fixture *f, gconstpointer data)
{
  all_metadata_says_the_new_offset (f, TBUS_BUFFER_PROCESS);
}

/* The old text stays valid, and so do later pushes. */
static void
metadata_stays_where_it_cannot_be_replaced (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;
  g_auto(Call) refused = { FALSE }, again = { FALSE };

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fake_consumer_set_clock (consumer, 5555);
  fake_consumer_fail (consumer, FAKE_REPLACE_METADATA, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  regenerate_metadata (session, &refused);
  call_expect (&refused, NOBODY);
  g_assert_nonnull (strstr (call_get_warning (&refused), "ust/uid/1000/64-bit is as it was: replace-metadata refused"));
  g_assert_false (says (consumer, session, "offset = 5555;"));
  fake_consumer_fail (consumer, FAKE_REPLACE_METADATA, -1, 0);
  regenerate_metadata (session, &again);
  call_expect (&again, NOBODY);
  g_assert_true (says (consumer, session, "offset = 5555;"));
}

static void
a_consumer_that_dies_meanwhile_costs_nothing_else (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session;
  g_auto(Call) call = { FALSE };

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fake_consumer_set_clock (consumer, 5555);
  fake_consumer_hold (consumer, TRUE);
  regenerate_metadata (session, &call);
  fake_consumer_answer (consumer, 1); /* the clock */
  fake_consumer_die (consumer);
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_come_back (consumer);
  call_expect (&call, NOBODY);
  g_assert_true (says (consumer, session, "offset = 5555;"));
}

static void
there_is_no_metadata_before_the_first_start (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { FALSE };

  regenerate_metadata (session, &call);
  call_expect_error (&call, TBUS_ERROR_INVALID_STATE);
}

static void
apps_that_are_recorded_tell_their_state_anew (Fixture *f, gconstpointer data)
{
  TbusTracee *one = fixture_app (f, 100), *other = fixture_app (f, 101);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_auto(Call) call = { FALSE }, later = { FALSE };

  g_free (fake_tracer_take_log (f->tracer, one));
  g_free (fake_tracer_take_log (f->tracer, other));
  regenerate_statedump (session, &call);
  call_expect (&call, "applied 2, failed 0, pending 0");
  fixture_expect_asked (f, one, "statedump session");
  fixture_expect_asked (f, other, "statedump session");
  fixture_enable (session, "", "tock:*"); /* once is enough */
  fixture_expect_asked (f, one, "create-event tock:*, enable tock:*");
  fixture_stop (session);
  regenerate_statedump (session, &later);
  g_assert_nonnull (strstr (call_expect_error (&later, TBUS_ERROR_INVALID_STATE), "inactive"));
}

static void
an_app_that_does_not_tell_is_recorded_on (Fixture *f, gconstpointer data)
{
  TbusTracee *app = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_auto(Call) call = { FALSE };

  fake_tracer_refuse (f->tracer, app, TBUS_OP_STATEDUMP, -EINVAL);
  regenerate_statedump (session, &call);
  call_expect (&call, "applied 1, failed 0, pending 0");
  g_assert_nonnull (strstr (call_get_warning (&call), "did not tell its state"));
  fixture_enable (session, "", "tock:*");
  fixture_expect_app (f, app, "session(channel0(tick:* tock:*))");
}

#define ADD(path, func) FIXTURE_ADD ("/core/regenerate/" path, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  ADD ("the-clock-is-the-consumers-at-the-first-start", the_clock_is_the_consumers_at_the_first_start);
  ADD ("without-a-clock-nothing-starts", without_a_clock_nothing_starts);
  ADD ("shared-metadata-says-the-new-offset", shared_metadata_says_the_new_offset);
  ADD ("each-processs-metadata-says-the-new-offset", each_processs_metadata_says_the_new_offset);
  ADD ("metadata-stays-where-it-cannot-be-replaced", metadata_stays_where_it_cannot_be_replaced);
  ADD ("a-consumer-that-dies-meanwhile-costs-nothing-else", a_consumer_that_dies_meanwhile_costs_nothing_else);
  ADD ("there-is-no-metadata-before-the-first-start", there_is_no_metadata_before_the_first_start);
  ADD ("apps-that-are-recorded-tell-their-state-anew", apps_that_are_recorded_tell_their_state_anew);
  ADD ("an-app-that-does-not-tell-is-recorded-on", an_app_that_does_not_tell_is_recorded_on);
  return g_test_run ();
}
