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
    uint32_t produced, consumed, commit_array, commit_sequence;
    uint32_t unused[7];
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
      || record.num_subbuf > self->len / record.stride.commit_array
      || record.offset.commit_sequence < sizeof (unsigned long))
    return false;
  self->produced = record.offset.produced;
  self->consumed = record.offset.consumed;
  /* The count of what is committed, which a delivery follows, stands before the sequence, which follows a delivery. */
  self->committed = record.offset.commit_array + record.offset.commit_sequence - sizeof (unsigned long);
  self->stride = record.stride.commit_array;
  self->subbuf_size = (unsigned long) record.subbuf_size;
  self->num_subbuf = (unsigned long) record.num_subbuf;
  /* In a new ring, the first packet's header is all that was produced, and it is committed. */
  return is_inside (self, self->produced) && is_inside (self, self->consumed) && self->stride % sizeof (long) == 0
    && is_inside (self, self->committed + (self->num_subbuf - 1) * self->stride)
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
  memory = mmap (NULL, (size_t) about.st_size, PROT_READ, MAP_SHARED, fd, 0);
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
  return mmap ((void *) self->memory, self->len, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == self->memory ? 0 : -1;
}

void
tc_ring_view_clear (TcRingView *self)
{
  if (self->memory != NULL)
    munmap ((void *) self->memory, self->len);
  memset (self, 0, sizeof *self);
}

bool
tc_ring_view_has_packet (const TcRingView *self)
{
  unsigned long consumed, produced, index, lap, committed, mask;

  if (self->memory == NULL)
    return true;
  consumed = load (self, self->consumed);
  produced = load (self, self->produced);
  if (produced / self->subbuf_size == consumed / self->subbuf_size)
    return false;
  index = consumed / self->subbuf_size % self->num_subbuf;
  lap = consumed / (self->subbuf_size * self->num_subbuf);
  committed = load (self, self->committed + index * self->stride);
  /* A sub-buffer counts what was ever committed to it; positions wrap earlier than the count by its number. */
  mask = ~0ul / self->num_subbuf;
  return ((committed - self->subbuf_size) & mask) == ((lap * self->subbuf_size) & mask);
}

bool
tc_ring_has_same_shape (int fresh, int other)
{
  Record a, b;

  return pread (fresh, &a, sizeof a, 0) == sizeof a && pread (other, &b, sizeof b, 0) == sizeof b
    && memcmp (a.magic, magic, sizeof magic) == 0 && memcmp (&a, &b, sizeof a) == 0;
}
