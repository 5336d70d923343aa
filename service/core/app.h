/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * App: a registered process as callers see it, and what each session has done with it.
 *
 * Owner: the app set. Threads: main.
 */
#include <gio/gio.h>

#include "core/tracee.h"

G_BEGIN_DECLS

#define TBUS_TYPE_APP (tbus_app_get_type ())
G_DECLARE_FINAL_TYPE (TbusApp, tbus_app, TBUS, APP, GObject)

typedef enum {
  TBUS_APP_REGISTERING, /* its constructor still waits for us */
  TBUS_APP_READY,
  TBUS_APP_UNRESPONSIVE,
  TBUS_APP_GONE,
} TbusAppState;

/* Properties, notified: state, tracer-version. */
guint64 tbus_app_get_id (TbusApp *self);
const TbusTracee *tbus_app_get_tracee (TbusApp *self);
/* Valid UTF-8. */
const char *tbus_app_get_name (TbusApp *self);
TbusAppState tbus_app_get_state (TbusApp *self);
const char *tbus_app_state_to_string (TbusAppState state);
/* major, minor, patch level; 0 while it has not said. */
const guint32 *tbus_app_get_tracer_version (TbusApp *self);
/* Ids of the sessions that trace it, of guint64. (transfer full) */
GArray *tbus_app_list_sessions (TbusApp *self);

G_END_DECLS
