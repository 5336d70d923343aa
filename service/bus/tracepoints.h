/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Tracepoints: ListTracepoints, of the manager and of one app. Apps answer side by side; a worker makes the reply,
 * which may be large.
 *
 * Threads: main.
 */
#include "bus/call.h"

G_BEGIN_DECLS

/* Takes @call. @app: (nullable): this one only; NULL: option "app", else every one */
void tbus_tracepoints_list (TbusCall *call, TbusApp *app);

G_END_DECLS
