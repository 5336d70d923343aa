/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/lingering.h"

#include <netinet/in.h>
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
