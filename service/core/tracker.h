/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Tracker: which values of one attribute of an app a session records: all (at first), these, or none.
 *
 * A pure set. An app is recorded where every tracker of the session takes its value; the values are those of its
 * socket's credentials, and are not inherited by children.
 *
 * Owner: its session. Threads: main.
 * Limit: TBUS_MAX_TRACKED values.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_TRACK_VPID,
  TBUS_TRACK_VUID,
  TBUS_TRACK_VGID,
  TBUS_N_TRACKED,
} TbusTracked;

/* "vpid", "vuid", "vgid"; InvalidArgs for another. */
gboolean tbus_tracked_parse (const char *text, TbusTracked *tracked, GError **error);
const char *tbus_tracked_to_string (TbusTracked tracked);

typedef struct {
  gboolean all;
  GArray *values; /* of guint32, ascending, each once; empty where @all */
} TbusTracker;

void tbus_tracker_init (TbusTracker *self);
void tbus_tracker_clear (TbusTracker *self);
/* @to is one that was initialised. */
void tbus_tracker_copy (const TbusTracker *from, TbusTracker *to);
gboolean tbus_tracker_takes (const TbusTracker *self, guint32 value);
/* Takes all values. FALSE: it did already. */
gboolean tbus_tracker_set_all (TbusTracker *self);
/* Takes none. FALSE: it did so already. */
gboolean tbus_tracker_set_none (TbusTracker *self);
/* Takes @value, and of the others those that were added before. FALSE: it is there. */
gboolean tbus_tracker_add (TbusTracker *self, guint32 value);
/* FALSE: it is not there. */
gboolean tbus_tracker_remove (TbusTracker *self, guint32 value);

G_END_DECLS
