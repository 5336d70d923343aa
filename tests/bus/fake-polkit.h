/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fake polkit: an authority on the rig's bus that answers what the test says, and writes down what it was asked.
 *
 * Owner:   the rig. Threads: main.
 */
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct TstFakePolkit TstFakePolkit;

typedef enum { TST_POLKIT_NO, TST_POLKIT_YES, TST_POLKIT_AUTH, TST_POLKIT_DISMISSED, TST_POLKIT_ERROR } TstPolkitAnswer;

/* Takes polkit's name on the bus at @address; denies everything until it is told otherwise. */
TstFakePolkit *tst_fake_polkit_new (const char *address);
void tst_fake_polkit_free (TstFakePolkit *self);

/* @action: without "org.tracebus1."; NULL: every one */
void tst_fake_polkit_answer (TstFakePolkit *self, const char *action, TstPolkitAnswer answer);
/* Keeps its answers back, or gives all of them. */
void tst_fake_polkit_hold (TstFakePolkit *self, gboolean hold);
guint tst_fake_polkit_count_held (TstFakePolkit *self);
guint tst_fake_polkit_count_cancelled (TstFakePolkit *self);
/*
 * What was asked since the last time: "trace-own ask session=x owner=1 uids=1; ..." in the order it came; "ask" where
 * a password might be asked for. (transfer full)
 */
char *tst_fake_polkit_take_asked (TstFakePolkit *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstFakePolkit, tst_fake_polkit_free)

G_END_DECLS
