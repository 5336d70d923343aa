/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Export: one interface of one object of core, on the bus: calls go to the rows of its table, properties come
 * from its getters, and what the object notifies becomes PropertiesChanged.
 *
 * Owner:   references; holds one on its object. Threads: main.
 */
#include "bus/context.h"
#include "bus/interface.h"

G_BEGIN_DECLS

#define TBUS_TYPE_EXPORT (tbus_export_get_type ())
G_DECLARE_FINAL_TYPE (TbusExport, tbus_export, TBUS, EXPORT, GDBusInterfaceSkeleton)

TbusExport *tbus_export_new (TbusBusContext *bus, const TbusInterface *interface, GObject *object);
/* The property @name has another value now. For what the object does not notify. */
void tbus_export_changed (TbusExport *self, const char *name);
/* Another number whenever a change of a property was signalled. */
guint64 tbus_export_get_generation (TbusExport *self);
/* The TbusChangesFunc of exports. */
void tbus_export_emit (GObject *object, gboolean counters);

G_END_DECLS
