/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Tracked values: what Track and Untrack are given (av) as numbers. Ids are numbers of any type; users and groups may
 * be names, too, which a worker looks up, for the user database may be slow or remote.
 *
 * Threads: main.
 * Limit:   TBUS_MAX_TRACKED values: Exhausted.
 */
#include <gio/gio.h>

#include "core/tracker.h"

G_BEGIN_DECLS

void tbus_tracked_values_async (TbusTracked tracked, GVariant *list, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
/* (transfer full): of guint32. InvalidArgs names the value; NotFound: the database does not know the name. */
GArray *tbus_tracked_values_finish (GAsyncResult *result, GError **error);

G_END_DECLS
