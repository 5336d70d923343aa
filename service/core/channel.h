/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Channel: how the events of a session that its rules match are buffered and counted.
 *
 * Owner: its session. Threads: main.
 * Signals: notify for every property that changes.
 */
#include <gio/gio.h>

#include "core/channel-config.h"
#include "core/context.h"
#include "core/event-rule.h"

G_BEGIN_DECLS

#define TBUS_TYPE_CHANNEL (tbus_channel_get_type ())
G_DECLARE_FINAL_TYPE (TbusChannel, tbus_channel, TBUS, CHANNEL, GObject)

typedef struct {
  TbusEventRule *rule;
  gboolean enabled;
  char *problem; /* nullable */
} TbusChannelRule;

guint64 tbus_channel_get_id (TbusChannel *self);
guint64 tbus_channel_get_session_id (TbusChannel *self);
const char *tbus_channel_get_name (TbusChannel *self);
const TbusChannelConfig *tbus_channel_get_config (TbusChannel *self);
gboolean tbus_channel_get_enabled (TbusChannel *self);
/* The one called "metadata" holds attributes only: no rules, never sent to apps (B22). */
gboolean tbus_channel_is_metadata (TbusChannel *self);
/* Of TbusChannelRule. (transfer none) */
GArray *tbus_channel_get_rules (TbusChannel *self);
/* Of TbusContext. (transfer none) */
GPtrArray *tbus_channel_get_contexts (TbusChannel *self);
/* Totals, of apps that are gone too. */
guint64 tbus_channel_get_events_discarded (TbusChannel *self);
guint64 tbus_channel_get_packets_lost (TbusChannel *self);
guint64 tbus_channel_get_bytes_written (TbusChannel *self);

G_END_DECLS
