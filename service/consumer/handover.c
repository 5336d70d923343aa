/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <lttng/ust-ctl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  struct lttng_ust_ctl_consumer_channel *ring;
  int socket;
  int result;
} Sender;

static void *
send_channel (void *data)
{
  Sender *self = data;

  self->result = lttng_ust_ctl_send_channel_to_sessiond (self->socket, self->ring);
  close (self->socket);
  return NULL;
}

/* Reads exactly @len bytes; a descriptor that comes along is closed: the caller has it already. 0, or -1 with errno. */
static int
receive (int socket, void *data, size_t len)
{
  size_t done = 0;

  while (done < len)
    {
      union { struct cmsghdr align; char space[CMSG_SPACE (sizeof (int))]; } control;
      struct iovec iov = { .iov_base = (char *) data + done, .iov_len = len - done };
      struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
      };
      ssize_t got = recvmsg (socket, &message, MSG_CMSG_CLOEXEC);
      struct cmsghdr *cmsg = got >= 0 ? CMSG_FIRSTHDR (&message) : NULL;

      if (cmsg != NULL && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
        {
          int fd;

          memcpy (&fd, CMSG_DATA (cmsg), sizeof fd);
          close (fd);
        }
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        {
          errno = got < 0 ? errno : EPROTO;
          return -1;
        }
      done += (size_t) got;
    }
  return 0;
}

/* u64 length, u32 type of channel, the area, then one byte with the wake-up pipe. */
static int
receive_channel (int socket, void **header, size_t *header_len)
{
  uint64_t len;
  uint32_t type;
  char byte;
  void *area;

  if (receive (socket, &len, sizeof len) < 0 || receive (socket, &type, sizeof type) < 0)
    return -1;
  if (len == 0 || len > TC_MAX_HEADER)
    {
      errno = EPROTO;
      return -1;
    }
  area = malloc ((size_t) len);
  if (area == NULL)
    return -1;
  if (receive (socket, area, (size_t) len) < 0 || receive (socket, &byte, 1) < 0)
    {
      free (area);
      return -1;
    }
  *header = area;
  *header_len = (size_t) len;
  return 0;
}

/* A header that the socket takes whole, as all but the largest are, needs nobody who reads meanwhile. */
static int
hand_over_at_once (struct lttng_ust_ctl_consumer_channel *ring, void **header, size_t *header_len)
{
  int fds[2], result = -1;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    return -1;
  if (fcntl (fds[1], F_SETFL, O_NONBLOCK) == 0)
    result = lttng_ust_ctl_send_channel_to_sessiond (fds[1], ring);
  /* Where something is missing, this is its end. */
  close (fds[1]);
  if (result == 0)
    result = receive_channel (fds[0], header, header_len);
  close (fds[0]);
  return result;
}

static int
hand_over_side_by_side (struct lttng_ust_ctl_consumer_channel *ring, void **header, size_t *header_len)
{
  Sender sender = { .ring = ring };
  pthread_t thread;
  int fds[2], result, errnum;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
    return -1;
  sender.socket = fds[1];
  errnum = pthread_create (&thread, NULL, send_channel, &sender);
  if (errnum != 0)
    {
      close (fds[0]);
      close (fds[1]);
      errno = errnum;
      return -1;
    }
  result = receive_channel (fds[0], header, header_len);
  errnum = errno;
  /* A sender that is still at it finds nobody there, and ends. */
  close (fds[0]);
  pthread_join (thread, NULL);
  /* What ends too early says that it did, and the sender says why. */
  errno = errnum == EPROTO && sender.result < 0 ? -sender.result : errnum;
  return result;
}

int
tc_handover_header (struct lttng_ust_ctl_consumer_channel *ring, void **header, size_t *header_len)
{
  if (hand_over_at_once (ring, header, header_len) == 0)
    return 0;
  return hand_over_side_by_side (ring, header, header_len);
}
