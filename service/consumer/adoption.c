/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/adoption.h"

#include "consumer/ring-view.h"

#include <errno.h>
#include <fcntl.h>
#include <lttng/ust-ctl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 4096 }; /* of the memory: what the library keeps of a stream, before the packets */

/* Where the library has the stream's memory. */
typedef struct {
  uint8_t *head;
  size_t len; /* of the shm file */
} Mapping;

/* A bit of the head. */
typedef struct {
  size_t byte;
  uint8_t mask;
} Bit;

bool
tc_is_sealed (int fd)
{
  const int needed = F_SEAL_SHRINK | F_SEAL_GROW;
  int seals = fcntl (fd, F_GET_SEALS);

  return seals >= 0 && (seals & needed) == needed;
}

/* The same shape. 0, or -1 with errno. */
static int
check (int fresh, int memory, size_t *len)
{
  struct stat ours, theirs;

  if (fstat (fresh, &ours) < 0 || fstat (memory, &theirs) < 0)
    return -1;
  if (ours.st_size != theirs.st_size
      || !tc_ring_has_same_shape (fresh, memory))
    {
      errno = EINVAL;
      return -1;
    }
  *len = (size_t) ours.st_size;
  return 0;
}

/* @packets, the library's view of the first sub-buffer, starts some page of @own: the one that changes along. */
static bool
is_same_page (uint8_t *packets, const uint8_t *own)
{
  volatile uint8_t *theirs = packets;
  const volatile uint8_t *mine = own;
  uint8_t before = *theirs;
  bool same = *mine == before;

  *theirs = (uint8_t) ~before;
  same = same && *mine == (uint8_t) ~before;
  *theirs = before;
  return same;
}

/* 0, or -1 with errno. */
static int
find_mapping (struct lttng_ust_ctl_consumer_stream *stream, int fresh, Mapping *mapping)
{
  uint8_t *packets = lttng_ust_ctl_get_mmap_base (stream);
  size_t page = (size_t) sysconf (_SC_PAGESIZE);
  unsigned long packets_len;
  size_t at = page;
  uint8_t *own;

  if (packets == NULL || lttng_ust_ctl_get_mmap_len (stream, &packets_len) < 0 || packets_len > mapping->len)
    {
      errno = ENOTSUP;
      return -1;
    }
  own = mmap (NULL, mapping->len, PROT_READ, MAP_SHARED, fresh, 0);
  if (own == MAP_FAILED)
    return -1;
  while (at <= mapping->len - packets_len && !is_same_page (packets, own + at))
    at += page;
  munmap (own, mapping->len);
  if (at > mapping->len - packets_len || at < HEAD || (uintptr_t) packets % page != 0)
    {
      errno = ENOTSUP;
      return -1;
    }
  mapping->head = packets - at;
  return 0;
}

/*
 * Where the library notes that a packet is being read. It gives no other while one is, and a process that was
 * killed leaves the note behind. It is the one bit that is set from get to put.
 */
static int
find_reading_bit (struct lttng_ust_ctl_consumer_stream *stream, const Mapping *mapping, Bit *bit)
{
  uint8_t before[HEAD], reading[HEAD];
  unsigned n_found = 0;

  lttng_ust_ctl_flush_buffer (stream, 0);
  memcpy (before, mapping->head, HEAD);
  if (lttng_ust_ctl_get_next_subbuf (stream) < 0)
    {
      errno = ENOTSUP;
      return -1;
    }
  memcpy (reading, mapping->head, HEAD);
  lttng_ust_ctl_put_subbuf (stream);
  for (size_t i = 0; i < HEAD; i++)
    {
      uint8_t set = (uint8_t) (reading[i] & ~before[i] & ~mapping->head[i]);

      for (unsigned shift = 0; shift < 8; shift++)
        if (set & 1u << shift)
          {
            *bit = (Bit) { i, (uint8_t) (1u << shift) };
            n_found++;
          }
    }
  if (n_found == 1)
    return 0;
  errno = ENOTSUP;
  return -1;
}

int
tc_adopt_ring (struct lttng_ust_ctl_consumer_stream *stream, int fresh, int memory, bool *reading)
{
  Mapping mapping;
  Bit note;

  if (check (fresh, memory, &mapping.len) < 0 || find_mapping (stream, fresh, &mapping) < 0
      || find_reading_bit (stream, &mapping, &note) < 0)
    return -1;
  if (mmap (mapping.head, mapping.len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE, memory, 0)
      != mapping.head)
    return -1;
  *reading = (mapping.head[note.byte] & note.mask) != 0;
  return 0;
}
