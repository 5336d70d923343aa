/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Stray descriptors: those that somebody sends over a socket and nobody has asked for.
 *
 * Who gets the last copy of a descriptor closes it, and what its maker made of it decides how long that takes: a TCP
 * socket may linger for hours, a file of a file system in user space for ever. That holds too for what the kernel drops
 * by itself, where recv() has no room for descriptors, or a socket is closed with some in its queue: whoever calls
 * these is stopped for as long. So sockets of others are read and closed here, and descriptors are closed on a worker.
 *
 * Those that wait for it are charged to who sent them (TBUS_LIMIT_DESCRIPTORS). Where that user's share is used up, no
 * more are taken out of a socket than each worker of that user has in hand.
 *
 * Threads: any. Limit: TBUS_MAX_CLOSERS workers for each user whose socket it was; the others of that user wait.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* As recv() without waiting. With descriptors, which no peer of ours may send: -1 with EPROTO. */
gssize tbus_stray_recv (int fd, gpointer buffer, gsize size);
/* Takes out what is left in a socket that nobody reads any more, and that has been shut down: then it can be closed. */
void tbus_stray_drain (int fd);
/* Ends the connection @fd (taken) and closes it, without waiting for anything. */
void tbus_stray_close_socket (int fd);
/* Closes @fds, whatever they are, on a worker; @uid sent them, or TBUS_UNKNOWN_USER. */
void tbus_stray_close (uid_t uid, const int *fds, gsize n);

G_END_DECLS
