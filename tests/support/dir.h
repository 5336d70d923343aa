/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Dir: a temporary directory of one test, and where built programs are.
 *
 * Owner:   the test's fixture; freeing it removes all that is inside.
 * Threads: main.
 * Limit:   the path is short enough for sockets in it (108 bytes) where TMPDIR is.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct TstDir TstDir;

TstDir *tst_dir_new (void);
void tst_dir_free (TstDir *self);
const char *tst_dir_path (TstDir *self);
/* Returns: (transfer full): the path of @name, which need not exist, inside. */
char *tst_dir_file (TstDir *self, const char *name);

/* Returns: (transfer full): the path of @name below the build's root. Ends the test where TRACEBUS_BUILD is not set. */
char *tst_build_path (const char *name);

/*
 * Returns: (transfer full): the environment for a child: the tracer's home is @self, registration is waited for
 * without end, and @bus_address (nullable) is the system bus and the session bus.
 */
GStrv tst_environ (TstDir *self, const char *bus_address);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstDir, tst_dir_free)

G_END_DECLS
