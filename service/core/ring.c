/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/ring.h"

#include "base/fd-budget.h"

#include <unistd.h>

TbusRing *
tbus_ring_new (const TbusRingParts *parts)
{
  TbusRing *self = g_new0 (TbusRing, 1);

  self->refs = 1;
  self->header = g_memdup2 (parts->header, parts->header_len);
  self->header_len = parts->header_len;
  self->memory_size = parts->memory_size;
  self->wakeup_fd = parts->fds[0];
  self->n_streams = parts->n_streams;
  self->streams = g_new (TbusRingStream, parts->n_streams);
  for (guint i = 0; i < parts->n_streams; i++)
    self->streams[i] = (TbusRingStream){
      .memory_fd = parts->memory_fds[i],
      .wakeup_fd = parts->fds[1 + 2 * i],
      .wait_fd = parts->fds[2 + 2 * i],
    };
  return self;
}

guint
tbus_ring_cost (guint n_streams)
{
  return 1 + 3 * n_streams;
}

TbusRing *
tbus_ring_ref (TbusRing *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

static void
close_one (int *fd)
{
  if (*fd < 0)
    return;
  close (*fd);
  *fd = -1;
  tbus_fd_budget_give (1);
}

void
tbus_ring_close_writers (TbusRing *self)
{
  close_one (&self->wakeup_fd);
  for (guint i = 0; i < self->n_streams; i++)
    close_one (&self->streams[i].wakeup_fd);
}

void
tbus_ring_unref (TbusRing *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  tbus_ring_close_writers (self);
  for (guint i = 0; i < self->n_streams; i++)
    {
      close_one (&self->streams[i].memory_fd);
      close_one (&self->streams[i].wait_fd);
    }
  g_free (self->streams);
  g_free (self->header);
  g_free (self);
}
