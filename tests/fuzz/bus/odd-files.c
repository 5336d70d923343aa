/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "odd-files.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_SENT = 4 };

struct TstOddFiles {
  GArray *fds;
};

static void
add (TstOddFiles *self, int fd)
{
  g_assert_cmpint (fd, >=, 0);
  g_array_append_val (self->fds, fd);
}

/* @mode: of a new directory. (transfer full): its path */
static char *
make_directory (TstDir *dir, const char *name, mode_t mode)
{
  char *path = tst_dir_file (dir, name);

  g_assert_cmpint (mkdir (path, 0700), ==, 0);
  g_assert_cmpint (chmod (path, mode), ==, 0);
  return path;
}

static void
add_directories (TstOddFiles *self, TstDir *dir)
{
  g_autofree char *open_to_all = make_directory (dir, "open-to-all", 0777);
  g_autofree char *closed = make_directory (dir, "closed", 0700);
  g_autofree char *gone = make_directory (dir, "gone", 0777);
  g_autofree char *file = tst_dir_file (dir, "file");

  add (self, open (open_to_all, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  add (self, open (open_to_all, O_PATH | O_CLOEXEC));
  add (self, open (closed, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  add (self, open (gone, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  g_assert_cmpint (rmdir (gone), ==, 0);
  add (self, open (file, O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  add (self, open ("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

TstOddFiles *
tst_odd_files_new (TstDir *dir)
{
  TstOddFiles *self = g_new0 (TstOddFiles, 1);
  int pair[2];

  self->fds = g_array_new (FALSE, FALSE, sizeof (int));
  add_directories (self, dir);
  add (self, open ("/dev/null", O_RDWR | O_CLOEXEC));
  add (self, open ("/dev/zero", O_RDONLY | O_CLOEXEC));
  g_assert_cmpint (pipe2 (pair, O_CLOEXEC), ==, 0);
  add (self, pair[0]);
  add (self, pair[1]);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  add (self, pair[0]);
  add (self, pair[1]);
  add (self, memfd_create ("odd", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  add (self, eventfd (0, EFD_CLOEXEC));
  add (self, epoll_create1 (EPOLL_CLOEXEC));
  return self;
}

void
tst_odd_files_free (TstOddFiles *self)
{
  for (guint i = 0; i < self->fds->len; i++)
    close (g_array_index (self->fds, int, i));
  g_array_unref (self->fds);
  g_free (self);
}

GUnixFDList *
tst_odd_files_pick (TstOddFiles *self, TstValues *values)
{
  GUnixFDList *list = g_unix_fd_list_new ();

  for (guint n = tst_values_below (values, MAX_SENT + 1); n > 0; n--)
    {
      int fd = g_array_index (self->fds, int, tst_values_below (values, self->fds->len));
      g_autoptr(GError) error = NULL;

      g_unix_fd_list_append (list, fd, &error);
      g_assert_no_error (error);
    }
  return list;
}
