/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ring order: a ring on its way. The service makes the shared memory, so that a ring outlives its consumer; the
 * consumer fills and seals it; the service looks at what came back before any app gets it (architecture, rules 5, 7).
 * A ring that is to outlive the system is in files, which the consumer makes, with its owner's rights.
 *
 * Owner:   the request. Threads: main.
 * Limit:   the fd budget, taken before the first descriptor exists, given back where no ring comes of it (B6).
 */
#include "core/ring.h"
#include "wire/socket.h"

G_BEGIN_DECLS

typedef struct {
  guint n_streams;
  gboolean in_files;
  int *memory_fds; /* empty, sealable; those of files come with the answer */
} TbusRingOrder;

/* NULL with Exhausted, and nothing is left of it. */
TbusRingOrder *tbus_ring_order_new (guint n_streams, gboolean in_files, GError **error);
void tbus_ring_order_free (TbusRingOrder *self);
/*
 * The ring that @reply, an answer to TW_ADD_CHANNEL, makes of @order. ConsumerFailed names what is wrong with it.
 * @order: (transfer full) in any case.
 */
TbusRing *tbus_ring_order_accept (TbusRingOrder *order, TwMessage *reply, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusRingOrder, tbus_ring_order_free)

G_END_DECLS
