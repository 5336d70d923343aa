/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Listing: the tracepoints of an app, as its answers to a LIST bring them one by one.
 *
 * Threads: link; pure. Limit: TBUS_MAX_TRACEPOINTS entries; FALSE where there is no room for another.
 */
#include "core/job.h"

G_BEGIN_DECLS

struct lttng_ust_abi_tracepoint_iter;
struct lttng_ust_abi_field_iter;

/* An array of TbusTracepoint that owns them. */
GPtrArray *tbus_listing_new (void);
gboolean tbus_listing_add_tracepoint (GPtrArray *self, const struct lttng_ust_abi_tracepoint_iter *entry);
/* Fields of one tracepoint come one after the other; a nameless one stands for a tracepoint without any. */
gboolean tbus_listing_add_field (GPtrArray *self, const struct lttng_ust_abi_field_iter *entry);

G_END_DECLS
