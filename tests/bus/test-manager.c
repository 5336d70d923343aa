/* SPDX-License-Identifier: GPL-2.0-only */
/* org.tracebus1.Manager, App and Consumer: what there is, and what can be traced. */
#include "rig.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/limits.h"

#include <unistd.h>

/* @text: the options as text. (transfer full) */
static GVariant *
list (Rig *rig, const char *path, const char *member, const char *text)
{
  return rig_call (rig, path, member, g_variant_new ("(@a{sv})", g_variant_new_parsed (text)));
}

static guint
count_rows (GVariant *reply)
{
  g_autoptr(GVariant) rows = g_variant_get_child_value (reply, 0);

  return g_variant_n_children (rows);
}

static void
says_what_it_is (Rig *rig)
{
  rig_assert_property (rig, RIG_ROOT, "Manager.Version", "'1.2.3'");
  rig_assert_property (rig, RIG_ROOT, "Manager.TracerVersion", "'2.13.5'");
  rig_assert_property (rig, RIG_ROOT, "Manager.RegistrationSocket", "'/run/lttng/lttng-ust-sock-8'");
  rig_assert_property (rig, RIG_ROOT, "Manager.Features",
                       "['blocking-timeout', 'clock-plugin', 'context:app', 'context:perf', 'exclude', 'filter',"
                       " 'mode-overwrite', 'process-buffers', 'regenerate-metadata', 'regenerate-statedump',"
                       " 'tracefile-count', 'tracefile-size', 'tracepoint-fields', 'tracker']");
}

static void
counts_what_there_is (Rig *rig)
{
  g_autofree char *session = NULL, *app = NULL, *other = NULL, *budget = NULL, *used = NULL;

  rig_assert_property (rig, RIG_ROOT, "Manager.SessionCount", "uint32 0");
  rig_assert_property (rig, RIG_ROOT, "Manager.AppCount", "uint32 0");
  rig_assert_property (rig, RIG_ROOT, "Manager.ConsumerCount", "uint32 0");
  rig_assert_property (rig, RIG_ROOT, "Manager.AppsRefused", "uint64 0");
  session = rig_session (rig, "one");
  app = rig_app (rig, "a");
  other = rig_app (rig, "b");
  tbus_core_tracer_events.refused (rig->core, 1, "It spoke another protocol");
  rig_assert_property (rig, RIG_ROOT, "Manager.SessionCount", "uint32 1");
  rig_assert_property (rig, RIG_ROOT, "Manager.AppCount", "uint32 2");
  rig_assert_property (rig, RIG_ROOT, "Manager.ConsumerCount", "uint32 1");
  rig_assert_property (rig, RIG_ROOT, "Manager.AppsRefused", "uint64 1");
  budget = g_strdup_printf ("uint32 %u", tbus_fd_budget_total ());
  used = g_strdup_printf ("uint32 %u", tbus_fd_budget_used ());
  g_assert_cmpstr (used, ==, "uint32 4");
  rig_assert_property (rig, RIG_ROOT, "Manager.FdBudget", budget);
  rig_assert_property (rig, RIG_ROOT, "Manager.FdsInUse", used);
}

static void
tells_the_health_of_its_threads (Rig *rig)
{
  g_autoptr(GVariant) health = rig_get (rig, RIG_ROOT, "Manager.Health");

  for (TbusThreadRole role = 0; role < TBUS_N_THREADS; role++)
    {
      g_autoptr(GVariant) part = g_variant_lookup_value (health, tbus_thread_role_name (role), G_VARIANT_TYPE_VARDICT);
      gboolean alive;
      guint64 since;
      const char *doing;

      g_assert_nonnull (part);
      g_assert_true (g_variant_lookup (part, "alive", "b", &alive));
      g_assert_true (g_variant_lookup (part, "since", "t", &since));
      g_assert_true (g_variant_lookup (part, "doing", "&s", &doing));
    }
}

static void
takes_every_default_of_a_new_session (Rig *rig)
{
  const char *defaults = "('plain', {'output': <''>, 'uids': <@au []>, 'all-users': <false>, 'ephemeral': <false>,"
                         " 'snapshot': <false>, 'live-timer-us': <uint32 0>, 'shm-path': <''>})";
  g_autoptr(GVariant) reply = rig_call (rig, RIG_ROOT, "Manager.CreateSession", g_variant_new_parsed (defaults));
  const char *path;

  g_variant_get (reply, "(&o)", &path);
  rig_assert_property (rig, path, "Session.Name", "'plain'");
}

static void
makes_sessions_with_an_output_of_the_callers (Rig *rig)
{
  g_autoptr(GVariant) reply = rig_call (rig, RIG_ROOT, "Manager.CreateSession",
                                        g_variant_new_parsed ("('out', {'output': <'/tmp/x'>, 'uids': <[uint32 1]>})"));
  const char *path;

  g_variant_get (reply, "(&o)", &path);
  rig_assert_property (rig, path, "Session.Output", "'/tmp/x'");
}

static void
finds_sessions_and_apps (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *app = rig_app (rig, "app");
  g_autofree char *again = rig_app (rig, "app");
  g_autofree char *both = g_strdup_printf ("([objectpath '%s', '%s'],)", again, app);
  g_autoptr(GVariant) found = rig_call (rig, RIG_ROOT, "Manager.GetSession", g_variant_new ("(s)", "one"));
  g_autoptr(GVariant) apps = rig_call (rig, RIG_ROOT, "Manager.GetAppsByPid", g_variant_new ("(u)", getpid ()));
  g_autoptr(GVariant) none = rig_call (rig, RIG_ROOT, "Manager.GetAppsByPid", g_variant_new ("(u)", 0));
  g_autofree char *apps_text = g_variant_print (apps, TRUE);
  g_autofree char *none_text = g_variant_print (none, TRUE);
  const char *path;

  g_variant_get (found, "(&o)", &path);
  g_assert_cmpstr (path, ==, session);
  g_assert_cmpstr (apps_text, ==, both);
  g_assert_cmpstr (none_text, ==, "(@ao [],)");
}

static void
shows_what_an_app_is (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "caf\xe9");
  g_autofree char *pid = g_strdup_printf ("uint32 %u", getpid ());
  g_autofree char *uid = g_strdup_printf ("uint32 %u", getuid ());
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *tracing = g_strdup_printf ("[objectpath '%s']", session);
  g_autoptr(GVariant) enabled = NULL, started = NULL;

  rig_assert_property (rig, app, "App.Pid", pid);
  rig_assert_property (rig, app, "App.Uid", uid);
  rig_assert_property (rig, app, "App.Name", "'caf\357\277\275'");
  rig_assert_property (rig, app, "App.BitsPerLong", "uint32 64");
  rig_assert_property (rig, app, "App.ByteOrder", "'little-endian'");
  rig_assert_property (rig, app, "App.TracerVersion", "'2.13.5'");
  rig_assert_property (rig, app, "App.AbiVersion", "(uint32 9, uint32 0)");
  rig_assert_property (rig, app, "App.State", "'ready'");
  rig_assert_property (rig, app, "App.Sessions", "@ao []");
  enabled = rig_call (rig, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  started = rig_call (rig, session, "Session.Start", rig_no_options ());
  rig_assert_property (rig, app, "App.Sessions", tracing);
}

static void
shows_what_a_consumer_does (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "app");
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *uid = g_strdup_printf ("uint32 %u", getuid ());
  g_autofree char *path = g_strdup_printf (RIG_ROOT "/consumer/%" G_GUINT64_FORMAT,
                                           tbus_consumer_get_id (TBUS_CONSUMER (rig->pool.consumer)));
  g_autoptr(GVariant) enabled = NULL, started = NULL;

  rig_assert_property (rig, path, "Consumer.Pid", "uint32 4711");
  rig_assert_property (rig, path, "Consumer.Uid", uid);
  rig_assert_property (rig, path, "Consumer.BitsPerLong", "uint32 64");
  rig_assert_property (rig, path, "Consumer.State", "'running'");
  rig_assert_property (rig, path, "Consumer.Restarts", "uint32 0");
  rig_assert_property (rig, path, "Consumer.Channels", "uint32 0");
  rig_assert_property (rig, path, "Consumer.Streams", "uint32 0");
  rig_assert_property (rig, path, "Consumer.BytesWritten", "uint64 0");
  enabled = rig_call (rig, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  started = rig_call (rig, session, "Session.Start", rig_no_options ());
  rig_assert_property (rig, path, "Consumer.Channels", "uint32 1");
}

static void
lists_tracepoints_of_every_app (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "a");
  g_autofree char *other = rig_app (rig, "b");
  g_autofree char *pid = g_strdup_printf ("uint32 %u", getpid ());
  g_autofree char *path = g_strdup_printf ("objectpath '%s'", other);
  g_autoptr(GVariant) reply = list (rig, RIG_ROOT, "Manager.ListTracepoints", "@a{sv} {}");
  g_autoptr(GVariant) rows = g_variant_get_child_value (reply, 0);
  g_autoptr(GVariant) fields = NULL;

  g_assert_cmpuint (g_variant_n_children (rows), ==, 4);
  rig_assert_entry (reply, "apps-applied", "uint32 2");
  rig_assert_entry (reply, "apps-failed", "uint32 0");
  rig_assert_entry (reply, "apps-pending", "@ao []");
  rig_assert_entry (rows, "name", "'tst:event1'");
  rig_assert_entry (rows, "loglevel", "6");
  rig_assert_entry (rows, "loglevel-name", "'TRACE_INFO'");
  rig_assert_entry (rows, "pid", pid);
  rig_assert_entry (rows, "app", path);
  fields = rig_lookup (rows, "fields");
  g_assert_null (fields);
}

static void
narrows_the_list_of_tracepoints (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "a");
  g_autofree char *other = rig_app (rig, "b");
  g_autofree char *one_app = g_strdup_printf ("{'app': <objectpath '%s'>}", other);
  g_autofree char *path = g_strdup_printf ("objectpath '%s'", other);
  const struct {
    const char *options;
    guint rows;
  } cases[] = {
    { "{'limit': <uint32 3>}", 3 },
    { "{'limit': <uint32 0>}", 4 },
    { "{'name': <'tst:event0'>}", 2 },
    { "{'name': <'*0'>}", 2 },
    { "{'name': <'tst:*'>}", 4 },
    { "{'name': <'*:*event*1*'>}", 2 },
    { "{'name': <'tst:event'>}", 0 },
    { "{'name': <''>}", 4 },
    { "{'name': <'*'>, 'limit': <uint32 1>}", 1 },
    { "{'app': <objectpath '/'>}", 4 },
  };
  g_autoptr(GVariant) of_one = list (rig, RIG_ROOT, "Manager.ListTracepoints", one_app);
  g_autoptr(GVariant) rows = g_variant_get_child_value (of_one, 0);

  g_assert_cmpuint (g_variant_n_children (rows), ==, 2);
  rig_assert_entry (rows, "app", path);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GVariant) reply = list (rig, RIG_ROOT, "Manager.ListTracepoints", cases[i].options);

      g_assert_cmpuint (count_rows (reply), ==, cases[i].rows);
    }
}

static void
lists_fields_as_valid_text (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "a");
  g_autoptr(GVariant) reply = list (rig, app, "App.ListTracepoints", "{'fields': <true>, 'limit': <uint32 1>}");
  g_autoptr(GVariant) rows = g_variant_get_child_value (reply, 0);

  rig_assert_entry (rows, "fields", "[{'name': <'count\357\277\275'>, 'type': <'integer'>}]");
}

static void
does_not_wait_for_a_frozen_app (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "frozen");
  g_autofree char *pending = g_strdup_printf ("[objectpath '%s']", app);
  g_autoptr(GVariant) reply = NULL;

  tst_fake_tracer_freeze (rig->tracer, rig->core, g_ptr_array_index (rig->tracees, 0), TRUE);
  reply = list (rig, app, "App.ListTracepoints", "@a{sv} {}");
  g_assert_cmpuint (count_rows (reply), ==, 0);
  rig_assert_entry (reply, "apps-pending", pending);
}

static void
says_of_which_apps_it_has_a_part (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "much");
  g_autofree char *incomplete = g_strdup_printf ("[objectpath '%s']", app);
  g_autofree char *warnings = g_strdup_printf ("['Process %d has more tracepoints than are taken of one program; only "
                                               "the first %d are known']", getpid (), TBUS_MAX_TRACEPOINTS);
  g_autoptr(GVariant) whole = list (rig, app, "App.ListTracepoints", "{'limit': <uint32 1>}");
  g_autoptr(GVariant) part = NULL;

  rig_assert_entry (whole, "apps-incomplete", "@ao []");
  rig_assert_entry (whole, "warnings", "@as []");
  tst_fake_tracer_set_tracepoints (rig->tracer, TBUS_MAX_TRACEPOINTS + 1);
  part = list (rig, app, "App.ListTracepoints", "{'limit': <uint32 1>}");
  g_assert_cmpuint (count_rows (part), ==, 1);
  rig_assert_entry (part, "apps-applied", "uint32 1");
  rig_assert_entry (part, "apps-incomplete", incomplete);
  rig_assert_entry (part, "warnings", warnings);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
says_when_the_app_ends_meanwhile (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "app");
  TbusTracee *tracee = g_ptr_array_steal_index (rig->tracees, 0);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;

  tst_fake_tracer_hold (rig->tracer, tracee);
  g_dbus_connection_call (rig->caller, "org.tracebus1", app, "org.tracebus1.App", "ListTracepoints", rig_no_options (),
                          NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, keep_result, &result);
  rig_wait_until (tst_fake_tracer_waiting (rig->tracer) == 1);
  tst_fake_tracer_leave (rig->tracer, rig->core, tracee);
  tbus_tracee_unref (tracee);
  rig_wait_until (result != NULL);
  reply = g_dbus_connection_call_finish (rig->caller, result, &error);
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_APP_GONE);
}

static void
refuses_a_list_that_is_too_large (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "large");
  g_autofree char *why = NULL;
  g_autoptr(GVariant) narrow = NULL;

  tst_fake_tracer_set_tracepoints (rig->tracer, 100000);
  why = rig_refused (rig, RIG_ROOT, "Manager.ListTracepoints", rig_no_options (), "Exhausted");
  g_assert_nonnull (strstr (why, "\"app\""));
  g_assert_nonnull (strstr (why, "\"limit\""));
  narrow = list (rig, RIG_ROOT, "Manager.ListTracepoints", "{'limit': <uint32 10>}");
  g_assert_cmpuint (count_rows (narrow), ==, 10);
}

static void
add_tests (void)
{
  rig_add ("/bus/manager/says-what-it-is", says_what_it_is);
  rig_add ("/bus/manager/counts-what-there-is", counts_what_there_is);
  rig_add ("/bus/manager/tells-the-health-of-its-threads", tells_the_health_of_its_threads);
  rig_add ("/bus/manager/takes-every-default-of-a-new-session", takes_every_default_of_a_new_session);
  rig_add ("/bus/manager/makes-sessions-with-an-output-of-the-callers", makes_sessions_with_an_output_of_the_callers);
  rig_add ("/bus/manager/finds-sessions-and-apps", finds_sessions_and_apps);
  rig_add ("/bus/app/shows-what-an-app-is", shows_what_an_app_is);
  rig_add ("/bus/consumer/shows-what-a-consumer-does", shows_what_a_consumer_does);
  rig_add ("/bus/tracepoints/of-every-app", lists_tracepoints_of_every_app);
  rig_add ("/bus/tracepoints/are-narrowed", narrows_the_list_of_tracepoints);
  rig_add ("/bus/tracepoints/have-fields-as-valid-text", lists_fields_as_valid_text);
  rig_add ("/bus/tracepoints/of-which-apps-it-has-a-part-is-said", says_of_which_apps_it_has_a_part);
  rig_add ("/bus/tracepoints/of-a-frozen-app-are-not-waited-for", does_not_wait_for_a_frozen_app);
  rig_add ("/bus/tracepoints/of-an-app-that-ends-meanwhile", says_when_the_app_ends_meanwhile);
  rig_add ("/bus/tracepoints/too-many-are-refused", refuses_a_list_that_is_too_large);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
