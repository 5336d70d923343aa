/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Current session: the name that verbs use where none is given; one a user, in
 * $XDG_STATE_HOME/tracebus/current-session (~/.local/state where that is not set).
 *
 * Only a default of the command line: the service knows nothing of it.
 *
 * Threads: any; each call is one look at the file.
 */
#include <glib.h>

G_BEGIN_DECLS

/* (transfer full) (nullable): %NULL where none is remembered. */
char *ctl_current_session_load (void);
gboolean ctl_current_session_store (const char *name, GError **error);
/* Forgets it if it is @name. */
void ctl_current_session_forget (const char *name);

G_END_DECLS
