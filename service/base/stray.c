/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/stray.h"

#include "base/limits.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  KERNEL_MAX_FDS = 253, /* SCM_MAX_FD */
  MAX_MESSAGES = 256,   /* of one whose other end goes on sending */
};

typedef union {
  struct cmsghdr align;
  char space[CMSG_SPACE (KERNEL_MAX_FDS * sizeof (int))];
} Control;

/* What came along, into @fds, which has room for KERNEL_MAX_FDS: how many. */
static gsize
collect (struct msghdr *message, int *fds)
{
  gsize n = 0;

  for (struct cmsghdr *part = CMSG_FIRSTHDR (message); part != NULL; part = CMSG_NXTHDR (message, part))
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
      {
        gsize here = MIN ((part->cmsg_len - CMSG_LEN (0)) / sizeof (int), KERNEL_MAX_FDS - n);

        memcpy (fds + n, CMSG_DATA (part), here * sizeof (int));
        n += here;
      }
  return n;
}

static gssize
receive (int fd, gpointer buffer, gsize size, int *fds, gsize *n_fds)
{
  Control control;
  struct iovec piece = { buffer, size };
  struct msghdr message = {
    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
  };
  gssize n = recvmsg (fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

  *n_fds = n >= 0 ? collect (&message, fds) : 0;
  return n;
}

static void
stop_lingering (int fd)
{
  const struct linger off = { 0, 0 };

  setsockopt (fd, SOL_SOCKET, SO_LINGER, &off, sizeof off); /* an error where it is no socket */
}

/* Worker. What a socket has in its queue is taken out first: the kernel would close that as it is. */
static void
close_now (int fd)
{
  int fds[KERNEL_MAX_FDS];
  char buffer[4096];
  gsize n_fds;

  stop_lingering (fd);
  /* An empty message may carry some, too; and they may have a queue of their own. */
  for (guint i = 0; i < MAX_MESSAGES && receive (fd, buffer, sizeof buffer, fds, &n_fds) >= 0; i++)
    tbus_stray_close (fds, n_fds);
  close (fd);
}

static void
on_worker (gpointer data, gpointer pool)
{
  close_now (GPOINTER_TO_INT (data) - 1);
}

static GThreadPool *
get_pool (void)
{
  static GThreadPool *pool;
  static gsize made;

  if (g_once_init_enter (&made))
    {
      pool = g_thread_pool_new (on_worker, NULL, TBUS_MAX_CLOSERS, FALSE, NULL);
      g_once_init_leave (&made, 1);
    }
  return pool;
}

void
tbus_stray_close (const int *fds, gsize n)
{
  for (gsize i = 0; i < n; i++)
    g_thread_pool_push (get_pool (), GINT_TO_POINTER (fds[i] + 1), NULL);
}

void
tbus_stray_drain (int fd)
{
  char buffer[16 << 10];
  gssize n;

  do
    n = tbus_stray_recv (fd, buffer, sizeof buffer);
  while (n > 0 || (n < 0 && (errno == EPROTO || errno == EINTR)));
}

void
tbus_stray_close_socket (int fd)
{
  shutdown (fd, SHUT_RDWR);
  tbus_stray_drain (fd);
  close (fd);
}

gssize
tbus_stray_recv (int fd, gpointer buffer, gsize size)
{
  int fds[KERNEL_MAX_FDS];
  gsize n_fds;
  gssize n = receive (fd, buffer, size, fds, &n_fds);

  if (n_fds == 0)
    return n;
  tbus_stray_close (fds, n_fds);
  errno = EPROTO;
  return -1;
}
