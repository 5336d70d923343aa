/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-hostile SOCKET N MANNER: keeps N connections to the registration socket of a service under test, none of which
 * ever becomes a program: idle, half (of a record), slow (a byte a second), command (each of a process of its own,
 * which never makes the second connection), garbage; or storm: one after the other, closed at once. A connection that
 * the service ends is made again. Says "ready" when all were there once; ends with stdin.
 */
#include "support/registration.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

typedef enum { IDLE, HALF, SLOW, COMMAND, GARBAGE, STORM, N_MANNERS } Manner;

static const char *const manners[] = { "idle", "half", "slow", "command", "garbage", "storm" };

static const char *path;

static void
die (const char *what)
{
  fprintf (stderr, "app-hostile: %s: %s\n", what, strerror (errno));
  exit (1);
}

static int
join (Manner manner)
{
  TbusUstRegistration record = tst_registration ("hostile", FALSE);
  char noise[4096];
  int fd = tst_registration_connect (path);

  if (fd < 0)
    die (path);
  memset (noise, 0xa5, sizeof noise);
  /* It may be closed already; that is the service's to decide. */
  if (manner == HALF)
    send (fd, &record, sizeof record / 2, MSG_NOSIGNAL);
  else if (manner == COMMAND)
    send (fd, &record, sizeof record, MSG_NOSIGNAL);
  else if (manner == GARBAGE)
    send (fd, noise, sizeof noise, MSG_NOSIGNAL);
  return fd;
}

/* One byte more for each, round and round. */
static void
drip (const struct pollfd *fds, unsigned n)
{
  static unsigned at;
  TbusUstRegistration record = tst_registration ("hostile", FALSE);

  for (unsigned i = 0; i < n; i++)
    send (fds[i].fd, (const char *) &record + at % (sizeof record - 1), 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  at++;
}

static void
hold (Manner manner, unsigned n)
{
  struct pollfd *fds = calloc (n + 1, sizeof *fds);

  for (unsigned i = 0; i < n; i++)
    fds[i] = (struct pollfd){ join (manner), POLLIN, 0 };
  fds[n] = (struct pollfd){ STDIN_FILENO, POLLIN, 0 };
  puts ("ready");
  while (fds[n].revents == 0)
    {
      if (poll (fds, n + 1, 1000) == 0 && manner == SLOW)
        drip (fds, n);
      for (unsigned i = 0; i < n; i++)
        if (fds[i].revents != 0)
          {
            close (fds[i].fd);
            fds[i].fd = join (manner);
          }
    }
  free (fds);
}

/* Each with credentials of its own: a process's second record would replace its first. */
static void
hold_in_children (unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    if (fork () == 0)
      {
        char byte;

        prctl (PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
          {
            int fd = join (COMMAND);

            if (read (fd, &byte, 1) < 0 && errno != ECONNRESET)
              die ("read");
            close (fd);
          }
      }
  puts ("ready");
  while (getchar () != EOF)
    ;
}

static void
storm (void)
{
  struct pollfd input = { STDIN_FILENO, POLLIN, 0 };

  puts ("ready");
  for (unsigned i = 0; i % 64 != 0 || poll (&input, 1, 0) == 0; i++)
    close (join (i % 2 == 0 ? IDLE : HALF));
}

int
main (int argc, char **argv)
{
  struct rlimit files;
  Manner manner = 0;
  unsigned n;

  while (argc == 4 && manner < N_MANNERS && strcmp (manners[manner], argv[3]) != 0)
    manner++;
  if (argc != 4 || manner == N_MANNERS)
    {
      fprintf (stderr, "usage: app-hostile SOCKET N idle|half|slow|command|garbage|storm\n");
      return 2;
    }
  path = argv[1];
  n = strtoul (argv[2], NULL, 10);
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  setvbuf (stdout, NULL, _IONBF, 0);
  if (manner == COMMAND)
    hold_in_children (n);
  else if (manner == STORM)
    storm ();
  else
    hold (manner, n);
  return 0;
}
