/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Core: the sessions, apps and consumers of one service, and what connects them.
 *
 * Owner:   main.c. Threads: main, but for the index and the event functions' posting (see ports.h).
 * Signals of the consumer set are core's own: consumer-added, consumer-removed (TbusConsumer *).
 */
#include "base/thread.h"
#include "core/app-set.h"
#include "core/ports.h"
#include "core/session-set.h"

G_BEGIN_DECLS

#define TBUS_TYPE_CORE (tbus_core_get_type ())
G_DECLARE_FINAL_TYPE (TbusCore, tbus_core, TBUS, CORE, GObject)

typedef struct TbusStateKeeper TbusStateKeeper;

TbusCore *tbus_core_new (TbusTraceeIndex *index);
/* Both neighbours, before the first event. Their @self must outlive tbus_core_shutdown_async(). */
void tbus_core_plug (TbusCore *self, TbusTracer tracer, TbusConsumerPool consumers);
/* What ust/ calls, with the core as first argument. */
extern const TbusTracerEvents tbus_core_tracer_events;

TbusSessionSet *tbus_core_get_sessions (TbusCore *self); /* (transfer none) */
TbusAppSet *tbus_core_get_apps (TbusCore *self);         /* (transfer none) */
/* Of TbusConsumer. (transfer none) */
GPtrArray *tbus_core_get_consumers (TbusCore *self);

/* From now on what outlives the service is kept in the file @path; see core/state-keeper.h. Once. */
void tbus_core_keep_state (TbusCore *self, const char *path);
/* Calls @func from the main loop when what core is now is on the disk; where no state is kept, at once. */
void tbus_core_await_saved (TbusCore *self, TbusPostFunc func, gpointer data);

/*
 * Closes every session, writes everything out, lets the apps go; in the state they stay as they were. What takes too
 * long for that is not waited for.
 */
void tbus_core_shutdown_async (TbusCore *self, GAsyncReadyCallback callback, gpointer user_data);
void tbus_core_shutdown_finish (TbusCore *self, GAsyncResult *result);
/*
 * Instead: lets what was begun come to its end, and asks apps nothing more. Nothing is closed: the next life of the
 * service goes on with all of it.
 */
void tbus_core_suspend_async (TbusCore *self, GAsyncReadyCallback callback, gpointer user_data);
void tbus_core_suspend_finish (TbusCore *self, GAsyncResult *result);
/* Writes the state for the last time, then calls @func from the main loop. */
void tbus_core_close_state (TbusCore *self, TbusPostFunc func, gpointer data);
/* For tests: another limit than the one of core.c. */
void tbus_core_set_shutdown_ms (TbusCore *self, guint ms);

G_END_DECLS
