/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/parcel.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  LAYER = 250, /* descriptors in one message; Linux allows 253 */
};

/* The text of each message. */
typedef struct {
  guint32 total; /* descriptors in all of them */
} Label;

typedef union {
  struct cmsghdr align;
  char space[CMSG_SPACE (LAYER * sizeof (int))];
} Control;

static gboolean
put_layer (int socket_fd, guint32 total, const int *fds, guint n)
{
  Label label = { total };
  Control control = { 0 };
  struct iovec iov = { .iov_base = &label, .iov_len = sizeof label };
  struct msghdr message = {
    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = CMSG_SPACE (n * sizeof *fds),
  };
  struct cmsghdr *cmsg = CMSG_FIRSTHDR (&message);

  cmsg->cmsg_level = SOL_SOCKET;
  cmsg->cmsg_type = SCM_RIGHTS;
  cmsg->cmsg_len = CMSG_LEN (n * sizeof *fds);
  memcpy (CMSG_DATA (cmsg), fds, n * sizeof *fds);
  return sendmsg (socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof label;
}

int
tbus_parcel_new (const int *fds, guint n)
{
  gboolean whole = TRUE;
  int ends[2];

  if (n == 0 || n > TBUS_MAX_PARCEL || socketpair (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0)
    return -1;
  for (guint i = 0; i < n && whole; i += LAYER)
    whole = put_layer (ends[1], n, fds + i, MIN (n - i, LAYER));
  close (ends[1]); /* what is in the queue stays there */
  if (whole)
    return ends[0];
  close (ends[0]);
  return -1;
}

gboolean
tbus_parcel_check (int fd)
{
  int domain = 0, type = 0;
  socklen_t length = sizeof domain;

  if (getsockopt (fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0 || domain != AF_UNIX)
    return FALSE;
  length = sizeof type;
  return getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_DGRAM;
}

/* Returns: how many descriptors, at most LAYER, the next message that was not looked at has; 0 where there is none. */
static guint
look_at_layer (int parcel, guint32 *total, int *fds)
{
  Label label = { 0 };
  Control control = { 0 };
  struct iovec iov = { .iov_base = &label, .iov_len = sizeof label };
  struct msghdr message = {
    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
  };
  gssize size = recvmsg (parcel, &message, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  struct cmsghdr *cmsg = size >= 0 ? CMSG_FIRSTHDR (&message) : NULL;
  guint n;

  if (cmsg == NULL || cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
    return 0;
  n = (cmsg->cmsg_len - CMSG_LEN (0)) / sizeof *fds;
  memcpy (fds, CMSG_DATA (cmsg), n * sizeof *fds);
  *total = label.total;
  return n;
}

/* All that is in it, of int. (transfer full) */
static GArray *
look_at_all (int parcel)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (int));
  int first = 0, fds[LAYER];
  guint32 total = 0;
  guint n;

  if (!tbus_parcel_check (parcel) || setsockopt (parcel, SOL_SOCKET, SO_PEEK_OFF, &first, sizeof first) < 0)
    return found;
  do
    {
      n = look_at_layer (parcel, &total, fds);
      g_array_append_vals (found, fds, n);
    }
  while (n > 0 && found->len < total);
  return found;
}

static void
close_all (GArray *fds)
{
  for (guint i = 0; i < fds->len; i++)
    close (g_array_index (fds, int, i));
}

gboolean
tbus_parcel_look (int parcel, int *fds, guint n)
{
  g_autoptr(GArray) found = look_at_all (parcel);

  if (found->len == n && n > 0)
    {
      memcpy (fds, found->data, n * sizeof *fds);
      return TRUE;
    }
  close_all (found);
  return FALSE;
}

void
tbus_parcel_shut_down (int parcel)
{
  g_autoptr(GArray) found = look_at_all (parcel);

  for (guint i = 0; i < found->len; i++)
    shutdown (g_array_index (found, int, i), SHUT_RDWR); /* of no effect on what is no socket */
  close_all (found);
}
