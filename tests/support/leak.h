/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Leak: what a process or the system holds, to be compared before and after.
 *
 * Owner:   the caller of each list.
 * Threads: main.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* Descriptors that @pid has open. For the calling process, the one that counts is not among them. */
guint tst_fd_count (pid_t pid);
/* Returns: (transfer full): what each descriptor of @pid is, "number -> target", for a message. */
GStrv tst_fd_list (pid_t pid);
typedef struct {
  guint fds;
  guint64 memory; /* bytes that are resident, but for the staging pool */
  guint64 own;    /* those of no file */
  guint64 shared; /* bytes of shared memory that it has mapped, but for the pool */
} TstHolding;

/* What @pid holds. A consumer's staging pool has a bound of its own: it takes more with use, and keeps it. */
TstHolding tst_holding_look (pid_t pid);
/* Returns: (transfer full): the names in /dev/shm, sorted; not the wait files, which the tracer never removes. */
GStrv tst_shm_list (void);
/* Processes whose parent is @pid. */
guint tst_children_count (pid_t pid);

G_END_DECLS
