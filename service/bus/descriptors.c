/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "bus/descriptors.h"

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

static GDBusMessage *
on_message (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  GUnixFDList *list = incoming ? g_dbus_message_get_unix_fd_list (message) : NULL;
  g_autofree int *fds = NULL;
  int n;

  if (list == NULL || may_bring (message, list))
    return message;
  fds = g_unix_fd_list_steal_fds (list, &n);
  tbus_stray_close (fds, n);
  return message;
}

void
tbus_descriptors_watch (GDBusConnection *connection)
{
  g_dbus_connection_add_filter (connection, on_message, NULL, NULL);
}
