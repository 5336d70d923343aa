/* SPDX-License-Identifier: GPL-2.0-only */
/* Start, stop, destroy: in which order apps, metadata and data are dealt with, and what is counted. */
#include "base/error.h"
#include "base/thread.h"
#include "core/class-registry.h"
#include "fixture.h"

#include <errno.h>
#include <string.h>

static gpointer
decode_nothing (gconstpointer raw, gsize length, const char *name, GError **error)
{
  return tbus_ctf_fields_new ();
}

/* The app speaks on its notify socket: metadata grows. */
static void
notify (Fixture *f, TbusTracee *tracee, const char *event)
{
  TbusEventNotice notice = { 0, event, 6, NULL, { event, strlen (event), decode_nothing } };
  TbusClassBody context = { "", 0, decode_nothing };
  TbusBinding binding;
  TbusCtfHeader header;
  guint32 id;

  g_assert_true (tbus_tracee_index_lookup (f->index, tracee, fake_tracer_get_channel (f->tracer, tracee, "channel0"),
                                           &binding));
  g_assert_true (tbus_class_registry_register_channel (binding.set->classes, binding.channel, &context, &id, &header,
                                                       NULL));
  g_assert_true (tbus_class_registry_register_event (binding.set->classes, &notice, &id, NULL));
  tbus_buffer_set_unref (binding.set);
}

static gboolean
has_written (Fixture *f, const char *event)
{
  const FakeSet *set = fake_consumer_get_set (fixture_consumer (f), NULL);

  return strstr (set->metadata->str, event) != NULL;
}

static void
stop_is_apps_then_metadata_then_data (Fixture *f, gconstpointer data) /* B20, B26 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  FakeConsumer *consumer = fixture_consumer (f);
  g_auto(Call) stop = { FALSE };

  g_free (fake_tracer_take_log (f->tracer, tracee));
  g_free (fake_consumer_take_log (consumer));
  fake_tracer_hold (f->tracer, tracee, TRUE);
  tbus_session_stop_async (session, TRUE, call_done, &stop);
  fixture_settle ();
  fixture_expect_consumer (consumer, ""); /* before the app is quiet nothing is flushed */
  notify (f, tracee, "tick:last");
  fake_tracer_hold (f->tracer, tracee, FALSE);
  call_expect (&stop, "applied 1, failed 0, pending 0");
  fixture_expect_asked (f, tracee, "disable session, wait");
  fixture_expect_consumer (consumer, "push * 0+*, flush * session final");
  g_assert_true (has_written (f, "tick:last"));
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
}

static void
start_stop_start_resumes (Fixture *f, gconstpointer data) /* B26 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);

  fixture_stop (session);
  g_free (fake_tracer_take_log (f->tracer, tracee));
  g_free (fake_consumer_take_log (fixture_consumer (f)));
  fixture_start (session);
  fixture_expect_asked (f, tracee, "enable session");
  fixture_expect_consumer (fixture_consumer (f), "resume ?*");
}

static void
an_app_that_dies_while_it_is_stopped_costs_only_itself (Fixture *f, gconstpointer data) /* B20, B26 */
{
  TbusTracee *dies = fixture_app (f, 100), *lives = fixture_app (f, 101);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_auto(Call) stop = { FALSE };

  notify (f, dies, "tick:last");
  fake_tracer_die_at (f->tracer, dies, TBUS_OP_DISABLE);
  tbus_session_stop_async (session, TRUE, call_done, &stop);
  call_expect (&stop, "applied 1, failed 0, pending 0");
  g_assert_cmpuint (tbus_operation_get_outcome (stop.operation)->warnings->len, ==, 0);
  g_assert_true (has_written (f, "tick:last"));
  fixture_expect_app (f, lives, "-session(channel0(tick:*))");
}

static void
an_app_whose_start_had_failed_is_skipped (Fixture *f, gconstpointer data) /* B26 */
{
  TbusTracee *fails = fixture_app (f, 100);
  TbusSession *session = fixture_create (f, "a");

  fake_tracer_refuse (f->tracer, fails, TBUS_OP_CREATE_SESSION, -ENOMEM);
  fixture_enable (session, "", "tick:*");
  fixture_start (session);
  g_free (fake_tracer_take_log (f->tracer, fails));
  fixture_stop (session);
  fixture_expect_asked (f, fails, "");
}

static void
a_stop_that_does_not_wait_answers_at_once (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_auto(Call) stop = { FALSE };

  fake_tracer_hold (f->tracer, tracee, TRUE);
  tbus_session_stop_async (session, FALSE, call_done, &stop);
  fixture_run_until (&stop.done);
  g_assert_no_error (stop.error);
  g_assert_true (tbus_session_get_data_pending (session));
  g_assert_true (fake_tracer_has_job (f->tracer, tracee));
  fake_tracer_hold (f->tracer, tracee, FALSE);
  fixture_settle ();
  g_assert_false (tbus_session_get_data_pending (session));
  fixture_expect_app (f, tracee, "-session(channel0(tick:*))");
}

static void
destroy_is_apps_then_buffers_then_outputs (Fixture *f, gconstpointer data) /* B7, B21 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  FakeConsumer *consumer = fixture_consumer (f);
  guint32 handle = fake_tracer_get_channel (f->tracer, tracee, "channel0");
  TbusBinding binding;
  g_auto(Call) destroy = { FALSE };

  g_free (fake_tracer_take_log (f->tracer, tracee));
  g_free (fake_consumer_take_log (consumer));
  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  call_expect (&destroy, "applied 1, failed 0, pending 0");
  fixture_expect_asked (f, tracee, "disable session, wait, release tick:*, release channel0, release session");
  fixture_expect_consumer (consumer, "close-set ?*, close-output ?*");
  g_assert_false (tbus_tracee_index_lookup (f->index, tracee, handle, &binding)); /* B14 */
}

static void
destroying_while_buffers_are_being_made_leaves_none (Fixture *f, gconstpointer data) /* B6 */
{
  TbusSession *session;
  FakeConsumer *consumer = fixture_consumer (f);
  g_auto(Call) destroy = { FALSE };

  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fake_consumer_hold (consumer, TRUE);
  fixture_app (f, 100);
  fixture_settle ();
  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  fake_consumer_hold (consumer, FALSE);
  call_expect (&destroy, "applied 1, failed 0, pending 0");
  g_assert_cmpuint (fake_consumer_count_channels (consumer), ==, 0);
}

static void
metadata_goes_out_when_an_app_goes (Fixture *f, gconstpointer data) /* B20 */
{
  TbusTracee *tracee = fixture_app (f, 100);

  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  notify (f, tracee, "tick:last");
  fake_tracer_hang_up (f->tracer, tracee);
  fixture_settle ();
  g_assert_true (has_written (f, "tick:last"));
}

static void
a_process_that_goes_takes_its_buffers_along_when_they_are_empty (Fixture *f, gconstpointer data) /* B7, B20, B21 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  FakeConsumer *consumer = fixture_consumer (f);
  guint64 key = fake_consumer_get_channel (consumer, NULL, "channel0")->key;
  g_autoptr(GPtrArray) rows = NULL;

  notify (f, tracee, "tick:last");
  g_free (fake_consumer_take_log (consumer));
  fake_tracer_hang_up (f->tracer, tracee);
  fixture_settle ();
  fixture_expect_consumer (consumer, "push * 0+*"); /* at once; what is in the ring has yet to be drained */
  g_signal_emit_by_name (consumer, "hangup", key);
  fixture_settle ();
  fixture_expect_consumer (consumer, "close-set ?*");
  rows = tbus_session_list_registries (session);
  g_assert_cmpuint (rows->len, ==, 0);
}

static void
a_writer_that_does_not_hang_up_is_waited_for_a_while_only (Fixture *f, gconstpointer data) /* B7 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  FakeConsumer *consumer = fixture_consumer (f);

  fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  fake_tracer_hang_up (f->tracer, tracee); /* a child that it forked keeps the pipe */
  while (fake_consumer_count_sets (consumer) > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
a_process_that_goes_while_its_buffers_are_being_made_leaves_none (Fixture *f, gconstpointer data) /* B6, B7 */
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  TbusTracee *tracee;

  g_assert_nonnull (session);
  fake_consumer_hold (consumer, TRUE);
  tracee = fixture_app (f, 100);
  fixture_settle ();
  fake_tracer_hang_up (f->tracer, tracee);
  fake_consumer_hold (consumer, FALSE);
  fixture_settle ();
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 0);
  g_assert_cmpuint (fake_consumer_count_channels (consumer), ==, 0);
}

static void
a_session_may_go_while_a_process_is_leaving (Fixture *f, gconstpointer data) /* B7 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  g_autofree char *closed = NULL;

  fake_tracer_hang_up (f->tracer, tracee);
  fixture_settle ();
  g_free (fake_consumer_take_log (fixture_consumer (f)));
  fixture_destroy (session);
  closed = fake_consumer_take_log_of (fixture_consumer (f), FAKE_CLOSE_SET);
  g_assert_null (strchr (closed, ',')); /* once (B21) */
}

/* Its buffers are being closed since it went: what they held counts, and is written before the session is gone. */
static void
a_session_that_goes_waits_for_what_is_closing_already (Fixture *f, gconstpointer data) /* B7, B21 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  FakeConsumer *consumer = fixture_consumer (f);
  FakeChannel *made = fake_consumer_get_channel (consumer, NULL, "channel0");
  g_autofree char *closed = NULL;
  g_auto(Call) destroy = { FALSE };

  fake_tracer_hang_up (f->tracer, tracee);
  fixture_settle ();
  g_free (fake_consumer_take_log (consumer));
  made->counters.events_discarded = 7;
  fake_consumer_hold (consumer, TRUE);
  g_signal_emit_by_name (consumer, "hangup", made->key);
  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  fixture_settle ();
  fake_consumer_answer (consumer, 1);
  fake_consumer_hold (consumer, FALSE);
  call_expect (&destroy, "applied 0, failed 0, pending 0");
  g_assert_cmpuint (tbus_operation_get_outcome (destroy.operation)->events_discarded, ==, 7);
  closed = fake_consumer_take_log_of (consumer, FAKE_CLOSE_SET);
  g_assert_null (strchr (closed, ','));
}

static void
totals_are_those_of_the_last_flush (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  TbusChannel *channel = tbus_session_find_channel (session, "channel0");
  FakeChannel *made = fake_consumer_get_channel (fixture_consumer (f), NULL, "channel0");
  const TbusOutcome *outcome;
  g_auto(Call) stop = { FALSE };

  made->counters.events_discarded = 3;
  made->counters.packets_lost = 2;
  made->counters.bytes_written = 4096;
  made->counters.bytes_dropped = 7;
  tbus_session_stop_async (session, TRUE, call_done, &stop);
  call_expect (&stop, "applied 1, failed 0, pending 0");
  outcome = tbus_operation_get_outcome (stop.operation);
  g_assert_true (outcome->has_totals);
  g_assert_cmpuint (outcome->events_discarded, ==, 3);
  g_assert_cmpuint (outcome->packets_lost, ==, 2);
  g_assert_cmpuint (outcome->bytes_dropped, ==, 7);
  g_assert_cmpstr (outcome->output, ==, "/fake/a");
  g_assert_cmpuint (tbus_session_get_bytes_written (session), ==, 4096);
  g_assert_cmpuint (tbus_channel_get_events_discarded (channel), ==, 3);
  g_assert_cmpuint (tbus_consumer_get_bytes_written (TBUS_CONSUMER (fixture_consumer (f))), ==, 4096);
  fake_tracer_hang_up (f->tracer, tracee); /* totals hold for apps that are gone, too */
  fixture_settle ();
  g_assert_cmpuint (tbus_session_get_events_discarded (session), ==, 3);
}

static void
closing_counts_what_came_last (Fixture *f, gconstpointer data)
{
  TbusSession *session;
  FakeChannel *made;
  g_auto(Call) destroy = { FALSE };

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  made = fake_consumer_get_channel (fixture_consumer (f), NULL, "channel0");
  made->counters.events_discarded = 5;
  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  call_expect (&destroy, "applied 1, failed 0, pending 0");
  g_assert_cmpuint (tbus_operation_get_outcome (destroy.operation)->events_discarded, ==, 5);
}

static void
counters_come_between_calls_too (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  FakeConsumer *bobs = fake_pool_get (f->pool, BOB, 64);
  TbusSession *session, *other;
  TbusCounters counters[2] = { { 0 } };
  TbusCountersList list = { counters, 2 };

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  other = fixture_create_full (f, &(TbusSessionRequest){ .name = "b", .owner = BOB, .group = BOB, .output = "/fake" });
  fixture_enable (other, "", "x");
  fixture_start (other); /* has core listen to bob's consumer */
  counters[0].channel = fake_consumer_get_channel (consumer, NULL, "channel0")->key;
  counters[0].events_discarded = 1;
  counters[1].channel = 123456; /* unknown: its session is gone */
  g_signal_emit_by_name (consumer, "counters", &list);
  g_assert_cmpuint (tbus_session_get_events_discarded (session), ==, 1);
  counters[0].events_discarded = 100;
  g_signal_emit_by_name (bobs, "counters", &list); /* not its channel */
  g_assert_cmpuint (tbus_session_get_events_discarded (session), ==, 1);
}

static void
a_push_answers_how_much_it_pushed (Fixture *f, gconstpointer data) /* B15 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_autoptr(GPtrArray) before = NULL, after = NULL;
  const TbusRegistryInfo *row;
  g_auto(Call) first = { FALSE }, second = { FALSE };

  notify (f, tracee, "tick:one");
  before = tbus_session_list_registries (session);
  row = g_ptr_array_index (before, 0);
  g_assert_cmpuint (row->metadata_sent, ==, 0);
  tbus_session_push_metadata_async (session, call_pushed, &first);
  fixture_run_until (&first.done);
  g_assert_cmpuint (first.bytes, ==, row->metadata_length);
  tbus_session_push_metadata_async (session, call_pushed, &second);
  fixture_run_until (&second.done);
  g_assert_cmpuint (second.bytes, ==, 0);
  after = tbus_session_list_registries (session);
  row = g_ptr_array_index (after, 0);
  g_assert_cmpuint (row->metadata_sent, ==, row->metadata_length);
  g_assert_cmpuint (g_array_index (row->channels, TbusRegistryChannelInfo, 0).events, ==, 1);
  g_assert_false (row->metadata_closed);
}

static void
a_push_that_fails_is_said_and_goes_with_the_next (Fixture *f, gconstpointer data) /* B19 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_auto(Call) push = { FALSE }, stop = { FALSE };

  notify (f, tracee, "tick:one");
  fake_consumer_fail (fixture_consumer (f), FAKE_PUSH, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  tbus_session_push_metadata_async (session, call_pushed, &push);
  call_expect_error (&push, TBUS_ERROR_CONSUMER_FAILED);
  fake_consumer_fail (fixture_consumer (f), FAKE_PUSH, -1, 0);
  tbus_session_stop_async (session, TRUE, call_done, &stop);
  call_expect (&stop, "applied 1, failed 0, pending 0");
  g_assert_true (has_written (f, "tick:one"));
}

static void
a_flush_is_of_a_session_or_of_one_channel (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  FakeConsumer *consumer = fixture_consumer (f);
  g_autofree char *expected = NULL;
  guint64 two;
  g_auto(Call) all = { FALSE }, one = { FALSE }, fails = { FALSE };

  fixture_app (f, 100);
  fixture_add_channel (session, "one", TBUS_BUFFER_USER);
  fixture_add_channel (session, "two", TBUS_BUFFER_USER);
  fixture_start (session);
  g_free (fake_consumer_take_log (consumer));
  tbus_session_flush_async (session, NULL, call_flushed, &all);
  fixture_run_until (&all.done);
  fixture_expect_consumer (consumer, "flush ?* session");
  tbus_session_flush_async (session, tbus_session_find_channel (session, "two"), call_flushed, &one);
  fixture_run_until (&one.done);
  two = fake_consumer_get_channel (consumer, NULL, "two")->key;
  expected = g_strdup_printf ("flush %" G_GUINT64_FORMAT " channel", two);
  fixture_expect_consumer (consumer, expected);
  fake_consumer_fail (consumer, FAKE_FLUSH, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  tbus_session_flush_async (session, NULL, call_flushed, &fails);
  call_expect_error (&fails, TBUS_ERROR_CONSUMER_FAILED);
  fake_consumer_fail (consumer, FAKE_FLUSH, -1, 0);
}

static void
a_stop_whose_flush_fails_says_so (Fixture *f, gconstpointer data)
{
  TbusSession *session;
  g_auto(Call) stop = { FALSE };

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fake_consumer_fail (fixture_consumer (f), FAKE_FLUSH, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  tbus_session_stop_async (session, TRUE, call_done, &stop);
  call_expect (&stop, "applied 1, failed 0, pending 0");
  g_assert_cmpstr (call_get_warning (&stop), ==, "flush refused: the test wants it");
  fake_consumer_fail (fixture_consumer (f), FAKE_FLUSH, -1, 0);
}

static void
a_metadata_timer_is_answered_also_with_nothing_new (Fixture *f, gconstpointer data) /* B17 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  FakeConsumer *consumer = fixture_consumer (f);
  guint64 set;

  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  set = fake_consumer_get_set (consumer, NULL)->key;
  g_free (fake_consumer_take_log (consumer));
  notify (f, tracee, "tick:one");
  g_signal_emit_by_name (consumer, "metadata-wanted", set);
  fixture_settle ();
  g_assert_true (has_written (f, "tick:one"));
  fixture_expect_consumer (consumer, "push * 0+*");
  g_signal_emit_by_name (consumer, "metadata-wanted", set);
  fixture_expect_consumer (consumer, "push *+0");
  fixture_settle ();
}

static void
a_consumers_problem_is_its_owners_sessions (Fixture *f, gconstpointer data)
{
  TbusSession *session;
  TbusProblemReport report = { .code = "no-space", .active = TRUE, .message = "no space left" };
  const TbusProblem *problem;

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  report.session = tbus_session_get_id (session);
  fixture_expect_warning ("Session \"a\": no space left");
  g_signal_emit_by_name (fixture_consumer (f), "problem", &report);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 1);
  problem = g_ptr_array_index (tbus_session_get_problems (session), 0);
  g_assert_cmpstr (problem->code, ==, "no-space");
  g_assert_cmpuint (problem->consumer, ==, tbus_consumer_get_id (TBUS_CONSUMER (fixture_consumer (f))));
  report.active = FALSE;
  g_signal_emit_by_name (fixture_consumer (f), "problem", &report);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
}

/* It runs as a user, who may have it say anything. */
static void
a_consumer_has_so_many_problems_at_most (Fixture *f, gconstpointer data)
{
  enum { MOST = 16 };
  TbusSession *session;

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  for (guint i = 0; i < 4 * MOST; i++)
    {
      g_autofree char *code = g_strdup_printf ("problem-%u", i);
      const TbusProblemReport report = { tbus_session_get_id (session), code, TRUE, "nonsense" };

      if (i < MOST)
        fixture_expect_warning ("Session \"a\": nonsense");
      g_signal_emit_by_name (fixture_consumer (f), "problem", &report);
    }
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, MOST);
}

#define ADD(name, func) FIXTURE_ADD ("/core/run/" name, func)

static void
add_tests_of_order (void)
{
  ADD ("stop-is-apps-then-metadata-then-data", stop_is_apps_then_metadata_then_data);
  ADD ("start-stop-start-resumes", start_stop_start_resumes);
  ADD ("an-app-that-dies-while-it-is-stopped-costs-only-itself",
       an_app_that_dies_while_it_is_stopped_costs_only_itself);
  ADD ("an-app-whose-start-had-failed-is-skipped", an_app_whose_start_had_failed_is_skipped);
  ADD ("a-stop-that-does-not-wait-answers-at-once", a_stop_that_does_not_wait_answers_at_once);
  ADD ("destroy-is-apps-then-buffers-then-outputs", destroy_is_apps_then_buffers_then_outputs);
  ADD ("destroying-while-buffers-are-being-made-leaves-none", destroying_while_buffers_are_being_made_leaves_none);
  ADD ("metadata-goes-out-when-an-app-goes", metadata_goes_out_when_an_app_goes);
  ADD ("a-process-that-goes-takes-its-buffers-along-when-they-are-empty",
       a_process_that_goes_takes_its_buffers_along_when_they_are_empty);
  ADD ("a-writer-that-does-not-hang-up-is-waited-for-a-while-only",
       a_writer_that_does_not_hang_up_is_waited_for_a_while_only);
  ADD ("a-process-that-goes-while-its-buffers-are-being-made-leaves-none",
       a_process_that_goes_while_its_buffers_are_being_made_leaves_none);
  ADD ("a-session-may-go-while-a-process-is-leaving", a_session_may_go_while_a_process_is_leaving);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  add_tests_of_order ();
  ADD ("a-session-that-goes-waits-for-what-is-closing-already", a_session_that_goes_waits_for_what_is_closing_already);
  ADD ("totals-are-those-of-the-last-flush", totals_are_those_of_the_last_flush);
  ADD ("closing-counts-what-came-last", closing_counts_what_came_last);
  ADD ("counters-come-between-calls-too", counters_come_between_calls_too);
  ADD ("a-push-answers-how-much-it-pushed", a_push_answers_how_much_it_pushed);
  ADD ("a-push-that-fails-is-said-and-goes-with-the-next", a_push_that_fails_is_said_and_goes_with_the_next);
  ADD ("a-flush-is-of-a-session-or-of-one-channel", a_flush_is_of_a_session_or_of_one_channel);
  ADD ("a-stop-whose-flush-fails-says-so", a_stop_whose_flush_fails_says_so);
  ADD ("a-metadata-timer-is-answered-also-with-nothing-new", a_metadata_timer_is_answered_also_with_nothing_new);
  ADD ("a-consumers-problem-is-its-owners-sessions", a_consumers_problem_is_its_owners_sessions);
  ADD ("a-consumer-has-so-many-problems-at-most", a_consumer_has_so_many_problems_at_most);
  return g_test_run ();
}
