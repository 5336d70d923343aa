/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
on_mail (TcMail *mail)
{
  TcFolder *self = (TcFolder *) ((char *) mail - offsetof (TcFolder, mail));

  atomic_store (&self->mailed, false);
  self->doubted (self);
}

int
tc_folder_init (TcFolder *self, TcLoop *loop, void (*doubted) (TcFolder *self))
{
  *self = (TcFolder) {
    .fd = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC), .loop = loop, .mail.run = on_mail, .doubted = doubted,
  };
  return self->fd >= 0 ? 0 : -1;
}

void
tc_folder_clear (TcFolder *self)
{
  tc_loop_take_back (self->loop, &self->mail);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

int
tc_folder_become (TcFolder *self, int fd)
{
  int result = dup3 (fd, self->fd, O_CLOEXEC), errnum = errno;

  close (fd);
  errno = errnum;
  if (result < 0)
    return -1;
  atomic_fetch_add (&self->number, 1);
  atomic_store (&self->there, true);
  return 0;
}

void
tc_folder_lose (TcFolder *self)
{
  atomic_store (&self->there, false);
}

void
tc_folder_doubt (TcFolder *self)
{
  if (!atomic_exchange (&self->mailed, true))
    tc_loop_post (self->loop, &self->mail);
}

/* The kernel's number of the mount that @fd is on; -1: not known. */
static long
find_mount (int fd)
{
  char path[48], line[128];
  long mount = -1;
  FILE *about;

  snprintf (path, sizeof path, "/proc/self/fdinfo/%d", fd);
  about = fopen (path, "re");
  while (about != NULL && fgets (line, sizeof line, about) != NULL)
    if (sscanf (line, "mnt_id: %ld", &mount) == 1)
      break;
  if (about != NULL)
    fclose (about);
  return mount;
}

/*
 * What the list says of @mount; free() it. One that is still used, but no longer anywhere, is in no list; as long as it
 * is used, no other has its number. NULL: it is not there, and *@known: there is a list.
 */
static char *
find_line (long mount, bool *known)
{
  FILE *list = fopen ("/proc/self/mountinfo", "re");
  char *line = NULL;
  size_t size = 0;
  bool found = false;

  *known = list != NULL;
  while (!found && list != NULL && getline (&line, &size, list) >= 0)
    found = strtol (line, NULL, 10) == mount;
  if (list != NULL)
    fclose (list);
  if (!found)
    {
      free (line);
      return NULL;
    }
  return line;
}

char *
tc_find_mount_point (int fd)
{
  enum { FIELD = 5 };
  bool known;
  char *line = find_line (find_mount (fd), &known), *at = line, *point = NULL;

  for (unsigned i = 1; i < FIELD && at != NULL; i++)
    {
      at = strchr (at, ' ');
      at = at != NULL ? at + 1 : NULL;
    }
  if (at != NULL)
    point = strndup (at, strcspn (at, " "));
  free (line);
  return point;
}

bool
tc_is_mounted_below (int fd, const char *mount)
{
  char *point = tc_find_mount_point (fd);
  size_t len = strlen (mount);
  bool below = point == NULL || strcmp (mount, "/") == 0
               || (strncmp (point, mount, len) == 0 && (point[len] == '/' || point[len] == '\0'));

  free (point);
  return below;
}

bool
tc_is_elsewhere (int fd)
{
  long mount = find_mount (fd);
  bool known;
  char *line = find_line (mount, &known);

  free (line);
  return mount >= 0 && known && line == NULL;
}

bool
tc_is_gone (int fd, bool elsewhere)
{
  struct stat about;

  if (fstat (fd, &about) < 0)
    return errno != EBADF;
  if (about.st_nlink == 0)
    return true;
  return !elsewhere && tc_is_elsewhere (fd);
}
