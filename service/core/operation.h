/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Operation: one call's work over many apps and consumers, and what came of it.
 *
 * It ends when everything it waits for has answered; an app that is unresponsive is counted as pending and
 * not waited for: what was asked is applied when it runs again.
 *
 * Owner: references (a GObject). Threads: main.
 */
#include <gio/gio.h>

G_BEGIN_DECLS

#define TBUS_TYPE_OPERATION (tbus_operation_get_type ())
G_DECLARE_FINAL_TYPE (TbusOperation, tbus_operation, TBUS, OPERATION, GObject)

/* What the call answers; exact at the time of the answer. */
typedef struct {
  guint apps_applied, apps_failed;
  GArray *apps_pending; /* of guint64: app ids */
  GPtrArray *warnings;  /* of char * */
  gboolean has_totals;  /* Stop and Destroy */
  guint64 events_discarded, packets_lost, bytes_dropped;
  char *output;
} TbusOutcome;

/* Borrowed; complete once the asynchronous call has finished. */
const TbusOutcome *tbus_operation_get_outcome (TbusOperation *self);

G_END_DECLS
