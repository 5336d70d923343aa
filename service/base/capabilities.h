/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Capabilities: what root keeps of its rights here.
 *
 * Threads: main, before any other thread exists: each has its own.
 */
#include <glib.h>

G_BEGIN_DECLS

/*
 * Keeps those that are needed, for good and for every child; the unit says the same to systemd, and why for each. Who
 * has none keeps none.
 */
gboolean tbus_capabilities_keep_needed (GError **error);

G_END_DECLS
