/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Descriptor store: what systemd keeps for this service from one life to the next: sockets and shared memory, by name.
 *
 *   first life   keep ("ring-7-0-memory", uid, fd)
 *   later lives  init() ... take ("ring-7-0-memory") -> fd, which stays in the store, too
 *   the end      drop ("ring-7-0-memory")
 *
 * What belongs together is kept as one (base/parcel), because systemd compares each new descriptor with all that it
 * has: two thousand cost version 252 some 4.5 s of processor time, whether they come one by one or together.
 *
 * A copy in the store keeps a connection open, whoever closes its own: tbus_fd_store_end() ends one for good. systemd
 * is told to watch none of them: what is at its end is taken out by whoever kept it. It knows descriptors by what is
 * open, so one that is there already under another name is not kept again.
 *
 * The store is there where systemd tells its size in $FDSTORE; version 252 does not, so the unit does. Without it
 * nothing is kept and nothing can be taken.
 *
 * Owner:   the process. Threads: any; nothing waits: what systemd does not take at once is queued, in order, and goes
 *          out from the main loop; what is left of it at an orderly end, tbus_fd_store_flush() waits for.
 * Limit:   $FDSTORE descriptors, apps ("app-...") three quarters of them: an app that is not kept registers anew, but
 *          with a buffer that is not kept go the apps that write into it. A user has a share of it, KeptPerUser, and
 *          of that the same holds. One of the budget for each that is queued.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* First in main(), before there is a thread: takes what was kept, and the variables that speak of it. */
void tbus_fd_store_init (void);
gboolean tbus_fd_store_is_there (void);
/* How many it keeps at most. */
guint tbus_fd_store_size (void);
/*
 * @name: printable ASCII without a colon or an @, new to the store. @uid: of whose share. @fd stays the caller's. FALSE
 * where it was not kept.
 */
gboolean tbus_fd_store_keep (const char *name, uid_t uid, int fd);
/* The same for @n that belong together, under one name. */
gboolean tbus_fd_store_keep_all (const char *name, uid_t uid, const int *fds, guint n);
/* Of no effect on what is not kept. */
void tbus_fd_store_drop (const char *name);
/* Once: a descriptor of another life, the caller's from now on; or -1. */
int tbus_fd_store_take (const char *name);
/* Once, of what was kept together: fills @fds with all @n of them; FALSE, and there are none. */
gboolean tbus_fd_store_take_all (const char *name, int *fds, guint n);
/* What drop does, after the connections have ended for everybody who has them. */
void tbus_fd_store_end (const char *name);
/* Names with @prefix that nobody has taken. (transfer full) */
GStrv tbus_fd_store_list (const char *prefix);
/* How many names are kept. */
guint tbus_fd_store_count (void);
/* The last act, after which nothing is kept or dropped: waits for systemd, @ms at most. FALSE: it was not told all. */
gboolean tbus_fd_store_flush (guint ms);

G_END_DECLS
