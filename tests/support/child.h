/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Child: a program that a test starts, talks with in lines and ends. It never outlives the test: freeing kills it,
 * and the kernel does where the test dies first.
 *
 * Owner:   the test's fixture.
 * Threads: main.
 * Limit:   %TST_PATIENCE_MS, then a wait ends the test with what the child had said; nothing waits for time to pass.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

enum { TST_PATIENCE_MS = 60000 };

typedef struct TstChild TstChild;

/* Starts @argv, found in PATH, with @envp (nullable: the test's own) and the test's stderr, or ends the test. */
TstChild *tst_child_start (const char *const *argv, const char *const *envp);
/* The same; it finds @fds from descriptor 3 on. */
TstChild *tst_child_start_with_fds (const char *const *argv, const char *const *envp, const int *fds, gsize n_fds);
/* Kills it where it still runs, and reaps it. */
void tst_child_free (TstChild *self);

pid_t tst_child_pid (TstChild *self);
/* Writes a line to its stdin. */
void tst_child_say (TstChild *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void tst_child_close_stdin (TstChild *self);
/* Returns: (transfer full): the next line of its stdout that begins with @prefix; those before it are passed over. */
char *tst_child_wait_line (TstChild *self, const char *prefix);
void tst_child_signal (TstChild *self, int signum);
/* Stops it, and returns when every thread of it stands still; SIGCONT lets it go on. */
void tst_child_freeze (TstChild *self);
/* The same for one that stops itself. */
void tst_child_wait_frozen (TstChild *self);
/* Waits for its end. Returns the status of waitpid(), again and again. */
int tst_child_wait (TstChild *self);
/* Closes its stdin, waits, and ends the test where it did not exit with 0. */
void tst_child_finish (TstChild *self);
gboolean tst_child_running (TstChild *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstChild, tst_child_free)

/* A pidfd of @pid, which may be somebody else's child. */
int tst_process_watch (pid_t pid);
/* Waits for its end, and closes @pidfd. */
void tst_process_await (int pidfd);

G_END_DECLS
