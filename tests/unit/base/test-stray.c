/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that others sent, made so that closing them would take an hour: nobody waits for that. Where this fails,
 * the test hangs.
 */
#include "base/stray.h"
#include "support/lingering.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
send_descriptor (int to, int fd)
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
  struct cmsghdr *part = CMSG_FIRSTHDR (&message);

  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN (sizeof fd);
  memcpy (CMSG_DATA (part), &fd, sizeof fd);
  g_assert_cmpint (sendmsg (to, &message, MSG_NOSIGNAL), ==, 1);
}

typedef struct {
  int ours, theirs, listening;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  int pair[2], fd = tst_lingering_socket (&f->listening);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  f->ours = pair[0];
  f->theirs = pair[1];
  send_descriptor (f->theirs, fd);
  close (fd); /* the one in the queue is the last now */
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  close (f->theirs);
  close (f->listening);
}

static void
are_no_part_of_what_is_read (Fixture *f, gconstpointer data)
{
  char byte;

  g_assert_cmpint (tbus_stray_recv (f->ours, &byte, 1), ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
  g_assert_cmpint (send (f->theirs, "y", 1, 0), ==, 1);
  g_assert_cmpint (tbus_stray_recv (f->ours, &byte, 1), ==, 1);
  g_assert_cmpint (byte, ==, 'y');
  g_assert_cmpint (tbus_stray_recv (f->ours, &byte, 1), ==, -1);
  g_assert_cmpint (errno, ==, EAGAIN);
  tbus_stray_close_socket (f->ours);
}

static void
hold_up_nobody_in_a_queue (Fixture *f, gconstpointer data)
{
  tbus_stray_close_socket (f->ours);
  g_assert_cmpint (send (f->theirs, "y", 1, MSG_NOSIGNAL), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
}

static void
hold_up_nobody_in_the_queue_of_another (Fixture *f, gconstpointer data)
{
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  send_descriptor (pair[1], f->ours);
  close (f->ours);
  tbus_stray_close_socket (pair[0]);
  close (pair[1]);
}

#define STRAY_TEST(path, func) g_test_add ("/base/stray/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  STRAY_TEST ("are-no-part-of-what-is-read", are_no_part_of_what_is_read);
  STRAY_TEST ("hold-up-nobody-in-a-queue", hold_up_nobody_in_a_queue);
  STRAY_TEST ("hold-up-nobody-in-the-queue-of-another", hold_up_nobody_in_the_queue_of_another);
  return g_test_run ();
}
