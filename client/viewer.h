/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Viewer: the program that a trace is shown with, as --viewer has it: a command of several words, or babeltrace2.
 *
 * Owner:   the verbs view and crash.
 * Threads: one.
 */
#include "client/ctl.h"

G_BEGIN_DECLS

#define CTL_OPTION_VIEWER(variable) \
  { "viewer", 'e', 0, G_OPTION_ARG_STRING, variable, "The command that gets the path; default: babeltrace2", "COMMAND" }

/* Becomes @viewer (nullable: the default) with @trace. Returns: %FALSE */
gboolean ctl_viewer_become (const char *viewer, const char *trace, GError **error);
/* Runs it to its end, which is a success. */
gboolean ctl_viewer_run (const char *viewer, const char *trace, GError **error);

G_END_DECLS
