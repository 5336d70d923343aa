/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Object tree: core's objects on the bus, as they come and go. The manager's own object stands beside the list of
 * org.freedesktop.DBus.ObjectManager, as its specification says.
 *
 * Owner:   the bus. Threads: main.
 * Limit:   GetManagedObjects is made on main from every object there is, 46 ms at 1,000 apps, 535 ms at 10,000; an
 *          object costs 3.3 kB.
 */
#include "bus/context.h"

G_BEGIN_DECLS

typedef struct TbusObjectTree TbusObjectTree;

/* Exports what is there on @connection, and follows. NULL with @error where the paths are taken. */
TbusObjectTree *tbus_object_tree_new (TbusBusContext *bus, GDBusConnection *connection, GError **error);
/* Takes everything from the bus, without a signal for each: the name goes. */
void tbus_object_tree_free (TbusObjectTree *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusObjectTree, tbus_object_tree_free)

G_END_DECLS
