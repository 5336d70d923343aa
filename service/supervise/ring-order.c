/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "supervise/ring-order.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/limits.h"
#include "wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

TbusRingOrder *
tbus_ring_order_new (guint n_streams, gboolean in_files, GError **error)
{
  g_autoptr(TbusRingOrder) self = NULL;

  if (n_streams > TW_MAX_STREAMS)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "A channel would need %u streams, more than %u", n_streams,
                   TW_MAX_STREAMS);
      return NULL;
    }
  if (!tbus_fd_budget_take (tbus_ring_cost (n_streams), "A channel", error))
    return NULL;
  self = g_new0 (TbusRingOrder, 1);
  self->n_streams = n_streams;
  self->in_files = in_files;
  self->memory_fds = g_new (int, n_streams);
  for (guint i = 0; i < n_streams; i++)
    self->memory_fds[i] = -1;
  for (guint i = 0; !in_files && i < n_streams; i++)
    {
      self->memory_fds[i] = memfd_create ("tracebus-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
      if (self->memory_fds[i] < 0)
        {
          tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot make the shared memory of a channel");
          return NULL;
        }
    }
  return g_steal_pointer (&self);
}

void
tbus_ring_order_free (TbusRingOrder *self)
{
  for (guint i = 0; i < self->n_streams; i++)
    if (self->memory_fds[i] >= 0)
      close (self->memory_fds[i]);
  tbus_fd_budget_give (tbus_ring_cost (self->n_streams));
  g_free (self->memory_fds);
  g_free (self);
}

/* An app maps it for good: its size must not change any more, and nothing may bar the next one from writing. */
static const char *
memory_fault (int fd, guint64 size)
{
  const int needed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  const int forbidden = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
  int seals = fcntl (fd, F_GET_SEALS);
  struct stat status;

  if (seals < 0 || (seals & needed) != needed)
    return "memory that is not sealed";
  if (seals & forbidden)
    return "memory that cannot be written";
  if (fstat (fd, &status) < 0 || (guint64) status.st_size != size)
    return "memory of another size";
  return NULL;
}

/* Who could cut it are the owner's own apps: it harms nobody else (B3). */
static const char *
file_fault (int fd, guint64 size)
{
  struct stat status;
  int flags = fcntl (fd, F_GETFL);

  if (flags < 0 || (flags & O_ACCMODE) != O_RDWR || fstat (fd, &status) < 0 || !S_ISREG (status.st_mode))
    return "a descriptor that is no file to be written";
  if ((guint64) status.st_size != size)
    return "memory of another size";
  return NULL;
}

static const char *
pipe_fault (int fd, int mode)
{
  struct stat status;
  int flags = fcntl (fd, F_GETFL);

  if (fstat (fd, &status) < 0 || !S_ISFIFO (status.st_mode))
    return "a descriptor that is no pipe";
  if (flags < 0 || (flags & O_ACCMODE) != mode)
    return "the wrong end of a pipe";
  return NULL;
}

/* What is wrong with the descriptors, or NULL. */
static const char *
fds_fault (const TbusRingOrder *self, const TwMessage *reply, guint64 memory_size)
{
  const int *files = reply->fds + 1 + 2 * (gsize) self->n_streams;
  const char *fault = pipe_fault (reply->fds[0], O_WRONLY);

  for (guint i = 0; i < self->n_streams && fault == NULL; i++)
    {
      fault = self->in_files ? file_fault (files[i], memory_size) : memory_fault (self->memory_fds[i], memory_size);
      if (fault == NULL)
        fault = pipe_fault (reply->fds[1 + 2 * i], O_WRONLY);
      if (fault == NULL)
        fault = pipe_fault (reply->fds[2 + 2 * i], O_RDONLY);
    }
  return fault;
}

static const char *
find_fault (const TbusRingOrder *self, const TwMessage *reply, TwChannelMade *made)
{
  TwReader reader = { .data = reply->body, .len = reply->body_len };

  if (!tw_get_channel_made (&reader, made))
    return "a malformed answer";
  if (made->n_streams != self->n_streams || reply->n_fds != 1 + (self->in_files ? 3 : 2) * (gsize) self->n_streams)
    return "another number of streams";
  if (made->header_len == 0 || made->header_len > TBUS_MAX_CHANNEL_BLOB)
    return "a header of a size that the tracer does not take";
  if (made->memory_size == 0)
    return "no memory";
  return fds_fault (self, reply, made->memory_size);
}

TbusRing *
tbus_ring_order_accept (TbusRingOrder *order, TwMessage *reply, GError **error)
{
  g_autoptr(TbusRingOrder) self = order;
  TwChannelMade made;
  TbusRing *ring;
  const char *fault = find_fault (self, reply, &made);

  if (fault != NULL)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "A consumer was asked for a channel and answered %s",
                   fault);
      return NULL;
    }
  for (guint i = 0; self->in_files && i < self->n_streams; i++)
    self->memory_fds[i] = reply->fds[1 + 2 * self->n_streams + i];
  ring = tbus_ring_new (&(TbusRingParts){
    .header = made.header,
    .header_len = made.header_len,
    .memory_size = made.memory_size,
    .n_streams = self->n_streams,
    .memory_fds = self->memory_fds,
    .fds = reply->fds,
  });
  for (gsize i = 0; i < reply->n_fds; i++)
    reply->fds[i] = -1;
  /* The ring has the descriptors and what was charged for them. */
  g_free (self->memory_fds);
  g_free (g_steal_pointer (&self));
  return ring;
}
