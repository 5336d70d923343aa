/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Gate: who may call what. Every method has a row with its action; the gate answers before its handler runs.
 *
 * Until polkit is asked, what changes something is for root and for the user that the service runs as, who could
 * do all of it without the service. On a session bus that is its owner.
 *
 * Owner:   the bus. Threads: main.
 */
#include "bus/peer.h"

G_BEGIN_DECLS

typedef enum {
  TBUS_ACTION_OPEN,            /* everybody on the bus */
  TBUS_ACTION_OWNER,           /* the object's owner, no question; else as MANAGE_SESSIONS */
  TBUS_ACTION_TRACE_OWN,       /* org.tracebus1.trace-own */
  TBUS_ACTION_TRACE_OTHERS,    /* org.tracebus1.trace-others */
  TBUS_ACTION_MANAGE_SESSIONS, /* org.tracebus1.manage-sessions */
} TbusAction;

#define TBUS_TYPE_GATE (tbus_gate_get_type ())
G_DECLARE_FINAL_TYPE (TbusGate, tbus_gate, TBUS, GATE, GObject)

/* @service_uid: the user that the service runs as */
TbusGate *tbus_gate_new (uid_t service_uid);

/* Whether @peer, which is identified, may do @action as @method does; NotAuthorized, or Cancelled when it leaves. */
void tbus_gate_check_async (TbusGate *self, TbusPeer *peer, TbusAction action, const char *method,
                            GAsyncReadyCallback callback, gpointer user_data);
gboolean tbus_gate_check_finish (TbusGate *self, GAsyncResult *result, GError **error);

/* What @peer would be answered: polkit's actions to "yes" or "no" (a{ss}). (transfer full) */
void tbus_gate_list_async (TbusGate *self, TbusPeer *peer, GAsyncReadyCallback callback, gpointer user_data);
GVariant *tbus_gate_list_finish (TbusGate *self, GAsyncResult *result, GError **error);

G_END_DECLS
