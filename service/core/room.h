/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Room: apps whose buffers found no descriptors or no memory left are tried again when somebody else has let go of
 * some.
 *
 * Their sessions say meanwhile that there is no room. Apps that were not even let in come again by themselves.
 *
 * Owner:   the hub.
 * Threads: main.
 * Limit:   a round a second; none while nobody waits.
 */
#include "core/core-private.h"

G_BEGIN_DECLS

TbusRoom *tbus_room_new (TbusHub *hub);
void tbus_room_free (TbusRoom *self);
/* Somebody was refused for want of it. */
void tbus_room_want (TbusRoom *self);
/* There may be some now. */
void tbus_room_freed (TbusRoom *self);

G_END_DECLS
