/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Mounts: small file systems that a test can fill, take away and give back, which nobody else sees.
 *
 * Owner:   the test program: its mount namespace, and all in it, ends with it.
 * Threads: main.
 */
#include <glib.h>

G_BEGIN_DECLS

/*
 * Gives the program mounts of its own, which what it starts shares. Once, first in main(). FALSE where it may not: then
 * there is a sentence for g_test_skip() in *@why.
 */
gboolean tst_mounts_own (const char **why);
/*
 * Mounts a new file system of @kind, "tmpfs" or "ext4", and @megabytes on the folder @path, which it makes; once more,
 * an "ext4" is the same as before. FALSE where that is impossible, with a sentence in *@why.
 */
gboolean tst_mount (const char *kind, const char *path, guint megabytes, const char **why);
/* Takes it away at once, whoever uses it: those go on in it, and nobody else finds it. */
void tst_unmount (const char *path);
/* An "ext4" can no longer be changed, as after an error of its disk. */
void tst_mount_fail (const char *path);
/*
 * An "ext4" keeps whoever writes to it waiting, as a disk does that does not answer, until it is thawed, or this
 * program ends: who waits cannot even be killed.
 */
typedef struct TstFrost TstFrost;
TstFrost *tst_mount_freeze (const char *path);
/* (transfer full) */
void tst_frost_thaw (TstFrost *self);
/* Writes the file @path, until there is no more space. Removing it makes room. */
void tst_fill (const char *path);

G_END_DECLS
