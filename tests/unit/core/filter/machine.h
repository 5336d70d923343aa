/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Machine: bytecode read as the tracer reads it before it runs any: instructions whole, skips forward, names in the
 * table, operands there, the same types wherever two ways meet, and a stack of 8 at most. It evaluates nothing.
 *
 * Owner: none. Threads: any.
 */
#include "core/filter/filter.h"

G_BEGIN_DECLS

/* Parsed and compiled. */
gboolean tst_compile (const char *expression, GBytes **bytecode, guint32 *reloc_offset, GError **error);
/* NULL where it can be run, else why not. */
const char *tst_machine_refuses (GBytes *bytecode, guint32 reloc_offset);

G_END_DECLS
