/* SPDX-License-Identifier: GPL-2.0-only */
/* Trackers and contexts, as apps get to know of them. */
#include "fixture.h"

#include <errno.h>
#include <string.h>

/* Waits for it. @value 0: all, or none */
static void
change (TbusSession *session, TbusTracked tracked, gboolean track, guint32 value, const char *outcome)
{
  g_autoptr(GArray) values = g_array_new (FALSE, FALSE, sizeof (guint32));
  TbusTrackRequest request = { tracked, track, values };
  g_auto(Call) call = { FALSE };

  if (value != 0)
    g_array_append_val (values, value);
  tbus_session_track_async (session, &request, NULL, call_done, &call);
  call_expect (&call, outcome);
}

#define NOBODY "applied 0, failed 0, pending 0"
#define ONE "applied 1, failed 0, pending 0"
#define RECORDED "session(channel0(tick:*))"

static void
only_tracked_apps_are_recorded (Fixture *f, gconstpointer data)
{
  TbusTracee *one = fixture_app (f, 100), *other = fixture_app (f, 101);
  TbusSession *session = fixture_create (f, "a");
  TbusTracee *late;

  fixture_enable (session, "", "tick:*");
  change (session, TBUS_TRACK_VPID, TRUE, 100, NOBODY);
  change (session, TBUS_TRACK_VPID, TRUE, 102, NOBODY);
  fixture_start (session);
  late = fixture_app (f, 102);
  fixture_settle ();
  fixture_expect_app (f, one, RECORDED);
  fixture_expect_app (f, other, "");
  fixture_expect_app (f, late, RECORDED);
}

static void
a_change_reaches_apps_while_active (Fixture *f, gconstpointer data)
{
  TbusTracee *one = fixture_app (f, 100), *other = fixture_app (f, 101);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);

  change (session, TBUS_TRACK_VPID, TRUE, 100, "applied 2, failed 0, pending 0");
  fixture_expect_app (f, one, RECORDED);
  fixture_expect_app (f, other, "");
  change (session, TBUS_TRACK_VPID, TRUE, 0, "applied 2, failed 0, pending 0");
  fixture_expect_app (f, other, RECORDED);
  change (session, TBUS_TRACK_VPID, FALSE, 0, "applied 2, failed 0, pending 0");
  fixture_expect_app (f, one, "");
  fixture_expect_app (f, other, "");
  change (session, TBUS_TRACK_VPID, TRUE, 101, ONE);
  fixture_expect_app (f, other, RECORDED);
}

static void
a_change_waits_for_the_start_while_inactive (Fixture *f, gconstpointer data)
{
  TbusTracee *app = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);

  fixture_stop (session);
  g_free (fake_tracer_take_log (f->tracer, app));
  change (session, TBUS_TRACK_VPID, FALSE, 0, NOBODY);
  fixture_expect_asked (f, app, "");
  fixture_start (session);
  fixture_expect_app (f, app, "");
}

static void
every_attribute_has_to_fit (Fixture *f, gconstpointer data)
{
  TbusTracee *app = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);

  change (session, TBUS_TRACK_VUID, TRUE, ALICE, ONE);
  fixture_expect_app (f, app, RECORDED);
  change (session, TBUS_TRACK_VGID, TRUE, app->gid + 1, ONE);
  fixture_expect_app (f, app, "");
  change (session, TBUS_TRACK_VGID, TRUE, app->gid, ONE);
  fixture_expect_app (f, app, RECORDED);
  change (session, TBUS_TRACK_VUID, TRUE, BOB, ONE); /* and alice still */
  change (session, TBUS_TRACK_VUID, FALSE, ALICE, ONE);
  fixture_expect_app (f, app, "");
}

/* Its own buffers are drained and closed; when it comes back it gets others, in a directory of their own. */
static void
an_untracked_apps_own_buffers_are_drained (Fixture *f, gconstpointer data)
{
  TbusTracee *app = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  FakeConsumer *consumer = fixture_consumer (f);
  g_autofree char *first = g_strdup (fake_consumer_get_set (consumer, NULL)->directory);
  g_autofree char *again = g_strconcat (first, "-1", NULL);

  change (session, TBUS_TRACK_VPID, FALSE, 0, ONE);
  fixture_expect_app (f, app, "");
  g_signal_emit_by_name (consumer, "hangup", fake_consumer_get_channel (consumer, first, "channel0")->key);
  fixture_settle ();
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 0);
  change (session, TBUS_TRACK_VPID, TRUE, 0, ONE);
  fixture_expect_app (f, app, RECORDED);
  g_assert_nonnull (fake_consumer_get_set (consumer, again));
}

/* What other apps of the user write goes on. */
static void
shared_buffers_stay (Fixture *f, gconstpointer data)
{
  TbusSession *session;

  fixture_app (f, 100);
  session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  change (session, TBUS_TRACK_VPID, FALSE, 0, ONE);
  g_assert_cmpuint (fake_consumer_count_sets (fixture_consumer (f)), ==, 1);
}

static void
buffers_that_are_still_made_are_given_up (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_PROCESS);
  FakeConsumer *consumer = fixture_consumer (f);
  TbusTracee *late;

  fake_consumer_hold (consumer, TRUE);
  late = fixture_app (f, 100);
  fixture_settle ();
  g_assert_cmpuint (fake_consumer_get_waiting (consumer), >, 0);
  change (session, TBUS_TRACK_VPID, FALSE, 0, ONE);
  fake_consumer_hold (consumer, FALSE);
  fixture_settle ();
  fixture_expect_app (f, late, "");
  g_assert_cmpuint (fake_consumer_count_sets (consumer), ==, 0);
}

static void
a_frozen_app_follows_when_it_runs_again (Fixture *f, gconstpointer data)
{
  TbusTracee *app = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);

  fake_tracer_freeze (f->tracer, app);
  change (session, TBUS_TRACK_VPID, FALSE, 0, "applied 0, failed 0, pending 1");
  change (session, TBUS_TRACK_VPID, TRUE, 0, "applied 0, failed 0, pending 1");
  change (session, TBUS_TRACK_VPID, FALSE, 0, "applied 0, failed 0, pending 1");
  fake_tracer_thaw (f->tracer, app);
  fixture_settle ();
  fixture_expect_app (f, app, "");
}

static void
tells_what_changed_nothing (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_autoptr(GArray) values = g_array_new (FALSE, FALSE, sizeof (guint32));
  TbusTrackRequest request = { TBUS_TRACK_VPID, FALSE, values };
  guint32 value = 5;
  g_auto(Call) all = { FALSE }, once = { FALSE }, twice = { FALSE }, gone = { FALSE };

  g_array_append_val (values, value);
  tbus_session_track_async (session, &request, NULL, call_done, &all);
  g_assert_nonnull (strstr (call_expect_error (&all, TBUS_ERROR_INVALID_STATE), "tracks every vpid"));
  request.track = TRUE;
  tbus_session_track_async (session, &request, NULL, call_done, &once);
  call_expect (&once, NOBODY);
  tbus_session_track_async (session, &request, NULL, call_done, &twice);
  call_expect (&twice, NOBODY);
  g_assert_cmpstr (call_get_warning (&twice), ==, "vpid 5 is tracked already");
  request.track = FALSE;
  g_array_index (values, guint32, 0) = 6;
  tbus_session_track_async (session, &request, NULL, call_done, &gone);
  call_expect (&gone, NOBODY);
  g_assert_cmpstr (call_get_warning (&gone), ==, "vpid 6 is not tracked");
}

static void
has_a_limit (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_autoptr(GArray) values = g_array_new (FALSE, FALSE, sizeof (guint32));
  TbusTrackRequest request = { TBUS_TRACK_VPID, TRUE, values };
  g_auto(Call) call = { FALSE };

  for (guint32 i = 1; i <= 4097; i++)
    g_array_append_val (values, i);
  tbus_session_track_async (session, &request, NULL, call_done, &call);
  g_assert_nonnull (strstr (call_expect_error (&call, TBUS_ERROR_EXHAUSTED), "4096"));
  g_assert_true (tbus_session_get_tracker (session, TBUS_TRACK_VPID)->all);
}

static void
add_context (TbusSession *session, TbusChannel *channel, const char *type)
{
  g_autoptr(TbusContext) context = tbus_context_parse (type, NULL);
  g_auto(Call) call = { FALSE };

  tbus_session_add_context_async (session, channel, context, call_done, &call);
  call_expect (&call, NOBODY);
}

static void
contexts_come_before_events_and_in_order (Fixture *f, gconstpointer data)
{
  TbusTracee *app = fixture_app (f, 100);
  TbusSession *session = fixture_create (f, "a");
  TbusChannel *channel = fixture_add_channel (session, "channel0", TBUS_BUFFER_USER);

  add_context (session, channel, "vtid");
  add_context (session, channel, "$app.a:b");
  fixture_enable (session, "", "tick:*");
  fixture_settle ();
  g_free (fake_tracer_take_log (f->tracer, app));
  fixture_start (session);
  fixture_expect_asked (f, app, "create-session, send-ring channel0, add-context vtid, add-context $app.a:b, "
                                "create-event tick:*, enable tick:*, enable session");
  fixture_expect_app (f, app, "session(channel0+2(tick:*))");
}

/* The rest of the channel is recorded, and asked once is enough. */
static void
an_app_without_a_context_is_recorded_all_the_same (Fixture *f, gconstpointer data)
{
  TbusTracee *app = fixture_app (f, 100);
  TbusSession *session = fixture_create (f, "a");
  TbusChannel *channel = fixture_add_channel (session, "channel0", TBUS_BUFFER_USER);
  g_auto(Call) call = { FALSE };
  GPtrArray *problems = tbus_session_get_problems (session);

  add_context (session, channel, "perf:thread:cycles");
  fixture_enable (session, "", "tick:*");
  fake_tracer_refuse (f->tracer, app, TBUS_OP_ADD_CONTEXT, -EINVAL);
  tbus_session_start_async (session, NULL, call_done, &call);
  call_expect (&call, ONE);
  g_assert_nonnull (strstr (call_get_warning (&call), "\"perf:thread:cycles\""));
  fixture_expect_app (f, app, RECORDED);
  g_assert_cmpuint (problems->len, ==, 1);
  g_assert_cmpstr (((TbusProblem *) g_ptr_array_index (problems, 0))->code, ==, "app-lacks");
  g_free (fake_tracer_take_log (f->tracer, app));
  fixture_enable (session, "", "tock:*");
  fixture_expect_asked (f, app, "create-event tock:*, enable tock:*");
}

#define ADD(path, func) FIXTURE_ADD ("/core/tracking/" path, func)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  ADD ("only-tracked-apps-are-recorded", only_tracked_apps_are_recorded);
  ADD ("a-change-reaches-apps-while-active", a_change_reaches_apps_while_active);
  ADD ("a-change-waits-for-the-start-while-inactive", a_change_waits_for_the_start_while_inactive);
  ADD ("every-attribute-has-to-fit", every_attribute_has_to_fit);
  ADD ("an-untracked-apps-own-buffers-are-drained", an_untracked_apps_own_buffers_are_drained);
  ADD ("shared-buffers-stay", shared_buffers_stay);
  ADD ("buffers-that-are-still-made-are-given-up", buffers_that_are_still_made_are_given_up);
  ADD ("a-frozen-app-follows-when-it-runs-again", a_frozen_app_follows_when_it_runs_again);
  ADD ("tells-what-changed-nothing", tells_what_changed_nothing);
  ADD ("has-a-limit", has_a_limit);
  FIXTURE_ADD ("/core/contexts/come-before-events-and-in-order", contexts_come_before_events_and_in_order);
  FIXTURE_ADD ("/core/contexts/an-app-without-one-is-recorded-all-the-same",
               an_app_without_a_context_is_recorded_all_the_same);
  return g_test_run ();
}
