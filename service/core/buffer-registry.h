/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Buffer registry: finds the buffer set of a key (B3, B4).
 *
 * Owner:   TbusCore; empty before it is freed.
 * Threads: any finds (RCU); main adds and removes. A look-up may find nothing during teardown: callers cope.
 */
#include "base/thread.h"
#include "core/buffer-set.h"

G_BEGIN_DECLS

typedef struct TbusBufferRegistry TbusBufferRegistry;

TbusBufferRegistry *tbus_buffer_registry_new (void);
void tbus_buffer_registry_free (TbusBufferRegistry *self);

/* Returns: (transfer full) (nullable) */
TbusBufferSet *tbus_buffer_registry_find (TbusBufferRegistry *self, const TbusBufferKey *key);
/* Takes a reference of its own. Its key must not be there yet. */
void tbus_buffer_registry_add (TbusBufferRegistry *self, TbusBufferSet *set) TBUS_MAIN_ONLY;
void tbus_buffer_registry_remove (TbusBufferRegistry *self, TbusBufferSet *set) TBUS_MAIN_ONLY;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusBufferRegistry, tbus_buffer_registry_free)

G_END_DECLS
