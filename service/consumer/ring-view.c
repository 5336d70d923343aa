/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/ring-view.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The tracer's crash record, version 0.0. Offsets are from the start of the memory. */
typedef struct {
  uint8_t magic[16];
  uint64_t length;
  uint16_t endian, major, minor;
  uint8_t word_size, layout;
  struct {
    uint32_t produced, consumed, commit_array, commit_sequence, ids, id, pages;
    uint32_t unused[4];
  } __attribute__ ((packed)) offset;
  struct {
    uint8_t produced, consumed, commit_sequence, unused[5];
  } __attribute__ ((packed)) size;
  struct {
    uint32_t commit_array, unused[2];
  } __attribute__ ((packed)) stride;
  uint64_t buffer_size, subbuf_size, num_subbuf;
  uint32_t mode;
} __attribute__ ((packed)) Record;

static const uint8_t magic[16] = {
  0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17,
};

static unsigned long
load (const TcRingView *self, size_t offset)
{
  return __atomic_load_n ((const unsigned long *) (const void *) (self->memory + offset), __ATOMIC_ACQUIRE);
}

static bool
is_inside (const TcRingView *self, size_t offset)
{
  return offset % sizeof (unsigned long) == 0 && offset <= self->len - sizeof (unsigned long);
}

/* Nobody else has the memory yet: what it says is the library's. */
static bool
understand (TcRingView *self)
{
  Record record;

  if (self->len < sizeof record)
    return false;
  memcpy (&record, self->memory, sizeof record);
  if (memcmp (record.magic, magic, sizeof magic) != 0 || record.endian != 0x1234 || record.major != 0
      || record.word_size != sizeof (unsigned long) || record.size.produced != sizeof (unsigned long)
      || record.size.consumed != sizeof (unsigned long) || record.size.commit_sequence != sizeof (unsigned long)
      || record.num_subbuf == 0 || record.subbuf_size == 0 || record.stride.commit_array == 0
      || record.num_subbuf > self->len / record.stride.commit_array || record.subbuf_size > ~0ul / record.num_subbuf
      || record.offset.commit_sequence < sizeof (unsigned long))
    return false;
  self->produced = record.offset.produced;
  self->consumed = record.offset.consumed;
  /* The count of what is committed, which a delivery follows, stands before the sequence, which follows a delivery. */
  self->committed = record.offset.commit_array + record.offset.commit_sequence - sizeof (unsigned long);
  self->commits = record.offset.commit_array;
  self->ids = record.offset.ids + record.offset.id;
  self->pages = record.offset.pages;
  self->overwrite = record.mode == 0;
  self->stride = record.stride.commit_array;
  self->subbuf_size = (unsigned long) record.subbuf_size;
  self->num_subbuf = (unsigned long) record.num_subbuf;
  /* In a new ring, the first packet's header is all that was produced, and it is committed. */
  return is_inside (self, self->produced) && is_inside (self, self->consumed) && self->stride % sizeof (long) == 0
    && is_inside (self, self->committed + (self->num_subbuf - 1) * self->stride + sizeof (unsigned long))
    && load (self, self->consumed) == 0 && load (self, self->produced) > 0
    && load (self, self->committed) == load (self, self->produced);
}

int
tc_ring_view_init (TcRingView *self, int fd)
{
  struct stat about;
  void *memory;

  memset (self, 0, sizeof *self);
  if (fstat (fd, &about) < 0)
    return -1;
  memory = mmap (NULL, (size_t) about.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED)
    return -1;
  self->memory = memory;
  self->len = (size_t) about.st_size;
  if (!understand (self))
    tc_ring_view_clear (self);
  return 0;
}

int
tc_ring_view_move (TcRingView *self, int fd)
{
  if (self->memory == NULL)
    return 0;
  if (mmap (self->memory, self->len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != self->memory)
    return -1;
  return 0;
}

void
tc_ring_view_clear (TcRingView *self)
{
  if (self->memory != NULL)
    munmap (self->memory, self->len);
  memset (self, 0, sizeof *self);
}

static size_t
index_of (const TcRingView *self, unsigned long position)
{
  return position / self->subbuf_size % self->num_subbuf;
}

/*
 * What @count, which only grows, has grown by since @position was begun. A sub-buffer counts what was ever committed
 * to it; positions wrap earlier than the count by its number.
 */
static unsigned long
since (const TcRingView *self, unsigned long count, unsigned long position)
{
  unsigned long lap = position / (self->subbuf_size * self->num_subbuf);

  return (count - lap * self->subbuf_size) & (~0ul / self->num_subbuf);
}

unsigned long
tc_ring_view_get_consumed (const TcRingView *self)
{
  unsigned long consumed = load (self, self->consumed);

  return consumed - consumed % self->subbuf_size;
}

unsigned long
tc_ring_view_get_produced (const TcRingView *self)
{
  return load (self, self->produced);
}

TcRingState
tc_ring_view_look (const TcRingView *self)
{
  unsigned long consumed, produced, committed;

  if (self->memory == NULL)
    return TC_RING_PACKET;
  consumed = tc_ring_view_get_consumed (self);
  produced = load (self, self->produced);
  if (produced / self->subbuf_size == consumed / self->subbuf_size)
    return TC_RING_EMPTY;
  committed = load (self, self->committed + index_of (self, consumed) * self->stride);
  return since (self, committed, consumed) == self->subbuf_size ? TC_RING_PACKET : TC_RING_UNFINISHED;
}

bool
tc_ring_view_is_settled (const TcRingView *self)
{
  unsigned long produced = load (self, self->produced);
  unsigned long committed = load (self, self->committed + index_of (self, produced) * self->stride);

  /* At the very start of a sub-buffer nobody has begun it yet. */
  return produced % self->subbuf_size == 0 || since (self, committed, produced) == produced % self->subbuf_size;
}

TcCommitted
tc_ring_view_count (const TcRingView *self, unsigned long position)
{
  size_t at = self->committed + index_of (self, position) * self->stride;
  TcCommitted count = {
    .bytes = since (self, load (self, at), position),
    .from_start = since (self, load (self, at + sizeof (unsigned long)), position),
  };

  /* The second follows the first, and may be an earlier lap's. */
  if (count.bytes > self->subbuf_size)
    count.bytes = 0;
  if (count.from_start > count.bytes)
    count.from_start = 0;
  return count;
}

bool
tc_ring_view_is_delivered (const TcRingView *self, const TcAnatomy *anatomy, unsigned long position)
{
  size_t at = self->committed + anatomy->delivered + index_of (self, position) * anatomy->delivered_stride;

  return since (self, load (self, at), position) == self->subbuf_size;
}

bool
tc_ring_view_fits (const TcRingView *self, const TcAnatomy *anatomy)
{
  size_t delivered = self->committed + anatomy->delivered, sequence = self->committed + anatomy->sequence;
  size_t last = self->num_subbuf - 1;
  unsigned long consumed = tc_ring_view_get_consumed (self), count;

  if (!is_inside (self, delivered + last * anatomy->delivered_stride)
      || !is_inside (self, sequence + last * anatomy->sequence_stride))
    return false;
  count = since (self, load (self, delivered + index_of (self, consumed) * anatomy->delivered_stride), consumed);
  return count == 0 || count == 1 || count == self->subbuf_size;
}

static void
store (const TcRingView *self, size_t offset, unsigned long value)
{
  __atomic_store_n ((unsigned long *) (void *) (self->memory + offset), value, __ATOMIC_RELEASE);
}

void
tc_ring_view_deliver (const TcRingView *self, const TcAnatomy *anatomy, unsigned long position)
{
  size_t number = index_of (self, position);
  size_t committed = self->committed + number * self->stride;
  size_t delivered = self->committed + anatomy->delivered + number * anatomy->delivered_stride;
  char *laps_at = self->memory + self->committed + anatomy->sequence + number * anatomy->sequence_stride;
  unsigned long before = load (self, delivered);
  uint64_t laps;

  /* Who delivers first marks the count as being changed, in its lowest bit, and then may have counted the lap. */
  before -= before % self->subbuf_size;
  memcpy (&laps, laps_at, sizeof laps);
  if ((unsigned long) (laps * self->num_subbuf + number) * self->subbuf_size == position)
    {
      laps++;
      memcpy (laps_at, &laps, sizeof laps);
    }
  store (self, committed, before + self->subbuf_size);
  /* The last: from here on writers may come round to it. */
  store (self, delivered, before + self->subbuf_size);
}

void
tc_ring_view_skip (const TcRingView *self, unsigned long position)
{
  unsigned long consumed = load (self, self->consumed);
  unsigned long next = position + self->subbuf_size;

  /* Where it overwrites, writers move it on, too. */
  while ((long) (consumed - next) < 0
         && !__atomic_compare_exchange_n ((unsigned long *) (void *) (self->memory + self->consumed), &consumed, next,
                                          false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
    ;
}

static bool
is_committed (const TcRingView *self, unsigned long position)
{
  return since (self, load (self, self->committed + index_of (self, position) * self->stride), position)
    == self->subbuf_size;
}

unsigned
tc_ring_view_count_packets (const TcRingView *self, const TcAnatomy *anatomy, unsigned max)
{
  unsigned long position, ready;
  unsigned n = 0;

  if (self->memory == NULL)
    return 1;
  position = tc_ring_view_get_consumed (self);
  ready = (load (self, self->produced) - position) / self->subbuf_size;
  for (; n < max && n < ready && n < self->num_subbuf; n++, position += self->subbuf_size)
    if (anatomy != NULL ? !tc_ring_view_is_delivered (self, anatomy, position) : !is_committed (self, position))
      break;
  return n;
}

size_t
tc_ring_view_get_place (const TcRingView *self, unsigned i)
{
  return index_of (self, tc_ring_view_get_consumed (self) + i * self->subbuf_size) * self->subbuf_size;
}

bool
tc_ring_has_same_shape (int fresh, int other)
{
  Record a, b;

  return pread (fresh, &a, sizeof a, 0) == sizeof a && pread (other, &b, sizeof b, 0) == sizeof b
    && memcmp (a.magic, magic, sizeof magic) == 0 && memcmp (&a, &b, sizeof a) == 0;
}
