/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/object-tree.h"

#include "base/error.h"
#include "base/thread.h"
#include "bus/names.h"
#include "bus/object-list.h"

struct TbusObjectTree {
  TbusBusContext *bus;
  GDBusConnection *connection;
  TbusExport *manager;
  TbusExport *lister; /* the ObjectManager */
  TbusObjectList *objects;
  gboolean announces; /* what comes now is news */
};

static GDBusArgInfo out_objects = { -1, (char *) "object_paths_interfaces_and_properties", (char *) "a{oa{sa{sv}}}",
                                    NULL };
static GDBusArgInfo path_arg = { -1, (char *) "object_path", (char *) "o", NULL };
static GDBusArgInfo added_arg = { -1, (char *) "interfaces_and_properties", (char *) "a{sa{sv}}", NULL };
static GDBusArgInfo removed_arg = { -1, (char *) "interfaces", (char *) "as", NULL };
static GDBusArgInfo *get_out[] = { &out_objects, NULL };
static GDBusArgInfo *added_args[] = { &path_arg, &added_arg, NULL };
static GDBusArgInfo *removed_args[] = { &path_arg, &removed_arg, NULL };
static GDBusMethodInfo get_info = { -1, (char *) "GetManagedObjects", NULL, get_out, NULL };
static GDBusSignalInfo added_info = { -1, (char *) "InterfacesAdded", added_args, NULL };
static GDBusSignalInfo removed_info = { -1, (char *) "InterfacesRemoved", removed_args, NULL };
static GDBusMethodInfo *method_infos[] = { &get_info, NULL };
static GDBusSignalInfo *signal_infos[] = { &added_info, &removed_info, NULL };
static const GDBusInterfaceInfo lister_info = { -1, (char *) TBUS_OBJECT_MANAGER, method_infos, signal_infos, NULL,
                                                NULL };

static void
get_managed_objects (TbusCall *call, gpointer core)
{
  g_autoptr(GError) error = NULL;

  if (tbus_call_get_bus (call)->objects != NULL)
    {
      tbus_object_list_answer (tbus_call_get_bus (call)->objects, call);
      return;
    }
  error = g_error_new (TBUS_ERROR, TBUS_ERROR_INVALID_STATE, "The service is stopping");
  tbus_call_fail (call, g_steal_pointer (&error));
}

static const TbusMethod lister_methods[] = {
  { "GetManagedObjects", TBUS_ACTION_OPEN, get_managed_objects, .lists_all = TRUE },
  { NULL },
};

static const TbusInterface lister_interface = { &lister_info, lister_methods, NULL };

static void
announce (TbusObjectTree *self, const char *name, GVariant *parameters)
{
  g_dbus_connection_emit_signal (self->connection, NULL, TBUS_ROOT_PATH, TBUS_OBJECT_MANAGER, name, parameters, NULL);
}

/* @path: (transfer full) */
static void
tree_add (TbusObjectTree *self, char *path, const TbusInterface *interface, gpointer object)
{
  g_autofree char *owned = path;
  g_autoptr(TbusExport) export = tbus_export_new (self->bus, interface, G_OBJECT (object));
  g_autoptr(GVariant) properties = NULL;
  GVariantBuilder interfaces;

  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (export), self->connection, owned, NULL))
    g_return_if_reached (); /* ids are never reused */
  tbus_object_list_add (self->objects, owned, export);
  if (!self->announces)
    return;
  properties = g_dbus_interface_skeleton_get_properties (G_DBUS_INTERFACE_SKELETON (export));
  g_variant_builder_init (&interfaces, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_variant_builder_add (&interfaces, "{s@a{sv}}", interface->info->name, properties);
  announce (self, "InterfacesAdded", g_variant_new ("(oa{sa{sv}})", owned, &interfaces));
}

/* What has changed before is signalled while the object is still there. @path: (transfer full) */
static void
tree_remove (TbusObjectTree *self, char *path, const TbusInterface *interface)
{
  g_autofree char *owned = path;
  const char *const interfaces[] = { interface->info->name, NULL };
  TbusExport *export = tbus_object_list_find (self->objects, owned);

  g_return_if_fail (export != NULL);
  g_dbus_interface_skeleton_flush (G_DBUS_INTERFACE_SKELETON (export));
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (export));
  tbus_object_list_remove (self->objects, owned);
  announce (self, "InterfacesRemoved", g_variant_new ("(o^as)", owned, interfaces));
}

static void
on_channel_added (TbusObjectTree *self, TbusChannel *channel)
{
  tbus_thread_assert_main ();
  tree_add (self, tbus_path_channel (tbus_channel_get_session_id (channel), tbus_channel_get_id (channel)),
            &tbus_channel_interface, channel);
}

static void
on_channel_removed (TbusObjectTree *self, TbusChannel *channel)
{
  tbus_thread_assert_main ();
  tree_remove (self, tbus_path_channel (tbus_channel_get_session_id (channel), tbus_channel_get_id (channel)),
               &tbus_channel_interface);
}

static void
add_session (TbusObjectTree *self, TbusSession *session)
{
  GPtrArray *channels = tbus_session_get_channels (session);

  tree_add (self, tbus_path_session (tbus_session_get_id (session)), &tbus_session_interface, session);
  for (guint i = 0; i < channels->len; i++)
    on_channel_added (self, g_ptr_array_index (channels, i));
  g_signal_connect_swapped (session, "channel-added", G_CALLBACK (on_channel_added), self);
  g_signal_connect_swapped (session, "channel-removed", G_CALLBACK (on_channel_removed), self);
}

static void
on_session_added (TbusObjectTree *self, TbusSession *session)
{
  tbus_thread_assert_main ();
  add_session (self, session);
  tbus_export_changed (self->manager, "SessionCount");
}

static void
on_session_removed (TbusObjectTree *self, TbusSession *session)
{
  GPtrArray *channels = tbus_session_get_channels (session);

  tbus_thread_assert_main ();
  g_signal_handlers_disconnect_by_data (session, self);
  for (guint i = 0; i < channels->len; i++)
    on_channel_removed (self, g_ptr_array_index (channels, i));
  tree_remove (self, tbus_path_session (tbus_session_get_id (session)), &tbus_session_interface);
  tbus_export_changed (self->manager, "SessionCount");
}

static void
add_app (TbusObjectTree *self, TbusApp *app)
{
  tree_add (self, tbus_path_app (tbus_app_get_id (app)), &tbus_app_interface, app);
}

static void
on_app_added (TbusObjectTree *self, TbusApp *app)
{
  tbus_thread_assert_main ();
  add_app (self, app);
  tbus_export_changed (self->manager, "AppCount");
}

static void
on_app_removed (TbusObjectTree *self, TbusApp *app)
{
  tbus_thread_assert_main ();
  tree_remove (self, tbus_path_app (tbus_app_get_id (app)), &tbus_app_interface);
  tbus_export_changed (self->manager, "AppCount");
}

static void
on_refused (TbusObjectTree *self)
{
  tbus_export_changed (self->manager, "AppsRefused");
}

static void
add_consumer (TbusObjectTree *self, TbusConsumer *consumer)
{
  tree_add (self, tbus_path_consumer (tbus_consumer_get_id (consumer)), &tbus_consumer_interface, consumer);
}

static void
on_consumer_added (TbusObjectTree *self, TbusConsumer *consumer)
{
  tbus_thread_assert_main ();
  add_consumer (self, consumer);
  tbus_export_changed (self->manager, "ConsumerCount");
}

static void
on_consumer_removed (TbusObjectTree *self, TbusConsumer *consumer)
{
  tbus_thread_assert_main ();
  tree_remove (self, tbus_path_consumer (tbus_consumer_get_id (consumer)), &tbus_consumer_interface);
  tbus_export_changed (self->manager, "ConsumerCount");
}

/* What is there already, then what comes. */
static void
tree_follow (TbusObjectTree *self)
{
  TbusCore *core = self->bus->core;
  TbusSessionSet *sessions = tbus_core_get_sessions (core);
  TbusAppSet *apps = tbus_core_get_apps (core);
  GPtrArray *consumers = tbus_core_get_consumers (core);
  g_autoptr(GPtrArray) session_list = tbus_session_set_list (sessions);
  g_autoptr(GPtrArray) app_list = tbus_app_set_list (apps);

  for (guint i = 0; i < session_list->len; i++)
    add_session (self, g_ptr_array_index (session_list, i));
  for (guint i = 0; i < app_list->len; i++)
    if (tbus_app_set_is_shown (apps, g_ptr_array_index (app_list, i)))
      add_app (self, g_ptr_array_index (app_list, i));
  for (guint i = 0; i < consumers->len; i++)
    add_consumer (self, g_ptr_array_index (consumers, i));
  g_signal_connect_swapped (sessions, "added", G_CALLBACK (on_session_added), self);
  g_signal_connect_swapped (sessions, "removed", G_CALLBACK (on_session_removed), self);
  g_signal_connect_swapped (apps, "added", G_CALLBACK (on_app_added), self);
  g_signal_connect_swapped (apps, "removed", G_CALLBACK (on_app_removed), self);
  g_signal_connect_swapped (apps, "notify::refused", G_CALLBACK (on_refused), self);
  g_signal_connect_swapped (core, "consumer-added", G_CALLBACK (on_consumer_added), self);
  g_signal_connect_swapped (core, "consumer-removed", G_CALLBACK (on_consumer_removed), self);
}

TbusObjectTree *
tbus_object_tree_new (TbusBusContext *bus, GDBusConnection *connection, GError **error)
{
  g_autoptr(TbusExport) manager = tbus_export_new (bus, &tbus_manager_interface, G_OBJECT (bus->core));
  g_autoptr(TbusExport) lister = tbus_export_new (bus, &lister_interface, G_OBJECT (bus->core));
  TbusObjectTree *self;

  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (manager), connection, TBUS_ROOT_PATH, error)
      || !g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (lister), connection, TBUS_ROOT_PATH, error))
    return NULL;
  self = g_new0 (TbusObjectTree, 1);
  self->bus = tbus_bus_context_ref (bus);
  self->connection = g_object_ref (connection);
  self->manager = g_steal_pointer (&manager);
  self->lister = g_steal_pointer (&lister);
  self->objects = bus->objects = tbus_object_list_new ();
  tree_follow (self);
  self->announces = TRUE;
  return self;
}

void
tbus_object_tree_free (TbusObjectTree *self)
{
  TbusCore *core = self->bus->core;
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (tbus_core_get_sessions (core));

  for (guint i = 0; i < sessions->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (sessions, i), self);
  g_signal_handlers_disconnect_by_data (tbus_core_get_sessions (core), self);
  g_signal_handlers_disconnect_by_data (tbus_core_get_apps (core), self);
  g_signal_handlers_disconnect_by_data (core, self);
  self->bus->objects = NULL;
  tbus_object_list_unexport (self->objects);
  g_clear_pointer (&self->objects, tbus_object_list_free);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->lister));
  g_object_unref (self->lister);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->manager));
  g_object_unref (self->manager);
  g_object_unref (self->connection);
  tbus_bus_context_unref (self->bus);
  g_free (self);
}
