/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Channel options: the configuration of a channel as callers write it, and as its properties say it.
 *
 * Threads: main.
 */
#include "bus/call.h"
#include "core/channel-config.h"

G_BEGIN_DECLS

/* Reads the options of @call over the defaults of the channel @name; core checks the limits. InvalidArgs. */
gboolean tbus_channel_options_parse (TbusCall *call, const char *name, TbusChannelConfig *config, GError **error);
const char *tbus_channel_mode_to_string (const TbusChannelConfig *config);

G_END_DECLS
