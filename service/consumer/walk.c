/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* As many as the kernel follows. */
enum { MAX_LINKS = 40 };

typedef struct {
  const char *path;
  int fd;                  /* so far */
  char rest[2 * PATH_MAX]; /* what is to come */
  unsigned links;
  TcWalkMode mode;
  TcError *error;
} Walk;

static int
fail (Walk *self, int errnum)
{
  return tc_error (self->error, errnum, "Cannot write a trace to %s", self->path);
}

/* Takes @fd. */
static void
go_to (Walk *self, int fd)
{
  close (self->fd);
  self->fd = fd;
}

/* What @link, a symbolic one with @name, points to is what comes next. */
static int
follow (Walk *self, int link, const char *name)
{
  char target[PATH_MAX], *rest = NULL;
  struct stat about;
  ssize_t len;
  int root;

  if (fstat (link, &about) < 0)
    return fail (self, errno);
  if (!S_ISLNK (about.st_mode))
    return fail (self, ENOTDIR);
  if (about.st_uid != 0 && about.st_uid != geteuid ())
    return tc_error (self->error, EPERM, "Cannot write a trace to %s: user %u made the symbolic link \"%s\" on the way",
                     self->path, (unsigned) about.st_uid, name);
  if (++self->links > MAX_LINKS)
    return fail (self, ELOOP);
  len = readlinkat (link, "", target, sizeof target);
  if (len < 0 || (size_t) len >= sizeof target)
    return fail (self, len < 0 ? errno : ENAMETOOLONG);
  if (asprintf (&rest, "%.*s/%s", (int) len, target, self->rest) < 0)
    return fail (self, ENOMEM);
  len = snprintf (self->rest, sizeof self->rest, "%s", rest);
  free (rest);
  if ((size_t) len >= sizeof self->rest)
    return fail (self, ENAMETOOLONG);
  if (target[0] != '/')
    return 0;
  root = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0)
    return fail (self, errno);
  go_to (self, root);
  return 0;
}

/* @name is no directory, or none yet: 0 where the walk goes on from another place. */
static int
enter_other (Walk *self, const char *name)
{
  int link = openat (self->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), result;

  if (link < 0)
    return fail (self, errno);
  result = follow (self, link, name);
  close (link);
  return result;
}

/* Where @name is missing and nothing is made, nothing is to come. 0, or -1 with the error. */
static int
enter (Walk *self, const char *name)
{
  /* O_DIRECTORY has the kernel mount what is mounted on demand. */
  const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int next = openat (self->fd, name, flags);

  if (next < 0 && errno == ENOENT)
    {
      if (self->mode == TC_WALK_NEAREST)
        {
          self->rest[0] = '\0';
          return 0;
        }
      if (self->mode == TC_WALK_THERE)
        return fail (self, ENOENT);
      if (mkdirat (self->fd, name, TC_MODE_DIRECTORY) < 0 && errno != EEXIST)
        return tc_error (self->error, errno, "Cannot make the directory \"%s\" of %s", name, self->path);
      next = openat (self->fd, name, flags);
    }
  if (next >= 0)
    {
      go_to (self, next);
      return 0;
    }
  if (errno != ENOTDIR && errno != ELOOP)
    return fail (self, errno);
  return enter_other (self, name);
}

/* Cuts the first component off what is to come: false where there is none. */
static int
take_name (Walk *self, char name[NAME_MAX + 1])
{
  char *begin = self->rest + strspn (self->rest, "/");
  size_t len = strcspn (begin, "/");

  if (len > NAME_MAX)
    return fail (self, ENAMETOOLONG);
  memcpy (name, begin, len);
  name[len] = '\0';
  memmove (self->rest, begin + len, strlen (begin + len) + 1);
  return len > 0;
}

int
tc_walk (const char *path, TcWalkMode mode, TcError *error)
{
  char name[NAME_MAX + 1];
  int more;
  Walk *self;
  int fd;

  self = calloc (1, sizeof *self);
  if (self == NULL)
    return tc_error (error, ENOMEM, "No memory for the output %s", path);
  self->path = path;
  self->mode = mode;
  self->error = error;
  self->fd = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  snprintf (self->rest, sizeof self->rest, "%s", path);
  more = self->fd < 0 ? fail (self, errno) : take_name (self, name);
  while (more > 0)
    more = enter (self, name) < 0 ? -1 : take_name (self, name);
  fd = self->fd;
  free (self);
  if (more < 0 && fd >= 0)
    close (fd);
  return more < 0 ? -1 : fd;
}
