/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Bytecode: a filter as the tracer runs it, inside of the traced program, at every event that its rule matches.
 *
 * It is a stack machine's. Behind the code stands the relocation table, the names that the code refers to. The
 * tracer trusts the depth: a stack of more than 8 values ends the traced program, so no more are ever used.
 *
 * Owner: none. Threads: any.
 * Limit: 65535 bytes with the table, for offsets have 16 bits; TBUS_MAX_FILTER_STEPS names and indexes.
 */
#include "core/filter/tree.h"

G_BEGIN_DECLS

/*
 * @tree: checked, in scope LANGUAGE at least. @bytecode: code, and from @reloc_offset on the relocation table.
 * FALSE with FilterSyntax, and outputs untouched.
 */
gboolean tbus_filter_compile (const TbusFilterNode *tree, GBytes **bytecode, guint32 *reloc_offset, GError **error);

G_END_DECLS
