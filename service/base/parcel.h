/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Parcel: several descriptors in one: a socket in whose queue they lie, for whom each descriptor costs. They are
 * looked at, never taken out, so that whoever has the parcel finds them again and again.
 *
 * Threads: any; no state of its own.
 * Limit:   TBUS_MAX_PARCEL descriptors, and the kernel's: as many in all queues of a user as the process may have open.
 */
#include <glib.h>

G_BEGIN_DECLS

enum { TBUS_MAX_PARCEL = 2000 };

/* Returns: a parcel with copies of @fds, to be closed; -1 where there can be none. */
int tbus_parcel_new (const int *fds, guint n);
/* A stored socket of another kind is none. */
gboolean tbus_parcel_check (int fd);
/* Fills @fds with new descriptors of all that is in it, which must be @n; FALSE, and there are none. */
gboolean tbus_parcel_look (int parcel, int *fds, guint n);
/* Ends the connections that are in it, for everybody. */
void tbus_parcel_shut_down (int parcel);

G_END_DECLS
