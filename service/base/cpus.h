/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * CPUs: how many streams a channel has: one for each CPU that this machine may ever have, as the tracer counts them.
 *
 * Threads: any; pure but for tbus_cpus_possible(), which asks the system once.
 */
#include <glib.h>

G_BEGIN_DECLS

/* The highest CPU number of a list such as "0-3,8", plus one; 0 where it is no such list. */
guint tbus_cpus_parse (const char *list);
guint tbus_cpus_possible (void);

G_END_DECLS
