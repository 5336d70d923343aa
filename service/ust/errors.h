/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Errors: the tracer's negative codes in words, and ours as a code for the tracer.
 *
 * Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

/* A phrase for a log line; static. @code: 0 or negative. */
const char *tbus_ust_strerror (int code);
/*
 * A reply's code as far as we believe it: what the tracer has no such code for is its general one, so
 * that no app can speak of our own (-ECANCELED, -EPIPE).
 */
int tbus_ust_code_check (int code);
/* What an app is told of @error: a negative errno. */
int tbus_ust_code_from_error (const GError *error);

G_END_DECLS
