/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Pattern: names of events as rules write them: * stands for any text, \ takes its meaning from what follows.
 * This is what the tracer makes of them.
 *
 * Owner: none. Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

/* Whether it has a star that stands for any text. */
gboolean tbus_pattern_is_glob (const char *pattern);
gboolean tbus_pattern_matches (const char *pattern, const char *name);

G_END_DECLS
