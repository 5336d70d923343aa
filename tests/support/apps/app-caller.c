/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-caller N: N connections to the system bus, each of which calls methods of the service as fast as they are
 * answered, eight at a time: lists of everything, what needs rights, what is no such thing. Says "ready" when the first
 * was answered; runs until it is ended.
 */
#include "support/apps/app.h"

#include <gio/gio.h>
#include <string.h>

enum { IN_FLIGHT = 8, TIMEOUT_MS = 60000 };

static const struct {
  const char *path, *method, *arguments;
} calls[] = {
  { "/org/tracebus1", "org.freedesktop.DBus.ObjectManager.GetManagedObjects", "()" },
  { "/org/tracebus1", "org.tracebus1.Manager.ListTracepoints", "(@a{sv} {},)" },
  { "/org/tracebus1", "org.tracebus1.Manager.CreateSession", "('flood', @a{sv} {})" },
  { "/org/tracebus1", "org.tracebus1.Manager.CreateSession", "('others', {'all-users': <true>})" },
  { "/org/tracebus1", "org.tracebus1.Manager.CreateSession", "('../..', {'no such option': <1>})" },
  { "/org/tracebus1/session/1", "org.tracebus1.Session.Destroy", "(@a{sv} {},)" },
  { "/org/tracebus1/session/1", "org.tracebus1.Session.Stop", "(@a{sv} {},)" },
  { "/org/tracebus1/session/2", "org.tracebus1.Session.Start", "(@a{sv} {},)" },
  { "/org/tracebus1", "org.freedesktop.DBus.Introspectable.Introspect", "()" },
  { "/org/tracebus1", "org.freedesktop.DBus.Properties.GetAll", "('org.tracebus1.Manager',)" },
  { "/no/such/object", "org.tracebus1.Manager.GetPermissions", "()" },
};

static gboolean answered;

static void call_next (GDBusConnection *bus);

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  GVariant *answer = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  if (answer != NULL)
    g_variant_unref (answer);
  if (!answered)
    app_say ("ready");
  answered = TRUE;
  if (!g_dbus_connection_is_closed (G_DBUS_CONNECTION (source)))
    call_next (G_DBUS_CONNECTION (source));
}

static void
call_next (GDBusConnection *bus)
{
  static guint next;
  guint i = next++ % G_N_ELEMENTS (calls);
  g_autofree char *interface = g_strdup (calls[i].method);
  char *member = strrchr (interface, '.');

  *member++ = '\0';
  g_dbus_connection_call (bus, "org.tracebus1", calls[i].path, interface, member,
                          g_variant_new_parsed (calls[i].arguments), NULL, G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL,
                          on_answer, NULL);
}

int
main (int argc, char **argv)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);

  for (long n = app_argument (argc, argv, 1, 1); n > 0 && address != NULL; n--)
    {
      GDBusConnection *bus = g_dbus_connection_new_for_address_sync (
        address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
        NULL, NULL);

      for (guint i = 0; bus != NULL && i < IN_FLIGHT; i++)
        call_next (bus);
    }
  g_main_loop_run (loop);
  return 0;
}
