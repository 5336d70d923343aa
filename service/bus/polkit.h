/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Polkit: the system's authority on what users may do. It knows callers by their names on the system bus, so it can
 * be asked about callers of that bus alone. Nothing is remembered: each call is a question.
 *
 * Owner:   references: the gate, and each question that waits. Threads: main.
 * Limit:   waits for an answer, which may be somebody's password, until the caller leaves.
 */
#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

#define TBUS_TYPE_POLKIT (tbus_polkit_get_type ())
G_DECLARE_FINAL_TYPE (TbusPolkit, tbus_polkit, TBUS, POLKIT, GObject)

typedef enum {
  TBUS_VERDICT_NO,
  TBUS_VERDICT_YES,
  TBUS_VERDICT_AUTH,      /* a password would be asked for, which this question forbade */
  TBUS_VERDICT_DISMISSED, /* it was asked for, and the user declined */
} TbusVerdict;

/* Borrowed for the call. */
typedef struct {
  const char *caller;   /* its unique name */
  const char *action;   /* of data/org.tracebus1.policy */
  gboolean interactive; /* whether the user may be asked */
  /* The details, for rules to decide on: */
  const char *session;  /* its name; "": none */
  uid_t owner;          /* whose session, or whose it would be */
  const char *uids;     /* whose programs: "1000,1001", or "all" */
} TbusPolkitQuestion;

TbusPolkit *tbus_polkit_new (void);

void tbus_polkit_ask_async (TbusPolkit *self, const TbusPolkitQuestion *question, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);
/* NO with @error, of any domain, where there was no answer. */
TbusVerdict tbus_polkit_ask_finish (TbusPolkit *self, GAsyncResult *result, GError **error);

G_END_DECLS
