/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that others sent, made so that closing them would take an hour: nobody waits for that. Where this fails,
 * the test hangs.
 */
#define _GNU_SOURCE
#include "base/stray.h"

#include "base/limits.h"
#include "base/quota.h"
#include "support/dir.h"
#include "support/lingering.h"
#include "support/silent-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

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
  g_assert_true (tst_send_descriptor (f->theirs, fd));
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
  g_assert_true (tst_send_descriptor (pair[1], f->ours));
  close (f->ours);
  tbus_stray_close_socket (pair[0]);
  close (pair[1]);
}

enum { NOBODY = 65534 };

/* Sends @fd over a socket that @uid made, and reads there. */
static void
take_from (uid_t uid, int fd)
{
  char byte;
  int pair[2];

  /* Of this thread only. */
  g_assert_cmpint (syscall (SYS_setresuid, -1, uid, -1), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  g_assert_cmpint (syscall (SYS_setresuid, -1, 0, -1), ==, 0);
  g_assert_true (tst_send_descriptor (pair[1], fd));
  g_assert_cmpint (tbus_stray_recv (pair[0], &byte, 1), ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
  tbus_stray_close_socket (pair[0]);
  close (pair[1]);
}

typedef struct {
  char *path;
  GAsyncQueue *sent;
} Silent;

/* The sender's copy is closed where that takes as long as it likes. */
static gpointer
send_silent (gpointer data)
{
  Silent *silent = data;
  int fd = open (silent->path, O_RDWR | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  take_from (NOBODY, fd);
  g_async_queue_push (silent->sent, silent);
  close (fd);
  return NULL;
}

static void
of_one_user_hold_up_no_other (void)
{
  g_autoptr(TstDir) dir = tst_dir_new ();
  g_autofree char *path = tst_dir_file (dir, "silent");
  g_autoptr(GAsyncQueue) sent = g_async_queue_new ();
  Silent silent = { path, sent };
  GThread *senders[2 * TBUS_MAX_CLOSERS];
  TstSilentFile *file;
  char byte;
  int ends[2];

  if (geteuid () != 0 || unshare (CLONE_NEWNS) != 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
      || (file = tst_silent_file_new (path)) == NULL)
    {
      g_test_skip ("needs root and file systems in user space");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    senders[i] = g_thread_new ("sender", send_silent, &silent);
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    g_async_queue_pop (sent);
  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  take_from (0, ends[1]);
  close (ends[1]);
  g_assert_cmpint (read (ends[0], &byte, 1), ==, 0); /* closed everywhere */
  close (ends[0]);
  tst_silent_file_free (file);
  for (guint i = 0; i < G_N_ELEMENTS (senders); i++)
    g_thread_join (senders[i]);
}

/* They are of those that the user may take, and no more are taken in than that; what is left waits in the socket. */
static void
are_charged_to_who_sent_them (void)
{
  enum { SENT = 64, ROOM = 16 };
  g_autoptr(TstDir) dir = tst_dir_new ();
  g_autofree char *path = tst_dir_file (dir, "silent");
  TstSilentFile *file;
  int pair[2], fd;

  if (geteuid () != 0 || unshare (CLONE_NEWNS) != 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
      || (file = tst_silent_file_new (path)) == NULL)
    {
      g_test_skip ("needs root and file systems in user space");
      return;
    }
  tbus_limit_set (TBUS_LIMIT_DESCRIPTORS, ROOM);
  fd = open (path, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (syscall (SYS_setresuid, -1, NOBODY, -1), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  g_assert_cmpint (syscall (SYS_setresuid, -1, 0, -1), ==, 0);
  for (guint i = 0; i < SENT; i++)
    g_assert_true (tst_send_descriptor (pair[1], fd));
  tbus_stray_close_socket (pair[0]);
  g_assert_cmpuint (tbus_quota_used (TBUS_LIMIT_DESCRIPTORS, NOBODY), ==, ROOM + 1); /* and the socket */
  tst_silent_file_free (file);
  while (tbus_quota_used (TBUS_LIMIT_DESCRIPTORS, NOBODY) > 0)
    g_thread_yield ();
  close (fd);
  close (pair[1]);
  tbus_limits_reset ();
}

#define STRAY_TEST(path, func) g_test_add ("/base/stray/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  STRAY_TEST ("are-no-part-of-what-is-read", are_no_part_of_what_is_read);
  STRAY_TEST ("hold-up-nobody-in-a-queue", hold_up_nobody_in_a_queue);
  STRAY_TEST ("hold-up-nobody-in-the-queue-of-another", hold_up_nobody_in_the_queue_of_another);
  g_test_add_func ("/base/stray/of-one-user-hold-up-no-other", of_one_user_hold_up_no_other);
  g_test_add_func ("/base/stray/are-charged-to-who-sent-them", are_charged_to_who_sent_them);
  return g_test_run ();
}
