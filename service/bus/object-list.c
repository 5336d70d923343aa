/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/object-list.h"

#include "base/thread.h"
#include "bus/names.h"

enum {
  SLICE = 32, /* objects that are asked in one go: about a millisecond */
  MAX_ROUNDS = 8, /* through all, where many change meanwhile */
};

/* One object, as it was when it was asked. */
typedef struct {
  char *path;
  TbusExport *export;
  GVariant *properties; /* NULL: not asked yet */
  guint64 generation;   /* the export's then */
} Entry;

struct TbusObjectList {
  GHashTable *exports; /* path to TbusExport */
  GPtrArray *waiting;  /* of TbusCall */

  /* While somebody waits. */
  GPtrArray *entries;
  guint next, rounds;
  guint source;
};

/* For one caller; the worker reads what main has made, and main frees it. */
typedef struct {
  GPtrArray *entries; /* a reference */
  GDBusConnection *connection;
  char *caller;
} Reply;

static void
entry_free (gpointer data)
{
  Entry *self = data;

  g_clear_pointer (&self->properties, g_variant_unref);
  g_object_unref (self->export);
  g_free (self->path);
  g_free (self);
}

TbusObjectList *
tbus_object_list_new (void)
{
  TbusObjectList *self = g_new0 (TbusObjectList, 1);

  self->exports = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_call_free);
  return self;
}

void
tbus_object_list_free (TbusObjectList *self)
{
  g_clear_handle_id (&self->source, g_source_remove);
  g_clear_pointer (&self->entries, g_ptr_array_unref);
  g_ptr_array_unref (self->waiting);
  g_hash_table_unref (self->exports);
  g_free (self);
}

TbusExport *
tbus_object_list_find (TbusObjectList *self, const char *path)
{
  return g_hash_table_lookup (self->exports, path);
}

static void
add_entry (TbusObjectList *self, const char *path, TbusExport *export)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->path = g_strdup (path);
  entry->export = g_object_ref (export);
  g_ptr_array_add (self->entries, entry);
}

void
tbus_object_list_add (TbusObjectList *self, const char *path, TbusExport *export)
{
  g_hash_table_insert (self->exports, g_strdup (path), g_object_ref (export));
  if (self->entries != NULL)
    add_entry (self, path, export);
}

void
tbus_object_list_remove (TbusObjectList *self, const char *path)
{
  g_hash_table_remove (self->exports, path);
}

void
tbus_object_list_unexport (TbusObjectList *self)
{
  GHashTableIter iter;
  gpointer export;

  g_hash_table_iter_init (&iter, self->exports);
  while (g_hash_table_iter_next (&iter, NULL, &export))
    g_dbus_interface_skeleton_unexport (export);
}

static gboolean
entry_is_gone (const Entry *self)
{
  return g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (self->export)) == NULL;
}

static gboolean
entry_is_stale (const Entry *self)
{
  return self->properties == NULL || self->generation != tbus_export_get_generation (self->export);
}

static void
entry_ask (Entry *self)
{
  g_clear_pointer (&self->properties, g_variant_unref);
  self->properties = g_dbus_interface_skeleton_get_properties (G_DBUS_INTERFACE_SKELETON (self->export));
  self->generation = tbus_export_get_generation (self->export);
}

/* What came, went or changed between is said again, to who was told otherwise. */
static void
entry_correct (const Entry *self, const Reply *reply)
{
  GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON (self->export);
  const char *interface = g_dbus_interface_skeleton_get_info (skeleton)->name;
  const char *const interfaces[] = { interface, NULL };

  if (entry_is_gone (self))
    g_dbus_connection_emit_signal (reply->connection, reply->caller, TBUS_ROOT_PATH, TBUS_OBJECT_MANAGER,
                                   "InterfacesRemoved", g_variant_new ("(o^as)", self->path, interfaces), NULL);
  else if (entry_is_stale (self))
    g_dbus_connection_emit_signal (
      reply->connection, reply->caller, self->path, "org.freedesktop.DBus.Properties", "PropertiesChanged",
      g_variant_new ("(s@a{sv}@as)", interface, g_dbus_interface_skeleton_get_properties (skeleton),
                     g_variant_new_strv (NULL, 0)),
      NULL);
}

/* Back on main: the reply is on its way. */
static void
reply_free (gpointer data)
{
  Reply *self = data;

  for (guint i = 0; i < self->entries->len && !g_dbus_connection_is_closed (self->connection); i++)
    entry_correct (g_ptr_array_index (self->entries, i), self);
  g_ptr_array_unref (self->entries);
  g_object_unref (self->connection);
  g_free (self->caller);
  g_free (self);
}

/* On a worker. */
static GVariant *
reply_build (gpointer data)
{
  const Reply *self = data;
  GVariantBuilder objects;

  g_variant_builder_init (&objects, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (self->entries, i);
      const char *interface = g_dbus_interface_skeleton_get_info (G_DBUS_INTERFACE_SKELETON (entry->export))->name;

      g_variant_builder_open (&objects, G_VARIANT_TYPE ("{oa{sa{sv}}}"));
      g_variant_builder_add (&objects, "o", entry->path);
      g_variant_builder_open (&objects, G_VARIANT_TYPE ("a{sa{sv}}"));
      g_variant_builder_add (&objects, "{s@a{sv}}", interface, entry->properties);
      g_variant_builder_close (&objects);
      g_variant_builder_close (&objects);
    }
  return g_variant_new ("(a{oa{sa{sv}}})", &objects);
}

static void
answer_all (TbusObjectList *self)
{
  g_autoptr(GPtrArray) entries = g_steal_pointer (&self->entries);
  g_autoptr(GPtrArray) waiting = g_steal_pointer (&self->waiting);

  self->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_call_free);
  self->source = 0;
  for (guint i = entries->len; i-- > 0;)
    if (entry_is_gone (g_ptr_array_index (entries, i)))
      g_ptr_array_remove_index_fast (entries, i);
  g_ptr_array_set_free_func (waiting, NULL);
  for (guint i = 0; i < waiting->len; i++)
    {
      TbusCall *call = g_ptr_array_index (waiting, i);
      Reply *reply = g_new0 (Reply, 1);

      reply->entries = g_ptr_array_ref (entries);
      reply->connection = g_object_ref (tbus_call_get_connection (call));
      reply->caller = g_strdup (tbus_peer_get_name (tbus_call_get_peer (call)));
      tbus_call_return_built (call, reply_build, reply, reply_free);
    }
}

/* FALSE when nothing is left that would have to be asked. */
static gboolean
ask_slice (TbusObjectList *self)
{
  for (guint n = 0; self->next < self->entries->len && n < SLICE; self->next++)
    {
      Entry *entry = g_ptr_array_index (self->entries, self->next);

      if (entry_is_gone (entry) || !entry_is_stale (entry))
        continue;
      entry_ask (entry);
      n++;
    }
  return self->next < self->entries->len;
}

/* Until one go through all finds no more than a slice that has changed. */
static gboolean
on_slice (gpointer data)
{
  TbusObjectList *self = data;
  guint n_stale = 0;

  tbus_thread_assert_main ();
  if (ask_slice (self))
    return G_SOURCE_CONTINUE;
  for (guint i = 0; i < self->entries->len; i++)
    n_stale += entry_is_stale (g_ptr_array_index (self->entries, i));
  self->next = 0;
  if (n_stale > SLICE && ++self->rounds < MAX_ROUNDS)
    return G_SOURCE_CONTINUE;
  ask_slice (self);
  answer_all (self);
  return G_SOURCE_REMOVE;
}

static void
begin (TbusObjectList *self)
{
  GHashTableIter iter;
  gpointer path, export;

  self->entries = g_ptr_array_new_full (g_hash_table_size (self->exports), entry_free);
  self->next = self->rounds = 0;
  g_hash_table_iter_init (&iter, self->exports);
  while (g_hash_table_iter_next (&iter, &path, &export))
    add_entry (self, path, export);
  self->source = g_idle_add_full (G_PRIORITY_DEFAULT, on_slice, self, NULL);
}

void
tbus_object_list_answer (TbusObjectList *self, TbusCall *call)
{
  tbus_thread_assert_main ();
  if (self->entries == NULL)
    begin (self);
  g_ptr_array_add (self->waiting, call);
}
