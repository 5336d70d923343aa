/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * App set: every registered app.
 *
 * Owner:   TbusCore. Threads: main.
 * Signals: added (TbusApp *) once it is ready to be shown, removed (TbusApp *). Property, notified: refused.
 */
#include "core/app.h"
#include "core/job.h"

G_BEGIN_DECLS

#define TBUS_TYPE_APP_SET (tbus_app_set_get_type ())
G_DECLARE_FINAL_TYPE (TbusAppSet, tbus_app_set, TBUS, APP_SET, GObject)

/* (transfer none) (nullable) */
TbusApp *tbus_app_set_find_id (TbusAppSet *self, guint64 id);
/* By pid, the latest registration first, of TbusApp. (transfer full) */
GPtrArray *tbus_app_set_find_pid (TbusAppSet *self, pid_t pid);
/* Between added and removed. */
gboolean tbus_app_set_is_shown (TbusAppSet *self, TbusApp *app);
/* Of TbusApp, by id, those that are not shown yet too. (transfer full) */
GPtrArray *tbus_app_set_list (TbusAppSet *self);
/* How many are shown. */
guint tbus_app_set_count (TbusAppSet *self);
guint64 tbus_app_set_get_refused (TbusAppSet *self);

/* What one app answered to a listing. */
typedef struct {
  TbusApp *app;
  GPtrArray *tracepoints; /* of TbusTracepoint */
  gboolean cut;           /* it has more than are taken of one app: these are the first */
} TbusAppTracepoints;

typedef struct {
  GPtrArray *apps;      /* of TbusAppTracepoints */
  guint apps_failed;
  GArray *apps_pending; /* of guint64: unresponsive */
} TbusTracepointListing;
void tbus_tracepoint_listing_free (TbusTracepointListing *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusTracepointListing, tbus_tracepoint_listing_free)

/* Asks every app of @apps (TbusApp) at once. */
void tbus_app_set_list_tracepoints_async (TbusAppSet *self, GPtrArray *apps, gboolean fields, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
TbusTracepointListing *tbus_app_set_list_tracepoints_finish (TbusAppSet *self, GAsyncResult *result, GError **error);

G_END_DECLS
