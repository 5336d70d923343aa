/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/lingering.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int
tst_lingering_socket (int *listening)
{
  const struct linger hour = { 1, 3600 };
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char bytes[4096] = "";

  *listening = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (*listening, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (*listening, 1), ==, 0);
  g_assert_cmpint (getsockname (*listening, (struct sockaddr *) &address, &length), ==, 0);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_LINGER, &hour, sizeof hour), ==, 0);
  while (send (fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
    ;
  return fd;
}

gboolean
tst_send_descriptor (int to, int fd)
{
  char byte = 'x';
  struct iovec piece = { &byte, 1 };
  union {
    struct cmsghdr align;
    char space[CMSG_SPACE (sizeof (int))];
  } control = { .space = "" };
  struct msghdr message = {
    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
  };

  control.align.cmsg_level = SOL_SOCKET;
  control.align.cmsg_type = SCM_RIGHTS;
  control.align.cmsg_len = CMSG_LEN (sizeof fd);
  memcpy (CMSG_DATA (&control.align), &fd, sizeof fd);
  return sendmsg (to, &message, MSG_NOSIGNAL) == 1;
}
