/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Spawner: starts consumer processes and sees every one of them to its end.
 *
 * Owner:   the pool, and each consumer holds a reference.
 * Threads: main; name service and fork are a worker's errand.
 * Limit:   a process that outlives tbus_spawner_finish_async() by the deadline is killed. One that waits for a file
 *          system is left behind at once, since only so what it has is written.
 */
#include "supervise/child.h"

G_BEGIN_DECLS

#define TBUS_TYPE_SPAWNER (tbus_spawner_get_type ())
G_DECLARE_FINAL_TYPE (TbusSpawner, tbus_spawner, TBUS, SPAWNER, GObject)

enum {
  TBUS_HELLO_TIMEOUT_MS = 30000, /* from birth to the first answer */
  TBUS_SILENCE_TIMEOUT_MS = 30000, /* without any word while it owes an answer */
  TBUS_EXIT_TIMEOUT_MS = 5000,   /* from the closing of its link to its end, where nothing is left to be written */
};

typedef struct {
  guint hello_ms, silence_ms, exit_ms;
  guint backoff_ms; /* see supervise/backoff.h */
  guint idle_ms;    /* with nothing to do, before it says so: ConsumerIdleSeconds= */
} TbusSpawnerTimes;

/* Paths of the consumer programs; NULL where there is none. */
TbusSpawner *tbus_spawner_new (const char *program64, const char *program32);
/* What all consumers of it keep to; tests change them. */
TbusSpawnerTimes *tbus_spawner_get_times (TbusSpawner *self);

/* How much memory each consumer has for packets that the disk has not taken yet; if it is not said, 64 MiB. */
void tbus_spawner_set_staging_pool (TbusSpawner *self, guint mib);

/* Whether there can be a consumer for @uid and @bits, as far as it is known without asking anybody (B10). */
gboolean tbus_spawner_check (TbusSpawner *self, uid_t uid, guint32 bits, GError **error);
/* Starts one for what was checked. */
void tbus_spawner_spawn_async (TbusSpawner *self, uid_t uid, guint32 bits, GAsyncReadyCallback callback,
                               gpointer user_data);
/* (transfer full) NULL with ConsumerFailed. */
TbusChild *tbus_spawner_spawn_finish (TbusSpawner *self, GAsyncResult *result, GError **error);

/* Sees @child, of a former service, to its end as well. */
void tbus_spawner_adopt (TbusSpawner *self, TbusChild *child);
/* Does so no more, with none: they outlive this service, too. */
void tbus_spawner_let_go (TbusSpawner *self);

/* Waits for the end of all that it started, whose links are closed by now; kills what does not end. */
void tbus_spawner_finish_async (TbusSpawner *self, GAsyncReadyCallback callback, gpointer user_data);
void tbus_spawner_finish_finish (TbusSpawner *self, GAsyncResult *result);

G_END_DECLS
