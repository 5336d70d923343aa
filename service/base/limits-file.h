/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Limits file: tracebus.conf, in which an administrator sets limits (base/limits.h).
 *
 * Lines are "[Limits]", "Key=value", empty, or comments that begin with #. It is read by our own few lines and not by
 * GKeyFile, which does not say in which line something is wrong, and takes the last of two values silently.
 *
 * Threads: main, before any other starts. Limit: 64 KiB.
 */
#include <glib.h>

G_BEGIN_DECLS

/*
 * Sets what @path says. @required: it must be there. FALSE with a sentence that names the file, and the line where
 * one is wrong; limits that stand before it may be set by then.
 */
gboolean tbus_limits_file_load (const char *path, gboolean required, GError **error);

G_END_DECLS
