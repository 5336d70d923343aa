/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * What the files of core share of each other: the hub that finds everything, and the calls that sessions and
 * apps make on one another. Not for other folders.
 *
 * Threads: main.
 */
#include "core/app-session.h"
#include "core/buffer-registry.h"
#include "core/core.h"
#include "core/reconcile.h"

G_BEGIN_DECLS

typedef struct TbusRoom TbusRoom;

/* core.c owns it; everybody else borrows. */
typedef struct {
  TbusCore *core;
  TbusRoom *room;
  TbusTraceeIndex *index;
  TbusBufferRegistry *registry;
  TbusSessionSet *sessions;
  TbusAppSet *apps;
  TbusTracer tracer;
  TbusConsumerPool pool;
  TbusStateKeeper *keeper; /* nullable */
  gboolean closed;         /* it is written for the last time */
  gboolean keeps_buffers;  /* the state has them too, and the descriptor store what they are made of */
  gboolean stopping;    /* no new sessions */
  gboolean suspended;   /* apps are asked nothing more */
  GTask *suspending;    /* nullable: it is to be, once nothing is under way */
  GHashTable *sets;     /* guint64 set id -> TbusBufferSet, borrowed: of every set that a consumer was asked for */
  GHashTable *channels; /* guint64 channel key -> TbusBufferSet, borrowed */
} TbusHub;

TbusHub *tbus_core_get_hub (TbusCore *core);
/* Something that outlives the service has changed. */
void tbus_hub_touch (TbusHub *self);
/* Something that outlives it where descriptors are kept. */
void tbus_hub_touch_buffers (TbusHub *self);
/* Something has come to its end, which a suspension may wait for. */
void tbus_hub_rested (TbusHub *self);
/* A copy that holds a reference to each element: what is walked while it may change. */
GPtrArray *tbus_object_array_copy (GPtrArray *array);
/* The pool's consumer, made known to the bus. (transfer full) */
TbusConsumer *tbus_core_obtain_consumer (TbusCore *self, uid_t uid, guint32 bits, GError **error);
/* The same for one of a former life. (transfer full) */
TbusConsumer *tbus_core_adopt_consumer (TbusCore *self, const TbusConsumerAdoption *what, GError **error);

/* app.c */
TbusApp *tbus_app_new (TbusHub *hub, TbusTracee *tracee);
/* One that was ready in a former life; its sessions are still to be added. */
TbusApp *tbus_app_new_restored (TbusHub *hub, TbusTracee *tracee, const guint32 *version);
/* After it is in the set: asks what it is, gives it what sessions want, lets its constructor go. */
void tbus_app_begin (TbusApp *self);
/* Something that it should have changed: plans anew as soon as it can. */
void tbus_app_kick (TbusApp *self);
/* Buffers that it waited for are there, or will not be. */
void tbus_app_buffers_changed (TbusApp *self);
void tbus_app_set_stalled (TbusApp *self, gboolean stalled);
/* It went: answers whoever waits, lets its sessions' buffers go. */
void tbus_app_set_gone (TbusApp *self);
TbusAppSession *tbus_app_find_session (TbusApp *self, guint64 session_id);
/* The session is going: release it in the app (also when that can only be later). */
void tbus_app_end_session (TbusApp *self, guint64 session_id);
/* The next plan has it tell its state anew, where it has the session. */
void tbus_app_want_statedump (TbusApp *self, guint64 session_id);
/* The session starts anew: what failed is tried again. */
void tbus_app_retry_session (TbusApp *self, guint64 session_id);

typedef enum { TBUS_APPLIED, TBUS_PENDING, TBUS_GONE } TbusAppOutcome;
typedef void (*TbusAppFunc) (TbusApp *app, TbusAppOutcome outcome, gpointer data);
/* Calls @func when all kicks so far are applied, the app is unresponsive, or gone; from the main loop or at once. */
void tbus_app_wait (TbusApp *self, TbusAppFunc func, gpointer data);

/* Calls @func when it has finished every event that it is in now, however long that takes, or is gone. */
void tbus_app_quiesce (TbusApp *self, TbusAppFunc func, gpointer data);

/* @tracepoints of TbusTracepoint, NULL where the app did not answer; @cut: it has more than is taken of one. */
typedef void (*TbusAppListFunc) (TbusApp *app, TbusAppOutcome outcome, GPtrArray *tracepoints, gboolean cut,
                                 gpointer data);
void tbus_app_list (TbusApp *self, gboolean fields, TbusAppListFunc func, gpointer data);

/* app-set.c */
void tbus_app_set_add (TbusAppSet *self, TbusApp *app);
void tbus_app_set_show (TbusAppSet *self, TbusApp *app);
void tbus_app_set_remove (TbusAppSet *self, TbusApp *app);
void tbus_app_set_count_refused (TbusAppSet *self, guint n);
/* Process @pid has ended its connection while it was told what to record before it goes on. */
void tbus_app_set_broke_off (TbusAppSet *self, pid_t pid);
/* FALSE where it has just done so again and again. */
gboolean tbus_app_set_can_take (TbusAppSet *self, pid_t pid);

/* session-set.c */
TbusSessionSet *tbus_session_set_new (TbusHub *hub);
/* Takes a reference of its own. */
void tbus_session_set_add (TbusSessionSet *self, TbusSession *session);
void tbus_session_set_remove (TbusSessionSet *self, TbusSession *session);
TbusAppSet *tbus_app_set_new (void);

/* session*.c */
TbusSession *tbus_session_new (TbusHub *hub, const TbusSessionRequest *request, const char *output);
gboolean tbus_session_traces (TbusSession *self, const TbusTracee *tracee);
/* (transfer full): what an app should have of it now. */
TbusWanted *tbus_session_describe (TbusSession *self);
/*
 * The buffers of @app, asked for where they are not there yet. Returns: (transfer none) (nullable): its state
 * says whether it can be used; NULL with @error where it cannot be had.
 */
TbusBufferSet *tbus_session_obtain_set (TbusSession *self, TbusApp *app, TbusAppSession *app_session, GError **error);
/* What a consumer tells, found by key. */
void tbus_session_counters (TbusSession *self, TbusBufferSet *set, const TbusCounters *counters);
void tbus_session_channel_hangup (TbusSession *self, TbusBufferSet *set, guint64 channel_key);
void tbus_session_problem (TbusSession *self, const TbusProblemReport *report, TbusConsumer *consumer);
/*
 * What an app did not take is a problem of the session, since an app that came late has no caller who could be told.
 * The first app of a kind is named, until the next Start: a thousand others that fail alike say nothing more.
 */
void tbus_session_app_problem (TbusSession *self, const TbusAppSession *app_session);
/* An app goes on before it has its buffers: told before it does, and counted; the first one is named. */
void tbus_session_app_late (TbusSession *self, pid_t pid, const char *name);
/* @consumer died: its successor is asked to go on with what it held. */
void tbus_session_consumer_died (TbusSession *self, TbusConsumer *consumer);
/* It runs again: for sessions that want nothing of it. */
void tbus_session_consumer_running (TbusSession *self, TbusConsumer *consumer);
/* A file system keeps @consumer waiting, or does so no more: told, and whoever waits for it is answered. */
void tbus_session_output_stuck (TbusSession *self, TbusConsumer *consumer, gboolean stuck);
/* Whether anything of the session is @consumer's, or speaks of it. */
gboolean tbus_session_uses_consumer (TbusSession *self, TbusConsumer *consumer);
/* Buffers of it are made anew: its death is a problem until every app that makes progress has them. */
void tbus_session_consumer_back (TbusSession *self, TbusConsumer *consumer);
/* @app has released the session, which goes on without it; @set was its buffers. */
void tbus_session_part_with (TbusSession *self, TbusApp *app, TbusBufferSet *set);
/* The app is gone: its id does not come back. */
void tbus_session_forget_app (TbusSession *self, guint64 app);
/* An app that shared @set is gone: its consumer looks whether that was in the middle of an event. */
void tbus_session_inspect_set (TbusSession *self, TbusBufferSet *set);
/* One that shared @set is not served any more. */
void tbus_session_app_left (TbusBufferSet *set, pid_t pid);
/* Its consumer found a packet of the channel @channel_key that is not finished, and told so at @told_at. */
void tbus_session_unfinished (TbusSession *self, TbusBufferSet *set, guint64 channel_key, guint64 told_at);
/* An app that had @set to itself is gone: what it wrote is drained, then the set goes. */
void tbus_session_leave_set (TbusSession *self, TbusBufferSet *set);

G_END_DECLS
