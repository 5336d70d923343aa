/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-fork plain|hooks N: the parent emits N ticks, forks, the child emits N, then the parent N more. With "hooks" the
 * tracer is told of the fork, as liblttng-ust-fork does, and the child registers as an app of its own; with "plain" the
 * child goes on writing into its parent's buffers.
 */
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

#include <lttng/ust-fork.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
emit (long n, const char *who)
{
  for (long i = 0; i < n; i++)
    lttng_ust_tracepoint (tbtest, tick, i, who);
}

static pid_t
fork_telling_the_tracer (void)
{
  sigset_t signals;
  pid_t pid;

  lttng_ust_before_fork (&signals);
  pid = fork ();
  if (pid == 0)
    lttng_ust_after_fork_child (&signals);
  else
    lttng_ust_after_fork_parent (&signals);
  return pid;
}

int
main (int argc, char **argv)
{
  long n = app_argument (argc, argv, 2, 1);
  int status = 1;
  pid_t pid;

  emit (n, "parent");
  pid = argc > 1 && strcmp (argv[1], "hooks") == 0 ? fork_telling_the_tracer () : fork ();
  if (pid < 0)
    return 1;
  if (pid == 0)
    {
      emit (n, "child");
      _exit (0);
    }
  if (waitpid (pid, &status, 0) != pid || status != 0)
    return 1;
  emit (n, "parent-after");
  app_say ("done %ld", (long) pid);
  return 0;
}
