/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Threads: what those of the processes that a test has started are at, for who reads why it waited in vain.
 *
 * Owner: nobody. Threads: any.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* A line for each thread of all that descends from @pid: its state, and where it sleeps in the kernel. */
char *tst_threads_tell (pid_t pid);

G_END_DECLS
