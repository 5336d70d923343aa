/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * App session: one tracing session as one app sees it: what the app has, by its handles.
 *
 * What it should have is the session's; core/reconcile compares the two. It remembers who is traced and who
 * asked (B8), and outlives its session while the app cannot be told yet (a stopped app).
 *
 * Owner:   its TbusApp. Threads: main.
 */
#include "core/buffer-set.h"
#include "core/event-rule.h"

G_BEGIN_DECLS

/* A rule in the app. */
typedef struct {
  TbusEventRule *rule; /* NULL: the app was never asked for it */
  guint32 handle;
  gboolean enabled;
  gboolean failed; /* the app refused it: not asked again */
} TbusAppEvent;

/* A channel in the app; index = number in the set. */
typedef struct {
  guint32 handle;
  gboolean there;
  gboolean failed;
  gboolean enabled;
  guint n_contexts; /* asked for so far */
  GArray *events;   /* of TbusAppEvent; index = number of the rule in its channel, as far as the app was asked */
} TbusAppChannel;

typedef struct {
  guint64 id; /* B1: not the tracing session's */
  guint64 session_id;
  uid_t traced_uid;
  gid_t traced_gid;
  uid_t owner_uid;
  gid_t owner_gid;

  TbusBufferSet *set; /* a reference; NULL until buffers were asked for */
  gboolean there;     /* the app has it, under @handle */
  guint32 handle;
  gboolean active;
  gboolean statedump_due; /* to tell its state anew; a start does so anyway */
  gboolean ending;    /* to be released */
  GError *error;      /* why it failed; it is not tried again before the next Start */
  GArray *channels;   /* of TbusAppChannel */
  GPtrArray *warnings; /* of char *: for the next answer */
} TbusAppSession;

TbusAppSession *tbus_app_session_new (guint64 session_id);
/* One that was there before. */
TbusAppSession *tbus_app_session_new_with_id (guint64 id, guint64 session_id);
void tbus_app_session_free (TbusAppSession *self);
/* Makes room for the channels of the set. */
void tbus_app_session_set_set (TbusAppSession *self, TbusBufferSet *set);
/* Forgets all that the app had, the set too: it has to be made anew. */
void tbus_app_session_reset (TbusAppSession *self);
/* Drops what failed, so that the next plan tries again. */
void tbus_app_session_retry (TbusAppSession *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusAppSession, tbus_app_session_free)

G_END_DECLS
