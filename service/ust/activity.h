/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Activity: whether a process that does not answer is at work, or is stopped, frozen or asleep.
 *
 * Reads /proc, which never waits for the process.
 * Threads: any; pure but for /proc.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

enum { TBUS_ACTIVITY_MAX_THREADS = 64 }; /* that are looked at, of one process */

/*
 * TRUE where any of its threads runs, waits for a CPU, or waits for a disk. @n_looks counts the threads that it
 * looked at, TBUS_ACTIVITY_MAX_THREADS at most.
 */
gboolean tbus_process_is_active (pid_t pid, guint *n_looks);
/* TRUE where a signal stopped it: until another one lets it go on, it does nothing. A debugger's stop is not meant. */
gboolean tbus_process_is_halted (pid_t pid);

G_END_DECLS
