/* SPDX-License-Identifier: GPL-2.0-only */
/* The policy that data/ gives the system bus: who may own the service's name, and who reaches what of it. */
#include "support/child.h"
#include "support/dir.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REACHED "org.tracebus1.Test.Reached"
#define NOBODY "65534"

/* What the system bus denies as long as no policy of a service allows it. */
static const char bus_config[] =
  "<busconfig>\n"
  "  <type>system</type>\n"
  "  <listen>unix:path=%s/bus</listen>\n"
  "  <auth>EXTERNAL</auth>\n"
  "  <policy context=\"default\">\n"
  "    <allow user=\"*\"/>\n"
  "    <deny own=\"*\"/>\n"
  "    <deny send_type=\"method_call\"/>\n"
  "    <allow send_type=\"signal\"/>\n"
  "    <allow send_requested_reply=\"true\" send_type=\"method_return\"/>\n"
  "    <allow send_requested_reply=\"true\" send_type=\"error\"/>\n"
  "    <allow receive_type=\"method_call\"/>\n"
  "    <allow receive_type=\"method_return\"/>\n"
  "    <allow receive_type=\"error\"/>\n"
  "    <allow receive_type=\"signal\"/>\n"
  "    <allow send_destination=\"org.freedesktop.DBus\"/>\n"
  "  </policy>\n"
  "  <include>%s/data/org.tracebus1.conf</include>\n"
  "</busconfig>\n";

typedef struct {
  TstDir *dir;
  TstChild *daemon;
  char *address;
  GDBusConnection *service; /* root's, owns the name */
  guint filter;
} Fixture;

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer data)
{
  g_autoptr(GDBusMessage) reply = NULL;

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  reply = g_dbus_message_new_method_error_literal (message, REACHED, "it came through");
  g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
  g_object_unref (message);
  return NULL;
}

static void
own_the_name (Fixture *f)
{
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GError) error = NULL;

  f->service = g_dbus_connection_new_for_address_sync (
    f->address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
    NULL, &error);
  g_assert_no_error (error);
  f->filter = g_dbus_connection_add_filter (f->service, on_message, NULL, NULL);
  answer = g_dbus_connection_call_sync (f->service, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "RequestName",
                                        g_variant_new ("(su)", "org.tracebus1", 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                                        NULL, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const char *argv[] = { "dbus-daemon", NULL, "--nofork", "--nopidfile", "--nosyslog", "--print-address", NULL };
  g_autofree char *file = NULL, *config = NULL, *option = NULL;
  g_autoptr(GError) error = NULL;

  if (getuid () != 0)
    return;
  f->dir = tst_dir_new ();
  file = tst_dir_file (f->dir, "bus.conf");
  config = g_strdup_printf (bus_config, tst_dir_path (f->dir), g_getenv ("TRACEBUS_SOURCE"));
  option = g_strconcat ("--config-file=", file, NULL);
  argv[1] = option;
  g_file_set_contents (file, config, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (chmod (tst_dir_path (f->dir), 0755), ==, 0);
  f->daemon = tst_child_start (argv, NULL);
  f->address = tst_child_wait_line (f->daemon, "unix:");
  own_the_name (f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->dir == NULL)
    return;
  g_dbus_connection_set_exit_on_close (f->service, FALSE);
  g_dbus_connection_close_sync (f->service, NULL, NULL);
  g_dbus_connection_remove_filter (f->service, f->filter);
  g_object_unref (f->service);
  tst_child_free (f->daemon);
  g_free (f->address);
  tst_dir_free (f->dir);
}

static gboolean
skips (Fixture *f)
{
  if (f->dir == NULL)
    g_test_skip ("only root may own the name of a system service, and become another user");
  return f->dir == NULL;
}

/*
 * Calls @method (with its interface) of the service as @uid; with @name it is RequestName, and the bus is asked.
 * Returns: (transfer full): what gdbus says on stderr.
 */
static char *
call_as (Fixture *f, const char *uid, const char *method, const char *name)
{
  const char *destination = name != NULL ? "org.freedesktop.DBus" : "org.tracebus1";
  /* Without a name the list ends where it would stand. */
  const char *argv[] = { "setpriv", "--reuid", uid, "--clear-groups", "gdbus", "call", "--address", f->address,
                         "--dest", destination, "--object-path", "/org/tracebus1", "--method", method, name, "0",
                         NULL };
  g_autoptr(GError) error = NULL;
  char *errors = NULL;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &errors,
                NULL, &error);
  g_assert_no_error (error);
  return errors;
}

static void
assert_says (char *errors, const char *expected)
{
  if (strstr (errors, expected) == NULL)
    g_error ("expected %s, not: %s", expected, errors);
  g_free (errors);
}

static void
lets_every_user_reach_the_interfaces (Fixture *f, gconstpointer data)
{
  static const char *const methods[] = {
    "org.tracebus1.Manager.GetSession", "org.tracebus1.Session.Start", "org.tracebus1.Channel.Enable",
    "org.tracebus1.App.ListTracepoints", "org.tracebus1.Consumer.Any", "org.freedesktop.DBus.Properties.GetAll",
    "org.freedesktop.DBus.ObjectManager.GetManagedObjects", "org.freedesktop.DBus.Introspectable.Introspect",
    "org.freedesktop.DBus.Peer.Any",
  };

  if (skips (f))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    assert_says (call_as (f, NOBODY, methods[i], NULL), REACHED);
}

static void
lets_only_root_reach_the_rest (Fixture *f, gconstpointer data)
{
  if (skips (f))
    return;
  assert_says (call_as (f, NOBODY, "org.freedesktop.LogControl1.Any", NULL), "AccessDenied");
  assert_says (call_as (f, NOBODY, "org.tracebus1.Other.Any", NULL), "AccessDenied");
  assert_says (call_as (f, "0", "org.freedesktop.LogControl1.Any", NULL), REACHED);
}

static void
lets_only_root_own_the_name (Fixture *f, gconstpointer data)
{
  if (skips (f))
    return;
  assert_says (call_as (f, NOBODY, "org.freedesktop.DBus.RequestName", "org.tracebus1"), "AccessDenied");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/bus/policy/lets-every-user-reach-the-interfaces", Fixture, NULL, set_up,
              lets_every_user_reach_the_interfaces, tear_down);
  g_test_add ("/bus/policy/lets-only-root-reach-the-rest", Fixture, NULL, set_up, lets_only_root_reach_the_rest,
              tear_down);
  g_test_add ("/bus/policy/lets-only-root-own-the-name", Fixture, NULL, set_up, lets_only_root_own_the_name, tear_down);
  return g_test_run ();
}
