/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Filter: which of the events that a rule matches are recorded, as an expression over their fields and contexts.
 *
 * It is parsed, checked, then compiled. Bytecode is made here only: what an app gets to run is never a caller's.
 *
 * Owner:   one; immutable. Threads: any.
 * Limit:   base/limits.h: TBUS_MAX_FILTER, TBUS_MAX_FILTER_NESTING, TBUS_MAX_FILTER_STEPS; 65535 bytes of bytecode.
 */
#include "core/filter/bytecode.h"
#include "core/filter/check.h"

G_BEGIN_DECLS

typedef TbusFilterNode TbusFilter;

/* (transfer full): NULL with FilterSyntax, which says what is wrong at which column, counted in characters from 1. */
TbusFilter *tbus_filter_parse (const char *expression, GError **error);
void tbus_filter_free (TbusFilter *self);

/*
 * Whether it could ever be true: for some event where @event is NULL, else for that one. FALSE with FilterSyntax,
 * which says why not.
 */
gboolean tbus_filter_check (const TbusFilter *self, const TbusFilterEvent *event, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusFilter, tbus_filter_free)

G_END_DECLS
