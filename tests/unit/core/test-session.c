/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions as callers use them: names and outputs, channels, rules, and the order in which calls are served. */
#include "base/error.h"
#include "base/limits.h"
#include "base/thread.h"
#include "fixture.h"

#include <string.h>

typedef struct {
  gboolean done;
  TbusSession *session;
  GError *error;
} Creation;

static void
creation_clear (Creation *self)
{
  g_clear_object (&self->session);
  g_clear_error (&self->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Creation, creation_clear)

static void
on_created (GObject *source, GAsyncResult *result, gpointer data)
{
  Creation *self = data;

  g_assert_false (self->done);
  self->done = TRUE;
  self->session = tbus_session_set_create_finish (TBUS_SESSION_SET (source), result, &self->error);
}

static void
create (Fixture *f, const char *name, uid_t owner, const char *output, Creation *creation)
{
  TbusSessionRequest request = { .name = name, .owner = owner, .group = owner, .output = output };

  tbus_session_set_create_async (f->sessions, &request, NULL, on_created, creation);
}

static void
expect_refused (Creation *creation, TbusError code, const char *words)
{
  fixture_run_until (&creation->done);
  g_assert_error (creation->error, TBUS_ERROR, (int) code);
  g_assert_nonnull (strstr (creation->error->message, words));
}

static void
an_output_is_what_the_consumer_made_of_it (Fixture *f, gconstpointer data) /* B9 */
{
  g_auto(Creation) given = { FALSE }, home = { FALSE };

  create (f, "a", ALICE, "/fake/a", &given);
  create (f, "b", ALICE, NULL, &home);
  fixture_run_until (&given.done);
  fixture_run_until (&home.done);
  g_assert_cmpstr (tbus_session_get_output (given.session), ==, "/fake/a");
  g_assert_true (g_regex_match_simple ("^/fake/home/lttng-traces/b-[0-9]{8}-[0-9]{6}$",
                                       tbus_session_get_output (home.session), 0, 0));
  g_assert_cmpuint (fake_consumer_count_outputs (fixture_consumer (f)), ==, 0); /* creating makes nothing */
}

static void
what_cannot_be_created_is_refused_with_a_reason (Fixture *f, gconstpointer data)
{
  g_auto(Creation) name = { FALSE }, relative = { FALSE }, output = { FALSE }, consumer = { FALSE };

  create (f, "a b", ALICE, NULL, &name);
  expect_refused (&name, TBUS_ERROR_INVALID_ARGS, "\"a b\" is no session name");
  create (f, "a", ALICE, "traces", &relative);
  expect_refused (&relative, TBUS_ERROR_INVALID_ARGS, "Option \"output\" takes an absolute path, not \"traces\"");
  fake_consumer_fail (fixture_consumer (f), FAKE_CHECK_OUTPUT, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  create (f, "a", ALICE, "/fake", &output);
  expect_refused (&output, TBUS_ERROR_OUTPUT_UNAVAILABLE, "check-output");
  fake_pool_refuse (f->pool, 64);
  create (f, "a", ALICE, "/fake", &consumer);
  expect_refused (&consumer, TBUS_ERROR_CONSUMER_FAILED, "There is no 64-bit consumer");
  g_assert_cmpuint (tbus_session_set_count (f->sessions), ==, 0);
}

static void
a_name_is_unique_per_owner (Fixture *f, gconstpointer data)
{
  g_auto(Creation) first = { FALSE }, meanwhile = { FALSE }, other = { FALSE }, later = { FALSE };

  create (f, "a", ALICE, "/fake/a", &first);
  create (f, "a", ALICE, "/fake/b", &meanwhile); /* while the first is being checked */
  create (f, "a", BOB, "/fake/c", &other);
  expect_refused (&meanwhile, TBUS_ERROR_ALREADY_EXISTS, "User 1000 has a session \"a\" already");
  fixture_run_until (&first.done);
  fixture_run_until (&other.done);
  create (f, "a", ALICE, "/fake/d", &later);
  expect_refused (&later, TBUS_ERROR_ALREADY_EXISTS, "User 1000 has a session \"a\" already");
  g_assert_true (tbus_session_set_find_name (f->sessions, "a", ALICE) == first.session);
  g_assert_true (tbus_session_set_find_name (f->sessions, "a", BOB) == other.session);
  g_assert_null (tbus_session_set_find_name (f->sessions, "a", 1002)); /* not one: two */
  g_assert_cmpuint (tbus_session_get_id (first.session), !=, tbus_session_get_id (other.session)); /* B1 */
}

static void
a_name_is_free_again_after_a_refusal (Fixture *f, gconstpointer data)
{
  g_auto(Creation) first = { FALSE }, second = { FALSE };

  fake_consumer_fail (fixture_consumer (f), FAKE_CHECK_OUTPUT, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  create (f, "a", ALICE, "/fake/a", &first);
  expect_refused (&first, TBUS_ERROR_OUTPUT_UNAVAILABLE, "check-output");
  fake_consumer_fail (fixture_consumer (f), FAKE_CHECK_OUTPUT, -1, 0);
  create (f, "a", ALICE, "/fake/a", &second);
  fixture_run_until (&second.done);
  g_assert_no_error (second.error);
}

static void
an_owner_has_1024_sessions_at_most (Fixture *f, gconstpointer data)
{
  g_auto(Creation) one_more = { FALSE }, other = { FALSE };

  for (guint i = 0; i < TBUS_MAX_SESSIONS; i++)
    {
      g_autofree char *name = g_strdup_printf ("s%u", i);

      fixture_create (f, name);
    }
  create (f, "one-more", ALICE, "/fake", &one_more);
  expect_refused (&one_more, TBUS_ERROR_EXHAUSTED, "at most 1024 sessions");
  create (f, "a", BOB, "/fake", &other);
  fixture_run_until (&other.done);
  g_assert_no_error (other.error);
}

/* Others that are creating sessions at the same moment do not count against the last that one may have. */
static void
what_others_are_creating_does_not_count (Fixture *f, gconstpointer data)
{
  g_auto(Creation) last = { FALSE }, other = { FALSE };

  for (guint i = 0; i < TBUS_MAX_SESSIONS - 1; i++)
    {
      g_autofree char *name = g_strdup_printf ("s%u", i);

      fixture_create (f, name);
    }
  create (f, "a", BOB, "/fake", &other);
  create (f, "last", ALICE, "/fake", &last);
  fixture_run_until (&last.done);
  g_assert_no_error (last.error);
  fixture_run_until (&other.done);
}

static void
a_caller_that_left_gets_no_session (Fixture *f, gconstpointer data)
{
  TbusSessionRequest request = { .name = "a", .owner = ALICE, .group = ALICE, .output = "/fake" };
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_auto(Creation) creation = { FALSE };

  tbus_session_set_create_async (f->sessions, &request, cancellable, on_created, &creation);
  g_cancellable_cancel (cancellable);
  fixture_run_until (&creation.done);
  g_assert_error (creation.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (tbus_session_set_count (f->sessions), ==, 0);
}

static void
expect_no_channel (TbusSession *session, const char *name, TbusBufferOwnership ownership, TbusError code,
                   const char *words)
{
  g_autoptr(GError) error = NULL;
  TbusChannelConfig config;

  tbus_channel_config_init (&config, ownership, FALSE);
  g_assert_null (tbus_session_add_channel (session, name, &config, &error));
  g_assert_error (error, TBUS_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, words));
}

static void
what_channel_cannot_be_made_is_said (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  TbusBufferOwnership ownership;

  g_assert_false (tbus_session_get_ownership (session, &ownership));
  expect_no_channel (session, "a/b", TBUS_BUFFER_USER, TBUS_ERROR_INVALID_ARGS, "is no channel name");
  fixture_add_channel (session, "one", TBUS_BUFFER_PROCESS);
  g_assert_true (tbus_session_get_ownership (session, &ownership));
  g_assert_cmpint (ownership, ==, TBUS_BUFFER_PROCESS);
  expect_no_channel (session, "one", TBUS_BUFFER_PROCESS, TBUS_ERROR_ALREADY_EXISTS, "has a channel \"one\" already");
  expect_no_channel (session, "two", TBUS_BUFFER_USER, TBUS_ERROR_INVALID_STATE, "belong to the process");
  fixture_add_channel (session, "two", TBUS_BUFFER_PROCESS);
  fixture_start (session);
  expect_no_channel (session, "three", TBUS_BUFFER_PROCESS, TBUS_ERROR_INVALID_STATE, "was started already");
  fixture_stop (session);
  expect_no_channel (session, "three", TBUS_BUFFER_PROCESS, TBUS_ERROR_INVALID_STATE, "before the first Start");
}

static void
a_session_has_64_channels_at_most (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");

  for (guint i = 0; i < TBUS_MAX_CHANNELS; i++)
    {
      g_autofree char *name = g_strdup_printf ("c%u", i);

      fixture_add_channel (session, name, TBUS_BUFFER_USER);
    }
  expect_no_channel (session, "one-more", TBUS_BUFFER_USER, TBUS_ERROR_EXHAUSTED, "at most 64 channels");
}

static void
enable (TbusSession *session, const char *channel, const char *patterns, Call *call)
{
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_event_rule_unref);
  g_auto(GStrv) list = g_strsplit (patterns, " ", -1);

  for (guint i = 0; list[i] != NULL; i++)
    g_ptr_array_add (rules, fixture_rule (list[i]));
  tbus_session_enable_events_async (session, channel, rules, NULL, call_done, call);
}

static void
an_empty_channel_name_means_channel0 (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { FALSE }, again = { FALSE };

  enable (session, "", "a:* b:*", &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
  g_assert_cmpuint (tbus_channel_get_rules (tbus_session_find_channel (session, "channel0"))->len, ==, 2);
  enable (session, "channel0", "b:* c:*", &again);
  call_expect (&again, "applied 0, failed 0, pending 0");
  g_assert_cmpuint (tbus_channel_get_rules (tbus_session_find_channel (session, "channel0"))->len, ==, 3);
  g_assert_cmpuint (tbus_session_get_channels (session)->len, ==, 1);
}

static void
events_are_refused_where_they_cannot_go (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  TbusChannelConfig config;
  g_auto(Call) unknown = { FALSE }, metadata = { FALSE }, started = { FALSE };

  enable (session, "nowhere", "a:*", &unknown);
  g_assert_nonnull (strstr (call_expect_error (&unknown, TBUS_ERROR_NOT_FOUND), "has no channel \"nowhere\""));
  tbus_channel_config_init (&config, TBUS_BUFFER_USER, TRUE);
  fixture_add_channel_full (session, "metadata", &config);
  enable (session, "metadata", "a:*", &metadata);
  call_expect_error (&metadata, TBUS_ERROR_INVALID_ARGS);
  fixture_add_channel (session, "other", TBUS_BUFFER_USER);
  fixture_start (session);
  enable (session, "", "a:*", &started); /* channel0 cannot be made any more */
  call_expect_error (&started, TBUS_ERROR_INVALID_STATE);
}

/* One rule too many: none of them is there afterwards, nor what was there changed. */
static void
all_rules_are_enabled_or_none (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_autoptr(GString) patterns = g_string_new ("p0");
  TbusChannel *channel;
  g_auto(Call) fills = { FALSE }, too_many = { FALSE }, far_too_many = { FALSE }, known = { FALSE };

  for (guint i = 1; i < TBUS_MAX_RULES; i++)
    g_string_append_printf (patterns, " p%u", i);
  enable (session, "", patterns->str, &fills);
  call_expect (&fills, "applied 0, failed 0, pending 0");
  channel = tbus_session_find_channel (session, "channel0");
  fixture_disable (session, "channel0", "p7");
  enable (session, "", "p7 one-more", &too_many);
  g_assert_nonnull (strstr (call_expect_error (&too_many, TBUS_ERROR_EXHAUSTED), "at most 4096 event rules"));
  g_assert_cmpuint (tbus_channel_get_rules (channel)->len, ==, TBUS_MAX_RULES);
  g_assert_false (g_array_index (tbus_channel_get_rules (channel), TbusChannelRule, 7).enabled);
  enable (session, "", "p7 p8", &known);
  call_expect (&known, "applied 0, failed 0, pending 0");
  g_assert_true (g_array_index (tbus_channel_get_rules (channel), TbusChannelRule, 7).enabled);
  g_string_append (patterns, " one-more");
  enable (session, "", patterns->str, &far_too_many);
  call_expect_error (&far_too_many, TBUS_ERROR_EXHAUSTED);
}

static void
rules_are_disabled_by_pattern_or_exactly (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_event_rule_unref);
  g_autoptr(TbusEventRule) exact = tbus_event_rule_new ("a:*", TBUS_LOGLEVEL_AT_LEAST, 6, NULL);
  TbusChannel *channel;
  g_auto(Call) enabled = { FALSE }, disabled = { FALSE }, missing = { FALSE };

  g_ptr_array_add (rules, fixture_rule ("a:*"));
  g_ptr_array_add (rules, tbus_event_rule_ref (exact));
  tbus_session_enable_events_async (session, "", rules, NULL, call_done, &enabled);
  call_expect (&enabled, "applied 0, failed 0, pending 0");
  channel = tbus_session_find_channel (session, "channel0");
  tbus_session_disable_events_async (session, channel, "a:*", exact, call_done, &disabled);
  call_expect (&disabled, "applied 0, failed 0, pending 0");
  g_assert_true (g_array_index (tbus_channel_get_rules (channel), TbusChannelRule, 0).enabled);
  g_assert_false (g_array_index (tbus_channel_get_rules (channel), TbusChannelRule, 1).enabled);
  tbus_session_disable_events_async (session, channel, "b:*", NULL, call_done, &missing);
  g_assert_cmpstr (call_expect_error (&missing, TBUS_ERROR_NOT_FOUND), ==,
                   "Channel \"channel0\" has no such rule \"b:*\"");
  fixture_disable (session, "channel0", "a:*");
  g_assert_false (g_array_index (tbus_channel_get_rules (channel), TbusChannelRule, 0).enabled);
}

static void
states_are_checked_when_the_work_begins (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) empty = { FALSE }, start = { FALSE }, again = { FALSE }, stop = { FALSE }, late = { FALSE };

  tbus_session_start_async (session, NULL, call_done, &empty);
  g_assert_nonnull (strstr (call_expect_error (&empty, TBUS_ERROR_INVALID_STATE), "has no channel yet"));
  fixture_enable (session, "", "a:*");
  tbus_session_start_async (session, NULL, call_done, &start);
  tbus_session_start_async (session, NULL, call_done, &again); /* waits its turn, and is too late then */
  tbus_session_stop_async (session, TRUE, call_done, &stop);   /* was not active when it was called */
  tbus_session_stop_async (session, TRUE, call_done, &late);
  call_expect (&start, "applied 0, failed 0, pending 0");
  g_assert_cmpstr (call_expect_error (&again, TBUS_ERROR_INVALID_STATE), ==, "Session \"a\" is recording already");
  call_expect (&stop, "applied 0, failed 0, pending 0");
  call_expect_error (&late, TBUS_ERROR_INVALID_STATE);
}

static void
append_name (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(TbusOperation) operation = tbus_session_operation_finish (TBUS_SESSION (source), result, NULL);

  g_string_append_c (data, g_async_result_get_user_data (result) == data ? '.' : '?');
}

static void
calls_are_served_in_the_order_of_their_arrival (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_autoptr(GString) done = g_string_new (NULL);
  g_auto(Call) start = { FALSE }, flush = { FALSE }, stop = { FALSE }, destroy = { FALSE };

  fixture_enable (session, "", "a:*");
  g_free (fake_consumer_take_log (fixture_consumer (f)));
  tbus_session_start_async (session, NULL, call_done, &start);
  tbus_session_flush_async (session, NULL, call_flushed, &flush);
  tbus_session_stop_async (session, TRUE, call_done, &stop);
  tbus_session_stop_async (session, TRUE, append_name, done);
  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  call_expect (&destroy, "applied 0, failed 0, pending 0");
  g_assert_true (start.done && flush.done && stop.done);
  g_assert_cmpuint (done->len, ==, 1);
  fixture_expect_consumer (fixture_consumer (f), "open-output * /fake/a, resume *, flush * session, "
                                                 "flush * session final, close-output *");
}

static void
a_caller_that_left_before_its_turn_gets_nothing_done (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_autoptr(GCancellable) cancellable = g_cancellable_new ();
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_event_rule_unref);
  g_auto(Call) start = { FALSE }, left = { FALSE }, next = { FALSE };

  fixture_enable (session, "", "a:*");
  g_ptr_array_add (rules, fixture_rule ("b:*"));
  tbus_session_start_async (session, NULL, call_done, &start);
  tbus_session_enable_events_async (session, "", rules, cancellable, call_done, &left);
  enable (session, "", "c:*", &next);
  g_cancellable_cancel (cancellable);
  call_expect (&next, "applied 0, failed 0, pending 0");
  fixture_run_until (&left.done);
  g_assert_error (left.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (tbus_channel_get_rules (tbus_session_find_channel (session, "channel0"))->len, ==, 2);
}

static void
a_destroyed_sessions_name_is_free_at_once (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_auto(Call) destroy = { FALSE }, twice = { FALSE }, events = { FALSE };
  guint64 id = tbus_session_get_id (session);
  TbusSession *second;

  g_object_ref (session);
  fake_consumer_hold (fixture_consumer (f), TRUE);
  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  tbus_session_destroy_async (session, TRUE, call_done, &twice);
  enable (session, "", "b:*", &events);
  g_assert_null (tbus_session_set_find_name (f->sessions, "a", ALICE));
  g_assert_true (tbus_session_set_find_id (f->sessions, id) == session);
  fake_consumer_hold (fixture_consumer (f), FALSE);
  second = fixture_create (f, "a");
  call_expect (&destroy, "applied 0, failed 0, pending 0");
  call_expect_error (&twice, TBUS_ERROR_INVALID_STATE);
  call_expect_error (&events, TBUS_ERROR_INVALID_STATE);
  g_assert_null (tbus_session_set_find_id (f->sessions, id));
  g_assert_cmpuint (tbus_session_get_id (second), >, id); /* B1 */
  g_object_unref (session);
}

static void
a_failed_start_changes_nothing (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) start = { FALSE }, again = { FALSE };

  fixture_enable (session, "", "a:*");
  fake_consumer_fail (fixture_consumer (f), FAKE_OPEN_OUTPUT, TBUS_ERROR_OUTPUT_UNAVAILABLE, 0);
  tbus_session_start_async (session, NULL, call_done, &start);
  call_expect_error (&start, TBUS_ERROR_OUTPUT_UNAVAILABLE);
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
  fixture_expect_app (f, tracee, "");
  fixture_add_channel (session, "more", TBUS_BUFFER_USER); /* not started yet */
  fake_consumer_fail (fixture_consumer (f), FAKE_OPEN_OUTPUT, -1, 0);
  tbus_session_start_async (session, NULL, call_done, &again);
  call_expect (&again, "applied 1, failed 0, pending 0");
}

static void
shutdown_writes_everything_out (Fixture *f, gconstpointer data) /* B27 */
{
  fixture_app (f, 100);
  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fixture_start_simple (f, "b", TBUS_BUFFER_PROCESS);
  g_assert_cmpuint (fake_consumer_count_sets (fixture_consumer (f)), ==, 2);
  /* fixture_tear_down() shuts down and finds nothing left */
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer data)
{
  tbus_core_shutdown_finish (TBUS_CORE (source), result);
  (*(guint *) data)++;
}

/* One owner's output hangs: the service stops all the same, and once. */
static void
shutdown_waits_for_no_session_for_ever (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer;
  guint ended = 0;

  fixture_app (f, 100);
  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  consumer = fixture_consumer (f);
  fake_consumer_hold (consumer, TRUE);
  tbus_core_set_shutdown_ms (f->core, 1);
  fixture_expect_warning ("1 sessions are not written out yet*");
  tbus_core_shutdown_async (f->core, on_shut_down, &ended);
  while (ended == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (tbus_session_set_count (f->sessions), ==, 1);
  tbus_core_set_shutdown_ms (f->core, 60000);
  fake_consumer_hold (consumer, FALSE);
  fake_consumer_answer (consumer, fake_consumer_get_waiting (consumer));
  fixture_settle ();
  g_assert_cmpuint (ended, ==, 1);
}

#define ADD(name, func) FIXTURE_ADD ("/core/session/" name, func)

static void
add_creation_tests (void)
{
  ADD ("an-output-is-what-the-consumer-made-of-it", an_output_is_what_the_consumer_made_of_it);
  ADD ("what-cannot-be-created-is-refused-with-a-reason", what_cannot_be_created_is_refused_with_a_reason);
  ADD ("a-name-is-unique-per-owner", a_name_is_unique_per_owner);
  ADD ("a-name-is-free-again-after-a-refusal", a_name_is_free_again_after_a_refusal);
  ADD ("an-owner-has-1024-sessions-at-most", an_owner_has_1024_sessions_at_most);
  ADD ("what-others-are-creating-does-not-count", what_others_are_creating_does_not_count);
  ADD ("a-caller-that-left-gets-no-session", a_caller_that_left_gets_no_session);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  add_creation_tests ();
  ADD ("what-channel-cannot-be-made-is-said", what_channel_cannot_be_made_is_said);
  ADD ("a-session-has-64-channels-at-most", a_session_has_64_channels_at_most);
  ADD ("an-empty-channel-name-means-channel0", an_empty_channel_name_means_channel0);
  ADD ("events-are-refused-where-they-cannot-go", events_are_refused_where_they_cannot_go);
  ADD ("all-rules-are-enabled-or-none", all_rules_are_enabled_or_none);
  ADD ("rules-are-disabled-by-pattern-or-exactly", rules_are_disabled_by_pattern_or_exactly);
  ADD ("states-are-checked-when-the-work-begins", states_are_checked_when_the_work_begins);
  ADD ("calls-are-served-in-the-order-of-their-arrival", calls_are_served_in_the_order_of_their_arrival);
  ADD ("a-caller-that-left-before-its-turn-gets-nothing-done", a_caller_that_left_before_its_turn_gets_nothing_done);
  ADD ("a-destroyed-sessions-name-is-free-at-once", a_destroyed_sessions_name_is_free_at_once);
  ADD ("a-failed-start-changes-nothing", a_failed_start_changes_nothing);
  ADD ("shutdown-writes-everything-out", shutdown_writes_everything_out);
  ADD ("shutdown-waits-for-no-session-for-ever", shutdown_waits_for_no_session_for_ever);
  return g_test_run ();
}
