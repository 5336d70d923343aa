/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Bus: a private message bus for one test, open to everybody who finds its socket.
 *
 * Owner:   the test's fixture; it ends with it.
 * Threads: main.
 */
#include <gio/gio.h>

#include "support/dir.h"

G_BEGIN_DECLS

typedef struct TstBus TstBus;

/* Starts dbus-daemon in @dir and waits until it listens. */
TstBus *tst_bus_new (TstDir *dir);
void tst_bus_free (TstBus *self);
const char *tst_bus_address (TstBus *self);
/* Returns: (transfer full): a connection of its own, which does not end the process when the bus goes. */
GDBusConnection *tst_bus_connect (TstBus *self);
/* Returns when somebody owns @name. */
void tst_bus_wait_name (TstBus *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstBus, tst_bus_free)

G_END_DECLS
