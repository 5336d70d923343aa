/* SPDX-License-Identifier: GPL-2.0-only */
/* Core between two lives: what is captured, written, read and there again. */
#include "base/error.h"
#include "base/fd-budget.h"
#include "base/hash.h"
#include "base/thread.h"
#include "core/app-private.h"
#include "core/session-private.h"
#include "core/state.h"
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static TbusEventRule *
full_rule (void)
{
  TbusEventRule *rule = tbus_event_rule_new ("tock:*", TBUS_LOGLEVEL_AT_LEAST, 6, NULL);

  g_assert_true (tbus_event_rule_set_filter (rule, "x > 5", NULL));
  g_assert_true (tbus_event_rule_set_exclusions (rule, (const char *const[]){ "tock:a", "tock:b", NULL }, NULL));
  return rule;
}

static void
enable_full_rule (TbusSession *session)
{
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_event_rule_unref);
  g_auto(Call) call = { FALSE };

  g_ptr_array_add (rules, full_rule ());
  tbus_session_enable_events_async (session, "channel0", rules, NULL, call_done, &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
}

static void
add_context (TbusSession *session, const char *type)
{
  g_autoptr(TbusContext) context = tbus_context_parse (type, NULL);
  g_auto(Call) call = { FALSE };

  tbus_session_add_context_async (session, tbus_session_find_channel (session, "channel0"), context, call_done, &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
}

static void
track (TbusSession *session, TbusTracked tracked, guint32 value)
{
  g_autoptr(GArray) values = g_array_new (FALSE, FALSE, sizeof (guint32));
  TbusTrackRequest request = { tracked, TRUE, values };
  g_auto(Call) call = { FALSE };

  g_array_append_val (values, value);
  tbus_session_track_async (session, &request, NULL, call_done, &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
}

/* A session of each kind, with a bit of everything. */
static void
fill (Fixture *f)
{
  TbusSession *user = fixture_create (f, "user"), *process = fixture_create (f, "process");
  TbusChannelConfig config;

  tbus_channel_config_init (&config, TBUS_BUFFER_USER, TRUE);
  config.switch_timer_us = 1000;
  fixture_add_channel_full (user, "metadata", &config);
  fixture_enable (user, "", "tick:*");
  enable_full_rule (user);
  fixture_disable (user, "channel0", "tick:*");
  track (user, TBUS_TRACK_VGID, ALICE);
  track (user, TBUS_TRACK_VGID, BOB);
  add_context (user, "vpid");
  add_context (user, "perf:thread:raw:r1a:mine");
  add_context (user, "$app.provider:type");
  tbus_channel_config_init (&config, TBUS_BUFFER_PROCESS, FALSE);
  config.overwrite = TRUE;
  config.tracefile_size = 1 << 20;
  config.tracefile_count = 3;
  fixture_add_channel_full (process, "ring", &config);
  fixture_enable (process, "ring", "*");
  fixture_app (f, 100);
  fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = ALICE, .bits = 32, .name = "a..\xff" });
  fixture_start (user);
  user->apps_late = 3;
  fixture_start (process);
  fixture_stop (process);
  fixture_create (f, "empty");
}

static GVariant *
capture (Fixture *f)
{
  g_autoptr(TbusState) state = tbus_core_capture (f->core, TBUS_STATE_ALL);

  tbus_state_capture_classes (state);
  return g_variant_ref_sink (tbus_state_encode (state));
}

static TbusState *
decode (GVariant *variant)
{
  g_autoptr(GError) error = NULL;
  TbusState *state = tbus_state_decode (variant, &error);

  g_assert_no_error (error);
  return state;
}

/* A captured state, read back: it owns all that is in it. */
static TbusState *
copy_of (Fixture *f)
{
  g_autoptr(GVariant) variant = capture (f);

  return decode (variant);
}

static TbusSavedSession *
saved_session (TbusState *state, guint i)
{
  return g_ptr_array_index (state->sessions, i);
}

static void
reading_gives_what_was_written (Fixture *f, gconstpointer data)
{
  g_autoptr(GVariant) once = NULL, again = NULL;
  g_autoptr(TbusState) state = NULL;

  fill (f);
  once = capture (f);
  state = decode (once);
  again = g_variant_ref_sink (tbus_state_encode (state));
  g_assert_true (g_variant_equal (once, again));
  g_assert_cmpuint (state->sessions->len, ==, 3);
  g_assert_cmpuint (state->apps->len, ==, 2);
  g_assert_cmpuint (state->consumers->len, ==, 2);
  g_assert_cmpuint (saved_session (state, 0)->sets->len, ==, 2);
  g_assert_cmpuint (saved_session (state, 1)->sets->len, ==, 2);
}

static void
a_state_knows_what_descriptors_cannot_say (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusState) state = NULL;
  const TbusSavedSet *set;
  const TbusSavedSetChannel *channel;
  const TbusSavedApp *app;
  const TbusSavedAppSession *app_session;
  FakeChannel *made;

  fill (f);
  state = copy_of (f);
  set = g_ptr_array_index (saved_session (state, 0)->sets, 0);
  made = fake_consumer_get_channel (fixture_consumer (f), "ust/uid/1000/64-bit", "channel0");
  channel = g_ptr_array_index (set->channels, 0);
  g_assert_cmpstr (set->directory, ==, "ust/uid/1000/64-bit");
  g_assert_cmpuint (set->consumer, ==, tbus_consumer_get_id (TBUS_CONSUMER (fixture_consumer (f))));
  g_assert_cmpuint (set->id, ==, made->set);
  g_assert_cmpuint (channel->key, ==, made->key);
  g_assert_cmpint (memcmp (set->uuid, made->request.uuid, 16), ==, 0);
  g_assert_cmpuint (channel->n_streams, ==, 2);
  g_assert_cmpuint (g_bytes_get_size (channel->header), ==, strlen ("header"));
  app = g_ptr_array_index (state->apps, 1);
  g_assert_cmpstr (app->name, ==, "a..\xff");
  g_assert_cmpuint (app->abi.bits_per_long, ==, 32);
  g_assert_cmpuint (app->version[1], ==, 13);
  g_assert_false (app->busy);
  app_session = g_ptr_array_index (app->sessions, 0);
  g_assert_true (app_session->there && app_session->active);
  g_assert_cmpuint (app_session->handle, !=, 0);
}

static void
buffers_that_are_being_made_are_left_out (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  g_autoptr(TbusState) state = NULL;

  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  fake_consumer_hold (consumer, TRUE);
  fixture_app (f, 100);
  fixture_settle ();
  state = copy_of (f);
  g_assert_cmpuint (saved_session (state, 0)->sets->len, ==, 0);
  fake_consumer_hold (consumer, FALSE);
}

/* Nobody knows how far a job got: such an app is not to be believed. */
static void
an_app_in_the_middle_of_a_job_is_marked (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusState) state = NULL;
  TbusTracee *tracee = fixture_app (f, 100);
  g_auto(Call) start = { FALSE };
  TbusSession *session = fixture_create (f, "a");

  fixture_enable (session, "", "tick:*");
  fake_tracer_freeze (f->tracer, tracee);
  tbus_session_start_async (session, NULL, call_done, &start);
  fixture_run_until (&start.done);
  state = copy_of (f);
  g_assert_true (((TbusSavedApp *) g_ptr_array_index (state->apps, 0))->busy);
  fake_tracer_thaw (f->tracer, tracee);
}

/* The next life. */

typedef struct {
  Fixture f;
} Life;

static void
life_begin (Life *self, const TbusState *state)
{
  fixture_set_up (&self->f, NULL);
  tbus_core_restore (self->f.core, state);
}

static void
life_end (Life *self)
{
  fixture_tear_down (&self->f, NULL);
}

static void
sessions_are_there_again (Fixture *f, gconstpointer data) /* B1 */
{
  g_autoptr(TbusState) state = NULL;
  TbusSession *session, *stopped;
  TbusChannel *channel;
  GArray *rules;
  const TbusEventRule *rule;
  Life next;

  fill (f);
  state = copy_of (f);
  life_begin (&next, state);
  g_assert_cmpuint (tbus_session_set_count (next.f.sessions), ==, 3);
  session = tbus_session_set_find_name (next.f.sessions, "user", ALICE);
  g_assert_cmpuint (tbus_session_get_id (session), ==, saved_session (state, 0)->id);
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_ACTIVE);
  g_assert_cmpstr (tbus_session_get_output (session), ==, "/fake/user");
  g_assert_cmpuint (tbus_session_get_apps_late (session), ==, 3);
  g_assert_true (tbus_session_get_tracker (session, TBUS_TRACK_VPID)->all);
  g_assert_cmpuint (tbus_session_get_tracker (session, TBUS_TRACK_VGID)->values->len, ==, 2);
  channel = tbus_session_find_channel (session, "channel0");
  g_assert_cmpuint (tbus_channel_get_contexts (channel)->len, ==, 3);
  rules = tbus_channel_get_rules (channel);
  g_assert_cmpuint (rules->len, ==, 2);
  g_assert_false (g_array_index (rules, TbusChannelRule, 0).enabled);
  rule = g_array_index (rules, TbusChannelRule, 1).rule;
  g_assert_cmpstr (rule->filter, ==, "x > 5");
  g_assert_nonnull (rule->bytecode); /* made anew from the text */
  g_assert_cmpstr (rule->exclusions[1], ==, "tock:b");
  stopped = tbus_session_set_find_name (next.f.sessions, "process", ALICE);
  g_assert_cmpint (tbus_session_get_state (stopped), ==, TBUS_SESSION_INACTIVE);
  g_assert_true (tbus_channel_get_config (tbus_session_find_channel (stopped, "ring"))->overwrite);
  life_end (&next);
}

static void
a_restored_session_traces_on_elsewhere (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusState) state = NULL;
  TbusTracee *tracee;
  TbusSession *session;
  Life next;

  fixture_app (f, 100);
  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  state = copy_of (f);
  life_begin (&next, state);
  tracee = fixture_app (&next.f, 100);
  fixture_settle ();
  fixture_expect_app (&next.f, tracee, "session(channel0(tick:*))");
  g_assert_nonnull (fake_consumer_get_set (fixture_consumer (&next.f), "ust/uid/1000/64-bit-1"));
  session = tbus_session_set_find_name (next.f.sessions, "a", ALICE);
  fixture_stop (session);
  fixture_start (session);
  fixture_destroy (session);
  life_end (&next);
}

/* The clock began anew: it is read before anything is recorded with it. */
static void
after_another_boot_sessions_are_started (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusState) state = NULL;
  TbusSession *session;
  Life next;

  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  state = copy_of (f);
  g_free (state->boot);
  state->boot = g_strdup ("another");
  life_begin (&next, state);
  session = tbus_session_set_find_name (next.f.sessions, "a", ALICE);
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_INACTIVE);
  g_assert_false (session->clock_known);
  tbus_core_resume (next.f.core, state);
  fixture_settle ();
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_ACTIVE);
  g_assert_true (session->clock_known);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 1);
  fixture_stop (session);
  fixture_start (session);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
  life_end (&next);
}

/* Who told of it may be gone; and that the service started it anew is no Start of its owner's. */
static void
what_is_lost_is_told_until_the_next_start (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  const TbusProblemReport report = { tbus_session_get_id (session), "torn-stream", TRUE, "events of one are lost" };
  g_autoptr(TbusState) state = NULL;
  Life next;

  fixture_expect_warning ("Session \"a\": events of one are lost");
  g_signal_emit_by_name (fixture_consumer (f), "problem", &report);
  state = copy_of (f);
  g_free (state->boot);
  state->boot = g_strdup ("another");
  life_begin (&next, state);
  session = tbus_session_set_find_name (next.f.sessions, "a", ALICE);
  tbus_core_resume (next.f.core, state);
  fixture_settle ();
  g_assert_cmpint (tbus_session_get_state (session), ==, TBUS_SESSION_ACTIVE);
  g_assert_cmpstr (tbus_session_look_up_problem (session, "torn-stream"), ==, report.message);
  g_signal_emit_by_name (fixture_consumer (&next.f), "problem", &report); /* one that knows of it, too */
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 2);
  fixture_stop (session);
  g_assert_nonnull (tbus_session_look_up_problem (session, "torn-stream"));
  fixture_start (session);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
  life_end (&next);
}

static void
ids_go_on_where_they_were (Fixture *f, gconstpointer data) /* B1 */
{
  g_autoptr(TbusState) state = NULL;
  Life next;

  fill (f);
  state = copy_of (f);
  g_assert_false (state->ended);
  for (TbusIdKind kind = 0; kind < TBUS_N_IDS; kind++)
    state->ids[kind] += 1000;
  life_begin (&next, state);
  for (TbusIdKind kind = 0; kind < TBUS_N_IDS; kind++)
    g_assert_cmpuint (tbus_id_next (kind), >, state->ids[kind]);
  /* Some were given out after it was written; callers hear of none of those that they make. */
  g_assert_cmpuint (tbus_id_last (TBUS_ID_APP), >, state->ids[TBUS_ID_APP] + 1000);
  g_assert_cmpuint (tbus_id_last (TBUS_ID_SESSION), ==, state->ids[TBUS_ID_SESSION] + 1);
  life_end (&next);
}

static void
ids_have_no_gap_after_an_orderly_end (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusState) state = NULL;
  Life next;

  state = copy_of (f);
  state->ended = TRUE;
  for (TbusIdKind kind = 0; kind < TBUS_N_IDS; kind++)
    state->ids[kind] += 10;
  life_begin (&next, state);
  for (TbusIdKind kind = 0; kind < TBUS_N_IDS; kind++)
    g_assert_cmpuint (tbus_id_last (kind), ==, state->ids[kind]);
  life_end (&next);
}

static void
a_session_that_was_being_destroyed_is_left_out (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusState) state = NULL;
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_auto(Call) destroy = { FALSE };
  Life next;

  fake_consumer_hold (fixture_consumer (f), TRUE);
  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  fixture_settle ();
  state = copy_of (f);
  fake_consumer_hold (fixture_consumer (f), FALSE);
  fixture_run_until (&destroy.done);
  life_begin (&next, state);
  g_assert_cmpuint (tbus_session_set_count (next.f.sessions), ==, 0);
  life_end (&next);
}

static void
a_session_that_ends_with_a_connection_ended_with_it (Fixture *f, gconstpointer data)
{
  TbusSessionRequest request = { .name = "a", .owner = ALICE, .group = ALICE, .output = "/fake", .ephemeral = TRUE };
  g_autoptr(TbusState) state = NULL;
  Life next;

  fixture_create_full (f, &request);
  state = copy_of (f);
  g_assert_true (saved_session (state, 0)->ephemeral);
  life_begin (&next, state);
  g_assert_cmpuint (tbus_session_set_count (next.f.sessions), ==, 0);
  life_end (&next);
}

/* What was captured of an app and its buffers needs nothing more: the plan for it is empty. */
static void
a_kept_app_has_what_it_should_have (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusState) state = NULL;
  g_autoptr(TbusBufferSet) set = NULL;
  g_autoptr(TbusAppSession) app_session = NULL;
  g_autoptr(TbusTracee) tracee = NULL;
  g_autoptr(TbusWanted) wanted = NULL;
  g_autoptr(TbusJob) job = NULL;
  const TbusSavedApp *app;
  TbusSession *session = fixture_create (f, "a");
  TbusBufferSet *live;

  fixture_enable (session, "", "tick:*");
  enable_full_rule (session);
  add_context (session, "vpid");
  fixture_app (f, 100);
  fixture_start (session);
  state = copy_of (f);
  app = g_ptr_array_index (state->apps, 0);
  live = g_ptr_array_index (session->sets, 0);
  set = tbus_state_restore_set (g_ptr_array_index (saved_session (state, 0)->sets, 0),
                                fcntl (tbus_metadata_log_get_fd (live->log), F_DUPFD_CLOEXEC, 3), NULL);
  g_assert_cmpuint (set->id, ==, live->id);
  g_assert_true (tbus_buffer_key_equal (&set->key, &live->key));
  app_session = tbus_state_restore_app_session (g_ptr_array_index (app->sessions, 0), set, session);
  g_assert_true (tbus_fd_budget_take (2, "An app", NULL));
  tracee = tbus_state_restore_tracee (app, open ("/dev/null", O_RDWR), open ("/dev/null", O_RDWR));
  g_assert_cmpint (tracee->pid, ==, 100);
  job = tbus_job_new (tracee);
  wanted = tbus_session_describe (session);
  g_assert_cmpuint (tbus_reconcile (wanted, app_session, job).n, ==, 0);
  g_assert_cmpuint (tbus_reconcile (NULL, app_session, job).n, ==, 2 + 2 + 1 + 1); /* stop, rules, channel, session */
}

static void
an_app_session_without_its_session_is_to_be_released (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusState) state = NULL;
  g_autoptr(TbusAppSession) app_session = NULL;
  const TbusSavedApp *app;

  fixture_app (f, 100);
  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  state = copy_of (f);
  app = g_ptr_array_index (state->apps, 0);
  app_session = tbus_state_restore_app_session (g_ptr_array_index (app->sessions, 0), NULL, NULL);
  g_assert_true (app_session->ending);
  g_assert_true (app_session->there);
}

static void
a_log_of_another_set_is_refused (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusState) state = NULL;
  g_autoptr(TbusMetadataLog) other = tbus_metadata_log_new (4096, NULL);
  g_autoptr(GError) error = NULL;

  fixture_app (f, 100);
  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  state = copy_of (f);
  g_assert_null (tbus_state_restore_set (g_ptr_array_index (saved_session (state, 0)->sets, 0),
                                         fcntl (tbus_metadata_log_get_fd (other), F_DUPFD_CLOEXEC, 3), &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
}

#define ADD(name, func) FIXTURE_ADD ("/core/state/" name, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  ADD ("reading-gives-what-was-written", reading_gives_what_was_written);
  ADD ("a-state-knows-what-descriptors-cannot-say", a_state_knows_what_descriptors_cannot_say);
  ADD ("buffers-that-are-being-made-are-left-out", buffers_that_are_being_made_are_left_out);
  ADD ("an-app-in-the-middle-of-a-job-is-marked", an_app_in_the_middle_of_a_job_is_marked);
  ADD ("sessions-are-there-again", sessions_are_there_again);
  ADD ("a-restored-session-traces-on-elsewhere", a_restored_session_traces_on_elsewhere);
  ADD ("after-another-boot-sessions-are-started", after_another_boot_sessions_are_started);
  ADD ("what-is-lost-is-told-until-the-next-start", what_is_lost_is_told_until_the_next_start);
  ADD ("ids-go-on-where-they-were", ids_go_on_where_they_were);
  ADD ("ids-have-no-gap-after-an-orderly-end", ids_have_no_gap_after_an_orderly_end);
  ADD ("a-session-that-was-being-destroyed-is-left-out", a_session_that_was_being_destroyed_is_left_out);
  ADD ("a-session-that-ends-with-a-connection-ended-with-it", a_session_that_ends_with_a_connection_ended_with_it);
  ADD ("a-kept-app-has-what-it-should-have", a_kept_app_has_what_it_should_have);
  ADD ("an-app-session-without-its-session-is-to-be-released", an_app_session_without_its_session_is_to_be_released);
  ADD ("a-log-of-another-set-is-refused", a_log_of_another_set_is_refused);
  return g_test_run ();
}
