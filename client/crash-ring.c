/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/crash-ring.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIN_SUBBUF 4096 /* bytes */
#define MAX_SUBBUF (G_GUINT64_CONSTANT (1) << 30) /* the tracer knows larger ones, no memory does */

/* The tracer's record, version 0.0. Offsets are from the beginning of the file, or of the element of an array. */
typedef struct {
  guint8 magic[16];
  guint64 length;
  guint16 endian, major, minor;
  guint8 word_size, layout;
  struct {
    guint32 produced, consumed;
    guint32 commits, sequence;          /* an array, an element a sub-buffer; what is committed without a hole */
    guint32 places, place;              /* the same; which memory it is in */
    guint32 memories, memory, packets;  /* an element a memory; where it is described; where its bytes begin */
    guint32 content_size, packet_size;  /* in a packet */
  } __attribute__ ((packed)) offset;
  struct {
    guint8 produced, consumed, sequence, place, memory, packets, content_size, packet_size;
  } __attribute__ ((packed)) size;
  struct {
    guint32 commits, places, memories;
  } __attribute__ ((packed)) stride;
  guint64 buffer_size, subbuf_size, num_subbuf;
  guint32 mode;
} __attribute__ ((packed)) Record;

/* In the packet context of lttng-ust's traces, from the content size on: what stands around it. */
enum { AFTER_SEQUENCE = 24 };

struct CtlCrashRing {
  int fd;
  guint64 size;
  Record record;
  guint64 mask;             /* of positions: a word of the program that wrote */
  guint64 position, end;
  guint64 discarded;        /* what the last finished packet counted */
  guint lost;
};

static const guint8 magic[16] = {
  0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17,
};

static gboolean
read_at (const CtlCrashRing *self, guint64 offset, gpointer data, gsize n, GError **error)
{
  guint64 end;

  if (!g_uint64_checked_add (&end, offset, n) || end > self->size || pread (self->fd, data, n, offset) != (gssize) n)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "It has no %" G_GSIZE_FORMAT " bytes at %" G_GUINT64_FORMAT ": it is damaged", n, offset);
      return FALSE;
    }
  return TRUE;
}

/* A number of @n bytes. */
static gboolean
read_number (const CtlCrashRing *self, guint64 offset, guint n, guint64 *value, GError **error)
{
  guint64 wide = 0;
  guint32 narrow = 0;

  if (n == 4 && read_at (self, offset, &narrow, sizeof narrow, error))
    wide = narrow;
  else if (n != 8 || !read_at (self, offset, &wide, sizeof wide, error))
    {
      if (error != NULL && *error == NULL)
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "It has numbers of %u bytes: it is damaged", n);
      return FALSE;
    }
  *value = wide;
  return TRUE;
}

static gboolean
is_power_of_two (guint64 value)
{
  return value != 0 && (value & (value - 1)) == 0;
}

static gboolean
check_record (const Record *record, guint64 size, GError **error)
{
  if (record->endian != 0x1234)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "It is of a machine with another byte order");
  else if (record->major != 0 || record->layout != 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 "It is of version %u.%u, layout %u; version 0, layout 0 is known", record->major, record->minor,
                 record->layout);
  else if (record->word_size != 4 && record->word_size != 8)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "It has words of %u bytes: it is damaged",
                 record->word_size);
  else if (!is_power_of_two (record->subbuf_size) || record->subbuf_size < MIN_SUBBUF
           || record->subbuf_size > MAX_SUBBUF || !is_power_of_two (record->num_subbuf)
           || record->num_subbuf > size / record->subbuf_size)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                 "%" G_GUINT64_FORMAT " sub-buffers of %" G_GUINT64_FORMAT " bytes cannot be in its %" G_GUINT64_FORMAT
                 " bytes: it is damaged", record->num_subbuf, record->subbuf_size, size);
  else if (record->offset.content_size < 8 || record->size.content_size != 8 || record->size.packet_size != 8
           || record->offset.content_size > record->subbuf_size - AFTER_SEQUENCE - 8
           || record->offset.packet_size > record->subbuf_size - 8)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "Its packets have no sizes: it is damaged");
  else
    return TRUE;
  return FALSE;
}

/* What was overwritten is gone; what was read out is in the trace. */
static gboolean
find_range (CtlCrashRing *self, GError **error)
{
  const Record *record = &self->record;
  const guint64 ring = record->subbuf_size * record->num_subbuf;
  guint64 consumed, produced;

  if (!read_number (self, record->offset.produced, record->size.produced, &produced, error)
      || !read_number (self, record->offset.consumed, record->size.consumed, &consumed, error))
    return FALSE;
  consumed -= consumed % record->subbuf_size;
  if (((produced - consumed) & self->mask) > ring)
    consumed = (produced - produced % record->subbuf_size + record->subbuf_size - ring) & self->mask;
  self->position = consumed;
  self->end = produced;
  return TRUE;
}

CtlCrashRing *
ctl_crash_ring_new (int fd, GError **error)
{
  g_autoptr(CtlCrashRing) self = g_new0 (CtlCrashRing, 1);
  struct stat about;

  self->fd = fd;
  if (fstat (fd, &about) < 0 || !S_ISREG (about.st_mode) || about.st_size < (off_t) sizeof self->record
      || pread (fd, &self->record, sizeof self->record, 0) != (gssize) sizeof self->record
      || memcmp (self->record.magic, magic, sizeof magic) != 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "It is no ring buffer");
      return NULL;
    }
  self->size = about.st_size;
  self->mask = self->record.word_size == 4 ? G_MAXUINT32 : G_MAXUINT64;
  if (!check_record (&self->record, self->size, error) || !find_range (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
ctl_crash_ring_free (CtlCrashRing *self)
{
  g_free (self);
}

guint
ctl_crash_ring_count_lost (CtlCrashRing *self)
{
  return self->lost;
}

/* Where the bytes of sub-buffer @index are: the writer and the reader swap memories among them. */
static gboolean
find_memory (CtlCrashRing *self, guint64 index, guint64 *offset, GError **error)
{
  const Record *record = &self->record;
  const guint64 numbers = record->word_size == 4 ? G_MAXUINT16 : G_MAXUINT32; /* flags stand above */
  guint64 number, described;

  if (!read_number (self, record->offset.places + index * record->stride.places + record->offset.place,
                    record->size.place, &number, error))
    return FALSE;
  number &= numbers;
  if (number > record->num_subbuf)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   "It has no sub-buffer %" G_GUINT64_FORMAT ": it is damaged", number);
      return FALSE;
    }
  return read_number (self, record->offset.memories + number * record->stride.memories + record->offset.memory,
                      record->size.memory, &described, error)
         && described <= self->size
         && read_number (self, described + record->offset.packets, record->size.packets, offset, error);
}

/* Bytes of the sub-buffer @index that were written without a hole, in the lap that @position is in. */
static gboolean
count_committed (CtlCrashRing *self, guint64 index, guint64 *committed, GError **error)
{
  const Record *record = &self->record;
  const guint64 lap = self->position / (record->subbuf_size * record->num_subbuf);
  const guint64 mask = self->mask / record->num_subbuf; /* positions wrap earlier than counts, by their number */
  guint64 sequence;

  if (!read_number (self, record->offset.commits + index * record->stride.commits + record->offset.sequence,
                    record->size.sequence, &sequence, error))
    return FALSE;
  *committed = (sequence - lap * record->subbuf_size) & mask;
  return TRUE;
}

static guint64
get (const guint8 *packet, guint64 offset)
{
  guint64 value;

  memcpy (&value, packet + offset, sizeof value);
  return value;
}

static void
put (guint8 *packet, guint64 offset, guint64 value)
{
  memcpy (packet + offset, &value, sizeof value);
}

/* Bytes of a packet without events. */
static guint64
count_least (const Record *record)
{
  return record->offset.content_size + AFTER_SEQUENCE + 8;
}

/* In a ring that is overwritten, what a reader was just taking out is not where it was. */
static gboolean
is_packet (const guint8 *memory)
{
  const guint32 ctf_magic = 0xc1fc1fc1;

  return memcmp (memory, &ctf_magic, sizeof ctf_magic) == 0;
}

/* Closed by the tracer, but for what it does last; its count of discarded events goes on. */
static gboolean
is_closed (CtlCrashRing *self, const guint8 *packet)
{
  const guint64 bits = self->record.subbuf_size * 8;
  const guint64 content = get (packet, self->record.offset.content_size);
  const guint64 size = get (packet, self->record.offset.packet_size);

  if (content < count_least (&self->record) * 8 || content > size || size > bits || size % 8 != 0)
    return FALSE;
  self->discarded = get (packet, self->record.offset.content_size + AFTER_SEQUENCE);
  if (self->record.word_size == 4)
    self->discarded &= G_MAXUINT32;
  return TRUE;
}

/*
 * Its end is not known, and 0 says so to readers of traces, as the tracer's own tool has it; what had been discarded is
 * no less than before.
 */
static void
close_packet (CtlCrashRing *self, guint8 *packet, guint64 committed)
{
  const guint64 content = self->record.offset.content_size;

  put (packet, content - 8, 0);
  put (packet, content, committed * 8);
  put (packet, self->record.offset.packet_size, committed * 8);
  memcpy (packet + content + AFTER_SEQUENCE, &self->discarded, self->record.word_size);
}

/* NULL without @error: there is nothing in it. */
static GBytes *
take_packet (CtlCrashRing *self, gboolean *torn, GError **error)
{
  const Record *record = &self->record;
  const guint64 index = self->position / record->subbuf_size % record->num_subbuf;
  g_autofree guint8 *packet = NULL;
  guint64 committed, offset;

  if (!count_committed (self, index, &committed, error) || !find_memory (self, index, &offset, error))
    return NULL;
  if (committed < count_least (record))
    {
      self->lost++;
      return NULL;
    }
  committed = MIN (committed, record->subbuf_size);
  packet = g_try_malloc (record->subbuf_size);
  if (packet == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "There is no memory for a packet");
      return NULL;
    }
  if (!read_at (self, offset, packet, record->subbuf_size, error))
    return NULL;
  if (!is_packet (packet))
    {
      self->lost++;
      return NULL;
    }
  *torn = committed < record->subbuf_size || !is_closed (self, packet);
  if (*torn)
    close_packet (self, packet, committed);
  return g_bytes_new (packet, *torn ? committed : get (packet, record->offset.packet_size) / 8);
}

GBytes *
ctl_crash_ring_next (CtlCrashRing *self, gboolean *torn, GError **error)
{
  const guint64 subbuf_size = self->record.subbuf_size;
  GError *failed = NULL;
  GBytes *packet = NULL;

  while (packet == NULL && failed == NULL && self->position != self->end
         && ((self->end - self->position) & self->mask) <= subbuf_size * self->record.num_subbuf)
    {
      packet = take_packet (self, torn, &failed);
      self->position = (self->position + subbuf_size) & self->mask;
      if (((self->end - self->position) & self->mask) > subbuf_size * self->record.num_subbuf)
        self->position = self->end;
    }
  if (failed != NULL)
    g_propagate_error (error, failed);
  return packet;
}
