/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Show: properties (a{sv}) as the texts of a table. What is not there, or empty, is "-".
 *
 * Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

/* All (transfer full). */
char *ctl_show_text (GVariant *properties, const char *key);
char *ctl_show_number (GVariant *properties, const char *key);
char *ctl_show_size (GVariant *properties, const char *key);

G_END_DECLS
