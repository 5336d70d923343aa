/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/agent.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOTIFY_FD = 3 };

struct CtlAgent {
  GPid pid;
};

/* Who dies of a signal leaves no agent behind at the terminal. */
static void
die_with_parent (gpointer parent)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (getppid () != GPOINTER_TO_INT (parent))
    _exit (1);
}

/* It closes its end when it is registered, and when it cannot be. */
static void
wait_for_end (int fd)
{
  char byte;

  while (read (fd, &byte, sizeof byte) < 0 && errno == EINTR)
    ;
}

CtlAgent *
ctl_agent_new (void)
{
  g_autofree char *process = g_strdup_printf ("%d", getpid ());
  g_autofree char *notify = g_strdup_printf ("%d", NOTIFY_FD);
  /* A desktop's agent goes before ours. It belongs to a login; without one polkit knows no fallback either. */
  const char *fallback = g_getenv ("XDG_SESSION_ID") != NULL ? "--fallback" : NULL;
  const char *argv[] = { "pkttyagent", "--notify-fd", notify, "--process", process, fallback, NULL };
  const int target = NOTIFY_FD;
  gboolean spawned;
  CtlAgent *self;
  int ends[2];
  GPid pid;

  if (!isatty (STDIN_FILENO) || !g_unix_open_pipe (ends, FD_CLOEXEC, NULL))
    return NULL;
  spawned = g_spawn_async_with_pipes_and_fds (
    NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_CHILD_INHERITS_STDIN, die_with_parent,
    GINT_TO_POINTER (getpid ()), -1, -1, -1, &ends[1], &target, 1, &pid, NULL, NULL, NULL, NULL);
  close (ends[1]);
  if (spawned)
    wait_for_end (ends[0]);
  close (ends[0]);
  if (!spawned)
    return NULL;
  self = g_new (CtlAgent, 1);
  self->pid = pid;
  return self;
}

void
ctl_agent_free (CtlAgent *self)
{
  kill (self->pid, SIGTERM);
  while (waitpid (self->pid, NULL, 0) < 0 && errno == EINTR)
    ;
  g_spawn_close_pid (self->pid);
  g_free (self);
}
