/* SPDX-License-Identifier: GPL-2.0-only */
/* A program with a descriptor store, for its tests: does what it is told, a line at a time, and says "done ...". */
#define _GNU_SOURCE
#include "base/fd-store.h"

#include "base/marks.h"
#include "base/thread.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of what is kept from now on. */
static uid_t owner;

static void
keep (const char *name)
{
  int fd = memfd_create (name, MFD_CLOEXEC);
  gboolean kept;

  g_assert_cmpint (write (fd, name, strlen (name)), ==, strlen (name));
  kept = tbus_fd_store_keep (name, owner, fd);
  close (fd);
  printf ("done %s\n", kept ? "kept" : "not kept");
}

static void
keep_pair (const char *name)
{
  g_autofree char *peer = g_strconcat (name, "-peer", NULL);
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  tbus_fd_store_keep (name, owner, fds[0]);
  tbus_fd_store_keep (peer, owner, fds[1]);
  close (fds[0]);
  close (fds[1]);
  printf ("done pair\n");
}

/* What is in it: of a file its beginning, of a socket whether it has ended. */
static void
take (const char *name)
{
  int fd = tbus_fd_store_take (name);
  char text[64];
  gssize n = fd >= 0 ? recv (fd, text, sizeof text, MSG_DONTWAIT) : 0;

  if (fd < 0)
    printf ("done nothing\n");
  else if (n == 0)
    printf ("done ended\n");
  else if ((n = pread (fd, text, sizeof text, 0)) > 0)
    printf ("done %.*s\n", (int) n, text);
  else
    printf ("done open\n");
  if (fd >= 0)
    close (fd);
}

static void
keep_many (guint n)
{
  guint kept = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("many-%u", i);
      int fd = memfd_create (name, MFD_CLOEXEC);

      kept += tbus_fd_store_keep (name, owner, fd) ? 1 : 0;
      close (fd);
    }
  printf ("done %u\n", kept);
}

/* @n files, which hold their numbers. */
static void
keep_together (const char *name, guint n)
{
  g_autofree int *fds = g_new (int, n + 1);
  gboolean kept;

  for (guint i = 0; i < n; i++)
    {
      fds[i] = memfd_create (name, MFD_CLOEXEC);
      g_assert_cmpint (write (fds[i], &i, sizeof i), ==, sizeof i);
    }
  kept = tbus_fd_store_keep_all (name, owner, fds, n);
  for (guint i = 0; i < n; i++)
    close (fds[i]);
  printf ("done %s\n", kept ? "kept" : "not kept");
}

static void
take_together (const char *name, guint n)
{
  g_autofree int *fds = g_new (int, n + 1);
  guint number;

  if (!tbus_fd_store_take_all (name, fds, n))
    {
      printf ("done nothing\n");
      return;
    }
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpint (pread (fds[i], &number, sizeof number, 0), ==, sizeof number);
      g_assert_cmpuint (number, ==, i);
      close (fds[i]);
    }
  printf ("done all %u\n", n);
}

/* Two connections, one end of each kept together, the other alone. */
static void
keep_pairs (const char *name)
{
  int fds[2], kept[2];

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *peer = g_strdup_printf ("%s-peer-%u", name, i);

      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
      tbus_fd_store_keep (peer, owner, fds[1]);
      close (fds[1]);
      kept[i] = fds[0];
    }
  tbus_fd_store_keep_all (name, owner, kept, 2);
  close (kept[0]);
  close (kept[1]);
  printf ("done pairs\n");
}

static void
list (const char *prefix)
{
  g_auto(GStrv) names = tbus_fd_store_list (prefix);

  printf ("done %u\n", g_strv_length (names));
}

/* The end of an orderly life: the main loop does not run any more. */
static void
leave (guint ms)
{
  printf ("leaving\n");
  fflush (stdout);
  printf ("done %s\n", tbus_fd_store_flush (ms) ? "all" : "not all");
  fflush (stdout);
  exit (0);
}

static void
do_mark (const char *what, guint slot, guint which)
{
  if (g_str_equal (what, "mark-take"))
    printf ("done %u\n", tbus_mark_take ());
  else if (g_str_equal (what, "mark-claim"))
    printf ("done %d\n", tbus_mark_claim (slot));
  else if (g_str_equal (what, "mark-give"))
    tbus_mark_give (slot), printf ("done\n");
  else if (g_str_equal (what, "mark-step"))
    tbus_mark_step (slot, which), printf ("done\n");
  else
    printf ("done %u\n", tbus_mark_get (slot, which));
}

static void
obey (const char *line)
{
  char what[32] = "", name[300] = "";
  guint number = 0;

  sscanf (line, "%31s %299s %u", what, name, &number);
  if (g_str_equal (what, "keep"))
    keep (name);
  else if (g_str_equal (what, "pair"))
    keep_pair (name);
  else if (g_str_equal (what, "take"))
    take (name);
  else if (g_str_equal (what, "many"))
    keep_many ((guint) g_ascii_strtoull (name, NULL, 10));
  else if (g_str_equal (what, "keep-all"))
    keep_together (name, number);
  else if (g_str_equal (what, "take-all"))
    take_together (name, number);
  else if (g_str_equal (what, "pairs"))
    keep_pairs (name);
  else if (g_str_equal (what, "list"))
    list (name);
  else if (g_str_equal (what, "drop"))
    tbus_fd_store_drop (name), printf ("done\n");
  else if (g_str_equal (what, "end"))
    tbus_fd_store_end (name), printf ("done\n");
  else if (g_str_equal (what, "count"))
    printf ("done %u\n", tbus_fd_store_count ());
  else if (g_str_equal (what, "owner"))
    owner = (uid_t) g_ascii_strtoull (name, NULL, 10), printf ("done\n");
  else if (g_str_equal (what, "leave"))
    leave ((guint) g_ascii_strtoull (name, NULL, 10));
  else if (g_str_equal (what, "there"))
    printf ("done %s\n", tbus_fd_store_is_there () ? "yes" : "no");
  else
    do_mark (what, (guint) g_ascii_strtoull (name, NULL, 10), number);
  fflush (stdout);
}

static gboolean
on_line (GIOChannel *channel, GIOCondition condition, gpointer loop)
{
  g_autofree char *line = NULL;

  if (g_io_channel_read_line (channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL)
    {
      g_main_loop_quit (loop);
      return G_SOURCE_REMOVE;
    }
  obey (line);
  return G_SOURCE_CONTINUE;
}

int
main (void)
{
  g_autoptr(GMainLoop) loop = NULL;
  g_autoptr(GIOChannel) input = g_io_channel_unix_new (STDIN_FILENO);

  tbus_thread_init ();
  tbus_fd_store_init ();
  if (!tbus_marks_init ())
    return 1;
  /* Whoever lives has the right to: systemd's variables are gone. */
  if (g_getenv ("LISTEN_FDS") != NULL || g_getenv ("LISTEN_PID") != NULL || g_getenv ("LISTEN_FDNAMES") != NULL)
    return 1;
  loop = g_main_loop_new (NULL, FALSE);
  g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_line, loop);
  printf ("ready\n");
  fflush (stdout);
  g_main_loop_run (loop);
  return 0;
}
