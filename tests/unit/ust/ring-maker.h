/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ring maker: a channel's ring buffers as the tracer library makes them, so that a real app takes them.
 *
 * Owner: the test. Threads: main.
 */
#include "core/buffer-set.h"

G_BEGIN_DECLS

/* For channel @chan_id of @set: one stream a CPU, 4 times 4096 bytes. Ends the test where it cannot be made. */
TbusRing *tst_ring_make (const TbusBufferSet *set, guint32 chan_id);

G_END_DECLS
