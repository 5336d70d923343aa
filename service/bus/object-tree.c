/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/object-tree.h"

#include "base/thread.h"
#include "bus/export.h"
#include "bus/names.h"

struct TbusObjectTree {
  TbusBusContext *bus;
  TbusExport *manager;
  GDBusObjectManagerServer *server;
};

/* @path: (transfer full) */
static void
tree_add (TbusObjectTree *self, char *path, const TbusInterface *interface, gpointer object)
{
  g_autofree char *owned = path;
  g_autoptr(GDBusObjectSkeleton) skeleton = g_dbus_object_skeleton_new (owned);
  g_autoptr(TbusExport) export = tbus_export_new (self->bus, interface, G_OBJECT (object));

  g_dbus_object_skeleton_add_interface (skeleton, G_DBUS_INTERFACE_SKELETON (export));
  g_dbus_object_manager_server_export (self->server, skeleton);
}

/* What has changed before is signalled while the object is still there. @path: (transfer full) */
static void
tree_remove (TbusObjectTree *self, char *path, const TbusInterface *interface)
{
  g_autofree char *owned = path;
  g_autoptr(GDBusInterface) export = g_dbus_object_manager_get_interface (G_DBUS_OBJECT_MANAGER (self->server), owned,
                                                                          interface->info->name);

  g_return_if_fail (export != NULL);
  g_dbus_interface_skeleton_flush (G_DBUS_INTERFACE_SKELETON (export));
  g_dbus_object_manager_server_unexport (self->server, owned);
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
  TbusObjectTree *self;

  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (manager), connection, TBUS_ROOT_PATH, error))
    return NULL;
  self = g_new0 (TbusObjectTree, 1);
  self->bus = tbus_bus_context_ref (bus);
  self->manager = g_steal_pointer (&manager);
  self->server = g_dbus_object_manager_server_new (TBUS_ROOT_PATH);
  tree_follow (self);
  g_dbus_object_manager_server_set_connection (self->server, connection);
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
  g_dbus_object_manager_server_set_connection (self->server, NULL);
  g_object_unref (self->server);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->manager));
  g_object_unref (self->manager);
  tbus_bus_context_unref (self->bus);
  g_free (self);
}
