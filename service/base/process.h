/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Process: what the kernel says of other processes.
 *
 * Owner: none. Threads: any; reading /proc waits for nobody.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* The state letter of a stat file in /proc: 'R' runs, 'T' is stopped ... '?': there is no such process. */
char tbus_process_read_state (const char *path);
/* Whether it is alive and stands still because somebody stopped it. */
gboolean tbus_process_is_stopped (pid_t pid);
/* Whether it does nothing any more, also where nobody has looked at its end yet. */
gboolean tbus_process_has_ended (pid_t pid);

G_END_DECLS
