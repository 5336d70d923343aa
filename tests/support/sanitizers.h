/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Sanitizers: what they say of programs that a test starts, and of those that these start.
 *
 * Owner:   the test's fixture. Threads: main.
 */
#include "support/dir.h"

G_BEGIN_DECLS

/* Has their reports written to files in @dir. @environment: (transfer full). Returns: (transfer full) */
GStrv tst_sanitizers_watch (GStrv environment, TstDir *dir);
/* Ends the test where there is a report. */
void tst_sanitizers_refuse_reports (TstDir *dir);

G_END_DECLS
