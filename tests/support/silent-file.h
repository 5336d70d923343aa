/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * A file of a file system in user space that opens, and never answers when it is closed: close(2) takes for ever, until
 * the file system ends. Needs root and a mount namespace of the test's own.
 *
 * Owner:   who made it.
 * Limit:   a minute, after which it ends by itself.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct TstSilentFile TstSilentFile;

/* NULL where this system has no such file systems. */
TstSilentFile *tst_silent_file_new (const char *path);
/* Ends it; whoever waits goes on. */
void tst_silent_file_free (TstSilentFile *self);

G_END_DECLS
