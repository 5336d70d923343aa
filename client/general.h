/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * General: a run of tracebusctl from its command line to its exit code: the options before the verb, and the verb.
 *
 * Owner:   main() in tracebusctl.c; the verb help.
 * Threads: one.
 */
#include "client/ctl.h"

G_BEGIN_DECLS

/* Takes what is before the verb; the verb and what is behind it stay in @args. --help and --version print and exit. */
gboolean ctl_parse_general (Ctl *ctl, char ***args, GError **error);
/* Runs what @args say. Returns: the exit code; failures were printed */
int ctl_run (Ctl *ctl, char ***args);

G_END_DECLS
