/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/lookout.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

static const uint64_t delay = 200000000; /* ns: who removes a tree is done by then, mostly */

static void
on_timer (TcTimer *timer)
{
  TcLookout *self = (TcLookout *) ((char *) timer - offsetof (TcLookout, timer));

  self->changed (self);
}

void
tc_lookout_rouse (TcLookout *self)
{
  if (self->timer.place == 0)
    tc_loop_arm (self->loop, &self->timer, tc_now () + delay);
}

static void
on_files (TcWatch *watch, uint32_t events)
{
  char what[4096];

  while (read (watch->fd, what, sizeof what) == (ssize_t) sizeof what)
    ;
  tc_lookout_rouse ((TcLookout *) ((char *) watch - offsetof (TcLookout, files)));
}

/* That it was told is all there is to read. */
static void
on_mounts (TcWatch *watch, uint32_t events)
{
  tc_lookout_rouse ((TcLookout *) ((char *) watch - offsetof (TcLookout, mounts)));
}

static void
watch_or_close (TcLookout *self, TcWatch *watch, uint32_t events)
{
  if (watch->fd < 0 || tc_loop_watch (self->loop, watch, events) == 0)
    return;
  close (watch->fd);
  watch->fd = -1;
}

void
tc_lookout_init (TcLookout *self, TcLoop *loop, void (*changed) (TcLookout *self))
{
  *self = (TcLookout) {
    .loop = loop,
    .changed = changed,
    .files = { .fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK), .ready = on_files },
    .mounts = { .fd = open ("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC), .ready = on_mounts },
    .timer.fire = on_timer,
  };
  watch_or_close (self, &self->files, EPOLLIN);
  watch_or_close (self, &self->mounts, EPOLLPRI);
}

static void
unwatch (TcLookout *self, TcWatch *watch)
{
  if (watch->fd < 0)
    return;
  tc_loop_unwatch (self->loop, watch);
  close (watch->fd);
  watch->fd = -1;
}

void
tc_lookout_clear (TcLookout *self)
{
  if (self->loop == NULL)
    return;
  unwatch (self, &self->files);
  unwatch (self, &self->mounts);
  tc_loop_disarm (self->loop, &self->timer);
}

int
tc_lookout_add (TcLookout *self, int dir_fd)
{
  char path[48];

  if (self->files.fd < 0)
    return -1;
  snprintf (path, sizeof path, "/proc/self/fd/%d", dir_fd);
  return inotify_add_watch (self->files.fd, path,
                            IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB | IN_UNMOUNT | IN_ONLYDIR);
}

void
tc_lookout_remove (TcLookout *self, int watch)
{
  if (watch >= 0 && self->files.fd >= 0)
    inotify_rm_watch (self->files.fd, watch);
}
