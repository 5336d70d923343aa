/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/channel-config.h"

#include "base/error.h"

#include <unistd.h>

enum { USER_SUBBUF = 512 << 10, PROCESS_SUBBUF = 16 << 10, METADATA_SUBBUF = 4 << 10, MONITOR_TIMER_US = 1000000 };

/* Beyond that no ring of any machine goes, and sums stay far from overflow. */
static const guint64 max_ring = G_GUINT64_CONSTANT (1) << 34;

void
tbus_channel_config_init (TbusChannelConfig *self, TbusBufferOwnership ownership, gboolean metadata)
{
  *self = (TbusChannelConfig){ .ownership = ownership };
  self->num_subbuf = metadata ? 2 : 4;
  self->subbuf_size = metadata ? METADATA_SUBBUF : 0;
  self->monitor_timer_us = metadata ? 0 : MONITOR_TIMER_US;
}

static gboolean
power_of_two (guint64 value)
{
  return value != 0 && (value & (value - 1)) == 0;
}

static gboolean
refuse (GError **error, const char *option, guint64 value, const char *takes)
{
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "%s takes %s, not %" G_GUINT64_FORMAT, option, takes, value);
  return FALSE;
}

gboolean
tbus_channel_config_check (TbusChannelConfig *self, GError **error)
{
  guint64 page = sysconf (_SC_PAGESIZE);
  guint64 size = self->subbuf_size;

  if (size == 0)
    size = self->ownership == TBUS_BUFFER_PROCESS ? PROCESS_SUBBUF : USER_SUBBUF;
  if (!power_of_two (size) || size < page || size > max_ring)
    return refuse (error, "subbuf-size", size, "a power of two of bytes, from one page to 16 GiB");
  if (!power_of_two (self->num_subbuf) || self->num_subbuf > max_ring / size)
    return refuse (error, "num-subbuf", self->num_subbuf, "a power of two, 16 GiB in all at most");
  if (self->overwrite && self->num_subbuf < 2)
    return refuse (error, "num-subbuf", self->num_subbuf, "2 at least in overwrite mode");
  if (self->tracefile_size != 0 && self->tracefile_size < size)
    return refuse (error, "tracefile-size", self->tracefile_size, "0 or at least the size of a sub-buffer");
  if (self->tracefile_count != 0 && self->tracefile_size == 0)
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                           "tracefile-count goes with tracefile-size only: without a size there is one file");
      return FALSE;
    }
  if (self->blocking_timeout_us < -1)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "blocking-timeout-us takes -1 (for ever), 0 (off) or microseconds, not %" G_GINT64_FORMAT,
                   self->blocking_timeout_us);
      return FALSE;
    }
  if (self->blocking_timeout_us != 0 && self->overwrite)
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                           "blocking-timeout-us goes with mode \"discard\" only: an overwritten buffer never blocks");
      return FALSE;
    }
  self->subbuf_size = size;
  return TRUE;
}

/* The tracer's library keeps one sub-buffer more than it is asked for, in either mode. */
guint64
tbus_channel_config_stream_memory (const TbusChannelConfig *self)
{
  return self->subbuf_size * (self->num_subbuf + 1);
}
