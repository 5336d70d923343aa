/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/log-control.h"

#include "base/log.h"
#include "base/thread.h"

#define INTERFACE "org.freedesktop.LogControl1"
#define PATH "/org/freedesktop/LogControl1"

struct TbusLogControl {
  TbusBusContext *bus;
  GDBusConnection *connection;
  guint registration;
};

/* One access of a caller whose rights are being looked at. */
typedef struct {
  TbusBusContext *bus;
  GDBusMethodInvocation *invocation;
} Access;

static const char description[] =
  "<node><interface name='" INTERFACE "'>"
  "<property name='LogLevel' type='s' access='readwrite'>"
  "<annotation name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='false'/></property>"
  "<property name='LogTarget' type='s' access='readwrite'>"
  "<annotation name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='false'/></property>"
  "<property name='SyslogIdentifier' type='s' access='read'>"
  "<annotation name='org.freedesktop.DBus.Property.EmitsChangedSignal' value='const'/></property>"
  "</interface></node>";

static GVariant *
get (const char *name)
{
  if (g_str_equal (name, "LogLevel"))
    return g_variant_new_string (tbus_log_get_level ());
  if (g_str_equal (name, "LogTarget"))
    return g_variant_new_string (tbus_log_get_target ());
  return g_variant_new_string (TBUS_LOG_IDENTIFIER);
}

static void
answer_all (GDBusMethodInvocation *invocation)
{
  static const char *const names[] = { "LogLevel", "LogTarget", "SyslogIdentifier" };
  GVariantBuilder values;

  g_variant_builder_init (&values, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_variant_builder_add (&values, "{sv}", names[i], get (names[i]));
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(a{sv})", &values));
}

/* Takes @invocation. GDBus has checked the name and the type. */
static void
set (GDBusMethodInvocation *invocation)
{
  g_autoptr(GVariant) value = NULL;
  const char *name, *text;
  gboolean known;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s&sv)", NULL, &name, &value);
  text = g_variant_get_string (value, NULL);
  known = g_str_equal (name, "LogLevel") ? tbus_log_set_level (text) : tbus_log_set_target (text);
  if (known)
    g_dbus_method_invocation_return_value (invocation, NULL);
  else
    g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS,
                                           "%s cannot be \"%.32s\"", name, text);
}

static void
on_identified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Access *access = user_data;
  g_autoptr(TbusBusContext) bus = access->bus;
  GDBusMethodInvocation *invocation = access->invocation;
  TbusPeer *peer = TBUS_PEER (source);
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  if (!tbus_peer_identify_finish (peer, result, &error))
    g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                                                   error->message);
  else if (!tbus_gate_trusts (bus->gate, peer))
    g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                                           "The log is root's to change, not user %u's", tbus_peer_get_uid (peer));
  else
    set (invocation);
  tbus_peer_leave (peer);
}

static void
begin_set (TbusBusContext *bus, GDBusMethodInvocation *invocation)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(TbusPeer) peer = tbus_peer_set_get (bus->peers, g_dbus_method_invocation_get_sender (invocation), &error);
  Access *access;

  if (peer == NULL || !tbus_peer_enter (peer, &error))
    {
      g_dbus_method_invocation_return_error_literal (invocation, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED,
                                                     error->message);
      return;
    }
  access = g_new (Access, 1);
  *access = (Access){ tbus_bus_context_ref (bus), invocation };
  tbus_peer_identify_async (peer, on_identified, access);
}

/* Accesses of properties come here, since there are no other functions for them: only here may an answer wait. */
static void
on_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *method,
         GVariant *parameters, GDBusMethodInvocation *invocation, gpointer user_data)
{
  TbusLogControl *self = user_data;
  const char *name;

  tbus_thread_assert_main ();
  if (g_str_equal (method, "Set"))
    {
      begin_set (self->bus, invocation);
      return;
    }
  if (g_str_equal (method, "GetAll"))
    {
      answer_all (invocation);
      return;
    }
  g_variant_get (parameters, "(&s&s)", NULL, &name);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(v)", get (name)));
}

TbusLogControl *
tbus_log_control_new (TbusBusContext *bus, GDBusConnection *connection, GError **error)
{
  static const GDBusInterfaceVTable vtable = { on_call, NULL, NULL };
  g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (description, NULL);
  TbusLogControl *self = g_new0 (TbusLogControl, 1);

  self->bus = tbus_bus_context_ref (bus);
  self->connection = g_object_ref (connection);
  self->registration = g_dbus_connection_register_object (connection, PATH, node->interfaces[0], &vtable, self, NULL,
                                                          error);
  if (self->registration != 0)
    return self;
  tbus_log_control_free (self);
  return NULL;
}

void
tbus_log_control_free (TbusLogControl *self)
{
  if (self->registration != 0)
    g_dbus_connection_unregister_object (self->connection, self->registration);
  g_object_unref (self->connection);
  tbus_bus_context_unref (self->bus);
  g_free (self);
}
