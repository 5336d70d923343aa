/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Break-offs: processes that end their connection while they are told what to record, and register again at once.
 *
 * The tracer's library does so where a process has no descriptors left for its buffers: again and again, without a
 * pause, and its constructor waits. Other faults of a process that a new connection does not mend look the same.
 *
 * Owner:   the app set.
 * Threads: main.
 * Limit:   a process is forgotten when it was not heard of for %TBUS_BREAK_OFF_MS: ids of processes are given again.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

enum {
  TBUS_BREAK_OFF_MS = 5000,
  TBUS_MAX_BREAK_OFFS = 3, /* in a row; after that it is told nothing that it could break off at */
};

typedef struct TbusBreakOffs TbusBreakOffs;

TbusBreakOffs *tbus_break_offs_new (void);
void tbus_break_offs_free (TbusBreakOffs *self);
/* Process @pid has broken off, at @now (monotonic, microseconds). */
void tbus_break_offs_add (TbusBreakOffs *self, pid_t pid, gint64 now);
/* How often in a row. */
guint tbus_break_offs_count (TbusBreakOffs *self, pid_t pid, gint64 now);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusBreakOffs, tbus_break_offs_free)

G_END_DECLS
