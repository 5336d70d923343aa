/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Call: one method call, from its arrival to its one answer.
 *
 *   arrived -> caller identified -> granted -> its turn -> handler -> answered
 *
 * Nothing is read of its arguments, and nothing done, before the grant; a caller that leaves before it gets
 * nothing done. Calls of one caller on one session, or on the manager, begin in the order in which they came. A
 * call that is freed without an answer is answered with an error.
 *
 * Owner:   one: whoever has it answers or frees it. Threads: main, but for the work of tbus_call_return_built().
 * Limit:   TBUS_LIMIT_CALLS in flight a caller, TBUS_LIMIT_CALLS_OF_USER all those of a user, TBUS_MAX_REPLY bytes a
 *          reply: Exhausted.
 */
#include "bus/context.h"
#include "bus/interface.h"
#include "bus/options.h"

G_BEGIN_DECLS

/* Takes @invocation through the gate to the handler of @method. */
void tbus_call_begin (TbusBusContext *bus, const TbusMethod *method, GObject *object,
                      GDBusMethodInvocation *invocation);
void tbus_call_free (TbusCall *self);

TbusBusContext *tbus_call_get_bus (TbusCall *self);
TbusPeer *tbus_call_get_peer (TbusCall *self);
uid_t tbus_call_get_uid (TbusCall *self);
gpointer tbus_call_get_object (TbusCall *self);
/* The one that it came on. */
GDBusConnection *tbus_call_get_connection (TbusCall *self);
/* Fires when the caller leaves the bus. */
GCancellable *tbus_call_get_cancellable (TbusCall *self);
/* In serialised form: what is borrowed of it lives as long as the call. */
GVariant *tbus_call_get_parameters (TbusCall *self);
/* Reads the last argument, an a{sv}: see tbus_options_parse(). */
gboolean tbus_call_parse_options (TbusCall *self, const TbusOption *table, gpointer store, GError **error);
/*
 * The descriptor that came along as @index, the value of the option @key: (transfer full); InvalidArgs where there is
 * none, or Exhausted.
 */
TbusHandle *tbus_call_dup_handle (TbusCall *self, const char *key, gint32 index, GError **error);
/* For methods without options yet: FALSE where some are given, and then the call is answered. */
gboolean tbus_call_takes_no_options (TbusCall *self);

/*
 * A further question, for what only the arguments tell: whether its caller may do @action in @scope. A password is
 * asked for where the caller allows it, but never @quietly. Finish with tbus_gate_check_finish() of the source.
 */
void tbus_call_ask_async (TbusCall *self, TbusAction action, const TbusScope *scope, gboolean quietly,
                          GAsyncReadyCallback callback, gpointer user_data);

/* The answers; each takes the call. */
/* @value: the tuple of what the method returns, floating; NULL: nothing */
void tbus_call_return (TbusCall *self, GVariant *value);
/* @error: (transfer full) */
void tbus_call_fail (TbusCall *self, GError *error);
/* Runs on a worker thread; returns a floating tuple. */
typedef GVariant *(*TbusCallBuilder) (gpointer data);
/* For replies that may be large: a worker builds and sends it. @data is freed on main. */
void tbus_call_return_built (TbusCall *self, TbusCallBuilder build, gpointer data, GDestroyNotify destroy);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusCall, tbus_call_free)

G_END_DECLS
