/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/staging-pool.h"

#include "consumer/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char magic[16] = "tracebus pool 1";

/* At the start of the memory; the blocks' entries follow, then the blocks. */
typedef struct {
  char magic[sizeof magic];
  uint64_t n_blocks;
  uint64_t reserved[5];
} Head;

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum { FREE, FULL };
enum {
  PAGE = 4096, /* or more */
  FILL = 2 << 20, /* bytes that are taken from the system at once */
  FILL_GENTLY = 256 << 10, /* the same, where nobody waits for them */
  AHEAD = 16 << 20, /* and so many before they are needed */
};

/* Blocks are numbered from 1. Those of a packet that are not its first only have @next. */
typedef struct {
  _Atomic uint32_t state;
  uint32_t next; /* 0: the last */
  uint32_t channel, cpu;
  uint64_t size, sequence;
  uint8_t uuid[16];
} Entry;

_Static_assert (sizeof (Head) == 64, "entries are aligned");
_Static_assert (sizeof (Entry) == 48, "a 32-bit process and a 64-bit one see the same");

struct TcStagingPool {
  atomic_uint holds;   /* the owner's, and that of the thread that fills it */
  atomic_bool ending;  /* the owner's is gone */
  int fd;
  uint8_t *memory;
  size_t len;
  Head *head;
  Entry *entries;      /* [1] to [n_blocks] */
  uint8_t *blocks;
  uint32_t n_blocks;
  atomic_bool unusable; /* the system has no memory for it */
  _Atomic uint32_t highest; /* block that was ever in use */
  _Atomic size_t filled;    /* bytes that were taken from the system, or are just being taken */

  pthread_mutex_t lock;
  uint32_t *free;      /* under @lock: a stack, so that what the caches still hold is used next */
  uint32_t n_free;
  uint32_t *next;
  uint32_t *unclaimed; /* of the dead one's packets; main's */
  uint32_t n_unclaimed;
};

static size_t
size_of_table (uint64_t n_blocks)
{
  size_t size = sizeof (Head) + (size_t) n_blocks * sizeof (Entry);

  return (size + TC_STAGING_BLOCK - 1) / TC_STAGING_BLOCK * TC_STAGING_BLOCK;
}

static uint32_t
count_blocks (uint64_t size)
{
  return (uint32_t) ((size + TC_STAGING_BLOCK - 1) / TC_STAGING_BLOCK);
}

static uint8_t *
block_of (const TcStagingPool *self, uint32_t number)
{
  return self->blocks + (size_t) (number - 1) * TC_STAGING_BLOCK;
}

/* Maps @fd of @len bytes, which holds @n_blocks. NULL with errno; @fd is the caller's still. */
static TcStagingPool *
map (int fd, size_t len, uint32_t n_blocks)
{
  TcStagingPool *self = calloc (1, sizeof *self);

  if (self == NULL)
    return NULL;
  self->fd = -1;
  self->len = len;
  self->n_blocks = n_blocks;
  pthread_mutex_init (&self->lock, NULL);
  atomic_init (&self->holds, 1);
  self->free = malloc (n_blocks * sizeof *self->free);
  self->unclaimed = malloc (n_blocks * sizeof *self->unclaimed);
  self->next = calloc (n_blocks, sizeof *self->next);
  self->memory = self->free != NULL && self->unclaimed != NULL && self->next != NULL
                   ? mmap (NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (self->memory == MAP_FAILED)
    {
      int errnum = errno;

      self->memory = NULL;
      tc_staging_pool_free (self);
      errno = errnum;
      return NULL;
    }
  self->fd = fd;
  self->head = (Head *) (void *) self->memory;
  self->entries = (Entry *) (void *) (self->memory + sizeof (Head)) - 1;
  self->blocks = self->memory + size_of_table (n_blocks);
  return self;
}

TcStagingPool *
tc_staging_pool_new (size_t size)
{
  uint32_t n_blocks = (uint32_t) (size / TC_STAGING_BLOCK);
  size_t len = size_of_table (n_blocks) + (size_t) n_blocks * TC_STAGING_BLOCK;
  int fd = memfd_create ("tracebus-staging", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  TcStagingPool *self = NULL;

  if (fd < 0)
    return NULL;
  if (ftruncate (fd, (off_t) len) == 0 && fcntl (fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
    self = map (fd, len, n_blocks);
  if (self == NULL)
    {
      int errnum = errno;

      close (fd);
      errno = errnum;
      return NULL;
    }
  memcpy (self->head->magic, magic, sizeof magic);
  self->head->n_blocks = n_blocks;
  while (self->n_free < n_blocks)
    {
      self->free[self->n_free] = n_blocks - self->n_free;
      self->n_free++;
    }
  return self;
}

/* Whether the packet that begins in block @number is whole, and its blocks are no other's: they are marked in @used. */
static bool
check_packet (TcStagingPool *self, uint32_t number, bool *used)
{
  uint32_t left = count_blocks (self->entries[number].size);

  if (self->entries[number].size == 0
      || self->entries[number].size > (uint64_t) TC_STAGING_MAX_BLOCKS * TC_STAGING_BLOCK)
    return false;
  for (uint32_t block = number; left > 0; block = self->entries[block].next, left--)
    {
      if (block == 0 || block > self->n_blocks || used[block])
        return false;
      used[block] = true;
    }
  return true;
}

/* By sequence numbers. Not qsort(), which may ask the system how much memory it has: that is no right of a consumer. */
static void
sort (TcStagingPool *self, uint32_t *numbers, uint32_t n)
{
  for (uint32_t gap = n / 2; gap > 0; gap /= 2)
    for (uint32_t i = gap; i < n; i++)
      {
        uint32_t number = numbers[i], at = i;

        for (; at >= gap && self->entries[numbers[at - gap]].sequence > self->entries[number].sequence; at -= gap)
          numbers[at] = numbers[at - gap];
        numbers[at] = number;
      }
}

/* What the dead one left: its packets, in their order, and free blocks. 0, or -1 with errno. */
static int
take_stock (TcStagingPool *self)
{
  bool *used = calloc (self->n_blocks + 1, sizeof *used);

  if (used == NULL)
    return -1;
  for (uint32_t i = 1; i <= self->n_blocks; i++)
    if (atomic_load (&self->entries[i].state) != FREE)
      {
        if (check_packet (self, i, used))
          self->unclaimed[self->n_unclaimed++] = i;
        else
          atomic_store (&self->entries[i].state, FREE);
      }
  for (uint32_t i = self->n_blocks; i > 0; i--)
    if (!used[i])
      self->free[self->n_free++] = i;
    else if (i > self->highest)
      self->highest = i;
  free (used);
  sort (self, self->unclaimed, self->n_unclaimed);
  return 0;
}

TcStagingPool *
tc_staging_pool_adopt (int fd)
{
  const int needed = F_SEAL_SHRINK | F_SEAL_GROW;
  int seals = fcntl (fd, F_GET_SEALS);
  TcStagingPool *self;
  struct stat about;
  Head head;

  if (fstat (fd, &about) < 0)
    return NULL;
  if (seals < 0 || (seals & needed) != needed || pread (fd, &head, sizeof head, 0) != sizeof head
      || memcmp (head.magic, magic, sizeof magic) != 0 || head.n_blocks == 0
      || head.n_blocks > ((uint64_t) TC_STAGING_MAX << 20) / TC_STAGING_BLOCK
      || (uint64_t) about.st_size != size_of_table (head.n_blocks) + head.n_blocks * TC_STAGING_BLOCK)
    {
      errno = EINVAL;
      return NULL;
    }
  self = map (fd, (size_t) about.st_size, (uint32_t) head.n_blocks);
  if (self == NULL || take_stock (self) == 0)
    return self;
  self->fd = -1; /* still the caller's */
  tc_staging_pool_free (self);
  errno = ENOMEM;
  return NULL;
}

static void
release (TcStagingPool *self)
{
  if (atomic_fetch_sub (&self->holds, 1) > 1)
    return;
  if (self->memory != NULL)
    munmap (self->memory, self->len);
  if (self->fd >= 0)
    close (self->fd);
  pthread_mutex_destroy (&self->lock);
  free (self->free);
  free (self->unclaimed);
  free (self->next);
  free (self);
}

void
tc_staging_pool_free (TcStagingPool *self)
{
  if (self == NULL)
    return;
  atomic_store (&self->ending, true);
  release (self);
}

int
tc_staging_pool_get_fd (const TcStagingPool *self)
{
  return self->fd;
}

/* How much is to be there by now. */
static size_t
get_wanted (const TcStagingPool *self)
{
  size_t used = (size_t) (self->blocks - self->memory)
    + (size_t) atomic_load_explicit (&self->highest, memory_order_relaxed) * TC_STAGING_BLOCK;

  return self->len - used < AHEAD ? self->len : used + AHEAD;
}

/* Takes the next bytes, up to @step, by @take. Whether more are wanted. */
static bool
fill_some (TcStagingPool *self, size_t step, int (*take) (TcStagingPool *self, size_t begin, size_t len))
{
  size_t wanted = get_wanted (self), begin, end;

  if (atomic_load (&self->filled) >= wanted || atomic_load (&self->unusable))
    return false;
  begin = atomic_fetch_add (&self->filled, step);
  end = begin + step < self->len ? begin + step : self->len;
  if (begin < end && take (self, begin, end - begin) < 0)
    atomic_store (&self->unusable, true);
  return end < wanted;
}

static int
take_at_once (TcStagingPool *self, size_t begin, size_t len)
{
  return madvise (self->memory + begin, len, MADV_POPULATE_WRITE) == 0 || errno == EINVAL ? 0 : -1;
}

bool
tc_staging_pool_fill (TcStagingPool *self)
{
  return fill_some (self, FILL, take_at_once);
}

/* The same a page at a time: the process's memory is locked for that long, and others wait for it to map theirs. */
static int
take_page_by_page (TcStagingPool *self, size_t begin, size_t len)
{
  /*
   * Where the system promises no more than it has, this says so, and touching would be the end. A control group's limit
   * it does not tell of: there somebody is killed for it, as for any memory. Who is stopped, or traced, is interrupted.
   */
  while (fallocate (self->fd, 0, (off_t) begin, (off_t) len) < 0)
    if (errno != EINTR)
      return -1;
  /* What is in use already stays as it is. */
  for (size_t at = begin; at < begin + len; at += PAGE)
    atomic_fetch_or ((_Atomic uint8_t *) (self->memory + at), 0);
  return 0;
}

static void *
fill_gently (void *data)
{
  const struct timespec a_while = { .tv_nsec = 1500000 };
  TcStagingPool *self = data;

  pthread_setname_np (pthread_self (), "filler");
  /* Whoever wants the CPU waits for one step at most: what it does is not interrupted everywhere. */
  while (!atomic_load (&self->ending) && fill_some (self, FILL_GENTLY, take_page_by_page))
    nanosleep (&a_while, NULL);
  release (self);
  return NULL;
}

void
tc_staging_pool_fill_gently (TcStagingPool *self)
{
  pthread_t thread;

  atomic_fetch_add (&self->holds, 1);
  if (tc_thread_start (&thread, fill_gently, self) == 0)
    pthread_detach (thread);
  else
    atomic_fetch_sub (&self->holds, 1);
}

/* @n blocks, chained. The first; 0: so many are not free. */
static uint32_t
take_blocks (TcStagingPool *self, uint32_t n)
{
  uint32_t first = 0;

  pthread_mutex_lock (&self->lock);
  if (n <= self->n_free)
    {
      self->n_free -= n;
      for (uint32_t i = 0; i < n; i++)
        {
          uint32_t block = self->free[self->n_free + i];

          self->entries[block].next = first;
          first = block;
          if (block > self->highest)
            self->highest = block;
        }
    }
  pthread_mutex_unlock (&self->lock);
  return first;
}

static void
copy_in (TcStagingPool *self, uint32_t block, const struct iovec parts[2])
{
  size_t at = 0;

  for (int i = 0; i < 2; i++)
    for (size_t done = 0, len; done < parts[i].iov_len; done += len)
      {
        len = parts[i].iov_len - done;
        if (at == TC_STAGING_BLOCK)
          {
            block = self->entries[block].next;
            at = 0;
          }
        if (len > TC_STAGING_BLOCK - at)
          len = TC_STAGING_BLOCK - at;
        memcpy (block_of (self, block) + at, (const uint8_t *) parts[i].iov_base + done, len);
        at += len;
      }
}

uint32_t
tc_staging_pool_put (TcStagingPool *self, const TcPacketOrigin *origin, const struct iovec parts[2],
                     const TcStagedPacket *packet)
{
  uint32_t n = count_blocks (packet->size);
  uint32_t number;
  Entry *entry;

  if (atomic_load_explicit (&self->unusable, memory_order_relaxed) || n > self->n_blocks / 4
      || n > TC_STAGING_MAX_BLOCKS)
    return 0;
  number = take_blocks (self, n);
  if (number == 0)
    return 0;
  copy_in (self, number, parts);
  entry = &self->entries[number];
  entry->channel = origin->channel;
  entry->cpu = origin->cpu;
  entry->size = packet->size;
  entry->sequence = packet->sequence;
  memcpy (entry->uuid, origin->uuid, sizeof entry->uuid);
  atomic_store (&entry->state, FULL);
  return number;
}

static bool
is_of (const Entry *entry, const uint8_t uuid[16], uint32_t channel)
{
  return entry->channel == channel && memcmp (entry->uuid, uuid, sizeof entry->uuid) == 0;
}

uint32_t
tc_staging_pool_claim (TcStagingPool *self, const TcPacketOrigin *origin)
{
  for (uint32_t i = 0; i < self->n_unclaimed; i++)
    {
      uint32_t number = self->unclaimed[i];
      const Entry *entry = &self->entries[number];

      if (!is_of (entry, origin->uuid, origin->channel) || entry->cpu != origin->cpu)
        continue;
      self->n_unclaimed--;
      memmove (&self->unclaimed[i], &self->unclaimed[i + 1], (self->n_unclaimed - i) * sizeof *self->unclaimed);
      return number;
    }
  return 0;
}

unsigned
tc_staging_pool_count (const TcStagingPool *self, const uint8_t uuid[16], uint32_t channel, uint64_t *bytes)
{
  unsigned n = 0;

  *bytes = 0;
  for (uint32_t i = 0; i < self->n_unclaimed; i++)
    {
      const Entry *entry = &self->entries[self->unclaimed[i]];

      if (!is_of (entry, uuid, channel))
        continue;
      *bytes += entry->size;
      n++;
    }
  return n;
}

void
tc_staging_pool_forget_channel (TcStagingPool *self, const uint8_t uuid[16], uint32_t channel)
{
  uint32_t left = 0;

  for (uint32_t i = 0; i < self->n_unclaimed; i++)
    {
      uint32_t number = self->unclaimed[i];

      if (is_of (&self->entries[number], uuid, channel))
        tc_staging_pool_drop (self, number);
      else
        self->unclaimed[left++] = number;
    }
  self->n_unclaimed = left;
}

unsigned
tc_staging_pool_forget (TcStagingPool *self)
{
  unsigned n = self->n_unclaimed;

  while (self->n_unclaimed > 0)
    tc_staging_pool_drop (self, self->unclaimed[--self->n_unclaimed]);
  return n;
}

uint32_t *
tc_staging_pool_next (TcStagingPool *self, uint32_t number)
{
  return &self->next[number - 1];
}

void
tc_staging_pool_describe (const TcStagingPool *self, uint32_t number, TcStagedPacket *packet)
{
  const Entry *entry = &self->entries[number];

  *packet = (TcStagedPacket) { .size = entry->size, .sequence = entry->sequence };
}

const void *
tc_staging_pool_begin (const TcStagingPool *self, uint32_t number)
{
  return block_of (self, number);
}

int
tc_staging_pool_locate (const TcStagingPool *self, uint32_t number, struct iovec *parts, int max)
{
  uint64_t left = self->entries[number].size;
  int n = 0;

  for (uint32_t block = number; left > 0; block = self->entries[block].next)
    {
      size_t len = left < TC_STAGING_BLOCK ? (size_t) left : TC_STAGING_BLOCK;

      if (n == max)
        return 0;
      parts[n++] = (struct iovec) { .iov_base = block_of (self, block), .iov_len = len };
      left -= len;
    }
  return n;
}

void
tc_staging_pool_drop (TcStagingPool *self, uint32_t number)
{
  uint32_t n = count_blocks (self->entries[number].size);

  atomic_store (&self->entries[number].state, FREE);
  pthread_mutex_lock (&self->lock);
  /* Backwards, so that the next one gets them in the same order. */
  self->n_free += n;
  for (uint32_t block = number, i = 1; i <= n; block = self->entries[block].next, i++)
    self->free[self->n_free - i] = block;
  pthread_mutex_unlock (&self->lock);
}
