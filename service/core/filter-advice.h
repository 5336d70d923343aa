/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Filter advice: what the apps that are there would make of new rules' filters.
 *
 * A filter that cannot be linked with an event never lets it pass, and no app says so. What apps list tells before:
 * where their events that a rule matches all lack a field, say, that its filter reads.
 *
 * Owner:   none; pure. Threads: main.
 * Limit:   the work is bounded; filters that are not reached may match.
 */
#include "core/app-set.h"
#include "core/event-rule.h"

G_BEGIN_DECLS

/* Whether any rule of @rules (of TbusEventRule) has a filter, and there is reason to ask apps. */
gboolean tbus_filter_advice_is_wanted (GPtrArray *rules);
/*
 * @listing: with fields. Returns: (transfer full): for each rule what is wrong with it in some apps (char *), or NULL.
 * NULL with FilterSyntax where a rule matches events, and its filter can match none of them.
 */
GPtrArray *tbus_filter_advise (GPtrArray *rules, const TbusTracepointListing *listing, GError **error);

G_END_DECLS
