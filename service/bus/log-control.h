/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Log control: org.freedesktop.LogControl1, by which "systemctl service-log-level" looks at the log and changes it.
 * Everybody may read; only root and the user that the service runs as may set.
 *
 * Owner:   the bus. Threads: main.
 */
#include "bus/context.h"

G_BEGIN_DECLS

/* Where that is on @connection; NULL with @error where it is taken. */
typedef struct TbusLogControl TbusLogControl;

TbusLogControl *tbus_log_control_new (TbusBusContext *bus, GDBusConnection *connection, GError **error);
void tbus_log_control_free (TbusLogControl *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusLogControl, tbus_log_control_free)

G_END_DECLS
