/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-forks N: says "ready"; with the next line forks N times, one child after the other, and tells the tracer of it.
 * Each child emits a tick and ends. Says "forked MEDIAN MAX": microseconds from before a fork until the child goes on.
 */
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

#include <lttng/ust-fork.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_us (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C (1000000) + now.tv_nsec / 1000;
}

static void
be_child (int64_t began, int pipe_fd)
{
  int64_t took = now_us () - began;

  lttng_ust_tracepoint (tbtest, tick, 0, "child");
  _exit (write (pipe_fd, &took, sizeof took) == sizeof took ? 0 : 1);
}

/* How long the child took to start; -1: it failed. */
static int64_t
fork_one (const int pipe_fds[2])
{
  int64_t took, began = now_us ();
  sigset_t signals;
  int status;
  pid_t pid;

  lttng_ust_before_fork (&signals);
  pid = fork ();
  if (pid == 0)
    {
      lttng_ust_after_fork_child (&signals);
      be_child (began, pipe_fds[1]);
    }
  lttng_ust_after_fork_parent (&signals);
  if (pid < 0 || waitpid (pid, &status, 0) != pid || status != 0
      || read (pipe_fds[0], &took, sizeof took) != sizeof took)
    return -1;
  return took;
}

static int
compare (const void *a, const void *b)
{
  const int64_t *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

int
main (int argc, char **argv)
{
  long n = app_argument (argc, argv, 1, 1);
  int64_t *times = calloc ((size_t) n, sizeof *times);
  int pipe_fds[2];
  char line[64];

  if (n < 1 || times == NULL || pipe (pipe_fds) < 0)
    return 1;
  app_say ("ready");
  if (!app_read_line (line, sizeof line))
    return 0;
  for (long i = 0; i < n; i++)
    {
      times[i] = fork_one (pipe_fds);
      if (times[i] < 0)
        return 1;
    }
  qsort (times, (size_t) n, sizeof *times, compare);
  app_say ("forked %lld %lld", (long long) times[n / 2], (long long) times[n - 1]);
  free (times);
  return 0;
}
