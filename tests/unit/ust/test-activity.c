/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a silent process is at work: one that computes, one that waits, one that was stopped, and none at all. */
#include "support/child.h"
#include "ust/activity.h"

#include <signal.h>
#include <sys/wait.h>

static TstChild *
start (const char *script)
{
  const char *argv[] = { "sh", "-c", script, NULL };
  TstChild *child = tst_child_start (argv, NULL);

  g_free (tst_child_wait_line (child, "ready"));
  return child;
}

static void
sees_one_that_computes (void)
{
  g_autoptr(TstChild) child = start ("echo ready; while :; do :; done");
  guint n_looks = 0;

  g_assert_true (tbus_process_is_active (tst_child_pid (child), &n_looks));
  g_assert_cmpuint (n_looks, ==, 1);
}

/* It says that it is ready a moment before it waits. */
static void
sees_one_that_waits (void)
{
  g_autoptr(TstChild) child = start ("echo ready; read line");
  guint n_looks = 0;

  while (tbus_process_is_active (tst_child_pid (child), &n_looks))
    g_thread_yield ();
  g_assert_cmpuint (n_looks, >, 0);
}

static void
sees_one_that_was_stopped (void)
{
  g_autoptr(TstChild) child = start ("echo ready; while :; do :; done");
  guint n_looks = 0;
  siginfo_t info;

  tst_child_signal (child, SIGSTOP);
  g_assert_cmpint (waitid (P_PID, tst_child_pid (child), &info, WSTOPPED), ==, 0);
  g_assert_false (tbus_process_is_active (tst_child_pid (child), &n_looks));
  g_assert_true (tbus_process_is_halted (tst_child_pid (child)));
  tst_child_signal (child, SIGCONT);
  while (!tbus_process_is_active (tst_child_pid (child), &n_looks))
    g_thread_yield ();
  g_assert_false (tbus_process_is_halted (tst_child_pid (child)));
}

static void
sees_none (void)
{
  guint n_looks = 0;

  g_assert_false (tbus_process_is_active (G_MAXINT, &n_looks));
  g_assert_cmpuint (n_looks, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ust/activity/sees-one-that-computes", sees_one_that_computes);
  g_test_add_func ("/ust/activity/sees-one-that-waits", sees_one_that_waits);
  g_test_add_func ("/ust/activity/sees-one-that-was-stopped", sees_one_that_was_stopped);
  g_test_add_func ("/ust/activity/sees-none", sees_none);
  return g_test_run ();
}
