/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/peer.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/thread.h"

struct TbusPeerSet {
  GDBusConnection *connection;
  GHashTable *peers; /* name (the peer's) to TbusPeer, owned */
};

struct _TbusPeer {
  GObject parent_instance;

  TbusPeerSet *set; /* NULL once it is forgotten */
  GDBusConnection *connection;
  char *name;
  uid_t uid;
  gboolean identified;
  GPtrArray *waiting; /* of GTask: who wants to know its uid */
  GCancellable *cancellable;
  guint subscription;
  guint calls;
  TbusTurns *turns;
};

G_DEFINE_FINAL_TYPE (TbusPeer, tbus_peer, G_TYPE_OBJECT)

static void
tbus_peer_init (TbusPeer *self)
{
  self->cancellable = g_cancellable_new ();
  self->turns = tbus_turns_new ();
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
tbus_peer_finalize (GObject *object)
{
  TbusPeer *self = TBUS_PEER (object);

  g_object_unref (self->connection);
  g_free (self->name);
  g_ptr_array_unref (self->waiting);
  g_object_unref (self->cancellable);
  tbus_turns_free (self->turns);
  G_OBJECT_CLASS (tbus_peer_parent_class)->finalize (object);
}

static void
tbus_peer_class_init (TbusPeerClass *class)
{
  G_OBJECT_CLASS (class)->finalize = tbus_peer_finalize;
}

const char *
tbus_peer_get_name (TbusPeer *self)
{
  return self->name;
}

uid_t
tbus_peer_get_uid (TbusPeer *self)
{
  g_return_val_if_fail (self->identified, (uid_t) -1);
  return self->uid;
}

GCancellable *
tbus_peer_get_cancellable (TbusPeer *self)
{
  return self->cancellable;
}

TbusTurns *
tbus_peer_get_turns (TbusPeer *self)
{
  return self->turns;
}

gboolean
tbus_peer_enter (TbusPeer *self, GError **error)
{
  if (self->calls >= tbus_limit (TBUS_LIMIT_CALLS))
    {
      tbus_limit_refuse (TBUS_LIMIT_CALLS, error);
      g_prefix_error (error, "Wait for an answer before the next call: ");
      return FALSE;
    }
  self->calls++;
  return TRUE;
}

void
tbus_peer_leave (TbusPeer *self)
{
  g_return_if_fail (self->calls > 0);
  self->calls--;
}

static void
peer_forget (TbusPeer *self)
{
  if (self->set == NULL)
    return;
  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_hash_table_steal (self->set->peers, self->name);
  self->set = NULL;
  g_object_unref (self);
}

static void
peer_answer_waiting (TbusPeer *self, const GError *error)
{
  g_autoptr(GPtrArray) waiting = g_steal_pointer (&self->waiting);

  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < waiting->len; i++)
    if (error == NULL)
      g_task_return_boolean (g_ptr_array_index (waiting, i), TRUE);
    else
      g_task_return_error (g_ptr_array_index (waiting, i), g_error_copy (error));
}

static void
on_uid (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbusPeer) self = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(GError) unknown = NULL;
  g_autoptr(GVariant) reply = NULL;

  tbus_thread_assert_main ();
  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (reply != NULL)
    {
      g_variant_get (reply, "(u)", &self->uid);
      self->identified = TRUE;
      peer_answer_waiting (self, NULL);
      return;
    }
  /* Mostly it has left; where it has not, the next call asks anew. */
  g_dbus_error_strip_remote_error (error);
  unknown = g_error_new (TBUS_ERROR, TBUS_ERROR_NOT_AUTHORIZED, "The bus does not say which user you are: %s",
                         error->message);
  peer_forget (self);
  peer_answer_waiting (self, unknown);
}

gboolean
tbus_peer_is_identified (TbusPeer *self)
{
  return self->identified;
}

void
tbus_peer_identify_async (TbusPeer *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, tbus_peer_identify_async);
  if (self->identified)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  g_ptr_array_add (self->waiting, task);
  if (self->waiting->len == 1)
    g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                            "GetConnectionUnixUser", g_variant_new ("(s)", self->name), G_VARIANT_TYPE ("(u)"),
                            G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_uid, g_object_ref (self));
}

gboolean
tbus_peer_identify_finish (TbusPeer *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_name_owner_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                       const char *signal, GVariant *parameters, gpointer user_data)
{
  g_autoptr(TbusPeer) self = g_object_ref (user_data);
  const char *new_owner;

  tbus_thread_assert_main ();
  g_variant_get (parameters, "(&s&s&s)", NULL, NULL, &new_owner);
  if (*new_owner != '\0')
    return;
  peer_forget (self);
  g_cancellable_cancel (self->cancellable);
}

TbusPeerSet *
tbus_peer_set_new (GDBusConnection *connection)
{
  TbusPeerSet *self = g_new0 (TbusPeerSet, 1);

  self->connection = g_object_ref (connection);
  self->peers = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

static void
peer_set_forget_idle (TbusPeerSet *self, gboolean all)
{
  g_autoptr(GList) peers = g_hash_table_get_values (self->peers);

  for (GList *item = peers; item != NULL; item = item->next)
    {
      TbusPeer *peer = item->data;

      if (all || peer->calls == 0)
        peer_forget (peer);
    }
}

void
tbus_peer_set_free (TbusPeerSet *self)
{
  peer_set_forget_idle (self, TRUE);
  g_hash_table_unref (self->peers);
  g_object_unref (self->connection);
  g_free (self);
}

TbusPeer *
tbus_peer_set_get (TbusPeerSet *self, const char *name, GError **error)
{
  TbusPeer *peer = g_hash_table_lookup (self->peers, name);

  if (peer != NULL)
    return g_object_ref (peer);
  if (g_hash_table_size (self->peers) >= TBUS_MAX_PEERS)
    peer_set_forget_idle (self, FALSE);
  if (g_hash_table_size (self->peers) >= TBUS_MAX_PEERS)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "%d callers wait for an answer now: try again later",
                   TBUS_MAX_PEERS);
      return NULL;
    }
  peer = g_object_new (TBUS_TYPE_PEER, NULL);
  peer->set = self;
  peer->connection = g_object_ref (self->connection);
  peer->name = g_strdup (name);
  /* Before the question for its uid: the bus takes them in order, so whoever has an answer cannot leave unseen. */
  peer->subscription = g_dbus_connection_signal_subscribe (
    self->connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", "/org/freedesktop/DBus", name,
    G_DBUS_SIGNAL_FLAGS_NONE, on_name_owner_changed, g_object_ref (peer), g_object_unref);
  g_hash_table_insert (self->peers, peer->name, g_object_ref (peer));
  return peer;
}

guint
tbus_peer_set_count (TbusPeerSet *self)
{
  return g_hash_table_size (self->peers);
}
