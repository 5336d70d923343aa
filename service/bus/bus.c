/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/bus.h"

#include "base/error.h"
#include "base/thread.h"
#include "bus/context.h"
#include "bus/descriptors.h"
#include "bus/error-names.h"
#include "bus/export.h"
#include "bus/log-control.h"
#include "bus/names.h"
#include "bus/object-tree.h"

#include <unistd.h>

/* The bus's own numbers. */
enum { NAME_DO_NOT_QUEUE = 4, NAME_PRIMARY_OWNER = 1 };

struct _TbusBus {
  GObject parent_instance;

  TbusBusContext *context;
  GDBusConnection *connection; /* NULL until it is there */
  TbusObjectTree *tree;        /* likewise */
  TbusLogControl *log_control; /* likewise */
  gboolean stopped;
};

enum { LOST, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (TbusBus, tbus_bus, G_TYPE_OBJECT)

static void
on_closed (TbusBus *self, gboolean remote_peer_vanished, const GError *reason, GDBusConnection *connection)
{
  g_autoptr(GError) lost = NULL;

  tbus_thread_assert_main ();
  lost = g_error_new (G_IO_ERROR, G_IO_ERROR_CLOSED, "The message bus ended the connection%s%s",
                      reason == NULL ? "" : ": ", reason == NULL ? "" : reason->message);
  g_signal_emit (self, signals[LOST], 0, lost);
}

static void
tbus_bus_init (TbusBus *self)
{
  self->context = tbus_bus_context_new ();
}

static void
bus_withdraw (TbusBus *self)
{
  g_clear_pointer (&self->tree, tbus_object_tree_free);
  g_clear_pointer (&self->log_control, tbus_log_control_free);
  g_clear_pointer (&self->context->ephemerals, tbus_ephemerals_free);
  if (self->context->changes != NULL)
    tbus_changes_drop (self->context->changes);
  if (self->connection != NULL)
    g_signal_handlers_disconnect_by_data (self->connection, self);
}

static void
tbus_bus_dispose (GObject *object)
{
  TbusBus *self = TBUS_BUS (object);

  bus_withdraw (self);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (tbus_bus_parent_class)->dispose (object);
}

static void
tbus_bus_finalize (GObject *object)
{
  tbus_bus_context_unref (TBUS_BUS (object)->context);
  G_OBJECT_CLASS (tbus_bus_parent_class)->finalize (object);
}

static void
tbus_bus_class_init (TbusBusClass *class)
{
  G_OBJECT_CLASS (class)->dispose = tbus_bus_dispose;
  G_OBJECT_CLASS (class)->finalize = tbus_bus_finalize;
  signals[LOST] = g_signal_new ("lost", TBUS_TYPE_BUS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                G_TYPE_ERROR);
}

TbusBus *
tbus_bus_new (TbusCore *core, const TbusBusInfo *info)
{
  TbusBus *self = g_object_new (TBUS_TYPE_BUS, NULL);

  tbus_error_names_register ();
  self->context->core = g_object_ref (core);
  self->context->gate = tbus_gate_new (geteuid ());
  self->context->changes = tbus_changes_new (tbus_export_emit);
  self->context->version = g_strdup (info->version);
  self->context->tracer_version = g_strdup (info->tracer_version);
  self->context->registration_socket = g_strdup (info->registration_socket);
  return self;
}

static void
on_name_requested (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = NULL;
  guint32 answer;

  tbus_thread_assert_main ();
  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (reply == NULL)
    {
      g_dbus_error_strip_remote_error (error);
      g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED, "The bus does not give us the name %s: %s",
                               TBUS_BUS_NAME, error->message);
      return;
    }
  g_variant_get (reply, "(u)", &answer);
  if (answer == NAME_PRIMARY_OWNER)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS,
                             "Another service has the name %s: stop it first", TBUS_BUS_NAME);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GError) error = NULL;
  TbusBus *self = g_task_get_source_object (task);

  tbus_thread_assert_main ();
  self->connection = g_dbus_connection_new_for_address_finish (result, &error);
  if (self->connection != NULL && self->stopped)
    g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The service was stopped meanwhile");
  else if (self->connection != NULL)
    {
      g_signal_connect_swapped (self->connection, "closed", G_CALLBACK (on_closed), self);
      tbus_descriptors_watch (self->connection);
      self->context->peers = tbus_peer_set_new (self->connection);
      self->context->ephemerals = tbus_ephemerals_new (self->connection,
                                                       tbus_core_get_sessions (self->context->core));
      self->log_control = tbus_log_control_new (self->context, self->connection, &error);
      if (self->log_control != NULL)
        self->tree = tbus_object_tree_new (self->context, self->connection, &error);
    }
  if (self->tree == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  /* Only now: whoever sees the name finds everything there. */
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                          "RequestName", g_variant_new ("(su)", TBUS_BUS_NAME, NAME_DO_NOT_QUEUE),
                          G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, g_task_get_cancellable (task),
                          on_name_requested, g_object_ref (task));
}

void
tbus_bus_own_async (TbusBus *self, const char *address, gboolean session_bus, GCancellable *cancellable,
                    GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *well_known = NULL;
  g_autoptr(GError) error = NULL;

  g_return_if_fail (self->connection == NULL);
  g_task_set_source_tag (task, tbus_bus_own_async);
  if (address == NULL)
    {
      if (!session_bus)
        tbus_gate_ask_polkit (self->context->gate);
      well_known = g_dbus_address_get_for_bus_sync (session_bus ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM, NULL, &error);
      if (well_known == NULL)
        {
          g_task_return_error (task, g_steal_pointer (&error));
          return;
        }
      address = well_known;
    }
  g_dbus_connection_new_for_address (
    address, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
    cancellable, on_connected, g_steal_pointer (&task));
}

gboolean
tbus_bus_own_finish (TbusBus *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;

  tbus_thread_assert_main ();
  g_dbus_connection_close_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_task_return_boolean (task, TRUE);
}

/* A flush that fails means that nobody is there to hear it. */
static void
on_flushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  tbus_thread_assert_main ();
  g_dbus_connection_flush_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_dbus_connection_close (G_DBUS_CONNECTION (source), NULL, on_stopped, user_data);
}

void
tbus_bus_stop_async (TbusBus *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, tbus_bus_stop_async);
  self->stopped = TRUE;
  bus_withdraw (self);
  if (self->connection == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_dbus_connection_flush (self->connection, NULL, on_flushed, g_steal_pointer (&task));
}

void
tbus_bus_stop_finish (TbusBus *self, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
