/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/output.h"

#include "consumer/folder.h"
#include "consumer/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[PATH_MAX]; /* empty: none was found */

void
tc_output_find_home (void)
{
  const char *found = getenv ("LTTNG_HOME");
  const struct passwd *user;

  if (found == NULL || found[0] != '/')
    {
      user = getpwuid (getuid ());
      found = user != NULL ? user->pw_dir : NULL;
    }
  if (found != NULL && found[0] == '/' && strlen (found) < sizeof home)
    strcpy (home, found);
}

static int
place_path (TcPlace *self, const char *path, TcError *error)
{
  if (strlen (path) >= PATH_MAX)
    return tc_error (error, ENAMETOOLONG, "The output path that begins with %.64s is too long", path);
  if (path[0] == '/')
    self->path = strdup (path);
  else if (strncmp (path, "~/", 2) == 0)
    {
      if (home[0] == '\0')
        return tc_error (error, ENOENT, "User %u has no home directory for the output %s", (unsigned) getuid (), path);
      if (asprintf (&self->path, "%s/%s", home, path + 2) < 0)
        self->path = NULL;
    }
  else
    return tc_error (error, EINVAL, "The output path %s is not absolute and does not begin with ~/", path);
  return self->path != NULL ? 0 : tc_error (error, ENOMEM, "No memory for the output %s", path);
}

/* What the kernel calls the directory of @fd. */
static int
place_descriptor (TcPlace *self, int fd, TcError *error)
{
  char link[32], path[PATH_MAX];
  struct stat about;
  ssize_t len;

  if (fstat (fd, &about) < 0)
    return tc_error (error, errno, "Cannot write a trace to the descriptor that was given");
  if (!S_ISDIR (about.st_mode))
    return tc_error (error, ENOTDIR, "Cannot write a trace to the descriptor that was given");
  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  len = readlink (link, path, sizeof path - 1);
  if (len < 0)
    return tc_error (error, errno, "Cannot name the directory that was given");
  path[len] = '\0';
  self->fd = fd;
  self->path = strdup (path);
  return self->path != NULL ? 0 : tc_error (error, ENOMEM, "No memory for the output %s", path);
}

int
tc_place_init (TcPlace *self, const TwOutput *wanted, int fd, TcError *error)
{
  *self = (TcPlace) { .fd = -1, .mount = wanted->mount };
  return fd >= 0 ? place_descriptor (self, fd, error) : place_path (self, wanted->path, error);
}

void
tc_place_clear (TcPlace *self)
{
  free (self->path);
  self->path = NULL;
}

/* Whether this process may make files in the directory of @fd, which is called @path. */
static int
check_directory (int fd, const char *path, TcError *error)
{
  if (faccessat (fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
    return tc_error (error, errno, "Cannot write a trace to %s", path);
  return 0;
}

int
tc_output_check (const TcPlace *place, TcError *error)
{
  int fd, result;

  if (place->fd >= 0)
    return check_directory (place->fd, place->path, error);
  /* What does not exist yet would be made in its nearest ancestor that does. */
  fd = tc_walk (place->path, TC_WALK_NEAREST, error);
  if (fd < 0)
    return -1;
  result = check_directory (fd, place->path, error);
  close (fd);
  return result;
}

/* A descriptor of our own, which shares nothing with the one that came. */
static int
open_place (const TcPlace *place, TcError *error)
{
  int fd;

  if (place->fd < 0)
    return tc_walk (place->path, TC_WALK_MAKE, error);
  fd = openat (place->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return fd >= 0 ? fd : tc_error (error, errno, "Cannot write a trace to %s", place->path);
}

/* Where it is, where it was before: a living consumer does not make it either. */
static int
find_again (const char *path, const char *mount)
{
  TcError error;
  int fd = tc_walk (path, TC_WALK_THERE, &error);

  if (fd < 0 || tc_is_mounted_below (fd, mount))
    return fd;
  close (fd);
  return -1;
}

/* Of one that another consumer had open. 0, or -1 with @error: what is not there is no error. */
static int
reopen (TcOutput *self, const TcPlace *place, TcError *error)
{
  self->mount = strdup (place->mount);
  self->dir_fd = self->mount != NULL ? find_again (self->path, self->mount) : -1;
  self->there = self->dir_fd >= 0;
  if (!self->there)
    self->dir_fd = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (self->dir_fd >= 0 && self->mount != NULL)
    return 0;
  return tc_error (error, ENOMEM, "Cannot keep the output %s", self->path);
}

static int
open_first (TcOutput *self, const TcPlace *place, TcError *error)
{
  self->dir_fd = open_place (place, error);
  if (self->dir_fd < 0)
    return -1;
  self->there = true;
  self->elsewhere = self->by_descriptor && tc_is_elsewhere (self->dir_fd);
  self->mount = self->by_descriptor ? NULL : tc_find_mount_point (self->dir_fd);
  return check_directory (self->dir_fd, place->path, error);
}

static void
output_free (TcOutput *self)
{
  if (self->dir_fd >= 0)
    close (self->dir_fd);
  free (self->mount);
  free (self->path);
  free (self);
}

TcOutput *
tc_output_open (uint64_t session, const TcPlace *place, TcError *error)
{
  TcOutput *self = calloc (1, sizeof *self);
  int result;

  if (self == NULL || (self->path = strdup (place->path)) == NULL)
    {
      free (self);
      tc_error (error, ENOMEM, "No memory for the output %s", place->path);
      return NULL;
    }
  self->node.key = session;
  self->refs = 1;
  self->by_descriptor = place->fd >= 0;
  result = place->mount[0] != '\0' && !self->by_descriptor ? reopen (self, place, error)
                                                           : open_first (self, place, error);
  if (result == 0)
    return self;
  output_free (self);
  return NULL;
}

bool
tc_output_is_at (const TcOutput *self, const TcPlace *place)
{
  struct stat mine, theirs;

  if (place->fd < 0)
    return strcmp (self->path, place->path) == 0;
  return fstat (self->dir_fd, &mine) == 0 && fstat (place->fd, &theirs) == 0 && mine.st_dev == theirs.st_dev
         && mine.st_ino == theirs.st_ino;
}

bool
tc_output_find (TcOutput *self)
{
  int fd;

  if (self->there && !tc_is_gone (self->dir_fd, self->elsewhere))
    return true;
  self->there = false;
  if (self->by_descriptor)
    return false;
  fd = find_again (self->path, self->mount != NULL ? self->mount : "/");
  if (fd < 0)
    return false;
  self->there = dup3 (fd, self->dir_fd, O_CLOEXEC) >= 0;
  close (fd);
  return self->there;
}

TcOutput *
tc_output_ref (TcOutput *self)
{
  self->refs++;
  return self;
}

void
tc_output_unref (TcOutput *self)
{
  if (--self->refs > 0)
    return;
  tc_problems_clear (&self->problems);
  output_free (self);
}

bool
tc_path_is_plain (const char *path)
{
  for (const char *part = path; ; )
    {
      size_t len = strcspn (part, "/");

      if (len == 0 || len > NAME_MAX || (len == 1 && part[0] == '.') || (len == 2 && strncmp (part, "..", 2) == 0))
        return false;
      if (part[len] == '\0')
        return true;
      part += len + 1;
    }
}

static int
open_directory (int dir_fd, const char *name)
{
  return openat (dir_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int
tc_make_directory (int dir_fd, const char *path, bool *made)
{
  int fd = fcntl (dir_fd, F_DUPFD_CLOEXEC, 0);

  *made = false;
  for (const char *part = path; fd >= 0 && *part != '\0'; )
    {
      char name[NAME_MAX + 1];
      size_t len = strcspn (part, "/");
      bool is_last = part[len] == '\0';
      int next, errnum;

      memcpy (name, part, len);
      name[len] = '\0';
      /* Those above it are mostly there, and it is mostly not. */
      next = is_last ? -1 : open_directory (fd, name);
      if (is_last || (next < 0 && errno == ENOENT))
        {
          *made = mkdirat (fd, name, TC_MODE_DIRECTORY) == 0;
          if (*made || errno == EEXIST)
            next = open_directory (fd, name);
        }
      errnum = errno;
      close (fd);
      errno = errnum;
      fd = next;
      part += len + !is_last;
    }
  return fd;
}
