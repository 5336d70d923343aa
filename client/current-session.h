/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Current session: the name that verbs use where none is given; one a user, in a file of one line.
 *
 * Only a default of the command line: the service knows nothing of it.
 *
 * Threads: any; each call is one look at the file.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  char *(*path) (void); /* (transfer full) */
  const char *key;      /* what stands before the name */
} CtlMemory;

/* $XDG_STATE_HOME/tracebus/current-session (~/.local/state where that is not set). */
extern const CtlMemory ctl_memory_own;
/* $LTTNG_HOME/.lttngrc (the user's home where that is not set), which LTTng's own command reads and writes, too. */
extern const CtlMemory ctl_memory_lttngrc;

/* (transfer full): where LTTng's command keeps what is the user's: $LTTNG_HOME, or the home. */
char *ctl_lttng_home (void);

/* (transfer full) (nullable): %NULL where none is remembered. */
char *ctl_current_session_load (const CtlMemory *memory);
gboolean ctl_current_session_store (const CtlMemory *memory, const char *name, GError **error);
/* Forgets it if it is @name. */
void ctl_current_session_forget (const CtlMemory *memory, const char *name);

G_END_DECLS
