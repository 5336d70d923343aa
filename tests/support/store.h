/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Store: plays systemd's descriptor store for a program that a test starts, ends and starts again.
 *
 * Owner:   the test's fixture.
 * Threads: main; a thread of its own takes what comes, so that the program never waits for the test.
 * Limit:   as many descriptors as it was made for; the same open file is kept once, as systemd does.
 */
#include "support/dir.h"

G_BEGIN_DECLS

typedef struct TstStore TstStore;

TstStore *tst_store_new (TstDir *dir, guint limit);
void tst_store_free (TstStore *self);
/*
 * @environment (transfer full) with what systemd sets for the next life, but for LISTEN_PID: that is the program's.
 * (transfer full)
 */
GStrv tst_store_environ (TstStore *self, GStrv environment);
/* What the next life finds from descriptor 3 on; the store's. */
const int *tst_store_get_fds (TstStore *self, gsize *n);
/* How many are kept whose names begin with @prefix. */
guint tst_store_count (TstStore *self, const char *prefix);
gboolean tst_store_has (TstStore *self, const char *name);
/* While it is held back, nothing is taken. */
void tst_store_hold_back (TstStore *self, gboolean hold);
/* Stops keeping all that it keeps, as systemd does for a service that has ended. */
void tst_store_clear (TstStore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstStore, tst_store_free)

G_END_DECLS
