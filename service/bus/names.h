/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Names on the bus: the service's own and its objects' paths.
 *
 * Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

#define TBUS_BUS_NAME "org.tracebus1"
#define TBUS_ROOT_PATH "/org/tracebus1"
#define TBUS_OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"

/* All (transfer full). */
char *tbus_path_session (guint64 id);
char *tbus_path_channel (guint64 session, guint64 id);
char *tbus_path_app (guint64 id);
char *tbus_path_consumer (guint64 id);

/* FALSE, and @id as it was, where @path is not what tbus_path_app() makes. */
gboolean tbus_path_parse_app (const char *path, guint64 *id);

G_END_DECLS
