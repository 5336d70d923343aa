/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/metadata.h"

#include "consumer/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  PAGE = TW_LOG_PAGE, /* of the file: what a reader cannot see half written */
  CHUNK = 16 << 10,
  MAX_TRACES = 10000, /* in one place */
};

static const char name[] = "metadata";
static const char new_name[] = ".metadata.new"; /* readers of traces skip what begins with a dot */

/* The description of a trace begins with what only it has: its uuid. */
bool
tc_metadata_is_of_other (int dir_fd, int log_fd)
{
  char theirs[PAGE], ours[PAGE];
  ssize_t n_theirs, n_ours;
  TwLogHeader log;
  int fd = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

  if (fd < 0)
    return errno != ENOENT;
  n_theirs = read (fd, theirs, sizeof theirs);
  close (fd);
  if (n_theirs <= 0 || pread (log_fd, &log, sizeof log, 0) != (ssize_t) sizeof log)
    return n_theirs != 0;
  n_ours = pread (log_fd, ours, log.published < sizeof ours ? (size_t) log.published : sizeof ours, TW_LOG_TEXT_OFFSET);
  if (n_ours <= 0)
    return true;
  return memcmp (theirs, ours, (size_t) (n_theirs < n_ours ? n_theirs : n_ours)) != 0;
}

int
tc_metadata_make_directory (int dir_fd, char **path, int log_fd, bool *made)
{
  char *first = *path, *next;
  int fd;

  for (unsigned n = 1; (fd = tc_make_directory (dir_fd, *path, made)) >= 0; n++)
    {
      if (*made || !tc_metadata_is_of_other (fd, log_fd))
        break;
      close (fd);
      fd = -1;
      errno = EEXIST;
      if (n > MAX_TRACES)
        break;
      if (asprintf (&next, "%s-%u", first, n) < 0)
        {
          errno = ENOMEM;
          break;
        }
      if (*path != first)
        free (*path);
      *path = next;
    }
  if (*path != first)
    free (first);
  return fd;
}

static bool
is_ours (const TcMetadata *self, int fd, uint64_t len)
{
  char theirs[CHUNK], ours[CHUNK];

  for (uint64_t at = 0; at < len; at += CHUNK)
    {
      size_t n = len - at < CHUNK ? (size_t) (len - at) : CHUNK;

      if (pread (fd, theirs, n, (off_t) at) != (ssize_t) n
          || pread (self->log_fd, ours, n, (off_t) (TW_LOG_TEXT_OFFSET + at)) != (ssize_t) n
          || memcmp (theirs, ours, n) != 0)
        return false;
    }
  return true;
}

/*
 * Goes on with the file of a process that died: a full disk may have no room for another one. One that it had not
 * finished goes.
 */
static void
adopt (TcMetadata *self)
{
  uint64_t published = __atomic_load_n (&self->log->published, __ATOMIC_ACQUIRE);
  int fd = openat (self->folder->fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat about;

  if (fd < 0)
    return;
  unlinkat (self->folder->fd, new_name, 0);
  if (fstat (fd, &about) == 0 && S_ISREG (about.st_mode) && about.st_nlink == 1 && about.st_uid == geteuid ()
      && about.st_size > 0 && (uint64_t) about.st_size <= published && is_ours (self, fd, (uint64_t) about.st_size))
    {
      self->fd = fd;
      atomic_store_explicit (&self->written, (uint64_t) about.st_size, memory_order_release);
    }
  else
    close (fd);
}

int
tc_metadata_init (TcMetadata *self, const TcFolder *folder, int log_fd, TcProblems *problems)
{
  struct stat about;
  void *log;

  if (fstat (log_fd, &about) < 0)
    return -1;
  if (about.st_size < TW_LOG_TEXT_OFFSET)
    {
      errno = EINVAL;
      return -1;
    }
  log = mmap (NULL, TW_LOG_TEXT_OFFSET, PROT_READ, MAP_SHARED, log_fd, 0);
  if (log == MAP_FAILED)
    return -1;
  memset (self, 0, sizeof *self);
  self->folder = folder;
  self->log_fd = log_fd;
  self->log = log;
  self->subject.problems = problems;
  self->fd = -1;
  pthread_mutex_init (&self->lock, NULL);
  return 0;
}

void
tc_metadata_adopt (TcMetadata *self)
{
  pthread_mutex_lock (&self->lock);
  if (self->fd < 0)
    adopt (self);
  pthread_mutex_unlock (&self->lock);
}

bool
tc_metadata_is_gone (TcMetadata *self)
{
  struct stat about;
  bool gone;

  pthread_mutex_lock (&self->lock);
  gone = self->fd >= 0 && fstat (self->fd, &about) == 0 && about.st_nlink == 0;
  pthread_mutex_unlock (&self->lock);
  return gone;
}

void
tc_metadata_restart (TcMetadata *self)
{
  pthread_mutex_lock (&self->lock);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  atomic_store_explicit (&self->written, 0, memory_order_release);
  pthread_mutex_unlock (&self->lock);
}

void
tc_metadata_clear (TcMetadata *self)
{
  tc_problem_end (&self->subject, TC_WRITE_PROBLEMS);
  munmap ((void *) self->log, TW_LOG_TEXT_OFFSET);
  if (self->log_fd >= 0)
    close (self->log_fd);
  if (self->fd >= 0)
    close (self->fd);
  pthread_mutex_destroy (&self->lock);
}

/* Copies the log's text [@from, @to) to the same place in @fd, PAGE-sized pieces at least. 0, or -1 with errno. */
static int
copy_text (TcMetadata *self, int fd, uint64_t from, uint64_t to)
{
  char text[CHUNK];

  while (from < to)
    {
      size_t len = to - from < sizeof text ? (size_t) (to - from) : sizeof text;
      ssize_t got = pread (self->log_fd, text, len, (off_t) (TW_LOG_TEXT_OFFSET + from));
      ssize_t put;

      if (got != (ssize_t) len)
        {
          if (got >= 0)
            errno = EIO; /* less text than is published */
          return -1;
        }
      put = pwrite (fd, text, len, (off_t) from);
      if (put != (ssize_t) len)
        {
          if (put >= 0)
            errno = ENOSPC;
          return -1;
        }
      from += len;
    }
  return 0;
}

static uint64_t
end_of_page (uint64_t at)
{
  return (at / PAGE + 1) * PAGE;
}

/* Whether no block that is to follow @from goes across the end of a page. */
static bool
is_paged (const TcMetadata *self, uint64_t from)
{
  uint64_t paged_from = __atomic_load_n (&self->log->paged_from, __ATOMIC_ACQUIRE);

  return paged_from != 0 && paged_from <= end_of_page (from);
}

/* Page by page. */
static int
append (TcMetadata *self, uint64_t from, uint64_t to)
{
  uint64_t at = from;
  int errnum;

  while (at < to)
    {
      uint64_t end = end_of_page (at) < to ? end_of_page (at) : to;

      if (copy_text (self, self->fd, at, end) < 0)
        break;
      at = end;
    }
  if (at == to)
    return 0;
  errnum = errno;
  (void) !ftruncate (self->fd, (off_t) from);
  errno = errnum;
  return -1;
}

static int
make_new (const TcMetadata *self)
{
  return openat (self->folder->fd, new_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660);
}

static int
replace (TcMetadata *self, uint64_t to)
{
  int fd = make_new (self), errnum;

  /* One that a dead process had not finished. */
  if (fd < 0 && errno == EEXIST && unlinkat (self->folder->fd, new_name, 0) == 0)
    fd = make_new (self);
  if (fd < 0)
    return -1;
  if (copy_text (self, fd, 0, to) == 0 && renameat (self->folder->fd, new_name, self->folder->fd, name) == 0)
    {
      if (self->fd >= 0)
        close (self->fd);
      self->fd = fd;
      return 0;
    }
  errnum = errno;
  close (fd);
  unlinkat (self->folder->fd, new_name, 0);
  errno = errnum;
  return -1;
}

static int
write_up_to (TcMetadata *self, uint64_t published)
{
  uint64_t written = atomic_load_explicit (&self->written, memory_order_relaxed);
  int result;

  if (published <= written)
    return 0;
  if (!atomic_load (&self->folder->there))
    {
      errno = ENOENT; /* whose problem is told already */
      return -1;
    }
  if (self->fd >= 0 && (published <= end_of_page (written) || is_paged (self, written)))
    result = append (self, written, published);
  else
    result = replace (self, published);
  if (result < 0)
    {
      int errnum = errno;

      tc_problem_begin (&self->subject, tc_problem_of_errno (errnum), errnum, "Cannot write the file metadata: %s",
                        strerror (errnum));
      errno = errnum;
      return -1;
    }
  atomic_store_explicit (&self->written, published, memory_order_release);
  tc_problem_end (&self->subject, TC_WRITE_PROBLEMS);
  return 0;
}

int
tc_metadata_sync (TcMetadata *self)
{
  uint64_t published = __atomic_load_n (&self->log->published, __ATOMIC_ACQUIRE);
  int result;

  if (published <= atomic_load_explicit (&self->written, memory_order_acquire))
    return 0;
  pthread_mutex_lock (&self->lock);
  /* The log may have been replaced meanwhile. */
  result = write_up_to (self, __atomic_load_n (&self->log->published, __ATOMIC_ACQUIRE));
  pthread_mutex_unlock (&self->lock);
  return result;
}

bool
tc_metadata_describes (TcMetadata *self, uint32_t channel)
{
  uint64_t described = __atomic_load_n (&self->log->described, __ATOMIC_ACQUIRE);

  return channel < TW_LOG_MAX_CHANNELS && (described >> channel & 1) != 0;
}

/* The header stays where it is, so that who reads it without the lock reads the one or the other. */
static int
map_header (TcMetadata *self, int log_fd)
{
  void *log = mmap ((void *) self->log, TW_LOG_TEXT_OFFSET, PROT_READ, MAP_SHARED | MAP_FIXED, log_fd, 0);

  return log == MAP_FAILED ? -1 : 0;
}

/* Under the lock. */
static int
switch_log (TcMetadata *self, int log_fd)
{
  uint64_t written = atomic_load_explicit (&self->written, memory_order_relaxed);
  int old_fd = self->log_fd, errnum;

  /* Whoever has a packet to write waits for the lock: lengths of the two texts do not compare. */
  atomic_store_explicit (&self->written, 0, memory_order_release);
  self->log_fd = log_fd;
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1; /* nothing is appended to it any more */
  if (map_header (self, log_fd) == 0
      && write_up_to (self, __atomic_load_n (&self->log->published, __ATOMIC_ACQUIRE)) == 0)
    {
      close (old_fd);
      return 0;
    }
  errnum = errno;
  self->log_fd = old_fd;
  if (map_header (self, old_fd) < 0)
    abort (); /* it was mapped before, at this place */
  atomic_store_explicit (&self->written, written, memory_order_release);
  errno = errnum;
  return -1;
}

/* Main's: nobody else replaces it. */
bool
tc_metadata_reads (const TcMetadata *self, int log_fd)
{
  struct stat mine, theirs;

  return fstat (self->log_fd, &mine) == 0 && fstat (log_fd, &theirs) == 0 && mine.st_dev == theirs.st_dev
         && mine.st_ino == theirs.st_ino;
}

int
tc_metadata_replace (TcMetadata *self, int log_fd)
{
  struct stat about;
  int result;

  if (fstat (log_fd, &about) < 0)
    return -1;
  if (about.st_size < TW_LOG_TEXT_OFFSET)
    {
      errno = EINVAL;
      return -1;
    }
  pthread_mutex_lock (&self->lock);
  result = switch_log (self, log_fd);
  pthread_mutex_unlock (&self->lock);
  return result;
}

uint64_t
tc_metadata_get_written (TcMetadata *self)
{
  return atomic_load_explicit (&self->written, memory_order_acquire);
}
