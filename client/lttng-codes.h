/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * The exit codes that LTTng's command has for failures: 1 an error, 2 an unknown command or option, 3 a fatal error, 4
 * a warning, 5 not supported; some of its commands exit with the numbers of liblttng-ctl's errors instead.
 *
 * Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

/* @verb is (nullable). @coarse: this run would not tell one failure from another. */
int ctl_lttng_code (const char *verb, gboolean coarse, const GError *error);

G_END_DECLS
