/* SPDX-License-Identifier: GPL-2.0-only */
/* Apps that come, change, hang and go while sessions record them. */
#include "base/error.h"
#include "base/thread.h"
#include "core/app-private.h"
#include "core/ids.h"
#include "fixture.h"

#include <errno.h>
#include <string.h>

static GString *events; /* what the app set told */

static void
on_added (TbusAppSet *set, TbusApp *app, gpointer data)
{
  g_string_append_printf (events, "+%d", (int) tbus_app_get_tracee (app)->pid);
}

static void
on_removed (TbusAppSet *set, TbusApp *app, gpointer data)
{
  g_string_append_printf (events, "-%d", (int) tbus_app_get_tracee (app)->pid);
}

static void
on_state (TbusApp *app, GParamSpec *pspec, gpointer data)
{
  g_string_append_printf (events, "(%s)", tbus_app_state_to_string (tbus_app_get_state (app)));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  fixture_set_up (f, data);
  events = g_string_new (NULL);
  g_signal_connect (f->apps, "added", G_CALLBACK (on_added), NULL);
  g_signal_connect (f->apps, "removed", G_CALLBACK (on_removed), NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  fixture_tear_down (f, data);
  g_string_free (g_steal_pointer (&events), TRUE);
}

static void
expect_events (const char *expected)
{
  g_assert_cmpstr (events->str, ==, expected);
  g_string_truncate (events, 0);
}

static TbusApp *
app_of (Fixture *f, TbusTracee *tracee)
{
  TbusApp *app = tbus_app_set_find_id (f->apps, tracee->id);

  g_assert_nonnull (app);
  return app;
}

static void
an_app_is_shown_when_its_constructor_may_go_on (Fixture *f, gconstpointer data) /* B23 */
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusApp *app = app_of (f, tracee);

  fake_tracer_hold (f->tracer, tracee, TRUE);
  expect_events ("");
  g_assert_false (tbus_app_set_is_shown (f->apps, app));
  g_assert_cmpint (tbus_app_get_state (app), ==, TBUS_APP_REGISTERING);
  fake_tracer_hold (f->tracer, tracee, FALSE);
  fixture_settle ();
  expect_events ("+100");
  g_assert_cmpint (tbus_app_get_state (app), ==, TBUS_APP_READY);
  g_assert_cmpuint (tbus_app_get_tracer_version (app)[1], ==, 13);
  fixture_expect_asked (f, tracee, "version, done");
  fake_tracer_hang_up (f->tracer, tracee);
  expect_events ("-100");
}

static void
dying_while_it_is_asked_for_its_version_is_no_error (Fixture *f, gconstpointer data) /* B23 */
{
  TbusSession *session = fixture_create (f, "a");
  TbusTracee *tracee = fixture_app (f, 100);
  g_auto(Call) start = { FALSE };

  fake_tracer_hold (f->tracer, tracee, TRUE);
  fake_tracer_die_at (f->tracer, tracee, TBUS_OP_TRACER_VERSION);
  fixture_enable (session, "", "tick:*");
  tbus_session_start_async (session, NULL, call_done, &start);
  fake_tracer_hold (f->tracer, tracee, FALSE);
  call_expect (&start, "applied 0, failed 0, pending 0");
  g_assert_cmpuint (tbus_operation_get_outcome (start.operation)->warnings->len, ==, 0);
  expect_events (""); /* nobody was told of it, nobody is told that it went */
  g_assert_cmpuint (tbus_tracee_index_count (f->index), ==, 0);
}

static void
an_unknown_version_is_no_obstacle (Fixture *f, gconstpointer data) /* B23 */
{
  TbusTracee *tracee;

  fake_tracer_refuse (f->tracer, NULL, TBUS_OP_TRACER_VERSION, -ENOSYS);
  tracee = fixture_app (f, 100);
  fixture_settle ();
  g_assert_cmpuint (tbus_app_get_tracer_version (app_of (f, tracee))[0], ==, 0);
  expect_events ("+100");
}

static void
a_late_app_receives_everything_before_it_goes_on (Fixture *f, gconstpointer data) /* B24, B25 */
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) disabled = { FALSE };
  TbusTracee *tracee;

  fixture_add_channel (session, "one", TBUS_BUFFER_USER);
  fixture_add_channel (session, "two", TBUS_BUFFER_USER);
  fixture_enable (session, "one", "tick:*");
  fixture_enable (session, "one", "tock:*");
  fixture_disable (session, "one", "tock:*");
  tbus_session_set_channel_enabled_async (session, tbus_session_find_channel (session, "two"), FALSE, call_done,
                                          &disabled);
  call_expect (&disabled, "applied 0, failed 0, pending 0");
  fixture_start (session);
  tracee = fixture_app (f, 100);
  fixture_settle ();
  fixture_expect_asked (f, tracee, "version, create-session, send-ring one, send-ring two, create-event tick:*, "
                                   "enable tick:*, disable two, enable session, done");
  fixture_expect_app (f, tracee, "session(one(tick:*) -two)");
}

/* Of each round the program waits for the end before its main() begins. */
static void
a_late_app_is_told_all_at_once_where_its_users_buffers_are_there (Fixture *f, gconstpointer data)
{
  TbusTracee *first, *second;

  fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  first = fixture_app (f, 100);
  fixture_settle ();
  g_assert_cmpuint (fake_tracer_count_jobs (f->tracer, first), ==, 2);
  second = fixture_app (f, 101);
  fixture_settle ();
  g_assert_cmpuint (fake_tracer_count_jobs (f->tracer, second), ==, 1);
  fixture_expect_asked (f, second, "version, create-session, send-ring channel0, create-event tick:*, enable tick:*, "
                                   "enable session, done");
}

static void
a_late_app_gets_nothing_of_a_session_that_is_not_active (Fixture *f, gconstpointer data) /* B24 */
{
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  TbusTracee *tracee;

  fixture_stop (session);
  tracee = fixture_app (f, 100);
  fixture_settle ();
  fixture_expect_app (f, tracee, "");
  fixture_start (session);
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
}

static void
an_app_that_goes_while_it_is_set_up_is_no_error (Fixture *f, gconstpointer data) /* B24 */
{
  static const TbusOp ops[] = { TBUS_OP_CREATE_SESSION, TBUS_OP_SEND_RING, TBUS_OP_CREATE_EVENT, TBUS_OP_ENABLE };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++)
    for (TbusBufferOwnership ownership = TBUS_BUFFER_USER; ownership <= TBUS_BUFFER_PROCESS; ownership++)
      {
        TbusTracee *dies = fixture_app (f, 100), *lives = fixture_app (f, 101);
        TbusSession *session = fixture_create (f, "a");
        g_auto(Call) start = { FALSE };

        fake_tracer_die_at (f->tracer, dies, ops[i]);
        fixture_add_channel (session, "channel0", ownership);
        fixture_enable (session, "", "tick:*");
        tbus_session_start_async (session, NULL, call_done, &start);
        call_expect (&start, "applied 1, failed 0, pending 0");
        g_assert_cmpuint (tbus_operation_get_outcome (start.operation)->warnings->len, ==, 0);
        fixture_expect_app (f, lives, "session(channel0(tick:*))");
        fixture_destroy (session);
        fake_tracer_hang_up (f->tracer, lives);
      }
}

static void
others_apps_are_not_traced (Fixture *f, gconstpointer data)
{
  TbusTracee *bobs = fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = BOB });
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) start = { FALSE };

  fixture_app (f, 100);
  fixture_enable (session, "", "tick:*");
  tbus_session_start_async (session, NULL, call_done, &start);
  call_expect (&start, "applied 1, failed 0, pending 0");
  fixture_expect_app (f, bobs, "");
}

static void
an_app_session_knows_who_is_traced_and_who_asked (Fixture *f, gconstpointer data) /* B1, B8 */
{
  TbusSessionRequest request = { .name = "a", .owner = ALICE, .group = 2000, .output = "/fake", .all_users = TRUE };
  TbusTracee *tracee = fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = BOB });
  TbusSession *session = fixture_create_full (f, &request);
  const TbusAppSession *app_session;

  tbus_id_raise (TBUS_ID_APP_SESSION, 1000);
  fixture_enable (session, "", "tick:*");
  fixture_start (session);
  app_session = tbus_app_find_session (app_of (f, tracee), tbus_session_get_id (session));
  g_assert_cmpuint (app_session->id, >, 1000); /* not the session's */
  g_assert_cmpuint (app_session->session_id, ==, tbus_session_get_id (session));
  g_assert_cmpuint (app_session->traced_uid, ==, BOB);
  g_assert_cmpuint (app_session->traced_gid, ==, BOB);
  g_assert_cmpuint (app_session->owner_uid, ==, ALICE);
  g_assert_cmpuint (app_session->owner_gid, ==, 2000);
  g_assert_cmpuint (fake_consumer_count_sets (fixture_consumer (f)), ==, 1); /* written as the owner (B8) */
}

static void
changes_reach_running_apps (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  TbusChannel *channel = tbus_session_find_channel (session, "channel0");
  g_auto(Call) off = { FALSE }, on = { FALSE };

  g_free (fake_tracer_take_log (f->tracer, tracee));
  fixture_enable (session, "", "tock:*");
  fixture_expect_asked (f, tracee, "create-event tock:*, enable tock:*");
  fixture_disable (session, "channel0", "tick:*");
  fixture_expect_asked (f, tracee, "disable tick:*");
  tbus_session_set_channel_enabled_async (session, channel, FALSE, call_done, &off);
  call_expect (&off, "applied 1, failed 0, pending 0");
  fixture_expect_asked (f, tracee, "disable channel0");
  tbus_session_set_channel_enabled_async (session, channel, TRUE, call_done, &on);
  call_expect (&on, "applied 1, failed 0, pending 0");
  fixture_expect_app (f, tracee, "session(channel0(-tick:* tock:*))");
}

static void
a_refused_rule_is_a_warning (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) start = { FALSE }, again = { FALSE };

  fake_tracer_refuse (f->tracer, tracee, TBUS_OP_CREATE_EVENT, -EINVAL);
  fixture_enable (session, "", "tick:*");
  tbus_session_start_async (session, NULL, call_done, &start);
  call_expect (&start, "applied 1, failed 0, pending 0");
  g_assert_cmpstr (call_get_warning (&start), ==, "Process 100 refused the event rule \"tick:*\" (tracer's code -22)");
  fake_tracer_refuse (f->tracer, tracee, TBUS_OP_CREATE_EVENT, 0);
  fixture_stop (session);
  tbus_session_start_async (session, NULL, call_done, &again);
  call_expect (&again, "applied 1, failed 0, pending 0");
  g_assert_cmpuint (tbus_operation_get_outcome (again.operation)->warnings->len, ==, 0);
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
}

static void
a_session_that_an_app_refuses_fails_that_app (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100), *other = fixture_app (f, 101);
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) start = { FALSE };

  fake_tracer_refuse (f->tracer, tracee, TBUS_OP_CREATE_SESSION, -ENOMEM);
  fixture_enable (session, "", "tick:*");
  tbus_session_start_async (session, NULL, call_done, &start);
  call_expect (&start, "applied 1, failed 1, pending 0");
  g_assert_cmpstr (call_get_warning (&start), ==, "Process 100 refused to create a session (tracer's code -12)");
  fixture_expect_app (f, tracee, "");
  fixture_expect_app (f, other, "session(channel0(tick:*))");
}

static void
a_slow_app_keeps_nobody_but_itself_waiting (Fixture *f, gconstpointer data)
{
  TbusTracee *slow = fixture_app (f, 100), *quick = fixture_app (f, 101);
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) start = { FALSE };

  fixture_settle ();
  fixture_enable (session, "", "tick:*");
  fake_tracer_hold (f->tracer, slow, TRUE);
  tbus_session_start_async (session, NULL, call_done, &start);
  fixture_settle ();
  fixture_expect_app (f, quick, "session(channel0(tick:*))");
  g_assert_false (start.done); /* it makes progress: it is waited for */
  fake_tracer_hold (f->tracer, slow, FALSE);
  call_expect (&start, "applied 2, failed 0, pending 0");
}

static void
a_frozen_app_is_pending_and_catches_up_by_itself (Fixture *f, gconstpointer data)
{
  TbusTracee *frozen = fixture_app (f, 100);
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) start = { FALSE };
  TbusApp *app;

  fixture_app (f, 101);
  fixture_settle ();
  app = app_of (f, frozen);
  g_signal_connect (app, "notify::state", G_CALLBACK (on_state), NULL);
  expect_events ("+100+101");
  fixture_enable (session, "", "tick:*");
  fake_tracer_freeze (f->tracer, frozen);
  tbus_session_start_async (session, NULL, call_done, &start);
  call_expect (&start, "applied 1, failed 0, pending 1");
  g_assert_cmpuint (g_array_index (tbus_operation_get_outcome (start.operation)->apps_pending, guint64, 0), ==,
                    frozen->id);
  expect_events ("(unresponsive)");
  fixture_enable (session, "", "tock:*");
  fixture_disable (session, "channel0", "tick:*");
  fake_tracer_thaw (f->tracer, frozen);
  fixture_settle ();
  expect_events ("(ready)");
  fixture_expect_app (f, frozen, "session(channel0(-tick:* tock:*))");
}

static void
an_app_frozen_in_the_middle_of_a_call_is_waited_for_no_longer (Fixture *f, gconstpointer data)
{
  TbusTracee *frozen = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_auto(Call) stop = { FALSE };

  fake_tracer_hold (f->tracer, frozen, TRUE);
  tbus_session_stop_async (session, TRUE, call_done, &stop);
  fixture_settle ();
  g_assert_false (stop.done);
  fake_tracer_freeze (f->tracer, frozen);
  call_expect (&stop, "applied 0, failed 0, pending 1");
  fake_tracer_hold (f->tracer, frozen, FALSE);
  fake_tracer_thaw (f->tracer, frozen);
  fixture_settle ();
  fixture_expect_app (f, frozen, "-session(channel0(tick:*))");
}

static void
a_destroyed_session_is_released_when_the_app_thaws (Fixture *f, gconstpointer data)
{
  TbusTracee *frozen = fixture_app (f, 100);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  g_auto(Call) destroy = { FALSE };
  TbusBinding binding;
  guint32 handle = fake_tracer_get_channel (f->tracer, frozen, "channel0");

  fake_tracer_freeze (f->tracer, frozen);
  tbus_session_destroy_async (session, TRUE, call_done, &destroy);
  call_expect (&destroy, "applied 0, failed 0, pending 1");
  g_assert_cmpuint (tbus_session_set_count (f->sessions), ==, 0);
  fake_tracer_thaw (f->tracer, frozen);
  fixture_settle ();
  fixture_expect_app (f, frozen, "");
  g_assert_false (tbus_tracee_index_lookup (f->index, frozen, handle, &binding)); /* B14 */
}

static void
an_app_that_is_frozen_from_the_start_is_shown (Fixture *f, gconstpointer data)
{
  TbusTracee *frozen = fixture_app (f, 100);

  fake_tracer_freeze (f->tracer, frozen);
  fixture_settle ();
  expect_events ("+100");
  g_assert_cmpint (tbus_app_get_state (app_of (f, frozen)), ==, TBUS_APP_UNRESPONSIVE);
  fake_tracer_thaw (f->tracer, frozen);
  g_assert_cmpint (tbus_app_get_state (app_of (f, frozen)), ==, TBUS_APP_REGISTERING);
  fixture_settle ();
  g_assert_cmpint (tbus_app_get_state (app_of (f, frozen)), ==, TBUS_APP_READY);
  expect_events ("");
}

/* Its buffers take long: the constructor waits for them, but not for ever. */
static void
a_constructor_waits_for_buffers_for_a_while (Fixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (f);
  TbusSession *session = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  GPtrArray *problems = tbus_session_get_problems (session);
  TbusTracee *tracee;

  fake_consumer_hold (consumer, TRUE);
  tracee = fixture_app (f, 100);
  fixture_settle ();
  fixture_expect_asked (f, tracee, "version");
  g_assert_cmpuint (tbus_session_get_apps_late (session), ==, 0);
  fixture_expect_warning ("Session \"a\": process 100 (*) did not wait any longer *");
  while (tbus_app_get_state (app_of (f, tracee)) == TBUS_APP_REGISTERING)
    g_main_context_iteration (NULL, TRUE);
  fixture_expect_asked (f, tracee, "done");
  g_assert_cmpuint (tbus_session_get_apps_late (session), ==, 1);
  g_assert_cmpuint (problems->len, ==, 1);
  g_assert_cmpstr (((TbusProblem *) g_ptr_array_index (problems, 0))->code, ==, "app-late");
  expect_events ("+100");
  fake_consumer_hold (consumer, FALSE);
  fixture_settle ();
  fixture_expect_app (f, tracee, "session(channel0(tick:*))");
  fixture_stop (session);
  fixture_start (session);
  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpuint (tbus_session_get_apps_late (session), ==, 1);
}

static void
a_known_pid_is_the_latest_registration (Fixture *f, gconstpointer data) /* B27 */
{
  TbusTracee *old = fixture_app (f, 100), *new = fixture_app (f, 100);
  g_autoptr(GPtrArray) found = NULL;

  fixture_settle ();
  found = tbus_app_set_find_pid (f->apps, 100);
  g_assert_cmpuint (found->len, ==, 2);
  g_assert_true (g_ptr_array_index (found, 0) == app_of (f, new));
  fake_tracer_hang_up (f->tracer, old);
  g_clear_pointer (&found, g_ptr_array_unref);
  found = tbus_app_set_find_pid (f->apps, 100);
  g_assert_cmpuint (found->len, ==, 1);
  g_assert_true (g_ptr_array_index (found, 0) == app_of (f, new));
}

static void
an_app_knows_the_sessions_that_trace_it (Fixture *f, gconstpointer data)
{
  TbusTracee *tracee = fixture_app (f, 100);
  TbusSession *a = fixture_start_simple (f, "a", TBUS_BUFFER_USER);
  TbusSession *b = fixture_start_simple (f, "b", TBUS_BUFFER_USER);
  g_autoptr(GArray) both = tbus_app_list_sessions (app_of (f, tracee)), one = NULL;

  g_assert_cmpuint (both->len, ==, 2);
  fixture_destroy (a);
  one = tbus_app_list_sessions (app_of (f, tracee));
  g_assert_cmpuint (one->len, ==, 1);
  g_assert_cmpuint (g_array_index (one, guint64, 0), ==, tbus_session_get_id (b));
}

static void
refused_registrations_are_counted (Fixture *f, gconstpointer data)
{
  tbus_core_tracer_events.refused (f->core, 1, "it speaks another protocol");
  g_assert_cmpuint (tbus_app_set_get_refused (f->apps), ==, 1);
}

typedef struct {
  gboolean done;
  TbusTracepointListing *listing;
} Listing;

static void
on_listed (GObject *source, GAsyncResult *result, gpointer data)
{
  Listing *self = data;
  g_autoptr(GError) error = NULL;

  self->done = TRUE;
  self->listing = tbus_app_set_list_tracepoints_finish (TBUS_APP_SET (source), result, &error);
  g_assert_no_error (error);
}

static GPtrArray *
tracepoints_new (const char *name)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracepoint_free);
  TbusTracepoint *tracepoint = g_new0 (TbusTracepoint, 1);

  tracepoint->name = g_strdup (name);
  g_ptr_array_add (list, tracepoint);
  return list;
}

static void
a_listing_tells_who_answered_failed_and_hangs (Fixture *f, gconstpointer data)
{
  TbusTracee *answers = fixture_app (f, 100), *frozen = fixture_app (f, 102), *dies = fixture_app (f, 103);
  g_autoptr(GPtrArray) apps = NULL;
  g_autoptr(TbusTracepointListing) listing = NULL;
  Listing call = { FALSE, NULL };
  const TbusAppTracepoints *entry;

  fixture_app (f, 101); /* refuses */
  fixture_settle ();
  fake_tracer_set_tracepoints (f->tracer, answers, tracepoints_new ("tick:tock"));
  fake_tracer_freeze (f->tracer, frozen);
  fake_tracer_die_at (f->tracer, dies, TBUS_OP_LIST);
  apps = tbus_app_set_list (f->apps);
  tbus_app_set_list_tracepoints_async (f->apps, apps, TRUE, NULL, on_listed, &call);
  fixture_run_until (&call.done);
  listing = call.listing;
  g_assert_cmpuint (listing->apps->len, ==, 1);
  entry = g_ptr_array_index (listing->apps, 0);
  g_assert_true (entry->app == app_of (f, answers));
  g_assert_cmpstr (((TbusTracepoint *) g_ptr_array_index (entry->tracepoints, 0))->name, ==, "tick:tock");
  g_assert_cmpuint (listing->apps_failed, ==, 1);
  g_assert_cmpuint (listing->apps_pending->len, ==, 1);
  g_assert_cmpuint (g_array_index (listing->apps_pending, guint64, 0), ==, frozen->id);
  fake_tracer_thaw (f->tracer, frozen); /* its answer comes too late, and hurts nobody */
  fixture_settle ();
}

/* One that has more than is taken is listed in part; what failed before its end is no list. */
static void
a_listing_says_what_is_not_all (Fixture *f, gconstpointer data)
{
  TbusTracee *much = fixture_app (f, 100), *broken = fixture_app (f, 101), *whole = fixture_app (f, 102);
  g_autoptr(GPtrArray) apps = NULL;
  g_autoptr(TbusTracepointListing) listing = NULL;
  Listing call = { FALSE, NULL };

  fixture_settle ();
  fake_tracer_set_tracepoints (f->tracer, much, tracepoints_new ("one:of-many"));
  fake_tracer_refuse (f->tracer, much, TBUS_OP_LIST, -ENOSPC);
  fake_tracer_set_tracepoints (f->tracer, broken, tracepoints_new ("tick:tock"));
  fake_tracer_refuse (f->tracer, broken, TBUS_OP_LIST, -EINVAL);
  fake_tracer_set_tracepoints (f->tracer, whole, tracepoints_new ("tick:tock"));
  apps = tbus_app_set_list (f->apps);
  tbus_app_set_list_tracepoints_async (f->apps, apps, FALSE, NULL, on_listed, &call);
  fixture_run_until (&call.done);
  listing = call.listing;
  g_assert_cmpuint (listing->apps->len, ==, 2);
  g_assert_cmpuint (listing->apps_failed, ==, 1);
  for (guint i = 0; i < listing->apps->len; i++)
    {
      const TbusAppTracepoints *entry = g_ptr_array_index (listing->apps, i);

      g_assert_cmpint (entry->cut, ==, entry->app == app_of (f, much));
      g_assert_cmpuint (entry->tracepoints->len, ==, 1);
    }
}

static void
a_listing_of_nobody_answers_at_once (Fixture *f, gconstpointer data)
{
  g_autoptr(GPtrArray) apps = tbus_app_set_list (f->apps);
  Listing call = { FALSE, NULL };

  tbus_app_set_list_tracepoints_async (f->apps, apps, FALSE, NULL, on_listed, &call);
  fixture_run_until (&call.done);
  g_assert_cmpuint (call.listing->apps->len, ==, 0);
  tbus_tracepoint_listing_free (call.listing);
}

#define ADD(name, func) g_test_add ("/core/apps/" name, Fixture, NULL, set_up, func, tear_down)

static void
add_tests_of_life (void)
{
  ADD ("an-app-is-shown-when-its-constructor-may-go-on", an_app_is_shown_when_its_constructor_may_go_on);
  ADD ("dying-while-it-is-asked-for-its-version-is-no-error", dying_while_it_is_asked_for_its_version_is_no_error);
  ADD ("an-unknown-version-is-no-obstacle", an_unknown_version_is_no_obstacle);
  ADD ("a-late-app-receives-everything-before-it-goes-on", a_late_app_receives_everything_before_it_goes_on);
  ADD ("a-late-app-is-told-all-at-once-where-its-users-buffers-are-there",
       a_late_app_is_told_all_at_once_where_its_users_buffers_are_there);
  ADD ("a-late-app-gets-nothing-of-a-session-that-is-not-active",
       a_late_app_gets_nothing_of_a_session_that_is_not_active);
  ADD ("an-app-that-goes-while-it-is-set-up-is-no-error", an_app_that_goes_while_it_is_set_up_is_no_error);
  ADD ("others-apps-are-not-traced", others_apps_are_not_traced);
  ADD ("an-app-session-knows-who-is-traced-and-who-asked", an_app_session_knows_who_is_traced_and_who_asked);
  ADD ("changes-reach-running-apps", changes_reach_running_apps);
  ADD ("a-refused-rule-is-a-warning", a_refused_rule_is_a_warning);
  ADD ("a-session-that-an-app-refuses-fails-that-app", a_session_that_an_app_refuses_fails_that_app);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  add_tests_of_life ();
  ADD ("a-slow-app-keeps-nobody-but-itself-waiting", a_slow_app_keeps_nobody_but_itself_waiting);
  ADD ("a-frozen-app-is-pending-and-catches-up-by-itself", a_frozen_app_is_pending_and_catches_up_by_itself);
  ADD ("an-app-frozen-in-the-middle-of-a-call-is-waited-for-no-longer",
       an_app_frozen_in_the_middle_of_a_call_is_waited_for_no_longer);
  ADD ("a-destroyed-session-is-released-when-the-app-thaws", a_destroyed_session_is_released_when_the_app_thaws);
  ADD ("an-app-that-is-frozen-from-the-start-is-shown", an_app_that_is_frozen_from_the_start_is_shown);
  ADD ("a-constructor-waits-for-buffers-for-a-while", a_constructor_waits_for_buffers_for_a_while);
  ADD ("a-known-pid-is-the-latest-registration", a_known_pid_is_the_latest_registration);
  ADD ("an-app-knows-the-sessions-that-trace-it", an_app_knows_the_sessions_that_trace_it);
  ADD ("refused-registrations-are-counted", refused_registrations_are_counted);
  ADD ("a-listing-tells-who-answered-failed-and-hangs", a_listing_tells_who_answered_failed_and_hangs);
  ADD ("a-listing-says-what-is-not-all", a_listing_says_what_is_not_all);
  ADD ("a-listing-of-nobody-answers-at-once", a_listing_of_nobody_answers_at_once);
  return g_test_run ();
}
