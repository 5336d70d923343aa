/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ephemerals: the sessions that end when the connection of their creator does.
 *
 * Owner:   the bus context. Threads: main.
 * Limit:   one match rule, whatever their number; while there are any, every name that leaves the bus is looked up.
 */
#include "core/session-set.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct TbusEphemerals TbusEphemerals;

TbusEphemerals *tbus_ephemerals_new (GDBusConnection *connection, TbusSessionSet *sessions);
/* The sessions stay. */
void tbus_ephemerals_free (TbusEphemerals *self);
/* @session goes when @name, a unique one, does; also where that has happened already. */
void tbus_ephemerals_add (TbusEphemerals *self, TbusSession *session, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusEphemerals, tbus_ephemerals_free)

G_END_DECLS
