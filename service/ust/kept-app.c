/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/kept-app.h"

#include "base/fd-store.h"

#include <sys/socket.h>

static char *
name_socket (const TbusTracee *tracee, const char *which)
{
  return g_strdup_printf ("app-%" G_GUINT64_FORMAT "-%s", tracee->id, which);
}

void
tbus_kept_app_keep (const TbusTracee *tracee)
{
  g_autofree char *command = name_socket (tracee, "command");
  g_autofree char *notify = name_socket (tracee, "notify");

  if (tbus_fd_store_keep (command, tracee->command_fd))
    tbus_fd_store_keep (notify, tracee->notify_fd);
}

void
tbus_kept_app_end (const TbusTracee *tracee)
{
  g_autofree char *command = name_socket (tracee, "command");
  g_autofree char *notify = name_socket (tracee, "notify");

  shutdown (tracee->command_fd, SHUT_RDWR);
  shutdown (tracee->notify_fd, SHUT_RDWR);
  tbus_fd_store_drop (command);
  tbus_fd_store_drop (notify);
}
