/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Listing: the tracepoints of an app, as its answers to a LIST bring them one by one.
 *
 * Threads: link; pure. Limit: TBUS_MAX_TRACEPOINTS entries and TBUS_MAX_LISTING bytes; FALSE where there is no room for
 * another.
 */
#include "core/job.h"

G_BEGIN_DECLS

struct lttng_ust_abi_tracepoint_iter;
struct lttng_ust_abi_field_iter;

typedef struct {
  GPtrArray *tracepoints; /* of TbusTracepoint, which it owns; whose it is say the callers */
  gsize size;             /* bytes, nearly */
} TbusListing;

void tbus_listing_init (TbusListing *self);
gboolean tbus_listing_add_tracepoint (TbusListing *self, const struct lttng_ust_abi_tracepoint_iter *entry);
/* Fields of one tracepoint come one after the other; a nameless one stands for a tracepoint without any. */
gboolean tbus_listing_add_field (TbusListing *self, const struct lttng_ust_abi_field_iter *entry);

G_END_DECLS
