/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service ends and another life of it begins while descriptors are kept, as systemd does: programs and consumers
 * notice nothing, and every event is recorded or counted.
 *
 * TRACEBUS_KILLS says how often the service is killed in a row; 10 by default.
 */
#include "support/peer.h"
#include "support/recording.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { KILLS = 10, COMERS = 8, WRITERS = 4, BURST = 6000 };

typedef struct {
  TstService *service;
  TstStore *store;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new_idle ();
  self->store = tst_service_use_store (self->service);
  tst_service_start (self->service, NULL);
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_service_free (self->service);
}

static void
end_by_kill (Fixture *self)
{
  tst_service_kill (self->service);
}

static void
kill_and_start (Fixture *self)
{
  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
}

static void
end_in_order (Fixture *self)
{
  tst_service_stop (self->service);
}

/* What was emitted is in the trace, or discarded and counted, in the answer and in the trace alike. */
static void
assert_exact (Fixture *self, const char *name, TstResult result, guint emitted)
{
  TstMissing missing;
  g_autoptr(GPtrArray) events = tst_events_lossy (self->service, name, &missing);

  g_test_message ("%s: emitted %u: %u recorded, %" G_GUINT64_FORMAT " discarded", name, emitted, events->len,
                  result.discarded);
  g_assert_cmpuint (events->len + result.discarded, ==, emitted);
  g_assert_cmpuint (missing.events, ==, result.discarded);
  g_assert_cmpuint (missing.packets, ==, 0);
  g_assert_cmpuint (result.lost, ==, 0);
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
}

/* An answer that is a promise: what the service knows by now, its next life will know. */
static void
await_state (Fixture *self, const char *session)
{
  tst_do (self->service, session, "Session.EnableEvents", "('events', [('tbtest:tick', @a{sv} {})], @a{sv} {})");
}

/* What the service says of itself and of its consumers. */
static char *
describe (Fixture *self)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");
  g_autoptr(GVariant) health = tst_get (self->service, TST_ROOT, "Manager.Health");
  g_autofree char *parts = g_variant_print (health, FALSE);

  g_assert_cmpuint (g_strv_length (consumers), ==, 1);
  g_assert_null (strstr (parts, "'alive': <false>"));
  return g_strdup_printf (
    "%s: %" G_GUINT64_FORMAT " channels, %" G_GUINT64_FORMAT " streams; %" G_GUINT64_FORMAT " sessions, "
    "%" G_GUINT64_FORMAT " apps",
    consumers[0], tst_get_number (self->service, consumers[0], "Consumer.Channels"),
    tst_get_number (self->service, consumers[0], "Consumer.Streams"),
    tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"),
    tst_get_number (self->service, TST_ROOT, "Manager.AppCount"));
}

/* From before, in between, and after: one App object, one consumer, one directory. */
static void
notices_nothing (Fixture *self, gconstpointer options, void (*end) (Fixture *self))
{
  g_autofree char *session = tst_start_recording (self->service, "taken", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *state = NULL;
  g_autofree char *said = NULL;
  g_autofree char *says = NULL;
  g_autofree char *status = NULL;
  g_autofree char *status_after = NULL;
  guint64 n_fds;
  pid_t consumer;

  tst_app_go (app, 1000);
  before = tst_wait_app (self->service, tst_child_pid (app), "ready");
  consumer = tst_service_consumer_pid (self->service);
  await_state (self, session);
  said = describe (self);
  n_fds = tst_get_number (self->service, TST_ROOT, "Manager.FdsInUse");
  status = tst_status (self->service);
  end (self);
  tst_app_go (app, 500);
  tst_service_start (self->service, NULL);
  after = tst_wait_app (self->service, tst_child_pid (app), "ready");
  g_assert_cmpstr (after, ==, before);
  says = describe (self);
  g_assert_cmpstr (says, ==, said);
  /* A request to a consumer has one for as long as it is on its way. */
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.FdsInUse") == n_fds);
  status_after = tst_status (self->service);
  g_assert_cmpstr (status_after, ==, status);
  g_assert_cmpint (tst_service_consumer_pid (self->service), ==, consumer);
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 0);
  tst_app_go (app, 300);
  tst_app_run (self->service, "app-tiny", NULL);
  assert_exact (self, "taken", tst_session_run (self->service, session, "Stop"), 1801);
  tst_session_run (self->service, session, "Start");
  tst_app_go (app, 10);
  assert_exact (self, "taken", tst_session_run (self->service, session, "Destroy"), 1811);
  state = tst_get_string (self->service, after, "App.State");
  g_assert_cmpstr (state, ==, "ready");
}

static void
programs_notice_nothing_of_a_kill (Fixture *self, gconstpointer options)
{
  notices_nothing (self, options, end_by_kill);
}

static void
programs_notice_nothing_of_an_orderly_end (Fixture *self, gconstpointer options)
{
  notices_nothing (self, options, end_in_order);
  if (strcmp (options, TST_PER ("user")) == 0)
    tst_peer_tell ("restarted");
}

static guint
count_kills (void)
{
  const char *given = g_getenv ("TRACEBUS_KILLS");

  return given != NULL ? (guint) g_ascii_strtoull (given, NULL, 10) : KILLS;
}

/* Programs write flat out into small buffers all the while, so that some is discarded. */
static void
every_event_is_accounted_for (Fixture *self, gconstpointer options)
{
  g_autofree char *small = g_strconcat (options, ", 'subbuf-size': <uint64 65536>, 'num-subbuf': <uint64 4>", NULL);
  g_autofree char *session = tst_start_recording (self->service, "killed", small);
  g_autofree char *other = tst_start_recording (self->service, "other", TST_PER ("user"));
  TstChild *apps[WRITERS];
  guint kills = count_kills (), emitted = 0;

  for (guint i = 0; i < WRITERS; i++)
    {
      apps[i] = tst_app_start (self->service, "app-idle", NULL);
      g_free (tst_wait_app (self->service, tst_child_pid (apps[i]), "ready"));
    }
  await_state (self, session);
  for (guint round = 0; round < kills; round++)
    {
      for (guint i = 0; i < WRITERS; i++)
        tst_child_say (apps[i], "go %d", BURST);
      tst_service_kill (self->service);
      tst_service_start (self->service, NULL);
      for (guint i = 0; i < WRITERS; i++)
        g_free (tst_child_wait_line (apps[i], "done"));
      emitted += WRITERS * BURST;
      g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.AppCount"), ==, WRITERS);
    }
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 0);
  assert_exact (self, "killed", tst_session_run (self->service, session, "Stop"), emitted);
  assert_exact (self, "other", tst_session_run (self->service, other, "Destroy"), emitted);
  for (guint i = 0; i < WRITERS; i++)
    tst_child_free (apps[i]);
}

/* New programs describe new events just then: whoever was there before notices nothing of that either. */
static void
programs_that_come_just_then_cost_nobody_anything (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_session (self->service, "then");
  g_autofree char *channel = tst_channel (self->service, session, "events", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *before = tst_wait_app (self->service, tst_child_pid (app), "ready");
  g_autoptr(GPtrArray) events = NULL;
  TstResult result;

  tst_enable (self->service, session, "events", "*");
  tst_session_run (self->service, session, "Start");
  for (guint round = 0; round < COMERS; round++)
    {
      static const char *const comers[] = { "app-types", "app-quotes" };
      g_autoptr(TstChild) comer = tst_app_start (self->service, comers[round % G_N_ELEMENTS (comers)], NULL);
      g_autofree char *after = NULL;

      tst_app_go (app, 100 * round); /* so long the other has had */
      kill_and_start (self);
      after = tst_wait_app (self->service, tst_child_pid (app), "ready");
      g_assert_cmpstr (after, ==, before);
    }
  tst_app_go (app, 1);
  result = tst_session_run (self->service, session, "Stop");
  events = tst_events (self->service, "then");
  g_assert_cmpuint (result.discarded + result.lost, ==, 0);
  g_assert_cmpuint (tst_trace_count (events, "tbtest:tick"), ==, 1 + 100 * COMERS * (COMERS - 1) / 2);
}

static void
tell_app (TstChild *app, const char *line)
{
  tst_child_say (app, "%s", line);
  g_free (tst_child_wait_line (app, "done"));
}

/*
 * A program describes an event and its enumeration, and the service is killed before it has written its state. It
 * describes an enumeration once: another event that refers to it is recorded, with a number where the label was.
 */
static void
what_refers_to_an_enumeration_that_was_not_saved_is_recorded (Fixture *self, gconstpointer options)
{
  static const char labelled[] = "tbtest_late:tick: { seq = 1, mood = ( \"busy\" : container = 1 ) }";
  static const char bare[] = "tbtest_late:tick: { seq = 1, mood = 1 }";
  g_autofree char *provider = tst_build_path ("tests/support/apps/late-provider.so");
  g_autofree char *path = tst_dir_file (tst_service_dir (self->service), ".lttng/state/state");
  g_autofree char *session = tst_session (self->service, "enums");
  g_autofree char *first = tst_channel (self->service, session, "events", options);
  g_autofree char *second = tst_channel (self->service, session, "second", options);
  g_autoptr(TstChild) app = NULL;
  g_autofree char *before = NULL, *after = NULL, *saved = NULL;
  g_autoptr(GPtrArray) events = NULL;
  gsize length;

  tst_enable (self->service, session, "events", "tbtest_late:*");
  tst_session_run (self->service, session, "Start");
  app = tst_app_start (self->service, "app-dlopen", provider, NULL);
  before = tst_wait_app (self->service, tst_child_pid (app), "ready");
  await_state (self, session);
  g_assert_true (g_file_get_contents (path, &saved, &length, NULL));
  tell_app (app, "open");
  await_state (self, session); /* all that it has said was heard by then */
  tst_service_kill (self->service);
  g_assert_true (g_file_set_contents (path, saved, length, NULL));
  tst_service_start (self->service, NULL);
  after = tst_wait_app (self->service, tst_child_pid (app), "ready");
  g_assert_cmpstr (after, ==, before);
  tst_enable (self->service, session, "second", "tbtest_late:*");
  tell_app (app, "go 2");
  assert_exact (self, "enums", tst_session_run (self->service, session, "Stop"), 4);
  events = tst_events (self->service, "enums");
  g_assert_true (g_ptr_array_find_with_equal_func (events, labelled, g_str_equal, NULL));
  g_assert_true (g_ptr_array_find_with_equal_func (events, bare, g_str_equal, NULL));
}

/* The text of a trace is replaced by another just then, or has been, or not yet: it can be read, whichever it is. */
static void
metadata_that_is_being_replaced_can_be_read (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "replaced", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autoptr(GDBusConnection) caller = tst_bus_connect (tst_service_bus (self->service));
  guint emitted = 0;

  tst_app_go (app, 1);
  await_state (self, session);
  for (guint round = 0; round < COMERS; round++)
    {
      g_dbus_connection_call (caller, "org.tracebus1", session, "org.tracebus1.Session", "RegenerateMetadata",
                              g_variant_new_parsed ("(@a{sv} {},)"), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL,
                              NULL);
      g_assert_true (g_dbus_connection_flush_sync (caller, NULL, NULL));
      tst_app_go (app, 200 * round); /* so far it has come */
      emitted += 200 * round;
      kill_and_start (self);
    }
  tst_do (self->service, session, "Session.RegenerateMetadata", "(@a{sv} {},)");
  tst_app_run (self->service, "app-tiny", NULL);
  assert_exact (self, "replaced", tst_session_run (self->service, session, "Stop"), emitted + 2);
  g_dbus_connection_close_sync (caller, NULL, NULL);
}

/* It waits for the service, and is recorded from its first event on. */
static void
a_program_that_starts_in_between_is_recorded (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "between", options);
  g_autoptr(TstChild) app = NULL;

  tst_app_run (self->service, "app-tiny", NULL);
  await_state (self, session);
  tst_service_kill (self->service);
  app = tst_app_start (self->service, "app-tiny", NULL);
  tst_service_start (self->service, NULL);
  tst_child_finish (app);
  assert_exact (self, "between", tst_session_run (self->service, session, "Stop"), 2);
}

/* Its buffers are drained to the last event, though nobody saw it go. */
static void
a_program_that_ends_in_between_loses_nothing (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "gone", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  tst_app_go (app, 700);
  await_state (self, session);
  tst_service_kill (self->service);
  tst_app_go (app, 70);
  tst_child_finish (app);
  tst_service_start (self->service, NULL);
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.AppCount") == 0);
  assert_exact (self, "gone", tst_session_run (self->service, session, "Stop"), 770);
}

/* Somebody kills all there is but for programs: what they write meanwhile is in the rings. */
static void
a_consumer_that_dies_in_between_has_a_successor (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "both", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  pid_t consumer = tst_service_consumer_pid (self->service);
  int ended = tst_process_watch (consumer);

  tst_app_go (app, 100);
  await_state (self, session);
  tst_service_kill (self->service);
  g_assert_cmpint (kill (consumer, SIGKILL), ==, 0);
  tst_process_await (ended);
  tst_app_go (app, 50);
  tst_service_start (self->service, NULL);
  tst_app_go (app, 20);
  assert_exact (self, "both", tst_session_run (self->service, session, "Stop"), 170);
}

/* The service dies while a program, which is stopped, is being told something: nobody knows how much of it arrived. */
static void
a_program_in_the_middle_of_something_registers_anew (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "middle", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autofree char *more = NULL;

  tst_app_go (app, 100);
  before = tst_wait_app (self->service, tst_child_pid (app), "ready");
  await_state (self, session);
  tst_child_freeze (app);
  more = tst_session (self->service, "more");
  tst_enable (self->service, more, "", "tbtest:*");
  tst_session_run (self->service, more, "Start");
  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 1);
  tst_child_signal (app, SIGCONT);
  after = tst_wait_app (self->service, tst_child_pid (app), "ready");
  g_assert_cmpstr (after, !=, before);
  tst_app_go (app, 11);
  /* Another restart does not make good what this one cost. */
  await_state (self, session);
  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 1);
  assert_exact (self, "middle", tst_session_run (self->service, session, "Stop"), 111);
  assert_exact (self, "more", tst_session_run (self->service, more, "Stop"), 11);
}

/* In @directory, which the caller opened, at @name. */
static char *
start_in_directory (Fixture *self, GDBusConnection *caller, const char *name, int directory, const char *options)
{
  g_autoptr(GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr(GVariant) reply = NULL;
  g_autofree char *channel = NULL;
  g_autoptr(GError) error = NULL;
  char *session;

  g_assert_cmpint (g_unix_fd_list_append (fds, directory, NULL), ==, 0);
  reply = g_dbus_connection_call_with_unix_fd_list_sync (
    caller, "org.tracebus1", TST_ROOT, "org.tracebus1.Manager", "CreateSession",
    g_variant_new_parsed ("(%s, {'output-fd': <handle 0>})", name), G_VARIANT_TYPE ("(o)"), G_DBUS_CALL_FLAGS_NONE, -1,
    fds, NULL, NULL, &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(o)", &session);
  channel = tst_channel (self->service, session, "events", options);
  tst_enable (self->service, session, "events", "tbtest:*");
  tst_session_run (self->service, session, "Start");
  return session;
}

/* It is one and the same open file that both have: it is kept for each. */
static void
sessions_with_one_directory_go_on (Fixture *self, gconstpointer options)
{
  g_autofree char *path = tst_output (self->service, "shared");
  g_autoptr(GDBusConnection) caller = tst_bus_connect (tst_service_bus (self->service));
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  int directory;

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  directory = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (directory, >=, 0);
  first = start_in_directory (self, caller, "first", directory, options);
  second = start_in_directory (self, caller, "second", directory, options);
  close (directory);
  tst_app_go (app, 100);
  await_state (self, second);
  g_assert_cmpuint (tst_store_count (self->store, "output-"), ==, 2);
  kill_and_start (self);
  g_assert_cmpuint (tst_get_length (self->service, first, "Session.Problems"), ==, 0);
  g_assert_cmpuint (tst_get_length (self->service, second, "Session.Problems"), ==, 0);
  tst_app_go (app, 50);
  tst_session_run (self->service, first, "Destroy");
  tst_session_run (self->service, second, "Stop");
  tst_session_run (self->service, second, "Start");
  tst_app_go (app, 5);
  tst_session_run (self->service, second, "Destroy");
  g_assert_cmpuint (tst_count (self->service, "shared", "tbtest:tick"), ==, 150 + 155);
  g_dbus_connection_close_sync (caller, NULL, NULL);
}

/* Nothing is kept for what is gone. */
static void
the_store_holds_what_there_is (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "stored", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);

  tst_app_go (app, 1);
  g_assert_cmpuint (tst_store_count (self->store, "app-"), ==, 1);
  g_assert_cmpuint (tst_store_count (self->store, "ring-"), >, 0);
  g_assert_cmpuint (tst_store_count (self->store, "log-"), ==, 1);
  await_state (self, session);
  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
  g_assert_cmpuint (tst_store_count (self->store, "app-"), ==, 1);
  g_assert_cmpuint (tst_store_count (self->store, "log-"), ==, 1);
  tst_session_run (self->service, session, "Destroy");
  tst_child_finish (app);
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.AppCount") == 0);
  g_assert_cmpuint (tst_store_count (self->store, "ring-"), ==, 0);
  g_assert_cmpuint (tst_store_count (self->store, "log-"), ==, 0);
  g_assert_cmpuint (tst_store_count (self->store, "app-"), ==, 0);
}

/* systemctl stop, and later start: that is another life, but nothing was kept for it. */
static void
a_stop_is_a_gap (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "stopped", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  int ended = tst_process_watch (tst_service_consumer_pid (self->service));

  tst_app_go (app, 40);
  tst_service_stop (self->service);
  tst_store_clear (self->store);
  tst_process_await (ended);
  g_assert_cmpuint (tst_count (self->service, "stopped", "tbtest:tick"), ==, 40);
  tst_child_finish (app);
  tst_service_start (self->service, NULL);
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 1);
  tst_app_run (self->service, "app-tiny", NULL);
  assert_exact (self, "stopped", tst_session_run (self->service, session, "Stop"), 41);
}

/* A service is replaced by a newer one: sessions go on, in new buffers, and what was in the old ones is written. */
static void
a_state_of_the_version_before_is_a_gap (Fixture *self, gconstpointer options)
{
  static const char magic[] = "tracebus";
  g_autofree char *path = tst_dir_file (tst_service_dir (self->service), ".lttng/state/state");
  g_autofree char *session = tst_start_recording (self->service, "older", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *saved = NULL;
  guint32 version = 0;
  gsize length;

  tst_app_go (app, 40);
  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  await_state (self, session);
  tst_service_kill (self->service);
  g_assert_true (g_file_get_contents (path, &saved, &length, NULL));
  g_assert_cmpstr (saved, ==, magic);
  memcpy (&version, saved + sizeof magic + 3, sizeof version);
  g_assert_cmpuint (version, ==, 2);
  version = 1;
  memcpy (saved + sizeof magic + 3, &version, sizeof version);
  g_assert_true (g_file_set_contents (path, saved, length, NULL));
  tst_child_finish (app);
  tst_service_start (self->service, NULL);
  g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 1);
  tst_app_run (self->service, "app-tiny", NULL);
  assert_exact (self, "older", tst_session_run (self->service, session, "Stop"), 41);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/process/takeover", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (programs_notice_nothing_of_a_kill);
  ADD (programs_notice_nothing_of_an_orderly_end);
  ADD (every_event_is_accounted_for);
  ADD (programs_that_come_just_then_cost_nobody_anything);
  ADD (what_refers_to_an_enumeration_that_was_not_saved_is_recorded);
  ADD (metadata_that_is_being_replaced_can_be_read);
  ADD (a_program_that_starts_in_between_is_recorded);
  ADD (a_program_that_ends_in_between_loses_nothing);
  ADD (a_consumer_that_dies_in_between_has_a_successor);
  ADD (sessions_with_one_directory_go_on);
  ADD (the_store_holds_what_there_is);
  ADD (a_stop_is_a_gap);
  ADD (a_state_of_the_version_before_is_a_gap);
  ADD (a_program_in_the_middle_of_something_registers_anew);
  return g_test_run ();
}
