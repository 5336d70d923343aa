/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/predecessors.h"

#include "base/log.h"

#include <glib-unix.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the kernel cuts the name of tracebus-consumerd and tracebus-consumerd32. */
#define CONSUMER_COMM "tracebus-consum\n"

typedef struct {
  TbusPostFunc func;
  gpointer data;
  guint deadline; /* source */
  GArray *running; /* of Process */
} Wait;

typedef struct {
  int pidfd;
  guint source;
} Process;

/* The number may be another's by now. That one would be waited for, not harmed; but it need not be. */
static gboolean
is_consumer (const TbusSavedConsumer *saved)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/comm", saved->pid);
  g_autofree char *comm = NULL;

  return saved->pid > 0 && g_file_get_contents (path, &comm, NULL, NULL) && g_str_equal (comm, CONSUMER_COMM);
}

static void
finish (Wait *self)
{
  TbusPostFunc func = self->func;
  gpointer data = self->data;

  g_clear_handle_id (&self->deadline, g_source_remove);
  for (guint i = 0; i < self->running->len; i++)
    {
      g_source_remove (g_array_index (self->running, Process, i).source);
      close (g_array_index (self->running, Process, i).pidfd);
    }
  g_array_unref (self->running);
  g_free (self);
  func (data);
}

static gboolean
on_ended (gint fd, GIOCondition condition, gpointer data)
{
  Wait *self = data;

  for (guint i = self->running->len; i-- > 0;)
    if (g_array_index (self->running, Process, i).pidfd == fd)
      g_array_remove_index_fast (self->running, i);
  close (fd);
  if (self->running->len == 0)
    finish (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_late (gpointer data)
{
  Wait *self = data;
  g_autofree char *number = g_strdup_printf ("%u", self->running->len);

  tbus_log_warning (TBUS_MSG_CONSUMER_FAILED, "TRACEBUS_CONSUMERS", number,
                    "%s consumers of the service's former life still write; nobody waits for them any longer", number);
  self->deadline = 0;
  finish (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_nobody (gpointer data)
{
  Wait *self = data;

  self->deadline = 0;
  finish (self);
  return G_SOURCE_REMOVE;
}

void
tbus_predecessors_await (const TbusState *state, TbusPostFunc func, gpointer data)
{
  Wait *self = g_new0 (Wait, 1);

  self->func = func;
  self->data = data;
  self->running = g_array_new (FALSE, FALSE, sizeof (Process));
  for (guint i = 0; i < state->consumers->len; i++)
    {
      const TbusSavedConsumer *saved = g_ptr_array_index (state->consumers, i);
      Process process = { is_consumer (saved) ? (int) syscall (SYS_pidfd_open, saved->pid, 0) : -1, 0 };

      if (process.pidfd < 0)
        continue;
      process.source = g_unix_fd_add (process.pidfd, G_IO_IN, on_ended, self);
      g_array_append_val (self->running, process);
    }
  if (self->running->len > 0)
    self->deadline = g_timeout_add (TBUS_PREDECESSOR_MS, on_late, self);
  else
    self->deadline = g_idle_add (on_nobody, self);
}
