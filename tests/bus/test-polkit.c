/* SPDX-License-Identifier: GPL-2.0-only */
/* What polkit is asked for which call, and what becomes of its answers. */
#include "rig.h"

#include "base/error.h"

#include <unistd.h>

enum { SOMEBODY = 1, NOBODY = 65534 /* the bus wants users that it knows */ };

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* @member: "Session.Start"; does not wait. */
static void
send (GDBusConnection *caller, const char *path, const char *member, GVariant *parameters, GAsyncResult **result)
{
  g_auto(GStrv) names = g_strsplit (member, ".", 2);
  g_autofree char *interface = g_strconcat ("org.tracebus1.", names[0], NULL);

  g_dbus_connection_call (caller, "org.tracebus1", path, interface, names[1], parameters, NULL,
                          G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, result != NULL ? keep_result : NULL, result);
}

/* With a password allowed. */
static GVariant *
try_interactively (GDBusConnection *caller, const char *name, GError **error)
{
  g_autoptr(GAsyncResult) result = NULL;

  g_dbus_connection_call (caller, "org.tracebus1", RIG_ROOT, "org.tracebus1.Manager", "CreateSession",
                          g_variant_new ("(s@a{sv})", name, rig_options (NULL, NULL)), NULL,
                          G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, G_MAXINT, NULL, keep_result, &result);
  rig_wait_until (result != NULL);
  return g_dbus_connection_call_finish (caller, result, error);
}

static void
assert_asked (Rig *rig, const char *expected)
{
  g_autofree char *asked = tst_fake_polkit_take_asked (rig->polkit);

  g_assert_cmpstr (asked, ==, expected);
}

static void
assert_denied (GError *error)
{
  g_autofree char *name = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;

  g_assert_cmpstr (name, ==, "org.tracebus1.Error.NotAuthorized");
}

/* (transfer full): its path. @text: the arguments of CreateSession */
static char *
create_as (Rig *rig, GDBusConnection *caller, const char *text)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = rig_try (rig, caller, RIG_ROOT, "Manager.CreateSession", g_variant_new_parsed (text),
                                       &error);
  char *path;

  g_assert_no_error (error);
  g_variant_get (reply, "(o)", &path);
  return path;
}

static guint
count_sessions (Rig *rig)
{
  return tbus_session_set_count (tbus_core_get_sessions (rig->core));
}

/* What acts on what is root's, called by somebody else. */
static const char *
expected_for_others (const char *interface)
{
  if (g_str_equal (interface, "org.tracebus1.Manager"))
    return "trace-own session= owner=65534 uids=65534";
  if (g_str_equal (interface, "org.tracebus1.App"))
    return "trace-others session= owner=0 uids=0";
  return "manage-sessions session=one owner=0 uids=all";
}

static void
every_method_that_acts_is_asked_about_and_denied (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autoptr(GDBusConnection) other = rig_connect_as (rig, NOBODY);
  g_autofree char *before = rig_snapshot (rig);
  g_autofree char *after = NULL;

  for (guint i = 0; rig_interfaces[i] != NULL; i++)
    for (const TbusMethod *row = rig_interfaces[i]->methods; row != NULL && row->name != NULL; row++)
      {
        const GDBusInterfaceInfo *info = rig_interfaces[i]->info;
        GDBusMethodInfo *method = g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *) info, row->name);
        g_autofree char *member = g_strdup_printf ("%s.%s", g_strrstr (info->name, ".") + 1, row->name);
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = rig_try (rig, other, rig_objects_path (objects, info->name), member,
                                             rig_plausible (method, rig_options (NULL, NULL)), &error);

        g_test_message ("%s", member);
        if (row->action == TBUS_ACTION_OPEN)
          {
            g_free (tst_fake_polkit_take_asked (rig->polkit));
            continue;
          }
        assert_asked (rig, expected_for_others (info->name));
        assert_denied (error);
      }
  after = rig_snapshot (rig);
  g_assert_cmpstr (before, ==, after);
}

static void
root_is_never_asked_about (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autoptr(GVariant) started = NULL, listed = NULL, permissions = NULL;

  started = rig_call (rig, objects->session, "Session.Start", rig_no_options ());
  listed = rig_call (rig, RIG_ROOT, "Manager.ListTracepoints", rig_no_options ());
  permissions = rig_call (rig, RIG_ROOT, "Manager.GetPermissions", NULL);
  assert_asked (rig, "");
}

static void
an_owner_needs_trace_own_to_trace_and_nothing_to_end (Rig *rig)
{
  g_autoptr(GDBusConnection) owner = rig_connect_as (rig, NOBODY);
  g_autofree char *session = NULL;
  static const char *const acting[] = { "Session.EnableEvents", "Session.Start", NULL };
  static const char *const ending[] = { "Session.Flush", "Session.PushMetadata", "Session.Stop",
                                        "Session.ListBufferRegistries", "Session.Destroy", NULL };

  tst_fake_polkit_answer (rig->polkit, "trace-own", TST_POLKIT_YES);
  session = create_as (rig, owner, "('mine', @a{sv} {})");
  rig_assert_property (rig, session, "Session.Owner", "uint32 65534");
  assert_asked (rig, "trace-own session= owner=65534 uids=65534");
  for (guint i = 0; acting[i] != NULL; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) reply = rig_try (rig, owner, session, acting[i],
                                           i == 0 ? rig_one_rule ("", "*", rig_options (NULL, NULL))
                                                  : rig_no_options (), &error);

      g_assert_no_error (error);
      assert_asked (rig, "trace-own session=mine owner=65534 uids=65534");
    }
  tst_fake_polkit_answer (rig->polkit, NULL, TST_POLKIT_NO);
  for (guint i = 0; ending[i] != NULL; i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) reply = rig_try (rig, owner, session, ending[i],
                                           g_str_has_prefix (ending[i], "Session.List") ? NULL : rig_no_options (),
                                           &error);

      g_assert_no_error (error);
      assert_asked (rig, "");
    }
  g_assert_cmpuint (count_sessions (rig), ==, 0);
}

static void
who_manages_sessions_needs_nothing_else (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "roots");
  g_autoptr(GDBusConnection) other = rig_connect_as (rig, NOBODY);
  g_autoptr(GVariant) ended = NULL;
  g_autoptr(GError) error = NULL;

  tst_fake_polkit_answer (rig->polkit, "manage-sessions", TST_POLKIT_YES);
  ended = rig_try (rig, other, session, "Session.Destroy", rig_no_options (), &error);
  g_assert_no_error (error);
  assert_asked (rig, "manage-sessions session=roots owner=0 uids=all");
}

static void
reaching_beyond_takes_trace_others_at_create_and_start (Rig *rig)
{
  g_autoptr(GDBusConnection) owner = rig_connect_as (rig, NOBODY);
  g_autoptr(GVariant) refused = NULL, ruled = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *session = NULL, *own = NULL;

  tst_fake_polkit_answer (rig->polkit, "trace-own", TST_POLKIT_YES);
  refused = rig_try (rig, owner, RIG_ROOT, "Manager.CreateSession",
                     g_variant_new_parsed ("('all', {'all-users': <true>})"), &error);
  assert_denied (error);
  g_clear_error (&error);
  assert_asked (rig, "trace-own session= owner=65534 uids=65534; trace-others session=all owner=65534 uids=all");
  g_assert_cmpuint (count_sessions (rig), ==, 0);

  tst_fake_polkit_answer (rig->polkit, "trace-others", TST_POLKIT_YES);
  session = create_as (rig, owner, "('two', {'uids': <[uint32 65534, 1]>})");
  assert_asked (rig, "trace-own session= owner=65534 uids=65534; trace-others session=two owner=65534 uids=65534,1");
  ruled = rig_try (rig, owner, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)),
                   &error);
  g_assert_no_error (error);
  assert_asked (rig, "trace-own session=two owner=65534 uids=65534,1");
  tst_fake_polkit_answer (rig->polkit, "trace-others", TST_POLKIT_NO);
  refused = rig_try (rig, owner, session, "Session.Start", rig_no_options (), &error);
  assert_denied (error);
  assert_asked (rig, "trace-own session=two owner=65534 uids=65534,1;"
                     " trace-others session=two owner=65534 uids=65534,1");
  rig_assert_property (rig, session, "Session.State", "'inactive'");

  own = create_as (rig, owner, "('own', {'uids': <[uint32 65534]>})");
  assert_asked (rig, "trace-own session= owner=65534 uids=65534");
}

static void
a_password_is_asked_for_only_where_the_caller_allows_it (Rig *rig)
{
  g_autoptr(GDBusConnection) caller = rig_connect_as (rig, NOBODY);
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *name = NULL;

  tst_fake_polkit_answer (rig->polkit, "trace-own", TST_POLKIT_AUTH);
  reply = rig_try (rig, caller, RIG_ROOT, "Manager.CreateSession", g_variant_new_parsed ("('a', @a{sv} {})"), &error);
  name = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (name, ==, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired");
  assert_asked (rig, "trace-own session= owner=65534 uids=65534");
  g_clear_error (&error);

  /* polkit asks, and nobody is there to be asked */
  reply = try_interactively (caller, "a", &error);
  assert_denied (error);
  assert_asked (rig, "trace-own ask session= owner=65534 uids=65534");
  g_clear_error (&error);

  tst_fake_polkit_answer (rig->polkit, "trace-own", TST_POLKIT_DISMISSED);
  reply = try_interactively (caller, "a", &error);
  assert_denied (error);
  g_assert_nonnull (strstr (error->message, "dismissed"));
  g_clear_error (&error);

  tst_fake_polkit_answer (rig->polkit, "trace-own", TST_POLKIT_YES);
  reply = try_interactively (caller, "a", &error);
  g_assert_no_error (error);
}

static void
every_failure_of_polkit_means_no (Rig *rig)
{
  g_autoptr(GDBusConnection) caller = rig_connect_as (rig, NOBODY);
  g_autoptr(GVariant) refused = NULL, silent = NULL, made = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL, *session = NULL;

  /* It has answered, of this caller: no operator is warned, and nobody else's question begins anew. */
  tst_fake_polkit_answer (rig->polkit, NULL, TST_POLKIT_ERROR);
  refused = rig_try (rig, caller, RIG_ROOT, "Manager.CreateSession", g_variant_new_parsed ("('a', @a{sv} {})"), &error);
  assert_denied (error);
  g_clear_error (&error);

  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL); /* operators are warned */
  g_clear_pointer (&rig->polkit, tst_fake_polkit_free); /* and there is no service file to start it by */
  silent = rig_try (rig, caller, RIG_ROOT, "Manager.GetPermissions", NULL, &error);
  g_assert_no_error (error);
  text = g_variant_print (silent, FALSE);
  g_assert_cmpstr (text, ==, "({'org.tracebus1.trace-own': 'no', 'org.tracebus1.trace-others': 'no',"
                             " 'org.tracebus1.manage-sessions': 'no'},)");
  g_free (rig_session (rig, "of-root"));
  g_assert_cmpuint (count_sessions (rig), ==, 1);

  rig->polkit = tst_fake_polkit_new (tst_bus_address (rig->daemon));
  tst_fake_polkit_answer (rig->polkit, NULL, TST_POLKIT_YES);
  session = create_as (rig, caller, "('a', @a{sv} {})");
}

static void
who_leaves_while_polkit_asks_gets_nothing_done (Rig *rig)
{
  GDBusConnection *caller = rig_connect_as (rig, NOBODY);

  tst_fake_polkit_answer (rig->polkit, NULL, TST_POLKIT_YES);
  tst_fake_polkit_hold (rig->polkit, TRUE);
  send (caller, RIG_ROOT, "Manager.CreateSession", g_variant_new_parsed ("('left', @a{sv} {})"), NULL);
  rig_wait_until (tst_fake_polkit_count_held (rig->polkit) == 1);
  g_assert_true (g_dbus_connection_close_sync (caller, NULL, NULL));
  g_object_unref (caller);
  rig_wait_until (tst_fake_polkit_count_cancelled (rig->polkit) == 1); /* the dialog goes, too */
  tst_fake_polkit_hold (rig->polkit, FALSE);
  g_free (rig_session (rig, "later"));
  g_assert_cmpuint (count_sessions (rig), ==, 1);
}

static void
a_question_that_waits_blocks_nobody_else (Rig *rig)
{
  g_autoptr(GDBusConnection) caller = rig_connect_as (rig, NOBODY);
  g_autoptr(GDBusConnection) other = rig_connect_as (rig, SOMEBODY);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GVariant) reply = NULL, found = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *session = NULL;

  tst_fake_polkit_answer (rig->polkit, NULL, TST_POLKIT_YES);
  tst_fake_polkit_hold (rig->polkit, TRUE);
  send (caller, RIG_ROOT, "Manager.CreateSession", g_variant_new_parsed ("('slow', @a{sv} {})"), &result);
  rig_wait_until (tst_fake_polkit_count_held (rig->polkit) == 1);
  found = rig_try (rig, caller, RIG_ROOT, "Manager.GetAppsByPid", g_variant_new ("(u)", 1), &error); /* is open */
  g_assert_no_error (error);
  g_free (rig_session (rig, "of-root"));
  g_assert_null (result);
  tst_fake_polkit_hold (rig->polkit, FALSE);
  rig_wait_until (result != NULL);
  reply = g_dbus_connection_call_finish (caller, result, &error);
  g_assert_no_error (error);
  session = create_as (rig, other, "('slow', @a{sv} {})");
}

/* Stop needs no question, and does not overtake the Start that does. */
static void
calls_on_one_session_keep_their_order_whatever_is_asked (Rig *rig)
{
  g_autoptr(GDBusConnection) owner = rig_connect_as (rig, NOBODY);
  g_autoptr(GAsyncResult) started = NULL, stopped = NULL, elsewhere = NULL;
  g_autoptr(GVariant) ruled = NULL, a = NULL, b = NULL, c = NULL;
  g_autofree char *session = NULL, *second = NULL;
  g_autoptr(GError) error = NULL;

  tst_fake_polkit_answer (rig->polkit, NULL, TST_POLKIT_YES);
  session = create_as (rig, owner, "('one', @a{sv} {})");
  second = create_as (rig, owner, "('two', @a{sv} {})");
  ruled = rig_try (rig, owner, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)),
                   &error);
  g_assert_no_error (error);
  tst_fake_polkit_hold (rig->polkit, TRUE);
  send (owner, session, "Session.Start", rig_no_options (), &started);
  send (owner, session, "Session.Stop", rig_no_options (), &stopped);
  send (owner, second, "Session.Flush", rig_no_options (), &elsewhere);
  rig_wait_until (elsewhere != NULL); /* another session does not wait */
  a = g_dbus_connection_call_finish (owner, elsewhere, &error);
  g_assert_no_error (error);
  g_assert_null (started);
  g_assert_null (stopped);
  tst_fake_polkit_hold (rig->polkit, FALSE);
  rig_wait_until (started != NULL && stopped != NULL);
  b = g_dbus_connection_call_finish (owner, started, &error);
  g_assert_no_error (error);
  c = g_dbus_connection_call_finish (owner, stopped, &error);
  g_assert_no_error (error);
}

static void
a_call_that_is_denied_lets_the_next_one_pass (Rig *rig)
{
  g_autoptr(GDBusConnection) owner = rig_connect_as (rig, NOBODY);
  g_autoptr(GAsyncResult) started = NULL, flushed = NULL;
  g_autoptr(GVariant) a = NULL, b = NULL;
  g_autofree char *session = NULL;
  g_autoptr(GError) error = NULL;

  tst_fake_polkit_answer (rig->polkit, NULL, TST_POLKIT_YES);
  session = create_as (rig, owner, "('one', @a{sv} {})");
  tst_fake_polkit_answer (rig->polkit, NULL, TST_POLKIT_NO);
  tst_fake_polkit_hold (rig->polkit, TRUE);
  send (owner, session, "Session.Start", rig_no_options (), &started);
  send (owner, session, "Session.Flush", rig_no_options (), &flushed);
  rig_wait_until (tst_fake_polkit_count_held (rig->polkit) == 1);
  tst_fake_polkit_hold (rig->polkit, FALSE);
  rig_wait_until (started != NULL && flushed != NULL);
  a = g_dbus_connection_call_finish (owner, started, &error);
  assert_denied (error);
  g_clear_error (&error);
  b = g_dbus_connection_call_finish (owner, flushed, &error);
  g_assert_no_error (error);
}

static void
state_is_checked_after_the_grant (Rig *rig)
{
  g_autoptr(GDBusConnection) owner = rig_connect_as (rig, NOBODY);
  g_autoptr(GAsyncResult) started = NULL;
  g_autoptr(GVariant) destroyed = NULL, reply = NULL;
  g_autofree char *session = NULL;
  g_autoptr(GError) error = NULL;

  tst_fake_polkit_answer (rig->polkit, NULL, TST_POLKIT_YES);
  session = create_as (rig, owner, "('one', @a{sv} {})");
  tst_fake_polkit_hold (rig->polkit, TRUE);
  send (owner, session, "Session.Start", rig_no_options (), &started);
  rig_wait_until (tst_fake_polkit_count_held (rig->polkit) == 1);
  destroyed = rig_call (rig, session, "Session.Destroy", rig_no_options ());
  tst_fake_polkit_hold (rig->polkit, FALSE);
  rig_wait_until (started != NULL);
  reply = g_dbus_connection_call_finish (owner, started, &error);
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_STATE);
}

static guint
count_listed (Rig *rig, GDBusConnection *caller, const char *options)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = rig_try (rig, caller, RIG_ROOT, "Manager.ListTracepoints",
                                       g_variant_new ("(@a{sv})", g_variant_new_parsed (options)), &error);
  g_autoptr(GVariant) applied = NULL;

  g_assert_no_error (error);
  applied = rig_lookup (reply, "apps-applied");
  return g_variant_get_uint32 (applied);
}

static void
a_listing_shows_what_the_caller_may_trace (Rig *rig)
{
  g_autofree char *roots = rig_app (rig, "roots");
  g_autofree char *own = rig_app_of (rig, "own", NOBODY);
  g_autofree char *of_root = g_strdup_printf ("{'app': <objectpath '%s'>}", roots);
  g_autofree char *of_own = g_strdup_printf ("{'app': <objectpath '%s'>}", own);
  g_autoptr(GDBusConnection) caller = rig_connect_as (rig, NOBODY);
  g_autoptr(GVariant) refused = NULL, listed = NULL;
  g_autoptr(GError) error = NULL;

  tst_fake_polkit_answer (rig->polkit, "trace-own", TST_POLKIT_YES);
  tst_fake_polkit_answer (rig->polkit, "trace-others", TST_POLKIT_AUTH);
  g_assert_cmpuint (count_listed (rig, caller, "@a{sv} {}"), ==, 1);
  assert_asked (rig, "trace-own session= owner=65534 uids=65534; trace-others session= owner=65534 uids=all");
  g_assert_cmpuint (count_listed (rig, caller, of_own), ==, 1);
  assert_asked (rig, "trace-own session= owner=65534 uids=65534");
  refused = rig_try (rig, caller, RIG_ROOT, "Manager.ListTracepoints",
                     g_variant_new ("(@a{sv})", g_variant_new_parsed (of_root)), &error);
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INTERACTIVE);
  g_clear_error (&error);
  assert_asked (rig, "trace-own session= owner=65534 uids=65534; trace-others session= owner=65534 uids=0");
  listed = rig_try (rig, caller, own, "App.ListTracepoints", rig_no_options (), &error);
  g_assert_no_error (error);
  assert_asked (rig, "trace-own session= owner=65534 uids=65534");

  tst_fake_polkit_answer (rig->polkit, "trace-others", TST_POLKIT_YES);
  g_assert_cmpuint (count_listed (rig, caller, "@a{sv} {}"), ==, 2);
  g_assert_cmpuint (count_listed (rig, caller, of_root), ==, 1);
  g_assert_cmpuint (count_listed (rig, rig->caller, "@a{sv} {}"), ==, 2);
}

static void
a_listing_for_everybody_asks_for_no_password (Rig *rig)
{
  g_autoptr(GDBusConnection) caller = rig_connect_as (rig, NOBODY);
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;

  tst_fake_polkit_answer (rig->polkit, "trace-own", TST_POLKIT_YES);
  g_dbus_connection_call (caller, "org.tracebus1", RIG_ROOT, "org.tracebus1.Manager", "ListTracepoints",
                          rig_no_options (), NULL, G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION, G_MAXINT, NULL,
                          keep_result, &result);
  rig_wait_until (result != NULL);
  reply = g_dbus_connection_call_finish (caller, result, &error);
  g_assert_no_error (error);
  assert_asked (rig, "trace-own ask session= owner=65534 uids=65534; trace-others session= owner=65534 uids=all");
}

static void
permissions_are_what_polkit_would_answer (Rig *rig)
{
  g_autoptr(GDBusConnection) caller = rig_connect_as (rig, NOBODY);
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;

  tst_fake_polkit_answer (rig->polkit, "trace-own", TST_POLKIT_YES);
  tst_fake_polkit_answer (rig->polkit, "trace-others", TST_POLKIT_AUTH);
  reply = rig_try (rig, caller, RIG_ROOT, "Manager.GetPermissions", NULL, &error);
  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  g_assert_cmpstr (text, ==, "({'org.tracebus1.trace-own': 'yes', 'org.tracebus1.trace-others': 'auth',"
                             " 'org.tracebus1.manage-sessions': 'no'},)");
}

static void
add_tests (void)
{
  rig_add_with_polkit ("/bus/polkit/every-method-that-acts-is-asked-about-and-denied",
                       every_method_that_acts_is_asked_about_and_denied);
  rig_add_with_polkit ("/bus/polkit/root-is-never-asked-about", root_is_never_asked_about);
  rig_add_with_polkit ("/bus/polkit/an-owner-needs-trace-own-to-trace-and-nothing-to-end",
                       an_owner_needs_trace_own_to_trace_and_nothing_to_end);
  rig_add_with_polkit ("/bus/polkit/who-manages-sessions-needs-nothing-else", who_manages_sessions_needs_nothing_else);
  rig_add_with_polkit ("/bus/polkit/reaching-beyond-takes-trace-others-at-create-and-start",
                       reaching_beyond_takes_trace_others_at_create_and_start);
  rig_add_with_polkit ("/bus/polkit/a-password-is-asked-for-only-where-the-caller-allows-it",
                       a_password_is_asked_for_only_where_the_caller_allows_it);
  rig_add_with_polkit ("/bus/polkit/every-failure-means-no", every_failure_of_polkit_means_no);
  rig_add_with_polkit ("/bus/polkit/who-leaves-while-it-asks-gets-nothing-done",
                       who_leaves_while_polkit_asks_gets_nothing_done);
  rig_add_with_polkit ("/bus/polkit/a-question-that-waits-blocks-nobody-else",
                       a_question_that_waits_blocks_nobody_else);
  rig_add_with_polkit ("/bus/polkit/calls-on-one-session-keep-their-order",
                       calls_on_one_session_keep_their_order_whatever_is_asked);
  rig_add_with_polkit ("/bus/polkit/a-call-that-is-denied-lets-the-next-one-pass",
                       a_call_that_is_denied_lets_the_next_one_pass);
  rig_add_with_polkit ("/bus/polkit/state-is-checked-after-the-grant", state_is_checked_after_the_grant);
  rig_add_with_polkit ("/bus/polkit/a-listing-shows-what-the-caller-may-trace",
                       a_listing_shows_what_the_caller_may_trace);
  rig_add_with_polkit ("/bus/polkit/a-listing-for-everybody-asks-for-no-password",
                       a_listing_for_everybody_asks_for_no_password);
  rig_add_with_polkit ("/bus/polkit/permissions-are-what-it-would-answer", permissions_are_what_polkit_would_answer);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
