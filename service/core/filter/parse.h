/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Parser: a filter's text to its tree. It knows the grammar; what goes with what is core/filter/check's.
 *
 *   chain(level)  = chain(level + 1) { operator-of-level chain(level + 1) }, from || to shifts
 *   prefix        = { ! | ~ | - | + } primary
 *   primary       = INTEGER | FLOAT | STRING | "(" chain ")" | reference
 *   reference     = [ $ctx. | $app. ] NAME { . NAME | "[" INTEGER "]" }
 *
 * Owner: none. Threads: any.
 */
#include "core/filter/tree.h"

G_BEGIN_DECLS

/* @expression: valid UTF-8. (transfer full): NULL with FilterSyntax */
TbusFilterNode *tbus_filter_parse_tree (const char *expression, GError **error);

G_END_DECLS
