/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Levels: how severe an event is, from 0, TRACE_EMERG, to 14, TRACE_DEBUG.
 *
 * Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

/* "TRACE_INFO", "info" or "6"; -1 where it is none. */
int ctl_level_parse (const char *text);
/* "TRACE_INFO"; "UNKNOWN" where @level is none. */
const char *ctl_level_name (int level);

G_END_DECLS
