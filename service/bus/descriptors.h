/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Descriptors that messages bring along. GDBus closes them with the message, on whichever thread that is: main would
 * wait for as long as their maker wants (base/stray.h). So they are taken out of every message as it comes, but for
 * directories of a CreateSession, whose closing waits for nobody.
 *
 * Owner:   none; a filter of the service's connection. Threads: GDBus's own.
 */
#include <gio/gio.h>

G_BEGIN_DECLS

/* From now on of all that comes in on @connection. */
void tbus_descriptors_watch (GDBusConnection *connection);

G_END_DECLS
