/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/bus.h"

#include "support/child.h"

struct TstBus {
  TstChild *daemon;
  char *address;
};

/* Every type of message must be allowed out and in: what the bus drops, a caller waits for. */
static const char bus_config[] =
  "<busconfig>\n"
  "  <type>system</type>\n"
  "  <listen>unix:path=%s/bus</listen>\n"
  "  <auth>EXTERNAL</auth>\n"
  "  <policy context=\"default\">\n"
  "    <allow user=\"*\"/>\n"
  "    <allow own=\"*\"/>\n"
  "    <allow send_type=\"method_call\"/>\n"
  "    <allow send_type=\"method_return\"/>\n"
  "    <allow send_type=\"error\"/>\n"
  "    <allow send_type=\"signal\"/>\n"
  "    <allow receive_type=\"method_call\"/>\n"
  "    <allow receive_type=\"method_return\"/>\n"
  "    <allow receive_type=\"error\"/>\n"
  "    <allow receive_type=\"signal\"/>\n"
  "  </policy>\n"
  "</busconfig>\n";

TstBus *
tst_bus_new (TstDir *dir)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *file = tst_dir_file (dir, "bus.conf");
  g_autofree char *option = g_strconcat ("--config-file=", file, NULL);
  g_autofree char *config = g_strdup_printf (bus_config, tst_dir_path (dir));
  const char *argv[] = { "dbus-daemon", option, "--nofork", "--nopidfile", "--nosyslog", "--print-address", NULL };
  TstBus *self = g_new0 (TstBus, 1);

  g_file_set_contents (file, config, -1, &error);
  g_assert_no_error (error);
  self->daemon = tst_child_start (argv, NULL);
  self->address = tst_child_wait_line (self->daemon, "unix:");
  return self;
}

void
tst_bus_free (TstBus *self)
{
  tst_child_free (self->daemon);
  g_free (self->address);
  g_free (self);
}

const char *
tst_bus_address (TstBus *self)
{
  return self->address;
}

GDBusConnection *
tst_bus_connect (TstBus *self)
{
  g_autoptr(GError) error = NULL;
  GDBusConnection *connection;

  connection = g_dbus_connection_new_for_address_sync (
    self->address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
    NULL, NULL, &error);
  g_assert_no_error (error);
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  return connection;
}

static void
on_name_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer data)
{
  *(gboolean *) data = TRUE;
}

static gboolean
on_patience_lost (gpointer data)
{
  g_error ("nobody came to own %s", (const char *) data);
  return G_SOURCE_REMOVE;
}

void
tst_bus_wait_name (TstBus *self, const char *name)
{
  g_autoptr(GMainContext) context = g_main_context_new ();
  g_autoptr(GDBusConnection) connection = tst_bus_connect (self);
  g_autoptr(GSource) patience = g_timeout_source_new (TST_PATIENCE_MS);
  gboolean appeared = FALSE;
  guint watch;

  g_main_context_push_thread_default (context);
  g_source_set_callback (patience, on_patience_lost, (gpointer) name, NULL);
  g_source_attach (patience, context);
  watch = g_bus_watch_name_on_connection (connection, name, G_BUS_NAME_WATCHER_FLAGS_NONE, on_name_appeared, NULL,
                                          &appeared, NULL);
  while (!appeared)
    g_main_context_iteration (context, TRUE);
  g_bus_unwatch_name (watch);
  g_source_destroy (patience);
  g_dbus_connection_close_sync (connection, NULL, NULL);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);
}
