/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * How an app is kept in step: whatever changes kicks it, which raises the wanted generation. Where no job is in
 * flight a plan is made from what every session wants now, and runs as one job. Its end is the end of all
 * kicks that came before the plan. A stopped app simply does not end its job; nobody waits for it.
 *
 * Owner: core/app and core/app-plan share this; nobody else looks in. Threads: main.
 */

#include "core/core-private.h"

G_BEGIN_DECLS

typedef struct {
  guint64 generation;
  TbusAppFunc func;
  gpointer data;
  gboolean patient; /* an app that is unresponsive is waited for */
} TbusAppWaiter;

typedef struct {
  gboolean fields;
  TbusAppListFunc func;
  gpointer data;
} TbusAppLister;

/* The commands of one app session in the job that is in flight. */
typedef struct {
  guint64 session_id;
  TbusPlan plan;
} TbusAppPart;

struct _TbusApp {
  GObject parent_instance;

  TbusHub *hub;
  TbusTracee *tracee;
  char *name;
  TbusAppState state;
  guint32 version[3];
  gboolean asked_version;
  gboolean registering; /* its constructor waits for us */
  gboolean waits_for_buffers;
  gboolean planning;
  gboolean quiescence_due;
  guint guard; /* source: after a while the constructor is let go without buffers */
  gboolean guard_fired;
  gboolean broke_off; /* it is gone, and was so before it had all that came before its release */
  gboolean unfit; /* it is recorded by nobody: it cannot take what it is given; until the next Start */

  TbusJob *job; /* borrowed while in flight */
  GArray *parts;
  GArray *listing; /* of TbusAppLister: answered by the job in flight */
  guint64 wanted, applied;

  guint64 changes;       /* of what the state tells of it */
  GVariant *words;       /* nullable: what that is, as it was written last */
  guint64 words_changes; /* when it was that */

  GPtrArray *sessions; /* of TbusAppSession */
  GArray *waiters;
  GArray *listers; /* of TbusAppLister: for the next job */
};

/* app-plan.c: plans and submits until there is a job in flight or nothing is left to do, then answers waiters. */
void tbus_app_plan_and_submit (TbusApp *self);
/* app.c */
void tbus_app_set_state (TbusApp *self, TbusAppState state);
void tbus_app_set_tracer_version (TbusApp *self, const guint32 *version);
void tbus_app_answer_waiters (TbusApp *self);
void tbus_app_answer_listers (TbusApp *self, GArray *listers, TbusAppOutcome outcome, TbusJob *job);

G_END_DECLS
