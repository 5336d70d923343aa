/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of processes: also of those whose end nobody has looked at. */
#include "base/process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns: the pid of a process that only waits to be killed. */
static pid_t
start (void)
{
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid > 0)
    return pid;
  for (;;)
    pause ();
}

static void
knows_the_dead_from_the_living (void)
{
  pid_t pid = start ();
  siginfo_t info;

  g_assert_false (tbus_process_has_ended (pid));
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitid (P_PID, pid, &info, WEXITED | WNOWAIT), ==, 0);
  g_assert_cmpint (kill (pid, 0), ==, 0); /* the number is still its own */
  g_assert_true (tbus_process_has_ended (pid));
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_assert_true (tbus_process_has_ended (pid));
}

static void
one_that_is_stopped_has_not_ended (void)
{
  pid_t pid = start ();
  siginfo_t info;

  g_assert_false (tbus_process_is_stopped (pid));
  g_assert_cmpint (kill (pid, SIGSTOP), ==, 0);
  g_assert_cmpint (waitid (P_PID, pid, &info, WSTOPPED | WNOWAIT), ==, 0);
  g_assert_true (tbus_process_is_stopped (pid));
  g_assert_false (tbus_process_has_ended (pid));
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/process/knows-the-dead-from-the-living", knows_the_dead_from_the_living);
  g_test_add_func ("/base/process/one-that-is-stopped-has-not-ended", one_that_is_stopped_has_not_ended);
  return g_test_run ();
}
