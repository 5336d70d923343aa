/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/trace-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80 /* Linux 6.14 */
#endif

enum {
  MAX_GENERATIONS = 10000,
  MAX_RESERVE = 16 << 20,
  MAX_CHUNK = 16 << 20, /* bytes that the file system is asked for at once, beyond what is needed */
  SHARE = 8,            /* and no more than so small a part of what is there already, or: */
  MODESTY = 4, /* a reserve takes so small a part of what is free */
  PLENTY = 256, /* and all of them together so small a part, before that is looked at again; or a larger step */
  MIN_CHUNK = 64 << 10,
};

/* Packets that lie one after the other in the file, and are written by one call. */
typedef struct {
  struct iovec *parts;
  int n_parts;
  const TcPacket *packets;
  unsigned n;
  size_t size;
} Run;

void
tc_trace_file_init (TcTraceFile *self, int dir_fd, const char *name, const TcPacketOrigin *origin)
{
  *self = (TcTraceFile) { .dir_fd = dir_fd, .name = name, .origin = *origin, .fd = -1, .index.fd = -1 };
}

static bool
is_full (int errnum)
{
  return errnum == ENOSPC || errnum == EDQUOT;
}

void
tc_trace_file_trim (TcTraceFile *self)
{
  bool more = self->half || self->inherited || self->room > self->size;

  if (self->fd >= 0 && more && ftruncate (self->fd, (off_t) self->size) == 0)
    self->half = self->inherited = false;
  self->room = 0;
  tc_index_file_trim (&self->index);
}

void
tc_trace_file_close (TcTraceFile *self)
{
  tc_trace_file_trim (self);
  tc_index_file_close (&self->index);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
}

void
tc_trace_file_make_name (const TcTraceFile *self, char name[TC_TRACE_NAME])
{
  int len = snprintf (name, TC_TRACE_NAME, "%s_%u", self->name, self->origin.cpu);
  uint64_t number = self->max_count > 0 ? self->number % self->max_count : self->number;

  if (self->generation > 0)
    len += snprintf (name + len, TC_TRACE_NAME - (size_t) len, ".%u", self->generation);
  if (self->max_size > 0)
    snprintf (name + len, TC_TRACE_NAME - (size_t) len, "_%llu", (unsigned long long) number);
}

/* How this file is best written. Leaves the descriptor without O_DIRECT. */
static TcWriteMode
choose_mode (int fd)
{
  struct statfs about;
  int flags = fcntl (fd, F_GETFL);

  if (fstatfs (fd, &about) == 0 && about.f_type == TMPFS_MAGIC)
    return TC_WRITE_PLAIN;
  if (flags < 0 || fcntl (fd, F_SETFL, flags | O_DIRECT) < 0)
    return TC_WRITE_DONTCACHE;
  return fcntl (fd, F_SETFL, flags) == 0 ? TC_WRITE_DIRECT : TC_WRITE_DONTCACHE;
}

void
tc_trace_file_take (TcTraceFile *self, int fd, uint64_t size)
{
  tc_trace_file_close (self);
  self->fd = fd;
  self->mode = choose_mode (fd);
  self->direct = false;
  self->half = self->inherited = false;
  self->plenty = 0;
  self->size = size;
  self->last_size = 0;
}

int
tc_trace_file_begin_index (const TcTraceFile *self, TcIndexFile *index, const char *name)
{
  /* Who keeps some files of many looks for an index beside each. */
  return (self->max_size > 0 ? tc_index_file_open : tc_index_file_begin) (index, self->dir_fd, name);
}

/* Makes the file of the current number. 0, or -1 with errno. */
static int
open_file (TcTraceFile *self)
{
  char name[TC_TRACE_NAME];
  TcIndexFile index;
  int fd;

  tc_trace_file_make_name (self, name);
  /* What is there would be somebody's trace, but for our own files that come round again. */
  if (self->max_count > 0 && self->number >= self->max_count)
    unlinkat (self->dir_fd, name, 0);
  for (;;)
    {
      fd = openat (self->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0660);
      if (fd >= 0 || errno != EEXIST || self->generation >= MAX_GENERATIONS)
        break;
      if (self->number > 0 && self->max_count == 0 && self->number < UINT32_MAX)
        self->number++;
      else
        self->generation++;
      tc_trace_file_make_name (self, name);
    }
  if (fd < 0)
    return -1;
  if (tc_trace_file_begin_index (self, &index, name) < 0 && is_full (errno))
    {
      /* Later, with its index. */
      close (fd);
      unlinkat (self->dir_fd, name, 0);
      errno = ENOSPC;
      return -1;
    }
  tc_trace_file_take (self, fd, 0);
  self->index = index;
  return 0;
}

void
tc_trace_file_restart (TcTraceFile *self)
{
  /* What is there may be ours: a file system that is mounted again. */
  if (self->fd >= 0 && self->max_size > 0)
    self->number++;
  tc_trace_file_close (self);
}

bool
tc_trace_file_is_removed (const TcTraceFile *self)
{
  struct stat about;

  return self->fd >= 0 && fstat (self->fd, &about) == 0 && about.st_nlink == 0;
}

/* The file that the next packet of @size goes to is open. */
static int
choose_file (TcTraceFile *self, size_t size)
{
  if (self->fd < 0)
    return open_file (self);
  if (self->max_size == 0 || self->size == 0 || self->size + size <= self->max_size)
    return 0;
  self->number++;
  if (open_file (self) == 0)
    return 0;
  self->number--;
  return -1;
}

static void
set_direct (TcTraceFile *self, bool direct)
{
  int flags;

  if (self->direct == direct)
    return;
  flags = fcntl (self->fd, F_GETFL);
  if (flags >= 0 && fcntl (self->fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT) == 0)
    self->direct = direct;
}

/* Lets the page cache go on to the disk with this packet, and forget the one before. */
static void
recycle (TcTraceFile *self, size_t size)
{
  off_t last = (off_t) (self->size - self->last_size);

  sync_file_range (self->fd, (off_t) self->size, (off_t) size, SYNC_FILE_RANGE_WRITE);
  if (self->last_size == 0)
    return;
  sync_file_range (self->fd, last, (off_t) self->last_size,
                   SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  posix_fadvise (self->fd, last, (off_t) self->last_size, POSIX_FADV_DONTNEED);
}

/* One call. Falls back for good where the file system refuses a mode. */
static ssize_t
write_once (TcTraceFile *self, const struct iovec *parts, int n_parts, uint64_t offset)
{
  for (;;)
    {
      /* One page appears at once without O_DIRECT, and much sooner. */
      bool one_page = n_parts == 1 && parts[0].iov_len <= self->origin.page_size;
      int flags = self->mode == TC_WRITE_DONTCACHE ? RWF_DONTCACHE : 0;
      ssize_t put;

      set_direct (self, self->mode == TC_WRITE_DIRECT && !one_page);
      put = pwritev2 (self->fd, parts, n_parts, (off_t) offset, flags);
      if (put >= 0 || errno == EINTR)
        return put;
      if (errno == EINVAL && self->direct)
        self->mode = TC_WRITE_DONTCACHE;
      else if ((errno == EOPNOTSUPP || errno == ENOSYS) && self->mode == TC_WRITE_DONTCACHE)
        self->mode = TC_WRITE_RECYCLE;
      else
        return -1;
    }
}

/* All of @n_parts parts, which it changes. 0, or -1 with errno. */
static int
write_parts (TcTraceFile *self, struct iovec *part, int n_parts, uint64_t offset)
{
  while (n_parts > 0)
    {
      ssize_t put = write_once (self, part, n_parts, offset);

      if (put < 0 && errno == EINTR)
        continue;
      if (put <= 0)
        {
          errno = put == 0 ? ENOSPC : errno;
          return -1;
        }
      self->half = true;
      offset += (size_t) put;
      for (; n_parts > 0 && (size_t) put >= part->iov_len; part++, n_parts--)
        put -= (ssize_t) part->iov_len;
      if (n_parts > 0)
        {
          part->iov_base = (char *) part->iov_base + put;
          part->iov_len -= (size_t) put;
        }
    }
  return 0;
}

static int
write_header (TcTraceFile *self, const void *header)
{
  struct iovec part = { .iov_base = (void *) header, .iov_len = TC_PACKET_HEADER };

  return write_parts (self, &part, 1, self->size);
}

static uint64_t
get_room (const TcTraceFile *self)
{
  return self->room > self->size ? self->room : self->size;
}

/* 0, or -1 with errno where the file system has less. */
static int
allocate (TcTraceFile *self, uint64_t end)
{
  uint64_t begin = get_room (self);

  if (end <= begin)
    return 0;
  if (fallocate (self->fd, FALLOC_FL_KEEP_SIZE, (off_t) begin, (off_t) (end - begin)) == 0)
    self->room = end;
  else if (is_full (errno))
    {
      self->plenty = 0;
      return -1;
    }
  else
    self->room = UINT64_MAX; /* a file system that makes no promises */
  return 0;
}

/* The same where it is so small a @part of what there is: others need some, too. */
static int
allocate_modestly (TcTraceFile *self, uint64_t end, unsigned part)
{
  uint64_t wanted = end - get_room (self);
  struct statfs about;

  if (wanted > self->plenty)
    {
      self->plenty = 0;
      errno = ENOSPC;
      if (fstatfs (self->fd, &about) < 0 || wanted / (uint64_t) about.f_bsize > (uint64_t) about.f_bavail / part)
        return -1;
      self->plenty = wanted + (uint64_t) about.f_bavail / PLENTY * (uint64_t) about.f_bsize;
    }
  self->plenty -= wanted;
  return allocate (self, end);
}

/*
 * At the end, when there is no reserve any more: only what is needed. A page is there or is not, and is refused by the
 * write itself; allocating it first, to write it then, costs as much as writing it.
 */
static int
make_last_room (TcTraceFile *self, size_t size)
{
  return size <= self->origin.page_size ? 0 : allocate (self, self->size + size);
}

/*
 * For a packet of @size, and for the reserve after it. Without room for both, the reserve is left alone; a file that
 * never had one takes what there is. 0, or -1 with errno.
 */
static int
make_room (TcTraceFile *self, size_t size)
{
  uint64_t end = self->size + size;
  uint64_t reserve = self->reserve < MAX_RESERVE ? self->reserve : MAX_RESERVE;
  uint64_t share = self->size / SHARE < MAX_CHUNK ? self->size / SHARE : MAX_CHUNK;
  uint64_t chunk = reserve > MIN_CHUNK ? reserve : MIN_CHUNK;

  /* The larger step only saves calls: it is no reason for others to find the disk full before it is. */
  if (self->room >= end + reserve || (share > chunk && allocate_modestly (self, end + reserve + share, PLENTY) == 0)
      || allocate_modestly (self, end + reserve + chunk, MODESTY) == 0
      || allocate_modestly (self, end + reserve, MODESTY) == 0)
    return 0;
  if (self->room < end)
    return allocate (self, end);
  errno = ENOSPC;
  return -1;
}

/*
 * Where a write would grow the file page by page. Its size first: who looks at it before they look at packets, as
 * readers do, finds an empty packet there by then.
 */
static int
grow (TcTraceFile *self, const Run *run)
{
  uint8_t header[TC_PACKET_HEADER], empty[TC_PACKET_HEADER];

  memcpy (header, run->parts[0].iov_base, sizeof header);
  memcpy (empty, header, sizeof empty);
  tc_packet_make_empty (empty, run->size);
  run->parts[0].iov_base = (uint8_t *) run->parts[0].iov_base + sizeof header;
  run->parts[0].iov_len -= sizeof header;
  self->half = true;
  if (ftruncate (self->fd, (off_t) (self->size + run->size)) < 0 || write_header (self, empty) < 0
      || write_parts (self, run->parts, run->n_parts, self->size + sizeof header) < 0)
    return -1;
  return write_header (self, header);
}

static int
write_run (TcTraceFile *self, const Run *run)
{
  if (run->size <= self->origin.page_size)
    return write_parts (self, run->parts, run->n_parts, self->size);
  return self->mode == TC_WRITE_DIRECT ? write_parts (self, run->parts, run->n_parts, self->size) : grow (self, run);
}

/* Cuts off what is left of a packet that failed. */
static int
take_back (TcTraceFile *self)
{
  if (!self->half)
    return 0;
  if (ftruncate (self->fd, (off_t) self->size) < 0)
    return -1;
  self->room = 0; /* the reserve has gone with it */
  self->half = false;
  return 0;
}

static size_t
size_of (const TcPacket *packet)
{
  return (size_t) (packet->packet_bits / CHAR_BIT);
}

static void
add_to_run (Run *run)
{
  size_t left = size_of (&run->packets[run->n++]);

  run->size += left;
  while (left > 0)
    left -= run->parts[run->n_parts++].iov_len;
}

/* As many of the @n packets as can be written at once. Those of a page are not worth a direct write, however many. */
static void
make_run (const TcTraceFile *self, Run *run, unsigned n)
{
  add_to_run (run);
  if (run->size <= self->origin.page_size)
    return;
  while (self->mode == TC_WRITE_DIRECT && run->n < n && run->n < TC_INDEX_BATCH
         && (self->max_size == 0 || self->size + run->size + size_of (&run->packets[run->n]) <= self->max_size))
    add_to_run (run);
}

static int
prepare_room (TcTraceFile *self, const Run *run, bool last_chance)
{
  /* An index that finds no room at the end goes when it is written. */
  if (last_chance)
    return make_last_room (self, run->size);
  return make_room (self, run->size) < 0 ? -1 : tc_index_file_reserve (&self->index, run->n);
}

/* The file for the first of @n packets, with room for it and as many of the others as go along. 0, or -1 with errno. */
static int
prepare (TcTraceFile *self, Run *run, unsigned n, bool last_chance)
{
  const Run none = *run;

  /* What could not be cut off the last time must be now, or nothing can follow. */
  if ((self->fd >= 0 && take_back (self) < 0) || choose_file (self, size_of (run->packets)) < 0)
    return -1;
  make_run (self, run, n);
  if (prepare_room (self, run, last_chance) == 0)
    return 0;
  if (run->n == 1)
    return -1;
  *run = none;
  add_to_run (run);
  return prepare_room (self, run, last_chance);
}

static int
append_run (TcTraceFile *self, const Run *run)
{
  if (write_run (self, run) < 0)
    {
      int errnum = errno;

      /* Also after an error that told of no byte: a direct write may have come halfway. */
      self->half = true;
      take_back (self);
      errno = errnum;
      return -1;
    }
  self->half = false;
  if (self->mode == TC_WRITE_RECYCLE)
    recycle (self, run->size);
  (void) tc_index_file_append (&self->index, self->size, &self->origin, run->packets, run->n);
  self->size += run->size;
  self->last_size = size_of (&run->packets[run->n - 1]);
  return 0;
}

unsigned
tc_trace_file_append (TcTraceFile *self, struct iovec *parts, const TcPacket *packets, unsigned n, bool last_chance)
{
  unsigned done = 0;

  while (done < n)
    {
      Run run = { .parts = parts, .packets = &packets[done] };

      if (prepare (self, &run, n - done, last_chance) < 0 || append_run (self, &run) < 0)
        break;
      parts += run.n_parts;
      done += run.n;
    }
  return done;
}
