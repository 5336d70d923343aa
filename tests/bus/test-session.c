/* SPDX-License-Identifier: GPL-2.0-only */
/* org.tracebus1.Session: what a caller can do with one, and what comes of it. */
#include "rig.h"

#include <unistd.h>

static void
call (Rig *rig, const char *path, const char *member, GVariant *parameters)
{
  g_autoptr(GVariant) reply = rig_call (rig, path, member, parameters);
}

static void
goes_from_made_to_destroyed (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "app");
  g_autofree char *session = rig_session (rig, "one");
  g_autoptr(GVariant) started = NULL, stopped = NULL, destroyed = NULL;
  g_autoptr(GVariant) output = NULL;

  call (rig, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  rig_assert_property (rig, session, "Session.State", "'inactive'");
  started = rig_call (rig, session, "Session.Start", rig_no_options ());
  rig_assert_entry (started, "apps-applied", "uint32 1");
  rig_assert_entry (started, "apps-failed", "uint32 0");
  rig_assert_entry (started, "apps-pending", "@ao []");
  rig_assert_entry (started, "warnings", "@as []");
  rig_assert_property (rig, session, "Session.State", "'active'");
  rig_assert_property (rig, session, "Session.BufferOwnership", "'user'");
  rig_assert_property (rig, session, "Session.DataPending", "true");
  stopped = rig_call (rig, session, "Session.Stop", rig_no_options ());
  rig_assert_entry (stopped, "events-discarded", "uint64 0");
  rig_assert_entry (stopped, "packets-lost", "uint64 0");
  rig_assert_entry (stopped, "bytes-dropped", "uint64 0");
  output = rig_lookup (stopped, "output");
  g_assert_true (g_str_has_prefix (g_variant_get_string (output, NULL), "/var/owner/lttng-traces/one-"));
  rig_assert_property (rig, session, "Session.State", "'inactive'");
  destroyed = rig_call (rig, session, "Session.Destroy", rig_no_options ());
  rig_assert_entry (destroyed, "events-discarded", "uint64 0");
  g_assert_cmpuint (tbus_session_set_count (tbus_core_get_sessions (rig->core)), ==, 0);
}

static void
has_the_properties_it_was_made_with (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "plain:name");
  g_autofree char *owner = g_strdup_printf ("uint32 %u", getuid ());
  g_autoptr(GVariant) created = rig_get (rig, session, "Session.CreatedAt");

  rig_assert_property (rig, session, "Session.Name", "'plain:name'");
  rig_assert_property (rig, session, "Session.Owner", owner);
  rig_assert_property (rig, session, "Session.Mode", "'local'");
  rig_assert_property (rig, session, "Session.BufferOwnership", "''");
  rig_assert_property (rig, session, "Session.Channels", "@ao []");
  rig_assert_property (rig, session, "Session.BytesWritten", "uint64 0");
  rig_assert_property (rig, session, "Session.EventsDiscarded", "uint64 0");
  rig_assert_property (rig, session, "Session.AppsLate", "uint64 0");
  rig_assert_property (rig, session, "Session.PacketsLost", "uint64 0");
  rig_assert_property (rig, session, "Session.DataPending", "false");
  rig_assert_property (rig, session, "Session.Problems", "@aa{sv} []");
  g_assert_cmpint (ABS (g_get_real_time () - (gint64) g_variant_get_uint64 (created)), <, G_TIME_SPAN_MINUTE);
}

static void
makes_channels_and_finds_them (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *first = rig_channel (rig, session, "first");
  g_autofree char *second = rig_channel (rig, session, "second");
  g_autofree char *both = g_strdup_printf ("[objectpath '%s', '%s']", first, second);
  g_autofree char *prefix = g_strconcat (session, "/channel/", NULL);
  g_autoptr(GVariant) found = rig_call (rig, session, "Session.GetChannel", g_variant_new ("(s)", "second"));
  const char *path;

  g_assert_true (g_str_has_prefix (first, prefix));
  g_variant_get (found, "(&o)", &path);
  g_assert_cmpstr (path, ==, second);
  rig_assert_property (rig, session, "Session.Channels", both);
  rig_assert_property (rig, session, "Session.BufferOwnership", "'user'");
}

static void
no_wait_answers_while_the_consumer_writes (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autoptr(GVariant) stopped = NULL;

  call (rig, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  call (rig, session, "Session.Start", rig_no_options ());
  tst_fake_consumer_hold (rig->pool.consumer, TRUE);
  stopped = rig_call (rig, session, "Session.Stop",
                      g_variant_new ("(@a{sv})", rig_options ("no-wait", g_variant_new_boolean (TRUE))));
  rig_assert_entry (stopped, "packets-lost", "uint64 0");
  rig_wait_until (tst_fake_consumer_waiting (rig->pool.consumer) > 0);
  rig_assert_property (rig, session, "Session.DataPending", "true");
  tst_fake_consumer_hold (rig->pool.consumer, FALSE);
  call (rig, session, "Session.Destroy",
        g_variant_new ("(@a{sv})", rig_options ("no-wait", g_variant_new_boolean (FALSE))));
}

static void
counts_a_frozen_app_as_pending (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "frozen");
  g_autofree char *other = rig_app (rig, "running");
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *pending = g_strdup_printf ("[objectpath '%s']", app);
  TbusTracee *tracee = g_ptr_array_index (rig->tracees, 0);
  g_autoptr(GVariant) enabled = NULL, started = NULL;

  tst_fake_tracer_freeze (rig->tracer, rig->core, tracee, TRUE);
  enabled = rig_call (rig, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  started = rig_call (rig, session, "Session.Start", rig_no_options ());
  rig_assert_entry (started, "apps-applied", "uint32 1");
  rig_assert_entry (started, "apps-pending", pending);
  rig_assert_property (rig, app, "App.State", "'unresponsive'");
  tst_fake_tracer_freeze (rig->tracer, rig->core, tracee, FALSE);
  rig_assert_property (rig, app, "App.State", "'ready'");
}

static void
pushes_metadata_and_flushes (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "app");
  g_autofree char *session = rig_session (rig, "one");
  g_autoptr(GVariant) nothing = rig_call (rig, session, "Session.PushMetadata", rig_no_options ());
  guint64 bytes = 42;

  g_variant_get (nothing, "(t)", &bytes);
  g_assert_cmpuint (bytes, ==, 0);
  call (rig, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  call (rig, session, "Session.Start", rig_no_options ());
  call (rig, session, "Session.PushMetadata", rig_no_options ());
  call (rig, session, "Session.Flush", rig_no_options ());
}

static void
lists_its_buffer_registries (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "app");
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *uid = g_strdup_printf ("uint32 %u", getuid ());
  g_autoptr(GVariant) none = rig_call (rig, session, "Session.ListBufferRegistries", NULL);
  g_autoptr(GVariant) some = NULL, rows = NULL, channels = NULL;
  g_autofree char *nothing = g_variant_print (none, FALSE);

  g_assert_cmpstr (nothing, ==, "([],)");
  call (rig, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  call (rig, session, "Session.Start", rig_no_options ());
  some = rig_call (rig, session, "Session.ListBufferRegistries", NULL);
  rows = g_variant_get_child_value (some, 0);
  g_assert_cmpuint (g_variant_n_children (rows), ==, 1);
  rig_assert_entry (rows, "ownership", "'user'");
  rig_assert_entry (rows, "uid", uid);
  rig_assert_entry (rows, "bits", "uint32 64");
  rig_assert_entry (rows, "metadata-closed", "false");
  channels = rig_lookup (rows, "channels");
  g_assert_cmpuint (g_variant_n_children (channels), ==, 1);
  rig_assert_entry (channels, "name", "'channel0'");
  rig_assert_entry (channels, "events", "uint32 0");
  rig_assert_entry (channels, "header-type", "''");
}

static GVariant *
track (const char *attribute, const char *values)
{
  return g_variant_new ("(s@av@a{sv})", attribute, g_variant_new_parsed (values), rig_options (NULL, NULL));
}

static void
tracks_numbers_and_names (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autoptr(GVariant) again = NULL;

  rig_assert_property (rig, session, "Session.Trackers", "@a{sv} {}");
  call (rig, session, "Session.Track", track ("vpid", "[<uint32 7>, <int64 5>, <byte 0x06>]"));
  rig_assert_property (rig, session, "Session.Trackers", "{'vpid': <[uint32 5, 6, 7]>}");
  again = rig_call (rig, session, "Session.Track", track ("vpid", "[<int16 5>]"));
  rig_assert_entry (again, "warnings", "['vpid 5 is tracked already']");
  call (rig, session, "Session.Untrack", track ("vpid", "[<uint64 5>, <uint16 6>]"));
  call (rig, session, "Session.Track", track ("vuid", "[<'root'>, <1000>]"));
  call (rig, session, "Session.Untrack", track ("vgid", "@av []"));
  rig_assert_property (rig, session, "Session.Trackers",
                       "{'vpid': <[uint32 7]>, 'vuid': <[uint32 0, 1000]>, 'vgid': <@au []>}");
  call (rig, session, "Session.Track", track ("vpid", "@av []"));
  call (rig, session, "Session.Track", track ("vgid", "[<'root'>]"));
  rig_assert_property (rig, session, "Session.Trackers", "{'vuid': <[uint32 0, 1000]>, 'vgid': <[uint32 0]>}");
}

static void
refuses_to_track_what_is_nothing (Rig *rig)
{
  static const struct {
    const char *method, *attribute, *values, *error, *says;
  } cases[] = {
    { "Session.Track", "pid", "[<1>]", "InvalidArgs", "vpid" },
    { "Session.Track", "vpid", "[<0>]", "InvalidArgs", "no process id" },
    { "Session.Track", "vpid", "[<-1>]", "InvalidArgs", "no process id" },
    { "Session.Track", "vpid", "[<uint32 2147483648>]", "InvalidArgs", "no process id" },
    { "Session.Track", "vpid", "[<'init'>]", "InvalidArgs", "no number" },
    { "Session.Track", "vuid", "[<uint32 4294967295>]", "InvalidArgs", "no id of a user" },
    { "Session.Track", "vuid", "[<[byte 1, 2]>]", "InvalidArgs", "A value of type ay is neither" },
    { "Session.Track", "vpid", "[<'x'>]", "InvalidArgs", "\"x\" is no number" },
    { "Session.Track", "vuid", "[<true>]", "InvalidArgs", "neither a number nor a name" },
    { "Session.Track", "vuid", "[<'root'>, <'no such user'>]", "NotFound", "user \"no such user\"" },
    { "Session.Track", "vgid", "[<'no such group'>]", "NotFound", "group \"no such group\"" },
    { "Session.Untrack", "vpid", "[<1>]", "InvalidState", "every vpid" },
  };
  g_autofree char *session = rig_session (rig, "one");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *why = rig_refused (rig, session, cases[i].method, track (cases[i].attribute, cases[i].values),
                                          cases[i].error);

      g_assert_nonnull (strstr (why, cases[i].says));
    }
  rig_assert_property (rig, session, "Session.Trackers", "@a{sv} {}");
}

static void
says_what_is_wrong_now (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  TbusConsumer *consumer = TBUS_CONSUMER (rig->pool.consumer);
  g_autofree char *object = g_strdup_printf ("objectpath '" RIG_ROOT "/consumer/%" G_GUINT64_FORMAT "'",
                                             tbus_consumer_get_id (consumer));
  TbusProblemReport report = { 1, "no-space", TRUE, "No space left on device" };
  g_autoptr(GVariant) problems = NULL;
  GLogLevelFlags fatal;

  report.session = g_ascii_strtoull (g_strrstr (session, "/") + 1, NULL, 10);
  fatal = g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL); /* operators are warned */
  g_signal_emit_by_name (consumer, "problem", &report);
  g_log_set_always_fatal (fatal);
  problems = rig_get (rig, session, "Session.Problems");
  g_assert_cmpuint (g_variant_n_children (problems), ==, 1);
  rig_assert_entry (problems, "code", "'no-space'");
  rig_assert_entry (problems, "message", "'No space left on device'");
  rig_assert_entry (problems, "object", object);
}

static void
is_worked_on_in_the_order_of_calls (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  const char *const members[] = { "Start", "Stop", "Start", "Stop", "Start" };
  g_autoptr(GVariant) last = NULL;

  call (rig, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  for (guint i = 0; i < G_N_ELEMENTS (members); i++) /* one after the other, without waiting */
    g_dbus_connection_call (rig->caller, "org.tracebus1", session, "org.tracebus1.Session", members[i],
                            rig_no_options (), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
  last = rig_call (rig, session, "Session.Stop", rig_no_options ());
  rig_assert_property (rig, session, "Session.State", "'inactive'");
}

static void
add_tests (void)
{
  rig_add ("/bus/session/goes-from-made-to-destroyed", goes_from_made_to_destroyed);
  rig_add ("/bus/session/has-the-properties-it-was-made-with", has_the_properties_it_was_made_with);
  rig_add ("/bus/session/makes-channels-and-finds-them", makes_channels_and_finds_them);
  rig_add ("/bus/session/no-wait-answers-while-the-consumer-writes", no_wait_answers_while_the_consumer_writes);
  rig_add ("/bus/session/counts-a-frozen-app-as-pending", counts_a_frozen_app_as_pending);
  rig_add ("/bus/session/pushes-metadata-and-flushes", pushes_metadata_and_flushes);
  rig_add ("/bus/session/lists-its-buffer-registries", lists_its_buffer_registries);
  rig_add ("/bus/session/tracks-numbers-and-names", tracks_numbers_and_names);
  rig_add ("/bus/session/refuses-to-track-what-is-nothing", refuses_to_track_what_is_nothing);
  rig_add ("/bus/session/says-what-is-wrong-now", says_what_is_wrong_now);
  rig_add ("/bus/session/is-worked-on-in-the-order-of-calls", is_worked_on_in_the_order_of_calls);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
