/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Error names: what each TbusError is called on the bus.
 *
 * Threads: main.
 */
#include <gio/gio.h>

G_BEGIN_DECLS

/* Tells GDBus the names, once. Before the first call is answered. */
void tbus_error_names_register (void);

/*
 * What a caller is told of @error: itself where it is ours; else, so that no name of a library's own domain
 * reaches the bus, org.freedesktop.DBus.Error.Failed with its message. (transfer full)
 */
GError *tbus_error_for_bus (const GError *error);

G_END_DECLS
