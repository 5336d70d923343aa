/* SPDX-License-Identifier: GPL-2.0-only */
/* The service ends, by kill or by request, and another life of it begins: sessions are there again and record on. */
#include "support/recording.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 50 };

typedef struct {
  TstService *service;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new ();
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_service_free (self->service);
}

/* What ends every life here: as a crash does. */
static void
kill_and_start (Fixture *self)
{
  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
}

static void
kill_and_await_consumer (Fixture *self)
{
  int consumer = tst_process_watch (tst_service_consumer_pid (self->service));

  tst_service_kill (self->service);
  tst_process_await (consumer);
}

/* A line for each property that is neither a counter nor a complaint, of all sessions and channels. */
static GPtrArray *
describe (Fixture *self)
{
  static const char *const properties[] = {
    "Session.Name", "Session.Id", "Session.Owner", "Session.Uids", "Session.State", "Session.Output",
    "Session.CreatedAt", "Session.BufferOwnership", "Session.Channels", "Session.Trackers", "Session.EventsDiscarded",
    "Session.AppsLate",
    "Channel.Name", "Channel.Session", "Channel.Enabled", "Channel.SubbufSize", "Channel.NumSubbuf", "Channel.Mode",
    "Channel.SwitchTimerUs", "Channel.TracefileSize", "Channel.TracefileCount", "Channel.Contexts",
  };
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (properties); i++)
    {
      g_autofree char *interface = g_strndup (properties[i], strcspn (properties[i], "."));
      g_auto(GStrv) objects = tst_objects (self->service, interface);

      for (guint j = 0; objects[j] != NULL; j++)
        {
          g_autoptr(GVariant) value = tst_get (self->service, objects[j], properties[i]);
          g_autofree char *text = g_variant_print (value, FALSE);

          g_ptr_array_add (lines, g_strdup_printf ("%s %s %s", objects[j], properties[i], text));
        }
    }
  return lines;
}

static void
describe_rules (Fixture *self, GPtrArray *lines)
{
  g_auto(GStrv) channels = tst_objects (self->service, "Channel");

  for (guint i = 0; channels[i] != NULL; i++)
    {
      g_autoptr(GVariant) rules = tst_call (self->service, channels[i], "Channel.ListEventRules", "(@a{sv} {},)");

      g_ptr_array_add (lines, g_variant_print (rules, FALSE));
    }
}

/* One of each kind: what is promised here is all in answers that have come. */
static void
make_sessions (Fixture *self)
{
  g_autofree char *user = tst_session (self->service, "user");
  g_autofree char *process = tst_session (self->service, "process");
  g_autofree char *empty = tst_session (self->service, "empty");
  g_autofree char *channel = tst_channel (self->service, user, "one", "'switch-timer-us': <uint32 100000>");
  g_autofree char *ring = tst_channel (self->service, process, "ring",
                                       TST_PER ("process") ", 'mode': <'overwrite'>");

  tst_do (self->service, channel, "Channel.AddContext", "('vpid', @a{sv} {})");
  tst_do (self->service, user, "Session.EnableEvents",
          "('one', [('tbtest:t*', {'filter': <'seq > 5'>, 'exclude': <['tbtest:tock']>})], @a{sv} {})");
  tst_do (self->service, user, "Session.Track", "('vpid', [<uint32 1>, <uint32 2>], @a{sv} {})");
  tst_enable (self->service, process, "ring", "tbtest:*");
  tst_session_run (self->service, user, "Start");
  tst_session_run (self->service, process, "Start");
  tst_session_run (self->service, process, "Stop");
}

static void
sessions_are_there_again (Fixture *self, gconstpointer options)
{
  g_autoptr(GPtrArray) before = NULL;
  g_autoptr(GPtrArray) after = NULL;

  make_sessions (self);
  before = describe (self);
  describe_rules (self, before);
  kill_and_start (self);
  after = describe (self);
  describe_rules (self, after);
  tst_trace_assert_same (after, before);
  g_assert_cmpuint (after->len, >, 3 * 10);
}

/* The last word before the end is an answer: it holds. */
static void
an_answer_is_a_promise (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_session (self->service, "promised");
  g_autofree char *state = NULL;

  kill_and_start (self);
  tst_enable (self->service, session, "", "*");
  kill_and_start (self);
  tst_session_run (self->service, session, "Start");
  kill_and_start (self);
  state = tst_get_string (self->service, session, "Session.State");
  g_assert_cmpstr (state, ==, "active");
  tst_session_run (self->service, session, "Destroy");
  kill_and_start (self);
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"), ==, 0);
}

static void
programs_are_traced_on (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "on", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  TstResult result;

  tst_app_go (app, 1000);
  before = tst_status (self->service);
  kill_and_start (self);
  g_assert_cmpuint (tst_count (self->service, "on", "tbtest:tick"), ==, 1000); /* at once */
  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  after = tst_status (self->service);
  g_assert_cmpstr (after, ==, before);
  g_assert_nonnull (strstr (after, "alive"));
  g_assert_nonnull (strstr (after, "'org.tracebus1.trace-own': 'yes'"));
  tst_app_go (app, 500);
  tst_app_run (self->service, "app-tiny", NULL);
  result = tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "on", "tbtest:tick"), ==, 1501);
}

/* Nobody traces what programs do meanwhile; callers are told that there was such a time, and nobody counts it in. */
static void
the_gap_is_told (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "gap", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  TstResult result;

  tst_app_go (app, 1000);
  kill_and_await_consumer (self);
  tst_app_go (app, 70); /* into buffers that nobody reads, or none */
  tst_service_start (self->service, NULL);
  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 1);
  tst_app_go (app, 500);
  result = tst_session_run (self->service, session, "Stop");
  g_test_message ("emitted 1570: 1500 recorded, 70 while no service ran, %" G_GUINT64_FORMAT " discarded",
                  result.discarded);
  g_assert_cmpuint (result.discarded, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "gap", "tbtest:tick"), ==, 1500);
  tst_session_run (self->service, session, "Start");
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 0);
}

/* A service that is asked to end takes nothing from anybody either. */
static void
an_orderly_end_keeps_sessions (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "orderly", options);
  g_autofree char *state = NULL;
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  tst_app_go (app, 30);
  tst_service_stop (self->service);
  g_assert_cmpuint (tst_count (self->service, "orderly", "tbtest:tick"), ==, 30);
  tst_service_start (self->service, NULL);
  state = tst_get_string (self->service, session, "Session.State");
  g_assert_cmpstr (state, ==, "active");
  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  tst_app_go (app, 12);
  tst_session_run (self->service, session, "Destroy");
  g_assert_cmpuint (tst_count (self->service, "orderly", "tbtest:tick"), ==, 42);
}

static void
what_is_ephemeral_ends_with_the_service (Fixture *self, gconstpointer options)
{
  g_autofree char *kept = tst_session (self->service, "kept");
  g_auto(GStrv) sessions = NULL;

  tst_do (self->service, TST_ROOT, "Manager.CreateSession", "('passing', {'ephemeral': <true>})");
  kill_and_start (self);
  sessions = tst_objects (self->service, "Session");
  g_assert_cmpuint (g_strv_length (sessions), ==, 1);
  g_assert_cmpstr (sessions[0], ==, kept);
}

/* Returns: (transfer full): the paths of what is in the state directory and begins so. */
static GPtrArray *
list_state (Fixture *self, const char *beginning)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *directory = tst_dir_file (tst_service_dir (self->service), ".lttng/state");
  g_autoptr(GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, beginning))
      g_ptr_array_add (found, g_build_filename (directory, name, NULL));
  return found;
}

static void
a_damaged_state_stops_no_start (Fixture *self, gconstpointer options)
{
  static const char garbage[] = "tracebus, but not as we know it";
  g_autofree char *lost = tst_session (self->service, "lost");
  g_autofree char *state = tst_dir_file (tst_service_dir (self->service), ".lttng/state/state");
  g_autoptr(GPtrArray) aside = NULL;
  g_autofree char *kept = NULL;
  g_autofree char *text = NULL;

  tst_service_kill (self->service);
  g_assert_true (g_file_set_contents (state, garbage, -1, NULL));
  tst_service_start (self->service, NULL);
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"), ==, 0);
  kept = tst_session (self->service, "kept");
  aside = list_state (self, "state.unreadable-");
  g_assert_cmpuint (aside->len, ==, 1);
  g_assert_true (g_file_get_contents (g_ptr_array_index (aside, 0), &text, NULL, NULL));
  g_assert_cmpstr (text, ==, garbage);
  kill_and_start (self);
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"), ==, 1);
}

/* Buffers are the service's, and it has no place for what it knows: it does its work, and says so. */
static void
it_works_without_a_place_for_its_state (Fixture *self, gconstpointer options)
{
  g_autofree char *log = tst_dir_file (tst_service_dir (self->service), "log");
  g_autofree char *session = NULL;
  g_autofree char *text = NULL;

  tst_service_stop (self->service);
  tst_service_launch (self->service, "--statedir=/proc/nowhere", log);
  tst_bus_wait_name (tst_service_bus (self->service), "org.tracebus1");
  session = tst_start_recording (self->service, "stateless", options);
  tst_app_run (self->service, "app-tiny", NULL);
  tst_session_run (self->service, session, "Destroy");
  g_assert_cmpuint (tst_count (self->service, "stateless", "tbtest:tick"), ==, 1);
  g_assert_true (g_file_get_contents (log, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "/proc/nowhere"));
}

static void
many_sessions_are_there_soon (Fixture *self, gconstpointer options)
{
  g_autoptr(GTimer) timer = g_timer_new ();
  double created, restored;

  for (guint i = 0; i < MANY; i++)
    {
      g_autofree char *name = g_strdup_printf ("many-%u", i);
      g_autofree char *session = tst_session (self->service, name);

      tst_enable (self->service, session, "", "tbtest:*");
      tst_session_run (self->service, session, "Start");
    }
  created = g_timer_elapsed (timer, NULL);
  tst_service_kill (self->service);
  g_timer_start (timer);
  tst_service_start (self->service, NULL);
  restored = g_timer_elapsed (timer, NULL);
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"), ==, MANY);
  g_test_message ("%d sessions: made and started in %.0f ms, there again in %.0f ms after a kill", MANY,
                  created * 1000, restored * 1000);
}

/* A program whose service has gone waits for 5 s until it looks for another: few tests have one that waits. */
#define ADD(name, options, test)                                                                                       \
  g_test_add ("/process/restart/" name, Fixture, options, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("sessions-are-there-again", NULL, sessions_are_there_again);
  ADD ("an-answer-is-a-promise", NULL, an_answer_is_a_promise);
  ADD ("programs-are-traced-on", TST_PER ("process"), programs_are_traced_on);
  ADD ("the-gap-is-told", TST_PER ("user"), the_gap_is_told);
  ADD ("an-orderly-end-keeps-sessions", TST_PER ("user"), an_orderly_end_keeps_sessions);
  ADD ("what-is-ephemeral-ends-with-the-service", NULL, what_is_ephemeral_ends_with_the_service);
  ADD ("a-damaged-state-stops-no-start", NULL, a_damaged_state_stops_no_start);
  ADD ("it-works-without-a-place-for-its-state", TST_PER ("user"), it_works_without_a_place_for_its_state);
  ADD ("many-sessions-are-there-soon", NULL, many_sessions_are_there_soon);
  return g_test_run ();
}
