/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Gate: who may call what. Every method has a row with its action; the gate answers before its handler runs.
 *
 * Root may do everything, and so may the user that the service runs as, who could do all of it without the service;
 * on a session bus that is everybody who comes. All others are polkit's to decide, and without an answer nobody
 * else may do anything.
 *
 * Owner:   the bus. Threads: main.
 */
#include "bus/peer.h"
#include "bus/scope.h"

G_BEGIN_DECLS

#define TBUS_POLKIT_TRACE_OWN "org.tracebus1.trace-own"
#define TBUS_POLKIT_TRACE_OTHERS "org.tracebus1.trace-others"
#define TBUS_POLKIT_MANAGE_SESSIONS "org.tracebus1.manage-sessions"

typedef enum {
  TBUS_ACTION_OPEN,         /* everybody on the bus */
  TBUS_ACTION_OWNER,        /* the session's owner, no question; others: manage-sessions */
  TBUS_ACTION_TRACE_OWN,    /* the owner: trace-own; others: manage-sessions for a session, trace-others for an app */
  TBUS_ACTION_TRACE_OTHERS, /* trace-others where apps of others than the owner are reached, else no question */
  TBUS_ACTION_START,        /* as TRACE_OWN, then as TRACE_OTHERS */
} TbusAction;

#define TBUS_TYPE_GATE (tbus_gate_get_type ())
G_DECLARE_FINAL_TYPE (TbusGate, tbus_gate, TBUS, GATE, GObject)

/* Borrowed for the call. */
typedef struct {
  const char *method; /* for messages */
  TbusAction action;
  const TbusScope *scope;
  gboolean interactive; /* whether the caller lets a password be asked for */
} TbusGateQuestion;

/* @service_uid: the user that the service runs as */
TbusGate *tbus_gate_new (uid_t service_uid);
/* From now on polkit decides on others. Only for callers on the system bus: that is where it looks their names up. */
void tbus_gate_ask_polkit (TbusGate *self);

/* Whether @peer, which is identified, is root or the service's own user. */
gboolean tbus_gate_trusts (TbusGate *self, TbusPeer *peer);

/*
 * Whether @peer, which is identified, may do that. NotAuthorized; InteractiveAuthorizationRequired where a password
 * would have helped; Cancelled when it leaves.
 */
void tbus_gate_check_async (TbusGate *self, TbusPeer *peer, const TbusGateQuestion *question,
                            GAsyncReadyCallback callback, gpointer user_data);
gboolean tbus_gate_check_finish (TbusGate *self, GAsyncResult *result, GError **error);

/* What @peer would be answered: polkit's actions to "yes", "no" or "auth" (a{ss}). (transfer full) */
void tbus_gate_list_async (TbusGate *self, TbusPeer *peer, GAsyncReadyCallback callback, gpointer user_data);
GVariant *tbus_gate_list_finish (TbusGate *self, GAsyncResult *result, GError **error);

G_END_DECLS
