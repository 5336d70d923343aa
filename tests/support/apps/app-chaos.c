/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-chaos FILE NUMBER: counts what it emits in FILE, so that it can be killed at any moment: an array of how many
 * events were begun, how many are done, and by whom; [0] says how many elements are taken. Registers, says "ready" and
 * the number of its element; each line "go N" emits N events, "tear N" as many as it takes to be killed within one,
 * while the Nth session records it, or after many that this one discards, "fork N" has a child emit N; then it says
 * "done". It ends with stdin.
 */
#include "support/apps/app.h"
#include "support/apps/torn-provider.h"

#include <fcntl.h>
#include <lttng/ust-fork.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_TALLIES = 1 << 16, MAX_DISCARDED = 1000 };

typedef struct {
  _Atomic uint64_t begun, done, who;
} Tally;

static Tally *tallies, *mine;
static const char *who;

static int
open_tallies (const char *path)
{
  int fd = open (path, O_RDWR | O_CLOEXEC);

  if (fd < 0)
    return -1;
  tallies = mmap (NULL, MAX_TALLIES * sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close (fd);
  return tallies != MAP_FAILED ? 0 : -1;
}

static int
take_tally (void)
{
  uint64_t number = 1 + atomic_fetch_add (&tallies[0].begun, 1);

  if (number >= MAX_TALLIES)
    return -1;
  mine = &tallies[number];
  mine->who = strtoul (who, NULL, 10);
  return 0;
}

static void
emit (long n, int number)
{
  for (; n > 0; n--)
    {
      uint64_t seq = atomic_fetch_add (&mine->begun, 1);

      lttng_ust_tracepoint (tbtest, torn, seq, number, who);
      atomic_fetch_add (&mine->done, 1);
    }
}

/* An event that is discarded is not written, and raises nothing. */
static void
tear_one (int session)
{
  for (int i = 0; i < MAX_DISCARDED; i++)
    {
      torn_passes = session - 1;
      emit (1, SIGKILL);
    }
  raise (SIGKILL);
}

static int
emit_in_child (long n)
{
  int status = 1;
  sigset_t signals;
  pid_t pid;

  lttng_ust_before_fork (&signals);
  pid = fork ();
  if (pid == 0)
    {
      lttng_ust_after_fork_child (&signals);
      if (take_tally () < 0)
        _exit (1);
      emit (n, 0);
      _exit (0);
    }
  lttng_ust_after_fork_parent (&signals);
  return pid > 0 && waitpid (pid, &status, 0) == pid ? status : -1;
}

/* Whoever starts it may have given the tracer too few descriptors, but not us. */
static void
raise_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

int
main (int argc, char **argv)
{
  char line[64];

  raise_limit ();
  who = argc > 2 ? argv[2] : "";
  if (argc < 3 || open_tallies (argv[1]) < 0 || take_tally () < 0)
    return 2;
  app_say ("ready %td", mine - tallies);
  while (app_read_line (line, sizeof line))
    {
      long n = app_command (line, "go"), tear = app_command (line, "tear"), child = app_command (line, "fork");

      if (n > 0)
        emit (n, 0);
      if (tear > 0)
        tear_one ((int) tear);
      if (child > 0 && emit_in_child (child) != 0)
        return 1;
      app_say ("done");
    }
  return 0;
}
