/* SPDX-License-Identifier: GPL-2.0-only */
/* What a killed process left of a stream's files, and how to go on with them. */
#define _GNU_SOURCE
#include "consumer/trace-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_GENERATIONS = 10000, MAX_MISSING = 64 };

/* One file while it is looked at. */
typedef struct {
  const TcPacketOrigin *origin;
  int fd; /* -1: none */
  uint64_t size;
  uint64_t first_sequence;
  uint64_t number;
} File;

typedef enum {
  MISSING,
  FOREIGN, /* not ours, or nothing says so */
  HALF,    /* ours, without a whole packet; empty now */
  OURS,
} Finding;

/* Sets @bytes where a whole packet of ours is at @at; @packet also where only its header is. */
static bool
read_packet (const File *file, uint64_t at, TcPacket *packet, uint64_t *bytes)
{
  uint8_t header[TC_PACKET_HEADER];

  *bytes = 0;
  if (at > file->size || file->size - at < sizeof header
      || pread (file->fd, header, sizeof header, (off_t) at) != (ssize_t) sizeof header
      || !tc_packet_read (header, file->origin, packet))
    return false;
  if (packet->packet_bits / 8 <= file->size - at)
    *bytes = packet->packet_bits / 8;
  return true;
}

static Finding
look (const TcTraceFile *self, File *file)
{
  char name[TC_TRACE_NAME];
  struct stat about;
  TcPacket packet;
  uint64_t bytes;

  tc_trace_file_make_name (self, name);
  file->origin = &self->origin;
  file->number = self->number;
  file->fd = openat (self->dir_fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file->fd < 0)
    return errno == ENOENT ? MISSING : FOREIGN;
  if (fstat (file->fd, &about) < 0 || !S_ISREG (about.st_mode) || about.st_nlink != 1 || about.st_uid != geteuid ())
    return FOREIGN;
  file->size = (uint64_t) about.st_size;
  file->first_sequence = 0;
  /* It was made, and then its maker died: in the directory of our trace nobody else makes one. */
  if (file->size == 0)
    return HALF;
  if (!read_packet (file, 0, &packet, &bytes))
    return FOREIGN;
  file->first_sequence = packet.sequence;
  if (bytes > 0)
    return OURS;
  /* Also where another file is the last: no reader takes half a packet. */
  if (file->size > self->origin.max_size || ftruncate (file->fd, 0) < 0)
    return FOREIGN;
  file->size = 0;
  return HALF;
}

static void
drop (File *file)
{
  if (file->fd >= 0)
    close (file->fd);
  file->fd = -1;
}

/*
 * The file of this generation that was written last: those of a ring of files come round again, so sequence numbers
 * decide.
 */
static Finding
find_last (TcTraceFile *self, File *last)
{
  Finding best = MISSING;

  unsigned n_missing = 0;

  last->fd = -1;
  for (self->number = 0; self->number == 0 || self->max_count == 0 || self->number < self->max_count; self->number++)
    {
      File file = { 0 };
      Finding finding = look (self, &file);

      if (finding > best || (finding == OURS && file.first_sequence > last->first_sequence))
        {
          drop (last);
          *last = file;
          best = finding;
        }
      else
        drop (&file);
      /* The first ones may be gone: somebody made room, or the directory was made anew. */
      n_missing += finding == MISSING;
      if (n_missing > MAX_MISSING || self->max_size == 0)
        break;
    }
  /* What follows is ours, come round again, as far as it is there. */
  self->number = best >= HALF ? last->number + self->max_count : 0;
  return best;
}

static void
count (TcTraceFile *self, TcTraceRemains *remains, const TcPacket *packet)
{
  self->last_size = packet->packet_bits / CHAR_BIT;
  remains->next_sequence = packet->sequence + 1;
  remains->discarded = packet->discarded;
  remains->hollow = packet->content_bits == TC_PACKET_HEADER * CHAR_BIT;
}

/* As far as the index goes; nothing where it does not fit its file: then it is closed. */
static void
follow_index (TcTraceFile *self, const File *file, TcTraceRemains *remains)
{
  char name[TC_TRACE_NAME];
  TcPacket packet;
  uint64_t entries, at, bytes;

  tc_trace_file_make_name (self, name);
  if (tc_index_file_reopen (&self->index, self->dir_fd, name, &entries, &at) == 0)
    {
      if (read_packet (file, at, &packet, &bytes) && bytes > 0)
        {
          remains->packets = entries;
          remains->bytes = at + bytes;
          count (self, remains, &packet);
          return;
        }
      tc_index_file_close (&self->index);
    }
}

/* Counts what is in the file. Returns: up to where the index has it. */
static uint64_t
walk (TcTraceFile *self, const File *file, TcTraceRemains *remains)
{
  TcPacket packet;
  uint64_t bytes, indexed;

  remains->first_sequence = remains->next_sequence = file->first_sequence;
  follow_index (self, file, remains);
  indexed = remains->bytes;
  while (read_packet (file, remains->bytes, &packet, &bytes) && bytes > 0)
    {
      remains->packets++;
      remains->bytes += bytes;
      count (self, remains, &packet);
    }
  return indexed;
}

/* Gives the index of a file that is ours now what it lacks between @at and @end. */
static void
complete_index (TcTraceFile *self, const File *file, uint64_t at, uint64_t end)
{
  char name[TC_TRACE_NAME];
  TcPacket packet;
  uint64_t bytes;

  tc_trace_file_make_name (self, name);
  if (at == 0)
    (void) tc_trace_file_begin_index (self, &self->index, name);
  for (; at < end && read_packet (file, at, &packet, &bytes) && bytes > 0; at += bytes)
    (void) tc_index_file_append (&self->index, at, file->origin, &packet, 1);
}

void
tc_trace_file_retract (TcTraceFile *self)
{
  self->size -= self->last_size;
  self->last_size = 0;
  self->half = true;
  tc_index_file_retract (&self->index);
}

/*
 * The file that was written last, of all generations: there are several of ours where a file system came back that had
 * been away. Sets how many generations are @ours.
 */
static Finding
find_last_of_all (TcTraceFile *self, File *last, unsigned *ours)
{
  Finding best = MISSING, finding = FOREIGN;
  unsigned generation = 0;
  uint64_t number = 0;

  last->fd = -1;
  *ours = 0;
  for (self->generation = 0; finding != MISSING && self->generation < MAX_GENERATIONS; self->generation++)
    {
      File file = { 0 };

      finding = find_last (self, &file);
      *ours += finding == OURS;
      if (finding < HALF || finding < best || (finding == best && file.first_sequence <= last->first_sequence))
        {
          drop (&file);
          continue;
        }
      drop (last);
      *last = file;
      best = finding;
      generation = self->generation;
      number = self->number;
    }
  self->generation = generation;
  self->number = number;
  return best;
}

bool
tc_trace_file_adopt (TcTraceFile *self, TcTraceRemains *remains)
{
  unsigned ours;
  uint64_t indexed;
  File file = { 0 };
  Finding finding = find_last_of_all (self, &file, &ours);

  *remains = (TcTraceRemains) { .complete = self->max_size == 0 && ours <= 1 };
  if (finding >= HALF)
    {
      indexed = walk (self, &file, remains);
      /* More than a packet that is none was not left by a kill: whoever wrote it may keep it. */
      if (file.size - remains->bytes <= self->origin.max_size
          && (file.size == remains->bytes || ftruncate (file.fd, (off_t) remains->bytes) == 0))
        {
          uint64_t last_size = self->last_size;
          TcIndexFile index;

          complete_index (self, &file, indexed, remains->bytes);
          /* It is of this file already. */
          index = self->index;
          self->index = (TcIndexFile) { .fd = -1 };
          tc_trace_file_take (self, file.fd, remains->bytes);
          self->index = index;
          self->last_size = last_size;
          self->inherited = true;
          return true;
        }
      tc_index_file_close (&self->index);
    }
  drop (&file);
  self->generation = 0;
  self->number = 0;
  *remains = (TcTraceRemains) { .complete = false };
  return false;
}
