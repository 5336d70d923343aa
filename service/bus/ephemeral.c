/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/ephemeral.h"

#include "base/thread.h"

struct TbusEphemerals {
  GDBusConnection *connection;
  TbusSessionSet *sessions;
  GHashTable *names;       /* TbusSession, a reference, to its creator's name */
  GCancellable *questions; /* that wait for the bus */
  guint subscription;      /* 0: there are none */
};

static void
on_removed (TbusEphemerals *self, TbusSession *session)
{
  tbus_thread_assert_main ();
  if (g_hash_table_remove (self->names, session) && g_hash_table_size (self->names) == 0)
    {
      g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
      self->subscription = 0;
    }
}

TbusEphemerals *
tbus_ephemerals_new (GDBusConnection *connection, TbusSessionSet *sessions)
{
  TbusEphemerals *self = g_new0 (TbusEphemerals, 1);

  self->connection = g_object_ref (connection);
  self->sessions = g_object_ref (sessions);
  self->names = g_hash_table_new_full (NULL, NULL, g_object_unref, g_free);
  self->questions = g_cancellable_new ();
  g_signal_connect_swapped (sessions, "removed", G_CALLBACK (on_removed), self);
  return self;
}

void
tbus_ephemerals_free (TbusEphemerals *self)
{
  g_cancellable_cancel (self->questions);
  g_signal_handlers_disconnect_by_data (self->sessions, self);
  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_hash_table_unref (self->names);
  g_object_unref (self->questions);
  g_object_unref (self->sessions);
  g_object_unref (self->connection);
  g_free (self);
}

/* They leave the table when they are gone; nobody waits for that. */
static void
end_sessions_of (TbusEphemerals *self, const char *name)
{
  g_autoptr(GPtrArray) ending = g_ptr_array_new_with_free_func (g_object_unref);
  gpointer session, creator;
  GHashTableIter iter;

  g_hash_table_iter_init (&iter, self->names);
  while (g_hash_table_iter_next (&iter, &session, &creator))
    if (g_str_equal (creator, name) && tbus_session_get_state (session) != TBUS_SESSION_DESTROYING)
      g_ptr_array_add (ending, g_object_ref (session));
  for (guint i = 0; i < ending->len; i++)
    tbus_session_destroy_async (g_ptr_array_index (ending, i), FALSE, NULL, NULL);
}

static void
on_name_owner_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
                       const char *signal, GVariant *parameters, gpointer user_data)
{
  const char *name, *new_owner;

  tbus_thread_assert_main ();
  g_variant_get (parameters, "(&s&s&s)", &name, NULL, &new_owner);
  if (*new_owner == '\0')
    end_sessions_of (user_data, name);
}

typedef struct {
  TbusEphemerals *ephemerals; /* alive unless cancelled */
  char *name;
} Question;

static void
on_has_owner (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Question *question = user_data;
  g_autofree char *name = question->name;
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;
  gboolean there = FALSE;

  tbus_thread_assert_main ();
  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reply != NULL)
    g_variant_get (reply, "(b)", &there);
  if (!there)
    end_sessions_of (question->ephemerals, name);
}

void
tbus_ephemerals_add (TbusEphemerals *self, TbusSession *session, const char *name)
{
  Question *question = g_new0 (Question, 1);

  if (self->subscription == 0)
    self->subscription = g_dbus_connection_signal_subscribe (
      self->connection, "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", "/org/freedesktop/DBus",
      NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_name_owner_changed, self, NULL);
  g_hash_table_insert (self->names, g_object_ref (session), g_strdup (name));
  /* Who left before the rule was there left unseen: the bus takes the rule and this question in order. */
  *question = (Question){ self, g_strdup (name) };
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                          "NameHasOwner", g_variant_new ("(s)", name), G_VARIANT_TYPE ("(b)"), G_DBUS_CALL_FLAGS_NONE,
                          -1, self->questions, on_has_owner, question);
}
