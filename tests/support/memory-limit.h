/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Memory limit: a process has so much more memory and no more; the kernel ends it where it takes what is not there.
 *
 * Owner:   the test, which frees it when the process has ended, or goes on without it.
 * Threads: main.
 * Limit:   where groups with a limit can be made: as root, with either version of the kernel's groups.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct TstMemoryLimit TstMemoryLimit;

/* @pid may have @bytes more than now, with all that it starts from now on. %NULL where that is impossible. */
TstMemoryLimit *tst_memory_limit_new (pid_t pid, guint64 bytes);
void tst_memory_limit_free (TstMemoryLimit *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstMemoryLimit, tst_memory_limit_free)

G_END_DECLS
