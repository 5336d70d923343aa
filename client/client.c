/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/tracebus.h"

#include <string.h>

static const GDBusErrorEntry client_errors[] = {
  { TBUS_CLIENT_ERROR_NOT_FOUND, "org.tracebus1.Error.NotFound" },
  { TBUS_CLIENT_ERROR_ALREADY_EXISTS, "org.tracebus1.Error.AlreadyExists" },
  { TBUS_CLIENT_ERROR_INVALID_ARGS, "org.tracebus1.Error.InvalidArgs" },
  { TBUS_CLIENT_ERROR_INVALID_STATE, "org.tracebus1.Error.InvalidState" },
  { TBUS_CLIENT_ERROR_NOT_AUTHORIZED, "org.tracebus1.Error.NotAuthorized" },
  { TBUS_CLIENT_ERROR_UNSUPPORTED, "org.tracebus1.Error.Unsupported" },
  { TBUS_CLIENT_ERROR_FILTER_SYNTAX, "org.tracebus1.Error.FilterSyntax" },
  { TBUS_CLIENT_ERROR_EXHAUSTED, "org.tracebus1.Error.Exhausted" },
  { TBUS_CLIENT_ERROR_OUTPUT_UNAVAILABLE, "org.tracebus1.Error.OutputUnavailable" },
  { TBUS_CLIENT_ERROR_CONSUMER_FAILED, "org.tracebus1.Error.ConsumerFailed" },
  { TBUS_CLIENT_ERROR_APP_GONE, "org.tracebus1.Error.AppGone" },
  { TBUS_CLIENT_ERROR_TIMED_OUT, "org.tracebus1.Error.TimedOut" },
  { TBUS_CLIENT_ERROR_NEEDS_INTERACTION, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (client_errors) == TBUS_CLIENT_ERROR_NEEDS_INTERACTION + 1);

struct _TbusClient
{
  GObject parent_instance;
  GDBusConnection *connection;
  gboolean interactive;
};

G_DEFINE_FINAL_TYPE (TbusClient, tbus_client, G_TYPE_OBJECT)

GQuark
tbus_client_error_quark (void)
{
  static gsize quark;

  g_dbus_error_register_error_domain ("tbus-client-error-quark", &quark, client_errors, G_N_ELEMENTS (client_errors));
  return (GQuark) quark;
}

static void
tbus_client_finalize (GObject *object)
{
  g_clear_object (&TBUS_CLIENT (object)->connection);
  G_OBJECT_CLASS (tbus_client_parent_class)->finalize (object);
}

static void
tbus_client_class_init (TbusClientClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbus_client_finalize;
  /* From here on GDBus maps the service's errors, also those of calls that do not go through us. */
  tbus_client_error_quark ();
}

static void
tbus_client_init (TbusClient *self)
{
  self->interactive = TRUE;
}

static GBusType
resolve_bus_type (GBusType bus_type, GError **error)
{
  const char *name = g_getenv ("TRACEBUS_BUS");

  if (bus_type != G_BUS_TYPE_NONE)
    return bus_type;
  if (name == NULL || *name == '\0' || g_str_equal (name, "system"))
    return G_BUS_TYPE_SYSTEM;
  if (g_str_equal (name, "session"))
    return G_BUS_TYPE_SESSION;
  g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_INVALID_ARGS,
               "TRACEBUS_BUS is \"%s\"; it takes \"system\" or \"session\"", name);
  return G_BUS_TYPE_NONE;
}

TbusClient *
tbus_client_new_for_connection (GDBusConnection *connection)
{
  TbusClient *self;

  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);
  self = g_object_new (TBUS_TYPE_CLIENT, NULL);
  self->connection = g_object_ref (connection);
  return self;
}

TbusClient *
tbus_client_new_sync (GBusType bus_type, GCancellable *cancellable, GError **error)
{
  g_autoptr(GDBusConnection) connection = NULL;

  bus_type = resolve_bus_type (bus_type, error);
  if (bus_type == G_BUS_TYPE_NONE)
    return NULL;
  connection = g_bus_get_sync (bus_type, cancellable, error);
  if (connection == NULL)
    return NULL;
  return tbus_client_new_for_connection (connection);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  g_autoptr(GDBusConnection) connection = NULL;
  GError *error = NULL;

  connection = g_bus_get_finish (result, &error);
  if (connection == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, tbus_client_new_for_connection (connection), g_object_unref);
}

void
tbus_client_new_async (GBusType bus_type, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, tbus_client_new_async);
  bus_type = resolve_bus_type (bus_type, &error);
  if (bus_type == G_BUS_TYPE_NONE)
    g_task_return_error (task, error);
  else
    g_bus_get (bus_type, cancellable, on_connected, g_steal_pointer (&task));
}

TbusClient *
tbus_client_new_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

GDBusConnection *
tbus_client_get_connection (TbusClient *self)
{
  g_return_val_if_fail (TBUS_IS_CLIENT (self), NULL);
  return self->connection;
}

void
tbus_client_set_interactive (TbusClient *self, gboolean interactive)
{
  g_return_if_fail (TBUS_IS_CLIENT (self));
  self->interactive = interactive;
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  GError *error = NULL;
  GVariant *answer;

  answer = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), NULL, result, &error);
  if (answer == NULL)
    {
      g_dbus_error_strip_remote_error (error);
      g_task_return_error (task, error);
    }
  else
    g_task_return_pointer (task, answer, (GDestroyNotify) g_variant_unref);
}

void
tbus_client_call_async (TbusClient *self, const char *path, const char *member, GVariant *parameters,
                        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  tbus_client_call_with_fds_async (self, path, member, parameters, NULL, cancellable, callback, user_data);
}

void
tbus_client_call_with_fds_async (TbusClient *self, const char *path, const char *member, GVariant *parameters,
                                 GUnixFDList *fds, GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GDBusCallFlags flags = G_DBUS_CALL_FLAGS_NONE;
  g_autofree char *interface = NULL;
  const char *method;
  GTask *task;

  g_return_if_fail (TBUS_IS_CLIENT (self));
  method = strrchr (member, '.');
  g_return_if_fail (method != NULL);
  interface = g_strdup_printf ("%s%.*s", strchr (member, '.') == method ? TBUS_INTERFACE_PREFIX : "",
                               (int) (method - member), member);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, tbus_client_call_async);
  if (self->interactive)
    flags = G_DBUS_CALL_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION;
  g_dbus_connection_call_with_unix_fd_list (self->connection, TBUS_BUS_NAME, path, interface, method + 1, parameters,
                                            NULL, flags, G_MAXINT, fds, cancellable, on_answered, task);
}

GVariant *
tbus_client_call_finish (TbusClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
