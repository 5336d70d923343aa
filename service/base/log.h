/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Log lines for operators: one sentence that says what happened and what happens next,
 * a message id, and the objects as journal fields (GLib's structured logging).
 *
 * Threads: any.
 */
#include <glib.h>

#include "base/log-ids.h"

#ifndef G_LOG_DOMAIN
#define G_LOG_DOMAIN "tracebus"
#endif

/* Usage: tbus_log_warning (TBUS_MSG_X, "TRACEBUS_SESSION", name, "Session %s ...", name) */
#define tbus_log_full(level, id, field, value, ...)                                                                  \
  g_log_structured (G_LOG_DOMAIN, level, "MESSAGE_ID", id, field, value, "CODE_FILE", __FILE__, "CODE_LINE",          \
                    G_STRINGIFY (__LINE__), "CODE_FUNC", G_STRFUNC, "MESSAGE", __VA_ARGS__)
#define tbus_log_warning(id, field, value, ...) tbus_log_full (G_LOG_LEVEL_WARNING, id, field, value, __VA_ARGS__)
#define tbus_log_message(id, field, value, ...) tbus_log_full (G_LOG_LEVEL_MESSAGE, id, field, value, __VA_ARGS__)
#define tbus_log_info(id, field, value, ...) tbus_log_full (G_LOG_LEVEL_INFO, id, field, value, __VA_ARGS__)
#define tbus_log_debug(...) g_debug (__VA_ARGS__)

G_BEGIN_DECLS

#define TBUS_LOG_IDENTIFIER "tracebusd"

/*
 * Call it first in main(). Lines go to the journal where the standard error leads there, else to the standard error,
 * and are dropped below "info"; G_MESSAGES_DEBUG lets developers see more.
 */
void tbus_log_init (void);

/* What org.freedesktop.LogControl1 calls them. FALSE where there is no such level or target. */
gboolean tbus_log_set_level (const char *name);
const char *tbus_log_get_level (void);
gboolean tbus_log_set_target (const char *name);
const char *tbus_log_get_target (void);

G_END_DECLS
