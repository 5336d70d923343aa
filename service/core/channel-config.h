/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Channel configuration: how the events of a channel are buffered; LTTng's attributes, defaults and limits.
 *
 * Owner: none; a value. Threads: any.
 */
#include "core/buffer-key.h"

G_BEGIN_DECLS

typedef struct {
  TbusBufferOwnership ownership;
  guint64 subbuf_size;  /* bytes; power of two, a page at least; 0 asks for the default: user 512 KiB, process 16 KiB */
  guint64 num_subbuf;   /* power of two, in overwrite mode 2 at least */
  gboolean overwrite;
  guint32 switch_timer_us;  /* 0: off */
  guint32 read_timer_us;    /* 0: off, a wake-up per sub-buffer */
  guint32 monitor_timer_us; /* between counters of a channel that is at work, a second at least; 0: none meanwhile */
  gint64 blocking_timeout_us; /* 0: off, -1: for ever */
  guint64 tracefile_size;   /* bytes; 0: no limit */
  guint64 tracefile_count;  /* 0: no limit */
} TbusChannelConfig;

#define TBUS_METADATA_CHANNEL "metadata"
#define TBUS_DEFAULT_CHANNEL "channel0"

/* @metadata: the channel called "metadata" has its own defaults (B22). */
void tbus_channel_config_init (TbusChannelConfig *self, TbusBufferOwnership ownership, gboolean metadata);
/* Fills defaults that depend on others and checks all limits; InvalidArgs names the option and what it takes. */
gboolean tbus_channel_config_check (TbusChannelConfig *self, GError **error);

/* Bytes of shared memory that one stream takes, but for some bookkeeping. */
guint64 tbus_channel_config_stream_memory (const TbusChannelConfig *self);

G_END_DECLS
