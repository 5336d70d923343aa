/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Reconcile: what an app should have minus what it has, as commands.
 *
 * A pure function: the same code serves the first app, the late app, the changed rule and buffers made anew.
 * Order of what it asks, as the tracer wants it: session, channels with their streams, disabled channels
 * off, contexts, events with filter and exclusions, then enabled, then the session started (facts of
 * LTTng's protocol: an app refuses channels and contexts once its session was active).
 *
 * Owner: none. Threads: main.
 */
#include "core/app-session.h"
#include "core/job.h"

G_BEGIN_DECLS

/* A rule as it should be. Borrowed. */
typedef struct {
  TbusEventRule *rule;
  gboolean enabled;
} TbusWantedRule;

typedef struct {
  gboolean enabled;
  GPtrArray *contexts; /* of TbusContext; nullable */
  GArray *rules;       /* of TbusWantedRule */
} TbusWantedChannel;

typedef struct {
  gboolean active;
  GArray *channels; /* of TbusWantedChannel; index = number in the set, rings from there */
} TbusWanted;

TbusWanted *tbus_wanted_new (void);
void tbus_wanted_free (TbusWanted *self);
/* Appends a channel and returns it; valid until the next. */
TbusWantedChannel *tbus_wanted_add_channel (TbusWanted *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusWanted, tbus_wanted_free)

/* Where in a job the commands of one app session are, and the slots that tell afterwards what came of them. */
typedef struct {
  guint first, n; /* commands */
} TbusPlan;

/*
 * Appends to @job what brings @actual to @wanted (NULL: to nothing, that is released). Its set must be ready.
 * Nothing to do appends nothing. Needs @actual's channels as many as wanted's.
 */
TbusPlan tbus_reconcile (const TbusWanted *wanted, const TbusAppSession *actual, TbusJob *job);

/*
 * Reads back what the commands of @plan did into @actual. The first failure becomes @actual's error, a sentence;
 * that of an event only marks the event, and its text goes to its warnings.
 */
void tbus_reconcile_apply (const TbusPlan *plan, TbusJob *job, TbusAppSession *actual);

G_END_DECLS
