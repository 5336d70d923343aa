/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may call what, how much at once, and what becomes of the calls of those who leave. */
#include "rig.h"

#include "base/error.h"
#include "base/quota.h"
#include "bus/peer.h"

#include <unistd.h>

enum { NOBODY = 65534, SOMEBODY = 1 /* the bus wants users that it knows */ };

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* Sends CreateSession, and does not wait. */
static void
send_create (GDBusConnection *caller, const char *name, GAsyncResult **result)
{
  g_dbus_connection_call (caller, "org.tracebus1", RIG_ROOT, "org.tracebus1.Manager", "CreateSession",
                          g_variant_new ("(s@a{sv})", name, rig_options (NULL, NULL)), NULL, G_DBUS_CALL_FLAGS_NONE,
                          G_MAXINT, NULL, result != NULL ? keep_result : NULL, result);
}

static guint
count_sessions (Rig *rig)
{
  return tbus_session_set_count (tbus_core_get_sessions (rig->core));
}

static void
assert_denied (GError *error, const char *member)
{
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  if (g_strcmp0 (name, "org.tracebus1.Error.NotAuthorized") != 0)
    g_error ("%s was answered with %s: %s", member, name, error->message);
}

/* The arguments are wrong, too: nobody looks at them before the grant. */
static void
others_may_not_call_what_acts (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autoptr(GDBusConnection) other = rig_connect_as (rig, NOBODY);
  g_autofree char *before = rig_snapshot (rig);
  g_autofree char *after = NULL;
  guint denied = 0;

  for (guint i = 0; rig_interfaces[i] != NULL; i++)
    for (const TbusMethod *row = rig_interfaces[i]->methods; row != NULL && row->name != NULL; row++)
      {
        const GDBusInterfaceInfo *info = rig_interfaces[i]->info;
        GDBusMethodInfo *method = g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *) info, row->name);
        g_autofree char *member = g_strdup_printf ("%s.%s", g_strrstr (info->name, ".") + 1, row->name);
        GVariant *options = rig_options ("no-such-option", g_variant_new_boolean (TRUE));
        g_autoptr(GError) error = NULL;
        g_autoptr(GVariant) reply = NULL;

        if (row->action == TBUS_ACTION_OPEN)
          {
            g_variant_unref (g_variant_ref_sink (options));
            continue;
          }
        reply = rig_try (rig, other, rig_objects_path (objects, info->name), member, rig_plausible (method, options),
                         &error);
        g_assert_null (reply);
        assert_denied (error, member);
        denied++;
      }
  after = rig_snapshot (rig);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpuint (denied, >, 10);
}

static void
others_may_read_and_ask (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autoptr(GDBusConnection) other = rig_connect_as (rig, NOBODY);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) session = NULL, apps = NULL, permissions = NULL;
  g_autofree char *text = NULL;

  session = rig_try (rig, other, RIG_ROOT, "Manager.GetSession", g_variant_new ("(s)", "one"), &error);
  g_assert_no_error (error);
  apps = rig_try (rig, other, RIG_ROOT, "Manager.GetAppsByPid", g_variant_new ("(u)", getpid ()), &error);
  g_assert_no_error (error);
  permissions = rig_try (rig, other, RIG_ROOT, "Manager.GetPermissions", NULL, &error);
  g_assert_no_error (error);
  text = g_variant_print (permissions, FALSE);
  g_assert_cmpstr (text, ==, "({'org.tracebus1.trace-own': 'no', 'org.tracebus1.trace-others': 'no',"
                             " 'org.tracebus1.manage-sessions': 'no'},)");
}

static void
the_owner_of_the_service_may_all (Rig *rig)
{
  g_autoptr(GVariant) permissions = rig_call (rig, RIG_ROOT, "Manager.GetPermissions", NULL);
  g_autofree char *text = g_variant_print (permissions, FALSE);

  g_assert_cmpstr (text, ==, "({'org.tracebus1.trace-own': 'yes', 'org.tracebus1.trace-others': 'yes',"
                             " 'org.tracebus1.manage-sessions': 'yes'},)");
}

static void
a_service_of_a_user_is_for_that_user_and_root (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GDBusConnection) other = NULL, own = NULL;
  g_autoptr(GVariant) denied = NULL, allowed = NULL;
  g_autofree char *session = NULL;
  Rig *rig;

  if (getuid () != 0)
    {
      g_test_skip ("only root can be several users");
      return;
    }
  rig = rig_new_as (SOMEBODY);
  own = rig_connect_as (rig, SOMEBODY);
  other = rig_connect_as (rig, NOBODY);
  session = rig_session (rig, "of-root");
  allowed = rig_try (rig, own, session, "Session.Destroy", rig_no_options (), &error);
  g_assert_no_error (error);
  denied = rig_try (rig, other, RIG_ROOT, "Manager.CreateSession", g_variant_new_parsed ("('x', @a{sv} {})"), &error);
  assert_denied (error, "CreateSession");
  g_assert_nonnull (strstr (error->message, "user 1,"));
  rig_free (rig);
}

/* The same for everybody may be asked by everybody; who is root is not bound. */
static GError *
list_objects (GDBusConnection *caller)
{
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GVariant) reply = NULL;
  GError *error = NULL;

  g_dbus_connection_call (caller, "org.tracebus1", RIG_ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
                          NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, keep_result, &result);
  rig_wait_until (result != NULL);
  reply = g_dbus_connection_call_finish (caller, result, &error);
  return error;
}

static void
large_replies_of_one_user_are_bounded_together (Rig *rig)
{
  g_autoptr(GDBusConnection) other = rig_connect_as (rig, NOBODY);
  g_autoptr(GError) refused = NULL;

  g_free (rig_session (rig, "one"));
  g_assert_no_error (list_objects (other));
  tbus_limit_set (TBUS_LIMIT_REPLY_MEMORY, 100);
  refused = list_objects (other);
  g_assert_error (refused, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_nonnull (strstr (refused->message, "ReplyMemoryPerUser"));
  g_assert_no_error (list_objects (rig->caller));
  rig_wait_until (tbus_quota_used (TBUS_LIMIT_REPLY_MEMORY, NOBODY) == 0);
  tbus_limits_reset ();
}

static void
calls_of_one_user_are_bounded_together (Rig *rig)
{
  g_autoptr(GDBusConnection) other = rig_connect_as (rig, NOBODY);
  g_autoptr(GError) refused = NULL;

  tbus_limit_set (TBUS_LIMIT_CALLS_OF_USER, 1);
  g_assert_true (tbus_quota_take (TBUS_LIMIT_CALLS_OF_USER, NOBODY, 1, NULL)); /* by another connection */
  refused = list_objects (other);
  g_assert_error (refused, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_nonnull (strstr (refused->message, "A user has at most 1 calls in flight; CallsPerUser"));
  tbus_quota_give (TBUS_LIMIT_CALLS_OF_USER, NOBODY, 1);
  g_assert_no_error (list_objects (other));
  rig_wait_until (tbus_quota_used (TBUS_LIMIT_CALLS_OF_USER, NOBODY) == 0);
  tbus_limits_reset ();
}

static void
one_caller_has_so_many_calls_and_no_more (Rig *rig)
{
  g_autofree char *first = rig_session (rig, "first"); /* there is a consumer now */
  g_autoptr(GDBusConnection) other = tst_bus_connect (rig->daemon);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) refused = NULL, allowed = NULL;
  GAsyncResult *results[TBUS_MAX_CALLS] = { NULL };

  tst_fake_consumer_hold (rig->pool.consumer, TRUE);
  for (guint i = 0; i < TBUS_MAX_CALLS; i++)
    {
      g_autofree char *name = g_strdup_printf ("s%u", i);

      send_create (other, name, &results[i]);
    }
  rig_wait_until (tst_fake_consumer_waiting (rig->pool.consumer) == TBUS_MAX_CALLS);
  refused = rig_try (rig, other, RIG_ROOT, "Manager.GetPermissions", NULL, &error);
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_clear_error (&error);
  allowed = rig_call (rig, RIG_ROOT, "Manager.GetPermissions", NULL); /* another caller */
  tst_fake_consumer_hold (rig->pool.consumer, FALSE);
  for (guint i = 0; i < TBUS_MAX_CALLS; i++)
    {
      g_autoptr(GVariant) reply = NULL;

      rig_wait_until (results[i] != NULL);
      reply = g_dbus_connection_call_finish (other, results[i], &error);
      g_assert_no_error (error);
      g_object_unref (results[i]);
    }
  g_clear_pointer (&allowed, g_variant_unref);
  allowed = rig_try (rig, other, RIG_ROOT, "Manager.GetPermissions", NULL, &error);
  g_assert_no_error (error);
}

static void
calls_of_one_caller_begin_in_order (Rig *rig)
{
  g_autoptr(GDBusConnection) caller = tst_bus_connect (rig->daemon);
  g_autoptr(GAsyncResult) made = NULL;
  g_autoptr(GVariant) found = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *first = rig_session (rig, "first");

  /* Its first call waits until the bus has said who it is; the second must not overtake. */
  send_create (caller, "a", &made);
  found = rig_try (rig, caller, RIG_ROOT, "Manager.CreateSession", g_variant_new_parsed ("('a', @a{sv} {})"), &error);
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS);
  g_clear_error (&error);
  rig_wait_until (made != NULL);
  found = g_dbus_connection_call_finish (caller, made, &error);
  g_assert_no_error (error);
}

/* Waits until the bus has told everybody, the service too, that @name has left. */
static void
wait_until_gone (Rig *rig, const char *name)
{
  g_autoptr(GVariant) reply = NULL;
  gboolean there = TRUE;

  while (there)
    {
      g_autoptr(GAsyncResult) result = NULL;
      g_autoptr(GVariant) answer = NULL;

      g_dbus_connection_call (rig->caller, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                              "NameHasOwner", g_variant_new ("(s)", name), NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL,
                              keep_result, &result);
      rig_wait_until (result != NULL);
      answer = g_dbus_connection_call_finish (rig->caller, result, NULL);
      g_variant_get (answer, "(b)", &there);
    }
  reply = rig_call (rig, RIG_ROOT, "Manager.GetPermissions", NULL); /* came after the news */
}

static void
who_leaves_before_the_grant_gets_nothing_done (Rig *rig)
{
  GDBusConnection *caller = tst_bus_connect (rig->daemon);
  g_autofree char *name = g_strdup (g_dbus_connection_get_unique_name (caller));

  send_create (caller, "left", NULL);
  g_assert_true (g_dbus_connection_flush_sync (caller, NULL, NULL));
  g_assert_true (g_dbus_connection_close_sync (caller, NULL, NULL)); /* main has not run: the call is still unread */
  g_object_unref (caller);
  wait_until_gone (rig, name);
  g_assert_cmpuint (count_sessions (rig), ==, 0);
  g_assert_null (rig->pool.consumer);
}

static void
who_leaves_cancels_what_can_be_cancelled (Rig *rig)
{
  g_autofree char *first = rig_session (rig, "first");
  GDBusConnection *caller = tst_bus_connect (rig->daemon);
  g_autofree char *name = g_strdup (g_dbus_connection_get_unique_name (caller));

  tst_fake_consumer_hold (rig->pool.consumer, TRUE);
  send_create (caller, "left", NULL);
  rig_wait_until (tst_fake_consumer_waiting (rig->pool.consumer) == 1);
  g_assert_true (g_dbus_connection_close_sync (caller, NULL, NULL));
  g_object_unref (caller);
  wait_until_gone (rig, name);
  tst_fake_consumer_hold (rig->pool.consumer, FALSE);
  rig_wait_until (tst_fake_consumer_waiting (rig->pool.consumer) == 0);
  g_assert_cmpuint (count_sessions (rig), ==, 1);
  g_free (rig_session (rig, "left")); /* the name was given back */
}

static void
callers_that_ask_nothing_are_forgotten_first (Rig *rig)
{
  g_autoptr(TbusPeerSet) peers = tbus_peer_set_new (rig->caller);
  g_autoptr(GPtrArray) busy = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < 2 * TBUS_MAX_PEERS; i++)
    {
      g_autofree char *name = g_strdup_printf (":9.%u", i);
      g_autoptr(TbusPeer) peer = tbus_peer_set_get (peers, name, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (tbus_peer_set_count (peers), <=, TBUS_MAX_PEERS);
    }
  for (guint i = 0; i < TBUS_MAX_PEERS; i++)
    {
      g_autofree char *name = g_strdup_printf (":8.%u", i);
      TbusPeer *peer = tbus_peer_set_get (peers, name, &error);

      g_assert_no_error (error);
      g_assert_true (tbus_peer_enter (peer, NULL));
      g_ptr_array_add (busy, peer);
    }
  g_assert_null (tbus_peer_set_get (peers, ":7.0", &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  tbus_peer_leave (g_ptr_array_index (busy, 0));
  g_clear_error (&error);
  g_ptr_array_add (busy, tbus_peer_set_get (peers, ":7.0", &error));
  g_assert_no_error (error);
}

static void
add_tests (void)
{
  rig_add_for_root ("/bus/access/others-may-not-call-what-acts", others_may_not_call_what_acts);
  rig_add_for_root ("/bus/access/others-may-read-and-ask", others_may_read_and_ask);
  rig_add ("/bus/access/the-owner-of-the-service-may-all", the_owner_of_the_service_may_all);
  g_test_add_func ("/bus/access/a-service-of-a-user-is-for-that-user-and-root",
                   a_service_of_a_user_is_for_that_user_and_root);
  rig_add_for_root ("/bus/access/large-replies-of-one-user-are-bounded-together",
                    large_replies_of_one_user_are_bounded_together);
  rig_add_for_root ("/bus/access/calls-of-one-user-are-bounded-together", calls_of_one_user_are_bounded_together);
  rig_add ("/bus/access/one-caller-has-so-many-calls-and-no-more", one_caller_has_so_many_calls_and_no_more);
  rig_add ("/bus/access/calls-of-one-caller-begin-in-order", calls_of_one_caller_begin_in_order);
  rig_add ("/bus/access/who-leaves-before-the-grant-gets-nothing-done", who_leaves_before_the_grant_gets_nothing_done);
  rig_add ("/bus/access/who-leaves-cancels-what-can-be-cancelled", who_leaves_cancels_what_can_be_cancelled);
  rig_add ("/bus/access/callers-that-ask-nothing-are-forgotten-first", callers_that_ask_nothing_are_forgotten_first);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
