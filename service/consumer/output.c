/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE_DIRECTORY = 0770 };

int
tc_error (TcError *error, int errnum, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  tc_error_valist (error, errnum, format, args);
  va_end (args);
  return -1;
}

void
tc_error_valist (TcError *error, int errnum, const char *format, va_list args)
{
  int used = vsnprintf (error->message, sizeof error->message, format, args);

  error->errnum = errnum;
  if (used >= 0 && (size_t) used < sizeof error->message)
    snprintf (error->message + used, sizeof error->message - (size_t) used, ": %s", strerror (errnum));
}

/* Asks the name service, which may take its time: once for a session, before it records. */
static const char *
home_directory (void)
{
  const char *home = getenv ("LTTNG_HOME");
  const struct passwd *user;

  if (home != NULL && home[0] == '/')
    return home;
  user = getpwuid (getuid ());
  return user != NULL && user->pw_dir != NULL && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

char *
tc_output_resolve (const char *path, TcError *error)
{
  const char *home;
  char *resolved = NULL;

  if (strlen (path) >= PATH_MAX)
    {
      tc_error (error, ENAMETOOLONG, "The output path that begins with %.64s is too long", path);
      return NULL;
    }
  if (path[0] == '/')
    resolved = strdup (path);
  else if (strncmp (path, "~/", 2) == 0)
    {
      home = home_directory ();
      if (home == NULL)
        {
          tc_error (error, ENOENT, "User %u has no home directory for the output %s", (unsigned) getuid (), path);
          return NULL;
        }
      if (asprintf (&resolved, "%s/%s", home, path + 2) < 0)
        resolved = NULL;
    }
  else
    {
      tc_error (error, EINVAL, "The output path %s is not absolute and does not begin with ~/", path);
      return NULL;
    }
  if (resolved == NULL)
    tc_error (error, ENOMEM, "No memory for the output %s", path);
  return resolved;
}

/* A directory in which this process may make files? */
static int
check_directory (const char *path, TcError *error)
{
  struct stat about;

  if (stat (path, &about) < 0)
    return tc_error (error, errno, "Cannot write a trace to %s", path);
  if (!S_ISDIR (about.st_mode))
    return tc_error (error, ENOTDIR, "Cannot write a trace to %s", path);
  if (faccessat (AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) < 0)
    return tc_error (error, errno, "Cannot write a trace to %s", path);
  return 0;
}

/* Cuts the last component off. False where there is none. */
static bool
to_parent (char *path)
{
  char *slash = strrchr (path, '/');

  if (slash == NULL || strcmp (path, "/") == 0)
    return false;
  slash[slash == path] = '\0';
  return true;
}

int
tc_output_check (const char *path, TcError *error)
{
  char *ancestor = strdup (path);
  int result;

  if (ancestor == NULL)
    return tc_error (error, ENOMEM, "No memory for the output %s", path);
  /* What does not exist yet would be made in its nearest ancestor that does. */
  do
    result = check_directory (ancestor, error);
  while (result < 0 && error->errnum == ENOENT && to_parent (ancestor));
  free (ancestor);
  return result;
}

static int
make_path (char *path, TcError *error)
{
  for (char *slash = strchr (path + 1, '/'); ; slash = strchr (slash + 1, '/'))
    {
      int made, errnum;

      if (slash != NULL)
        *slash = '\0';
      made = mkdir (path, MODE_DIRECTORY);
      errnum = errno;
      if (made < 0 && errnum != EEXIST && access (path, F_OK) < 0)
        return tc_error (error, errnum, "Cannot make the directory %s", path);
      if (slash == NULL)
        return 0;
      *slash = '/';
    }
}

TcOutput *
tc_output_open (uint64_t session, const char *path, TcError *error)
{
  TcOutput *self = calloc (1, sizeof *self);

  if (self == NULL || (self->path = strdup (path)) == NULL)
    {
      free (self);
      tc_error (error, ENOMEM, "No memory for the output %s", path);
      return NULL;
    }
  self->node.key = session;
  self->refs = 1;
  self->dir_fd = -1;
  self->subject.problems = &self->problems;
  if (make_path (self->path, error) == 0 && check_directory (path, error) == 0)
    {
      self->dir_fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (self->dir_fd < 0)
        tc_error (error, errno, "Cannot open the directory %s", path);
    }
  if (self->dir_fd >= 0)
    return self;
  free (self->path);
  free (self);
  return NULL;
}

void
tc_output_check_alive (TcOutput *self)
{
  struct stat about;

  /* Files of a removed directory can be written for ever, and nobody will see them. */
  if (fstat (self->dir_fd, &about) == 0 && about.st_nlink == 0)
    tc_problem_begin (&self->subject, TC_PROBLEM_OUTPUT_GONE, ENOENT, "The directory %s was removed", self->path);
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
  close (self->dir_fd);
  free (self->path);
  free (self);
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

int
tc_make_directory (int dir_fd, const char *path)
{
  int fd = fcntl (dir_fd, F_DUPFD_CLOEXEC, 0);

  for (const char *part = path; fd >= 0 && *part != '\0'; )
    {
      char name[NAME_MAX + 1];
      size_t len = strcspn (part, "/");
      int next = -1, errnum;

      memcpy (name, part, len);
      name[len] = '\0';
      if (mkdirat (fd, name, MODE_DIRECTORY) == 0 || errno == EEXIST)
        next = openat (fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      errnum = errno;
      close (fd);
      errno = errnum;
      fd = next;
      part += len + (part[len] == '/');
    }
  return fd;
}
