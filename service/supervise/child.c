/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/child.h"

#include "base/log.h"
#include "base/thread.h"

#include <glib-unix.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

struct _TbusChild {
  GObject parent_instance;
  GSubprocess *process; /* NULL: of a former service */
  pid_t pid;
  int pidfd;            /* -1: of ours */
  int link_fd;
  guint deadline, deadline_ms; /* source; 0: it may run as long as it likes */
  gboolean let_be;
  char *end;
};

G_DEFINE_FINAL_TYPE (TbusChild, tbus_child, G_TYPE_OBJECT)

static guint signal_ended;

static void
tbus_child_finalize (GObject *object)
{
  TbusChild *self = TBUS_CHILD (object);

  if (self->link_fd >= 0)
    close (self->link_fd);
  if (self->pidfd >= 0)
    close (self->pidfd);
  g_clear_object (&self->process);
  g_free (self->end);
  G_OBJECT_CLASS (tbus_child_parent_class)->finalize (object);
}

static void
tbus_child_class_init (TbusChildClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbus_child_finalize;
  signal_ended = g_signal_new ("ended", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                               G_TYPE_NONE, 0);
}

static void
tbus_child_init (TbusChild *self)
{
  self->link_fd = self->pidfd = -1;
}

/* @end: (transfer full) */
static void
come_to_end (TbusChild *self, char *end)
{
  g_clear_handle_id (&self->deadline, g_source_remove);
  self->end = end;
  g_signal_emit (self, signal_ended, 0);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GSubprocess *process = G_SUBPROCESS (source);
  g_autoptr(TbusChild) self = user_data;

  tbus_thread_assert_main ();
  g_subprocess_wait_finish (process, result, NULL);
  if (g_subprocess_get_if_signaled (process))
    come_to_end (self, g_strdup_printf ("was killed by signal %d", g_subprocess_get_term_sig (process)));
  else
    come_to_end (self, g_strdup_printf ("exited with status %d", g_subprocess_get_exit_status (process)));
}

TbusChild *
tbus_child_new (GSubprocess *process, int link_fd)
{
  TbusChild *self = g_object_new (TBUS_TYPE_CHILD, NULL);
  const char *identifier = g_subprocess_get_identifier (process);

  self->process = g_object_ref (process);
  self->link_fd = link_fd;
  /* Without one it has ended already. */
  self->pid = identifier != NULL ? (pid_t) g_ascii_strtoll (identifier, NULL, 10) : 0;
  g_subprocess_wait_async (process, NULL, on_ended, g_object_ref (self));
  return self;
}

/* How it ended only its parent hears. */
static gboolean
on_pidfd_ended (gint fd, GIOCondition condition, gpointer user_data)
{
  TbusChild *self = user_data;

  tbus_thread_assert_main ();
  come_to_end (self, g_strdup ("has ended"));
  return G_SOURCE_REMOVE;
}

TbusChild *
tbus_child_adopt (pid_t pid, int pidfd, int link_fd)
{
  TbusChild *self = g_object_new (TBUS_TYPE_CHILD, NULL);

  self->pid = pid;
  self->pidfd = pidfd;
  self->link_fd = link_fd;
  g_unix_fd_add_full (G_PRIORITY_DEFAULT, pidfd, G_IO_IN, on_pidfd_ended, g_object_ref (self), g_object_unref);
  return self;
}

pid_t
tbus_child_get_pid (TbusChild *self)
{
  return self->pid;
}

int
tbus_child_take_link (TbusChild *self)
{
  int fd = self->link_fd;

  self->link_fd = -1;
  return fd;
}

void
tbus_child_kill (TbusChild *self)
{
  if (self->process != NULL)
    g_subprocess_force_exit (self->process);
  else
    syscall (SYS_pidfd_send_signal, self->pidfd, SIGKILL, NULL, 0);
}

void
tbus_child_kill_late (TbusChild *self, guint ms)
{
  g_autofree char *pid = g_strdup_printf ("%d", self->pid);

  tbus_log_warning (TBUS_MSG_CONSUMER_FAILED, "TRACEBUS_CONSUMER_PID", pid,
                    "Consumer process %s did not end within %u ms; killing it", pid, ms);
  tbus_child_kill (self);
}

static gboolean
on_deadline (gpointer user_data)
{
  TbusChild *self = user_data;

  self->deadline = 0;
  tbus_child_kill_late (self, self->deadline_ms);
  return G_SOURCE_REMOVE;
}

void
tbus_child_end_within (TbusChild *self, guint ms)
{
  tbus_thread_assert_main ();
  if (self->end != NULL)
    return;
  g_clear_handle_id (&self->deadline, g_source_remove);
  self->deadline_ms = ms;
  self->deadline = g_timeout_add (ms, on_deadline, self);
}

void
tbus_child_let_be (TbusChild *self)
{
  self->let_be = TRUE;
}

gboolean
tbus_child_is_let_be (TbusChild *self)
{
  return self->let_be;
}

const char *
tbus_child_get_end (TbusChild *self)
{
  return self->end;
}
