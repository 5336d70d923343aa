/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "ust/listener.h"

#include "base/stray.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  BATCH = 8,      /* connections a wake-up: then the apps that are there have their turn */
  PAUSE_MS = 100, /* when even the reserve does not help */
};

struct TbusListener {
  int fd;
  TbusPollerWatch *watch;
  TbusListenerEvents events;
  gpointer data;
  int reserve; /* -1 while it could not be had */
  GSource *pause;
};

static int
reserve_open (void)
{
  return open ("/dev/null", O_RDONLY | O_CLOEXEC);
}

static gboolean
on_pause_over (gpointer user_data)
{
  TbusListener *self = user_data;

  g_clear_pointer (&self->pause, g_source_unref);
  if (self->reserve < 0)
    self->reserve = reserve_open ();
  tbus_poller_watch_set (self->watch, EPOLLIN);
  return G_SOURCE_REMOVE;
}

static void
pause_accepting (TbusListener *self)
{
  if (self->pause != NULL)
    return;
  tbus_poller_watch_set (self->watch, 0);
  self->pause = g_timeout_source_new (PAUSE_MS);
  g_source_set_static_name (self->pause, "tracebus-listener");
  g_source_set_callback (self->pause, on_pause_over, self, NULL);
  g_source_attach (self->pause, tbus_thread_context (TBUS_THREAD_LINK));
}

/* FALSE where there was nothing to turn away either. */
static gboolean
turn_away (TbusListener *self)
{
  int fd;

  if (self->reserve < 0)
    {
      pause_accepting (self);
      return FALSE;
    }
  close (self->reserve);
  fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0)
    tbus_stray_close_socket (fd);
  self->reserve = reserve_open ();
  if (fd < 0)
    {
      if (errno != EAGAIN)
        pause_accepting (self);
      return FALSE;
    }
  self->events.refused ("The service has no descriptor left for another app; raise LimitNOFILE", self->data);
  return TRUE;
}

static void
on_connections (guint32 events, gpointer user_data)
{
  TbusListener *self = user_data;

  tbus_thread_assert (TBUS_THREAD_LINK);
  tbus_thread_report (TBUS_THREAD_LINK, "accepting connections");
  for (guint i = 0; i < BATCH && self->pause == NULL; i++)
    {
      int fd = accept4 (self->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

      if (fd >= 0)
        self->events.accepted (fd, self->data);
      else if (errno == EAGAIN)
        break;
      else if (errno == EMFILE || errno == ENFILE)
        {
          if (!turn_away (self))
            break;
        }
      else if (errno != EINTR && errno != ECONNABORTED)
        pause_accepting (self); /* no memory: the queue keeps them */
    }
  tbus_thread_report (TBUS_THREAD_LINK, NULL);
}

TbusListener *
tbus_listener_new (TbusPoller *poller, int fd, const TbusListenerEvents *events, gpointer data, GError **error)
{
  g_autofree TbusListener *self = g_new0 (TbusListener, 1);

  self->fd = fd;
  self->events = *events;
  self->data = data;
  self->watch = tbus_poller_add (poller, fd, EPOLLIN, on_connections, self, error);
  if (self->watch == NULL)
    return NULL;
  self->reserve = reserve_open ();
  return g_steal_pointer (&self);
}

void
tbus_listener_free (TbusListener *self)
{
  tbus_poller_watch_remove (self->watch);
  if (self->pause != NULL)
    {
      g_source_destroy (self->pause);
      g_source_unref (self->pause);
    }
  if (self->reserve >= 0)
    close (self->reserve);
  g_free (self);
}
