/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Answers: the callbacks that turn what a session finished into the answer of the call that asked for it.
 * Each takes a TbusCall as user data.
 *
 * Threads: main.
 */
#include <gio/gio.h>

G_BEGIN_DECLS

/* For everything that tbus_session_operation_finish() finishes: the a{sv} result. */
void tbus_answer_operation (GObject *session, GAsyncResult *result, gpointer call);
/* For tbus_session_flush_async(): nothing. */
void tbus_answer_flush (GObject *session, GAsyncResult *result, gpointer call);

G_END_DECLS
