/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/index-file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RESERVE = 4096 };

typedef struct {
  uint32_t magic, major, minor, entry_size;
} Header;

static int
write_whole (int fd, const void *data, size_t len, uint64_t offset)
{
  ssize_t put = pwrite (fd, data, len, (off_t) offset);

  if (put == (ssize_t) len)
    return 0;
  if (put >= 0)
    errno = ENOSPC;
  return -1;
}

void
tc_index_file_give_up (TcIndexFile *self)
{
  int errnum = errno;

  if (self->fd >= 0)
    unlinkat (self->dir_fd, self->name, 0);
  tc_index_file_close (self);
  errno = errnum;
}

static Header
make_header (void)
{
  return (Header) {
    .magic = htobe32 (0xc1f1dcc1),
    .major = htobe32 (1),
    .minor = htobe32 (1),
    .entry_size = htobe32 (sizeof (TcIndexEntry)),
  };
}

static int
set_name (TcIndexFile *self, int dir_fd, const char *name)
{
  *self = (TcIndexFile) { .dir_fd = dir_fd, .fd = -1 };
  if (asprintf (&self->name, "index/%s.idx", name) >= 0)
    return 0;
  self->name = NULL;
  errno = ENOMEM;
  return -1;
}

static int
make_file (int dir_fd, const char *name)
{
  return openat (dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660);
}

/* The first of a trace makes their directory; a dead process may not have finished its own. -1 with errno. */
static int
make_file_anew (int dir_fd, const char *name)
{
  int fd = make_file (dir_fd, name);

  if (fd < 0 && errno == ENOENT && (mkdirat (dir_fd, "index", 0770) == 0 || errno == EEXIST))
    fd = make_file (dir_fd, name);
  if (fd < 0 && errno == EEXIST && unlinkat (dir_fd, name, 0) == 0)
    fd = make_file (dir_fd, name);
  return fd;
}

/* Readers do not take one without its header: it is made under a name that they skip. 0, or -1 with errno. */
static int
make_as (TcIndexFile *self, const char *new_name)
{
  const Header header = make_header ();
  int fd = make_file_anew (self->dir_fd, new_name), errnum;

  if (fd < 0)
    return -1;
  if (write_whole (fd, &header, sizeof header, 0) == 0
      && (!self->has_first || write_whole (fd, &self->first, sizeof self->first, sizeof header) == 0)
      && renameat (self->dir_fd, new_name, self->dir_fd, self->name) == 0)
    {
      self->fd = fd;
      self->size = sizeof header + (self->has_first ? sizeof self->first : 0);
      self->due = false;
      return 0;
    }
  errnum = errno;
  unlinkat (self->dir_fd, new_name, 0);
  close (fd);
  errno = errnum;
  return -1;
}

/* What there is to write already. 0, or -1 with errno; then no file is there. */
static int
make (TcIndexFile *self)
{
  char *new_name;
  int result, errnum;

  if (asprintf (&new_name, "index/.%s", self->name + strlen ("index/")) < 0)
    {
      errno = ENOMEM;
      return -1;
    }
  result = make_as (self, new_name);
  errnum = errno;
  free (new_name);
  errno = errnum;
  return result;
}

int
tc_index_file_begin (TcIndexFile *self, int dir_fd, const char *name)
{
  if (set_name (self, dir_fd, name) < 0)
    return -1;
  /* What is there is of another file of this name. */
  unlinkat (dir_fd, self->name, 0);
  self->due = true;
  return 0;
}

int
tc_index_file_open (TcIndexFile *self, int dir_fd, const char *name)
{
  if (tc_index_file_begin (self, dir_fd, name) == 0 && make (self) == 0)
    return 0;
  tc_index_file_give_up (self);
  return -1;
}

int
tc_index_file_reopen (TcIndexFile *self, int dir_fd, const char *name, uint64_t *n, uint64_t *offset)
{
  const Header wanted = make_header ();
  struct stat about;
  Header header;
  TcIndexEntry last;
  uint64_t entries = 0;

  if (set_name (self, dir_fd, name) < 0)
    return -1;
  self->fd = openat (dir_fd, self->name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (self->fd >= 0 && fstat (self->fd, &about) == 0 && S_ISREG (about.st_mode) && about.st_nlink == 1
      && about.st_uid == geteuid () && about.st_size >= (off_t) sizeof header
      && pread (self->fd, &header, sizeof header, 0) == sizeof header && memcmp (&header, &wanted, sizeof header) == 0)
    entries = ((uint64_t) about.st_size - sizeof header) / sizeof last;
  if (entries > 0)
    {
      self->size = sizeof header + entries * sizeof last;
      if (pread (self->fd, &last, sizeof last, (off_t) (self->size - sizeof last)) == sizeof last
          && ftruncate (self->fd, (off_t) self->size) == 0)
        {
          *n = entries;
          *offset = be64toh (last.offset);
          return 0;
        }
    }
  tc_index_file_close (self);
  return -1;
}

void
tc_index_file_retract (TcIndexFile *self)
{
  self->has_first = false;
  if (self->fd >= 0)
    self->size -= sizeof (TcIndexEntry);
}

static bool
is_full (int errnum)
{
  return errnum == ENOSPC || errnum == EDQUOT;
}

int
tc_index_file_reserve (TcIndexFile *self, unsigned n)
{
  if (self->due && self->has_first + n > 1 && make (self) < 0)
    {
      if (is_full (errno))
        return -1;
      tc_index_file_give_up (self);
    }
  /* Ahead of what is needed: at the end there is room for what the ring still holds. */
  if (self->fd < 0 || self->size + RESERVE <= self->room)
    return 0;
  if (fallocate (self->fd, FALLOC_FL_KEEP_SIZE, (off_t) self->size, 2 * RESERVE) == 0)
    self->room = self->size + 2 * RESERVE;
  else if (!is_full (errno))
    self->room = UINT64_MAX; /* a file system that makes no promises */
  return self->size + n * sizeof (TcIndexEntry) <= self->room ? 0 : -1;
}

void
tc_index_file_trim (TcIndexFile *self)
{
  if (self->fd >= 0 && self->room > self->size)
    (void) !ftruncate (self->fd, (off_t) self->size);
  self->room = 0;
}

void
tc_index_file_close (TcIndexFile *self)
{
  tc_index_file_trim (self);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  self->due = self->has_first = false;
  free (self->name);
  self->name = NULL;
}

static TcIndexEntry
make_entry (uint64_t offset, const TcPacketOrigin *origin, const TcPacket *packet)
{
  return (TcIndexEntry) {
    .offset = htobe64 (offset),
    .packet_bits = htobe64 (packet->packet_bits),
    .content_bits = htobe64 (packet->content_bits),
    .begin = htobe64 (packet->begin),
    .end = htobe64 (packet->end),
    .discarded = htobe64 (packet->discarded),
    .stream_id = htobe64 (origin->channel),
    .instance_id = htobe64 (origin->cpu),
    .sequence = htobe64 (packet->sequence),
  };
}

int
tc_index_file_append (TcIndexFile *self, uint64_t offset, const TcPacketOrigin *origin, const TcPacket *packets,
                      unsigned n)
{
  TcIndexEntry entries[TC_INDEX_BATCH];

  if (self->fd < 0 && !self->due)
    return 0;
  for (unsigned i = 0; i < n; i++)
    {
      entries[i] = make_entry (offset, origin, &packets[i]);
      offset += packets[i].packet_bits / CHAR_BIT;
    }
  if (self->due && !self->has_first && n == 1)
    {
      self->first = entries[0];
      self->has_first = true;
      return 0;
    }
  if ((self->due && make (self) < 0) || write_whole (self->fd, entries, n * sizeof entries[0], self->size) < 0)
    {
      tc_index_file_give_up (self);
      return -1;
    }
  self->size += n * sizeof entries[0];
  return 0;
}
