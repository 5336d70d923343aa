/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Odd files: descriptors of all kinds that somebody may send instead of a directory.
 *
 * Owner:   the test's fixture. Threads: main.
 */
#include "support/dir.h"
#include "values.h"

#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

typedef struct TstOddFiles TstOddFiles;

/* Directories among them are in @dir. */
TstOddFiles *tst_odd_files_new (TstDir *dir);
void tst_odd_files_free (TstOddFiles *self);
/* Some of them. (transfer full) */
GUnixFDList *tst_odd_files_pick (TstOddFiles *self, TstValues *values);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstOddFiles, tst_odd_files_free)

G_END_DECLS
