/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/ring-files.h"

#include "consumer/output.h"
#include "consumer/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { FUSE_MAGIC = 0x65735546 };

/* Nobody looks for another one: what is in it can be read, and files that are open are written as long as they live. */
static void
on_doubt (TcFolder *folder)
{
}

static int
start_metadata (TcRingFiles *self, int log_fd, TcProblems *problems)
{
  int copy = fcntl (log_fd, F_DUPFD_CLOEXEC, 0);
  int errnum;

  if (copy < 0)
    return -1;
  if (tc_metadata_init (&self->metadata, &self->folder, copy, problems) == 0)
    {
      tc_metadata_adopt (&self->metadata);
      return 0;
    }
  errnum = errno;
  close (copy);
  errno = errnum;
  return -1;
}

/* Who waits for such a file waits for that program: the service, and the apps. */
static bool
is_served_by_a_program (int fd)
{
  struct statfs about;

  return fstatfs (fd, &about) == 0 && about.f_type == FUSE_MAGIC;
}

/*
 * Its name has the second at which the session was made, and that may come twice: what is there of another one is left
 * alone. -1 with @error.
 */
static int
make_folder (TcRingFiles *self, const TcRingFilesPlace *place, TcError *error)
{
  int base_fd = tc_walk (place->base, TC_WALK_MAKE, error);
  char *directory = strdup (place->directory);
  int fd = -1, errnum = ENOMEM;
  bool made;

  if (base_fd >= 0 && directory != NULL)
    {
      fd = tc_metadata_make_directory (base_fd, &directory, place->log_fd, &made);
      errnum = errno;
    }
  if (base_fd >= 0)
    close (base_fd);
  if (fd >= 0)
    {
      if (asprintf (&self->path, "%s/%s", place->base, directory) < 0)
        self->path = NULL;
      errnum = ENOMEM;
    }
  free (directory);
  if (fd >= 0 && self->path != NULL)
    return fd;
  if (fd >= 0)
    close (fd);
  if (base_fd >= 0)
    tc_error (error, errnum, "Cannot make the directory %s/%s for buffers", place->base, place->directory);
  return -1;
}

/* 0, or -1 with @error. */
static int
open_folder (TcRingFiles *self, const TcRingFilesPlace *place, TcError *error)
{
  int fd = make_folder (self, place, error), errnum;

  if (fd < 0)
    return -1;
  if (is_served_by_a_program (fd))
    {
      close (fd);
      return tc_error (error, ENOTSUP, "The directory %s is of a file system that a program serves", self->path);
    }
  if (tc_folder_init (&self->folder, place->loop, on_doubt) < 0)
    {
      errnum = errno;
      close (fd);
      return tc_error (error, errnum, "Cannot open the directory %s", self->path);
    }
  if (tc_folder_become (&self->folder, fd) == 0)
    return 0;
  tc_error (error, errno, "Cannot open the directory %s", self->path);
  tc_folder_clear (&self->folder);
  return -1;
}

TcRingFiles *
tc_ring_files_open (const TcRingFilesPlace *place, TcError *error)
{
  TcRingFiles *self = calloc (1, sizeof *self);

  if (self == NULL)
    {
      tc_error (error, ENOMEM, "No memory for the buffers in %s", place->base);
      return NULL;
    }
  self->base_len = strlen (place->base);
  if (open_folder (self, place, error) == 0)
    {
      if (start_metadata (self, place->log_fd, place->problems) == 0)
        {
          tc_ring_files_sync (self);
          return self;
        }
      tc_error (error, errno, "Cannot write the metadata of the buffers in %s", self->path);
      tc_folder_clear (&self->folder);
    }
  free (self->path);
  free (self);
  return NULL;
}

void
tc_ring_files_free (TcRingFiles *self)
{
  if (self == NULL)
    return;
  tc_metadata_clear (&self->metadata);
  unlinkat (self->folder.fd, "metadata", 0);
  tc_folder_clear (&self->folder);
  /* Directories that others still use are not empty. */
  while (strlen (self->path) >= self->base_len && unlinkat (AT_FDCWD, self->path, AT_REMOVEDIR) == 0)
    *strrchr (self->path, '/') = '\0';
  free (self->path);
  free (self);
}

bool
tc_ring_files_are_at (const TcRingFiles *self, const char *base)
{
  return self->base_len == strlen (base) && strncmp (self->path, base, self->base_len) == 0;
}

static void
remove_one (TcRingFiles *self, const char *name, unsigned number)
{
  char file[NAME_MAX + 1];

  snprintf (file, sizeof file, "%s_%u", name, number);
  unlinkat (self->folder.fd, file, 0);
}

static int
make_one (TcRingFiles *self, const char *name, unsigned number)
{
  char file[NAME_MAX + 1];

  snprintf (file, sizeof file, "%s_%u", name, number);
  return openat (self->folder.fd, file, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int
tc_ring_files_make (TcRingFiles *self, const char *name, unsigned n, int **fds_out)
{
  int *fds = malloc (n * sizeof *fds);
  unsigned i = 0;

  while (fds != NULL && i < n && (fds[i] = make_one (self, name, i)) >= 0)
    i++;
  if (fds != NULL && i == n)
    {
      *fds_out = fds;
      return 0;
    }
  for (int errnum = errno; i > 0; errno = errnum)
    {
      close (fds[--i]);
      remove_one (self, name, i);
    }
  free (fds);
  return -1;
}

void
tc_ring_files_remove (TcRingFiles *self, const char *name, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    remove_one (self, name, i);
}

void
tc_ring_files_sync (TcRingFiles *self)
{
  if (self != NULL)
    (void) tc_metadata_sync (&self->metadata);
}

int
tc_ring_files_replace_metadata (TcRingFiles *self, int log_fd)
{
  int copy, errnum;

  if (self == NULL)
    return 0;
  copy = fcntl (log_fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    return -1;
  if (tc_metadata_replace (&self->metadata, copy) == 0)
    return 0;
  errnum = errno;
  close (copy);
  errno = errnum;
  return -1;
}
