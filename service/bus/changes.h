/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Changes: which objects have properties to signal. What changes is signalled once when main is back in its
 * loop, or before the next reply, so that a caller knows the state that its call made; counters once a second.
 *
 * Owner:   the bus context. Threads: main.
 * Limit:   holds a reference on each object that waits.
 */
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct TbusChanges TbusChanges;

/* Signals what waits in one object: counters, or all else. */
typedef void (*TbusChangesFunc) (GObject *object, gboolean counters);

TbusChanges *tbus_changes_new (TbusChangesFunc emit);
void tbus_changes_free (TbusChanges *self);
/* @object, which does not wait yet, waits for main's loop; with @counters for a second. */
void tbus_changes_add (TbusChanges *self, GObject *object, gboolean counters);
/* Signals now what waits, but for counters. */
void tbus_changes_flush (TbusChanges *self);
/* Nothing waits any more. */
void tbus_changes_drop (TbusChanges *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusChanges, tbus_changes_free)

G_END_DECLS
