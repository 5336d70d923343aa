/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * herd run N PROGRAM...: starts N at once, with nothing on stdin, waits for all, and says
 *   "wall NS FIRST-MEDIAN FIRST-MAX FAILED", times to the first byte that each printed counted from its fork.
 * herd hold N PROGRAM...: starts N, says the same when each has printed a line, and then "pids P1 P2 ...". Each line of
 *   stdin goes to all; when each has answered with a line it says "done NS" and the answers' last words' maximum. With
 *   the end of stdin all get theirs; the exit status says whether all ended well.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

typedef struct {
  pid_t pid;
  int in, out;
  long long forked, first; /* ns */
  bool answered;
} Member;

typedef struct {
  Member *members;
  struct pollfd *polled;
  int n;
  long long word; /* the largest last word of an answer */
} Herd;

static long long
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void
die (const char *what)
{
  fprintf (stderr, "herd: %s: %s\n", what, strerror (errno));
  exit (1);
}

static void
start (Member *self, char **argv, bool hold)
{
  posix_spawn_file_actions_t actions;
  int in[2] = { -1, -1 }, out[2];
  int errnum;

  if (pipe2 (out, O_CLOEXEC) < 0 || (hold && pipe2 (in, O_CLOEXEC) < 0))
    die ("pipe");
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, out[1], STDOUT_FILENO);
  if (hold)
    posix_spawn_file_actions_adddup2 (&actions, in[0], STDIN_FILENO);
  else
    posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  self->forked = now_ns ();
  errnum = posix_spawn (&self->pid, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  if (errnum != 0)
    {
      errno = errnum;
      die (argv[0]);
    }
  close (out[1]);
  if (hold)
    close (in[0]);
  self->in = in[1];
  self->out = out[0];
}

/* What a member printed: a short line, or its end. False: it has ended. */
static bool
hear (Herd *self, Member *member)
{
  char text[4096];
  ssize_t got = read (member->out, text, sizeof text - 1);
  const char *word;

  if (got <= 0)
    return false;
  text[got] = '\0';
  if (member->first == 0)
    member->first = now_ns ();
  if (strchr (text, '\n') == NULL)
    return true;
  member->answered = true;
  word = strrchr (text, ' ');
  if (word != NULL && atoll (word) > self->word)
    self->word = atoll (word);
  return true;
}

/* Until each member has printed a line (@lines), or has closed its stdout. */
static void
listen_to_all (Herd *self, bool lines)
{
  int left = self->n;

  for (int i = 0; i < self->n; i++)
    {
      self->members[i].answered = false;
      self->polled[i] = (struct pollfd) { .fd = self->members[i].out, .events = POLLIN };
    }
  while (left > 0 && poll (self->polled, self->n, -1) > 0)
    for (int i = 0; i < self->n; i++)
      if (self->polled[i].revents != 0)
        {
          bool alive = hear (self, &self->members[i]);

          if (!alive && lines)
            {
              fprintf (stderr, "herd: process %d ended early\n", (int) self->members[i].pid);
              exit (1);
            }
          if (alive && !(lines && self->members[i].answered))
            continue;
          self->polled[i].fd = -1;
          left--;
        }
}

static int
wait_for_all (Herd *self)
{
  int failed = 0, status;

  for (int i = 0; i < self->n; i++)
    if (waitpid (self->members[i].pid, &status, 0) < 0 || status != 0)
      failed++;
  return failed;
}

static int
compare (const void *a, const void *b)
{
  long long x = *(const long long *) a, y = *(const long long *) b;

  return (x > y) - (x < y);
}

static void
say_times (const Herd *self, long long wall, int failed)
{
  long long *firsts = calloc (self->n, sizeof *firsts);

  if (firsts == NULL)
    die ("memory");
  for (int i = 0; i < self->n; i++)
    firsts[i] = self->members[i].first > 0 ? self->members[i].first - self->members[i].forked : 0;
  qsort (firsts, self->n, sizeof *firsts, compare);
  printf ("wall %lld %lld %lld %d\n", wall, firsts[self->n / 2], firsts[self->n - 1], failed);
  fflush (stdout);
  free (firsts);
}

static void
obey (Herd *self)
{
  char line[256];

  printf ("pids");
  for (int i = 0; i < self->n; i++)
    printf (" %d", (int) self->members[i].pid);
  printf ("\n");
  fflush (stdout);
  while (fgets (line, sizeof line, stdin) != NULL)
    {
      long long began = now_ns ();

      self->word = 0;
      for (int i = 0; i < self->n; i++)
        if (write (self->members[i].in, line, strlen (line)) < 0)
          die ("write");
      listen_to_all (self, true);
      printf ("done %lld %lld\n", now_ns () - began, self->word);
      fflush (stdout);
    }
  for (int i = 0; i < self->n; i++)
    close (self->members[i].in);
}

static void
raise_file_limit (void)
{
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
}

int
main (int argc, char **argv)
{
  Herd self = { 0 };
  bool hold = argc > 3 && strcmp (argv[1], "hold") == 0;
  long long began;
  int failed = 0;

  if (argc < 4 || (!hold && strcmp (argv[1], "run") != 0) || (self.n = atoi (argv[2])) < 1)
    {
      fprintf (stderr, "Usage: herd run|hold N PROGRAM [ARGUMENT...]\n");
      return 2;
    }
  raise_file_limit ();
  self.members = calloc (self.n, sizeof *self.members);
  self.polled = calloc (self.n, sizeof *self.polled);
  if (self.members == NULL || self.polled == NULL)
    die ("memory");
  began = now_ns ();
  for (int i = 0; i < self.n; i++)
    start (&self.members[i], argv + 3, hold);
  listen_to_all (&self, hold);
  if (!hold)
    failed = wait_for_all (&self);
  say_times (&self, now_ns () - began, failed);
  if (hold)
    {
      obey (&self);
      failed = wait_for_all (&self);
    }
  free (self.members);
  free (self.polled);
  return failed != 0;
}
