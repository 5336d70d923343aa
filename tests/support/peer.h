/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Peer: the fault that a test has just shown, done to lttng-tools too where that is installed, and what came of it told
 * beside what tracebus made of it. Nothing that it does, or fails to do, fails a test.
 *
 * Owner:   nobody; all that is started is in namespaces of its own, and ends with them.
 * Threads: main.
 * Limit:   half of %TST_PATIENCE_MS, then it is given up.
 */
#include <glib.h>

G_BEGIN_DECLS

/* @fault: one of those in tests/trace/lttng-faults.py. */
void tst_peer_tell (const char *fault);

G_END_DECLS
