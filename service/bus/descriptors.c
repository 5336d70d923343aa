/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "bus/descriptors.h"

#include "base/log-rate.h"
#include "base/stray.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <sys/stat.h>

/* Without asking a file system that may never answer. */
static gboolean
is_directory (int fd)
{
  struct statx status;

  return statx (fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &status) == 0 && S_ISDIR (status.stx_mode);
}

static gboolean
may_bring (GDBusMessage *message, GUnixFDList *list)
{
  int n, n_directories = 0;
  const int *fds = g_unix_fd_list_peek_fds (list, &n);

  if (g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL
      || g_strcmp0 (g_dbus_message_get_member (message), "CreateSession") != 0)
    return FALSE;
  while (n_directories < n && is_directory (fds[n_directories]))
    n_directories++;
  return n_directories == n;
}

typedef struct {
  int *fds;
  int n;
} Strays;

static void
on_sender_known (GObject *connection, GAsyncResult *result, gpointer data)
{
  Strays *self = data;
  g_autoptr(GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (connection), result, NULL);
  guint32 uid = TBUS_UNKNOWN_USER;

  if (reply != NULL)
    g_variant_get (reply, "(u)", &uid);
  tbus_stray_close (uid, self->fds, self->n);
  g_free (self->fds);
  g_free (self);
}

/* They wait among those of whoever sent them, whom the bus knows, or, where the sender has left, did. */
static void
close_strays (GDBusConnection *connection, const char *sender, GUnixFDList *list)
{
  Strays *strays = g_new (Strays, 1);

  strays->fds = g_unix_fd_list_steal_fds (list, &strays->n);
  g_dbus_connection_call (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                          "GetConnectionUnixUser", g_variant_new ("(s)", sender != NULL ? sender : ""),
                          G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_sender_known, strays);
}

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  GUnixFDList *list = incoming ? g_dbus_message_get_unix_fd_list (message) : NULL;

  if (list != NULL && !may_bring (message, list))
    close_strays (connection, g_dbus_message_get_sender (message), list);
  return message;
}

void
tbus_descriptors_watch (GDBusConnection *connection)
{
  g_dbus_connection_add_filter (connection, on_message, NULL, NULL);
}
