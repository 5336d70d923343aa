/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/kept-app.h"

#include "base/fd-store.h"

#include <sys/socket.h>

static char *
make_name (const TbusTracee *tracee)
{
  return g_strdup_printf ("app-%" G_GUINT64_FORMAT, tracee->id);
}

void
tbus_kept_app_keep (const TbusTracee *tracee)
{
  const int fds[] = { tracee->command_fd, tracee->notify_fd };
  g_autofree char *name = make_name (tracee);

  tbus_fd_store_keep_all (name, tracee->uid, fds, G_N_ELEMENTS (fds));
}

void
tbus_kept_app_end (const TbusTracee *tracee)
{
  g_autofree char *name = make_name (tracee);

  shutdown (tracee->command_fd, SHUT_RDWR);
  shutdown (tracee->notify_fd, SHUT_RDWR);
  tbus_fd_store_drop (name);
}
