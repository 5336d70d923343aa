/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * JSON of what came over the bus: dictionaries become objects, arrays and tuples arrays, variants what is in them.
 * Numbers are written whole: a reader that keeps them in doubles loses digits beyond 2^53.
 *
 * Threads: any; pure but for stdout.
 */
#include <glib.h>

G_BEGIN_DECLS

void ctl_json_append (GString *out, GVariant *value);
/* One line to stdout; @value is consumed if it is floating. */
void ctl_json_print (GVariant *value);

G_END_DECLS
