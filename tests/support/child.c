/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct TstChild {
  char *name;
  pid_t pid;
  int pidfd;
  int in; /* -1 once closed */
  int out;
  GString *said; /* all that it printed */
  gsize seen;    /* how much of it was handed out as lines */
  gboolean reaped;
  int status;
};

static void
die_with_the_test (gpointer parent)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != GPOINTER_TO_INT (parent))
    _exit (127);
}

int
tst_process_watch (pid_t pid)
{
  int pidfd = syscall (SYS_pidfd_open, pid, 0);

  g_assert_cmpint (pidfd, >=, 0);
  return pidfd;
}

void
tst_process_await (int pidfd)
{
  struct pollfd ended = { .fd = pidfd, .events = POLLIN };

  g_assert_cmpint (poll (&ended, 1, TST_PATIENCE_MS), ==, 1);
  close (pidfd);
}

TstChild *
tst_child_start (const char *const *argv, const char *const *envp)
{
  return tst_child_start_with_fds (argv, envp, NULL, 0);
}

TstChild *
tst_child_start_with_fds (const char *const *argv, const char *const *envp, const int *fds, gsize n_fds)
{
  g_autoptr(GError) error = NULL;
  g_autofree int *targets = g_new (int, n_fds + 1);
  TstChild *self = g_new0 (TstChild, 1);

  self->name = g_path_get_basename (argv[0]);
  self->said = g_string_new (NULL);
  for (gsize i = 0; i < n_fds; i++)
    targets[i] = 3 + (int) i;
  g_spawn_async_with_pipes_and_fds (NULL, argv, envp, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH,
                                    die_with_the_test, GINT_TO_POINTER (getpid ()), -1, -1, -1, fds, targets, n_fds,
                                    &self->pid, &self->in, &self->out, NULL, &error);
  g_assert_no_error (error);
  self->pidfd = tst_process_watch (self->pid);
  return self;
}

void
tst_child_free (TstChild *self)
{
  if (!self->reaped)
    {
      kill (self->pid, SIGKILL);
      tst_child_wait (self);
    }
  tst_child_close_stdin (self);
  close (self->out);
  close (self->pidfd);
  g_string_free (self->said, TRUE);
  g_free (self->name);
  g_free (self);
}

pid_t
tst_child_pid (TstChild *self)
{
  return self->pid;
}

void
tst_child_say (TstChild *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  line = g_strconcat (text, "\n", NULL);
  g_assert_cmpint (write (self->in, line, strlen (line)), ==, strlen (line));
}

void
tst_child_close_stdin (TstChild *self)
{
  if (self->in >= 0)
    close (self->in);
  self->in = -1;
}

static void
wait_readable (TstChild *self, int fd, const char *what)
{
  gint64 deadline = g_get_monotonic_time () + TST_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
  struct pollfd ready = { .fd = fd, .events = POLLIN };
  int n = 0;

  while (n <= 0)
    {
      gint64 left = (deadline - g_get_monotonic_time ()) / G_TIME_SPAN_MILLISECOND;

      if (left <= 0)
        g_error ("%s (%d): waited in vain for %s; it said: %s", self->name, self->pid, what, self->said->str);
      n = poll (&ready, 1, left);
      g_assert_true (n >= 0 || errno == EINTR);
    }
}

static char *
next_line (TstChild *self)
{
  const char *start = self->said->str + self->seen;
  const char *end = strchr (start, '\n');

  if (end == NULL)
    return NULL;
  self->seen += end - start + 1;
  return g_strndup (start, end - start);
}

static void
read_more (TstChild *self, const char *prefix)
{
  char buffer[4096];
  ssize_t n;

  wait_readable (self, self->out, prefix);
  n = read (self->out, buffer, sizeof buffer);
  g_assert_cmpint (n, >=, 0);
  if (n == 0)
    g_error ("%s (%d): ended its output before \"%s\"; it said: %s", self->name, self->pid, prefix, self->said->str);
  g_string_append_len (self->said, buffer, n);
}

char *
tst_child_wait_line (TstChild *self, const char *prefix)
{
  for (;;)
    {
      g_autofree char *line = next_line (self);

      if (line == NULL)
        read_more (self, prefix);
      else if (g_str_has_prefix (line, prefix))
        return g_steal_pointer (&line);
    }
}

void
tst_child_signal (TstChild *self, int signum)
{
  if (!self->reaped)
    g_assert_cmpint (kill (self->pid, signum), ==, 0);
}

void
tst_child_freeze (TstChild *self)
{
  tst_child_signal (self, SIGSTOP);
  tst_child_wait_frozen (self);
}

void
tst_child_wait_frozen (TstChild *self)
{
  siginfo_t stopped;

  g_assert_cmpint (waitid (P_PID, self->pid, &stopped, WSTOPPED), ==, 0);
  g_assert_cmpint (stopped.si_code, ==, CLD_STOPPED);
}

int
tst_child_wait (TstChild *self)
{
  if (self->reaped)
    return self->status;
  wait_readable (self, self->pidfd, "its end");
  g_assert_cmpint (waitpid (self->pid, &self->status, 0), ==, self->pid);
  self->reaped = TRUE;
  return self->status;
}

void
tst_child_finish (TstChild *self)
{
  g_autoptr(GError) error = NULL;

  tst_child_close_stdin (self);
  g_spawn_check_wait_status (tst_child_wait (self), &error);
  g_assert_no_error (error);
}

gboolean
tst_child_running (TstChild *self)
{
  struct pollfd ended = { .fd = self->pidfd, .events = POLLIN };

  return !self->reaped && poll (&ended, 1, 0) == 0;
}
