/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/stray.h"

#include "base/limits.h"
#include "base/log-rate.h"
#include "base/quota.h"

#include <errno.h>
#include <fcntl.h>
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

/* What one user's strays wait for: nobody else's. */
typedef struct {
  uid_t uid;
  guint n_workers; /* 0: ends */
  GQueue waiting;  /* (descriptor + 1) */
  TbusCharge charge; /* of these, and of those that workers have taken from here */
} Share;

static GMutex lock;
static GHashTable *shares; /* (uid_t) Share; under the lock */
static gint n_shares;      /* atomic */

static uid_t
uid_of_peer (int fd)
{
  struct ucred peer = { .uid = TBUS_UNKNOWN_USER };
  socklen_t size = sizeof peer;

  getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer, &size); /* an error where it is no socket */
  return peer.uid;
}

static gboolean
has_room (uid_t uid)
{
  return !tbus_quota_binds (uid)
         || tbus_quota_used (TBUS_LIMIT_DESCRIPTORS, uid) < tbus_limit (TBUS_LIMIT_DESCRIPTORS);
}

static void
close_here (const int *fds, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      stop_lingering (fds[i]);
      close (fds[i]);
    }
}

/* Worker. What a socket has in its queue is taken out first: the kernel would close that as it is. */
static void
close_now (int fd, uid_t uid)
{
  int fds[KERNEL_MAX_FDS];
  char buffer[4096];
  gsize n_fds;

  stop_lingering (fd);
  /* An empty message may carry some, too; and they may have a queue of their own. */
  for (guint i = 0; i < MAX_MESSAGES && receive (fd, buffer, sizeof buffer, fds, &n_fds) >= 0; i++)
    if (has_room (uid))
      tbus_stray_close (uid, fds, n_fds);
    else
      close_here (fds, n_fds);
  close (fd);
}

/* The next that waits, or 0 and one worker less; @done: so many are closed since. */
static int
take_next (Share *share, guint done)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock);
  int next = GPOINTER_TO_INT (g_queue_pop_head (&share->waiting));

  tbus_charge_sub (&share->charge, done);
  if (next == 0 && --share->n_workers == 0)
    {
      g_hash_table_remove (shares, GUINT_TO_POINTER (share->uid));
      g_atomic_int_add (&n_shares, -1);
    }
  return next;
}

static void
on_worker (gpointer data, gpointer pool)
{
  Share *share = data;
  const uid_t uid = share->uid;

  for (int next = take_next (share, 0); next != 0; next = take_next (share, 1))
    close_now (next - 1, uid);
}

static GThreadPool *
get_pool (void)
{
  static GThreadPool *pool;
  static gsize made;

  if (g_once_init_enter (&made))
    {
      shares = g_hash_table_new_full (NULL, NULL, NULL, g_free);
      pool = g_thread_pool_new (on_worker, NULL, -1, FALSE, NULL);
      g_once_init_leave (&made, 1);
    }
  return pool;
}

void
tbus_stray_close (uid_t uid, const int *fds, gsize n)
{
  GThreadPool *pool = get_pool ();
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock);
  Share *share = g_hash_table_lookup (shares, GUINT_TO_POINTER (uid));

  if (n == 0)
    return;
  if (share == NULL)
    {
      share = g_new0 (Share, 1);
      share->uid = uid;
      tbus_charge_init (&share->charge, TBUS_LIMIT_DESCRIPTORS, uid);
      g_atomic_int_inc (&n_shares);
      g_hash_table_insert (shares, GUINT_TO_POINTER (uid), share);
    }
  tbus_charge_force (&share->charge, n);
  for (gsize i = 0; i < n; i++)
    g_queue_push_tail (&share->waiting, GINT_TO_POINTER (fds[i] + 1));
  for (gsize i = 0; i < n && share->n_workers < TBUS_MAX_CLOSERS; i++, share->n_workers++)
    g_thread_pool_push (pool, share, NULL);
}

/* Whether what comes next on @fd brings descriptors for which its sender has no room. They stay where they are. */
static gboolean
brings_too_many (int fd)
{
  char byte;
  struct iovec piece = { &byte, 1 };
  struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

  return g_atomic_int_get (&n_shares) > 0 && !has_room (uid_of_peer (fd))
         && recvmsg (fd, &message, MSG_DONTWAIT | MSG_PEEK) >= 0 && (message.msg_flags & MSG_CTRUNC);
}

/* A worker takes out what is left, bit by bit: the last to close @fd finds nothing in it. */
static void
leave_queue (int fd)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);

  if (copy >= 0)
    tbus_stray_close (uid_of_peer (fd), &copy, 1);
}

void
tbus_stray_drain (int fd)
{
  char buffer[16 << 10];
  gssize n;

  do
    {
      if (brings_too_many (fd))
        {
          leave_queue (fd);
          return;
        }
      n = tbus_stray_recv (fd, buffer, sizeof buffer);
    }
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
  gsize n_fds = 0;
  gssize n = -1;

  if (!brings_too_many (fd))
    {
      n = receive (fd, buffer, size, fds, &n_fds);
      if (n_fds == 0)
        return n;
      tbus_stray_close (uid_of_peer (fd), fds, n_fds);
    }
  errno = EPROTO;
  return -1;
}
