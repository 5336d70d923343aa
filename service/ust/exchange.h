/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Exchange: one job's conversation with one app, without its socket: what may be sent now, and what the
 * answers mean.
 *
 * Commands are sent ahead of their answers as long as what they need is known: the handle of their target. Answers come
 * in the order of the questions. Handles are bound in the index before anything that depends on them goes out.
 *
 * Owner:   the link of the app. Threads: link.
 * Limit:   WINDOW unanswered messages (exchange.c) and TBUS_OUTBOX_FULL bytes.
 */
#include "core/job.h"
#include "ust/outbox.h"

G_BEGIN_DECLS

typedef struct TbusExchange TbusExchange;

/* @job (transfer full) */
TbusExchange *tbus_exchange_new (TbusTraceeIndex *index, TbusJob *job);
/* Puts into @out what may be sent now; it borrows from the job. */
void tbus_exchange_fill (TbusExchange *self, TbusOutbox *out);
/*
 * Takes one answer from the front of what was received. Returns the bytes used up, 0 where it is not whole yet, or -1
 * with @error where the app broke the protocol.
 */
gssize tbus_exchange_take (TbusExchange *self, const guint8 *data, gsize length, GError **error);
/* Everything was sent and answered, or skipped. */
gboolean tbus_exchange_is_over (const TbusExchange *self);
/* The app said that it is exiting, or it was unregistered meanwhile. */
gboolean tbus_exchange_is_gone (const TbusExchange *self);
/* Frees the exchange and returns its job with every status; what @gone cut short has -EPIPE. (transfer full) */
TbusJob *tbus_exchange_end (TbusExchange *self, gboolean gone);

/* The longest answer. */
enum { TBUS_EXCHANGE_MAX_ANSWER = 324 + 808 };

G_END_DECLS
