/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Owner: the primary group of a user who makes a session (B8). The user database may be slow or remote, so a
 * worker asks it; the service's own user is known without.
 *
 * Threads: main.
 */
#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

void tbus_owner_group_async (uid_t uid, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/* NotFound where the database does not know the user; @group is as it was then. */
gboolean tbus_owner_group_finish (GAsyncResult *result, gid_t *group, GError **error);

G_END_DECLS
