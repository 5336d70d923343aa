/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

/* One that is still used, but no longer anywhere, is in no list; as long as it is used, no other has its number. */
static bool
is_mounted (long mount)
{
  FILE *list = fopen ("/proc/self/mountinfo", "re");
  bool found = list == NULL;
  char *line = NULL;
  size_t size = 0;

  while (!found && getline (&line, &size, list) >= 0)
    found = strtol (line, NULL, 10) == mount;
  free (line);
  if (list != NULL)
    fclose (list);
  return found;
}

bool
tc_is_elsewhere (int fd)
{
  long mount = find_mount (fd);

  return mount >= 0 && !is_mounted (mount);
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
