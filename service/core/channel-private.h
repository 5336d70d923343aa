/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/* For the files of core: what a session does to its channels. Owner: the session. Threads: main. */
#include "core/channel.h"
#include "core/set-request.h"

G_BEGIN_DECLS

TbusChannel *tbus_channel_new_with_id (guint64 id, guint64 session_id, const char *name,
                                       const TbusChannelConfig *config);
TbusChannel *tbus_channel_new (guint64 session_id, const char *name, const TbusChannelConfig *config);
void tbus_channel_set_enabled (TbusChannel *self, gboolean enabled);
/* @rule is taken by reference; one that is there already is enabled. @problem: (nullable): what is wrong with it now */
void tbus_channel_enable_rule (TbusChannel *self, TbusEventRule *rule, const char *problem);
/* How many were found: with @exact the rule equal to it, else all of @pattern. */
guint tbus_channel_disable_rules (TbusChannel *self, const char *pattern, const TbusEventRule *exact);
TbusChannelRule *tbus_channel_find_rule (TbusChannel *self, const TbusEventRule *rule);
/* @context is taken by reference. FALSE where it is there already. */
gboolean tbus_channel_add_context (TbusChannel *self, TbusContext *context);
/* Adds what @now counts beyond @before. */
void tbus_channel_count (TbusChannel *self, const TbusCounters *before, const TbusCounters *now);

G_END_DECLS
