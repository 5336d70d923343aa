/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Pool: the consumers by owner and bitness (B8, B10); core's port to supervision.
 *
 * A consumer lives as long as somebody uses it; the pool knows it so long and gives it to the next who asks, unless
 * core has let go of it: then its object is gone and does not come back, though an answer under way may still keep it.
 * Owner:   main.c. Threads: main.
 */
#include "core/ports.h"
#include "supervise/spawner.h"

G_BEGIN_DECLS

typedef struct TbusPool TbusPool;

/* Paths of the consumer programs; NULL where there is none. */
TbusPool *tbus_pool_new (const char *program64, const char *program32);
/* After the shutdown. */
void tbus_pool_free (TbusPool *self);
/* What consumers are started with; for tests, its times. (transfer none) */
TbusSpawner *tbus_pool_get_spawner (TbusPool *self);
/* For tbus_core_plug(). */
TbusConsumerPool tbus_pool_port (TbusPool *self);
/* Closes every consumer and waits until their processes have drained and ended, or were killed for taking too long. */
void tbus_pool_shutdown_async (TbusPool *self, GAsyncReadyCallback callback, gpointer user_data);
void tbus_pool_shutdown_finish (TbusPool *self, GAsyncResult *result);
/* Instead: the service stops for another to come: consumers whose links are kept go on with what they do. */
void tbus_pool_suspend (TbusPool *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusPool, tbus_pool_free)

G_END_DECLS
