/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "supervise/staging.h"

#include "base/fd-store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
make_name (const TbusStaging *self)
{
  return g_strdup_printf ("staging-%" G_GUINT64_FORMAT, self->consumer);
}

void
tbus_staging_init (TbusStaging *self, guint64 consumer, uid_t uid)
{
  g_autofree char *name = NULL;

  self->consumer = consumer;
  self->uid = uid;
  name = make_name (self);
  self->fd = tbus_fd_store_take (name);
}

static gboolean
is_same (int a, int b)
{
  struct stat first, second;

  return fstat (a, &first) == 0 && fstat (b, &second) == 0 && first.st_dev == second.st_dev
         && first.st_ino == second.st_ino;
}

gboolean
tbus_staging_take (TbusStaging *self, int *fd)
{
  const int needed = F_SEAL_SHRINK | F_SEAL_GROW;
  int seals = fcntl (*fd, F_GET_SEALS);
  g_autofree char *name = make_name (self);

  if (seals < 0 || (seals & needed) != needed)
    return FALSE;
  if (self->fd >= 0 && is_same (self->fd, *fd))
    return TRUE;
  tbus_staging_drop (self);
  self->fd = *fd;
  *fd = -1;
  (void) tbus_fd_store_keep (name, self->uid, self->fd); /* the store says when it is full */
  return TRUE;
}

void
tbus_staging_drop (TbusStaging *self)
{
  g_autofree char *name = make_name (self);

  tbus_fd_store_drop (name);
  tbus_staging_leave (self);
}

void
tbus_staging_leave (TbusStaging *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}
