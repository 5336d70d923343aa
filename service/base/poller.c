/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/poller.h"

#include "base/error.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BATCH = 64 };

struct TbusPollerWatch {
  TbusPoller *poller;
  int fd;
  TbusPollerFunc func; /* NULL once removed */
  gpointer data;
  TbusPollerWatch *next_dead;
};

struct TbusPoller {
  int epoll_fd;
  GSource *source;
  guint n_watches;
  gboolean dispatching;
  guint n_waiting; /* while dispatching: callbacks still to come */
  TbusPollerWatch *dead; /* removed during a dispatch: freed after it */
};

static void
bury_dead (TbusPoller *self)
{
  while (self->dead != NULL)
    {
      TbusPollerWatch *watch = self->dead;

      self->dead = watch->next_dead;
      g_free (watch);
    }
}

static gboolean
on_ready (gint fd, GIOCondition condition, gpointer user_data)
{
  TbusPoller *self = user_data;
  struct epoll_event events[BATCH];
  int n = epoll_wait (self->epoll_fd, events, BATCH, 0);

  self->dispatching = TRUE;
  for (int i = 0; i < n; i++)
    {
      TbusPollerWatch *watch = events[i].data.ptr;

      self->n_waiting = n - i - 1;
      if (watch->func != NULL)
        watch->func (events[i].events, watch->data);
    }
  self->dispatching = FALSE;
  bury_dead (self);
  return G_SOURCE_CONTINUE;
}

TbusPoller *
tbus_poller_new (GMainContext *context, GError **error)
{
  TbusPoller *self;
  int epoll_fd = epoll_create1 (EPOLL_CLOEXEC);

  if (epoll_fd < 0)
    {
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot make an epoll descriptor");
      return NULL;
    }
  self = g_new0 (TbusPoller, 1);
  self->epoll_fd = epoll_fd;
  self->source = g_unix_fd_source_new (epoll_fd, G_IO_IN);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_ready), self, NULL);
  g_source_set_static_name (self->source, "tracebus-poller");
  /*
   * Nobody iterates the context from a callback. Were it not said, GLib would take the descriptor out of its poll set
   * before each dispatch and put it back after, and wake the context up for both: three system calls of seven.
   */
  g_source_set_can_recurse (self->source, TRUE);
  g_source_attach (self->source, context);
  return self;
}

void
tbus_poller_free (TbusPoller *self)
{
  g_assert (self->n_watches == 0);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  close (self->epoll_fd);
  bury_dead (self);
  g_free (self);
}

TbusPollerWatch *
tbus_poller_add (TbusPoller *self, int fd, guint32 events, TbusPollerFunc func, gpointer data, GError **error)
{
  g_autofree TbusPollerWatch *watch = g_new0 (TbusPollerWatch, 1);
  struct epoll_event event = { .events = events, .data.ptr = watch };

  watch->poller = self;
  watch->fd = fd;
  watch->func = func;
  watch->data = data;
  if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
    {
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot watch descriptor %d", fd);
      return NULL;
    }
  self->n_watches++;
  return g_steal_pointer (&watch);
}

void
tbus_poller_watch_set (TbusPollerWatch *watch, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = watch };

  epoll_ctl (watch->poller->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

gboolean
tbus_poller_has_more (const TbusPoller *self)
{
  return self->n_waiting > 0;
}

void
tbus_poller_watch_remove (TbusPollerWatch *watch)
{
  TbusPoller *self = watch->poller;

  epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
  self->n_watches--;
  watch->func = NULL;
  if (!self->dispatching)
    {
      g_free (watch);
      return;
    }
  watch->next_dead = self->dead;
  self->dead = watch;
}
