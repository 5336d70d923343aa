/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mount.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

gboolean
tst_mounts_own (const char **why)
{
  if (unshare (CLONE_NEWNS) == 0 && mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
    return TRUE;
  *why = "only root may mount";
  return FALSE;
}

/* Runs @argv, of which the test sees what it says only where it fails. */
static gboolean
run (const char *const *argv)
{
  g_autofree char *said = NULL;
  int status;

  return g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL,
                       &said, &status, NULL)
         && status == 0;
}

/* In a file beside @path. */
static gboolean
mount_image (const char *path, guint megabytes, const char **why)
{
  g_autofree char *image = g_strconcat (path, ".img", NULL);
  const char *const make[] = { "mkfs.ext4", "-q", "-F", "-m", "0", image, NULL };
  const char *const loop[] = { "mount", "-t", "ext4", "-o", "loop", image, path, NULL };
  int fd = open (image, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  gboolean made = fd < 0;

  if (fd >= 0)
    {
      g_assert_cmpint (ftruncate (fd, (off_t) megabytes << 20), ==, 0);
      close (fd);
      made = run (make);
    }
  if (made && run (loop))
    return TRUE;
  *why = "no ext4 image can be made and mounted here";
  return FALSE;
}

gboolean
tst_mount (const char *kind, const char *path, guint megabytes, const char **why)
{
  g_autofree char *options = g_strdup_printf ("mode=700,size=%um", megabytes);

  g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
  if (g_str_equal (kind, "ext4"))
    return mount_image (path, megabytes, why);
  if (mount ("tmpfs", path, "tmpfs", 0, options) == 0)
    return TRUE;
  *why = "only root may mount";
  return FALSE;
}

void
tst_unmount (const char *path)
{
  g_assert_cmpint (umount2 (path, MNT_DETACH), ==, 0);
}

void
tst_mount_fail (const char *path)
{
  g_assert_cmpint (mount (NULL, path, NULL, MS_REMOUNT, "abort"), ==, 0);
}

struct TstFrost {
  pid_t keeper;
  int life; /* write end: the keeper thaws when it is closed */
};

/* A process that holds nothing else of ours, and sees our end, also where somebody ends us and all that we started. */
static void
keep_frozen (int folder, int life)
{
  char byte;

  sigset_t all;

  sigfillset (&all);
  sigprocmask (SIG_BLOCK, &all, NULL);
  setsid ();
  dup2 (life, STDIN_FILENO);
  dup2 (folder, STDOUT_FILENO);
  close_range (STDERR_FILENO, ~0U, 0);
  while (read (STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
    ;
  _exit (ioctl (STDOUT_FILENO, FITHAW, 0) < 0);
}

TstFrost *
tst_mount_freeze (const char *path)
{
  TstFrost *self = g_new (TstFrost, 1);
  int folder = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int life[2];

  g_assert_cmpint (folder, >=, 0);
  g_assert_cmpint (pipe2 (life, O_CLOEXEC), ==, 0);
  g_assert_cmpint (ioctl (folder, FIFREEZE, 0), ==, 0);
  self->keeper = fork ();
  g_assert_cmpint (self->keeper, >=, 0);
  if (self->keeper == 0)
    keep_frozen (folder, life[0]);
  close (life[0]);
  close (folder);
  self->life = life[1];
  return self;
}

void
tst_frost_thaw (TstFrost *self)
{
  int status;

  close (self->life);
  g_assert_cmpint (waitpid (self->keeper, &status, 0), ==, self->keeper);
  g_assert_cmpint (status, ==, 0);
  g_free (self);
}

void
tst_fill (const char *path)
{
  static const char zeros[4096];
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  struct statvfs about;

  g_assert_cmpint (fd, >=, 0);
  /* Most of it without writing, where the file system can do that. */
  if (fstatvfs (fd, &about) == 0 && about.f_bavail > 0)
    (void) !fallocate (fd, 0, 0, (off_t) (about.f_bavail * about.f_frsize / 8 * 7));
  g_assert_cmpint (lseek (fd, 0, SEEK_END), >=, 0);
  while (write (fd, zeros, sizeof zeros) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  close (fd);
}
