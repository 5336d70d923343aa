/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/stream.h"

#include "consumer/adoption.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lttng/ust-ctl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
  BURST = 8, /* packets before the thread's other streams have their turn */
  SLEPT = 5000000, /* ns: the library's calls take microseconds where they do not wait */
  SHORTEST_PATIENCE = 100000000,
};
static const uint64_t longest_patience = 10000000000;

/* The owner is the only writer: no need for a locked instruction. */
static void
count (_Atomic uint64_t *counter, uint64_t by)
{
  atomic_store_explicit (counter, atomic_load_explicit (counter, memory_order_relaxed) + by, memory_order_relaxed);
}

static void
account (TcStream *self, const TcPacket *packet)
{
  if (packet->sequence > self->next_sequence)
    count (&self->counters.packets_lost, packet->sequence - self->next_sequence);
  /* The tracer's counter starts at 0 and wraps as a long does. */
  count (&self->counters.events_discarded, packet->discarded - self->last_discarded);
  self->last_discarded = packet->discarded;
  self->next_sequence = packet->sequence + 1;
}

static bool
is_empty (const TcPacket *packet)
{
  return packet->content_bits == TC_PACKET_HEADER * CHAR_BIT;
}

/* Whether it is in the file: who died after it had written it, and before it let go of it, left it in both. */
static bool
is_written (TcStream *self, const TcPacket *packet)
{
  bool found = self->maybe_written && packet->sequence + 1 == self->next_sequence;
  bool begun = found && self->hollow && !is_empty (packet);

  if (self->resync)
    self->next_sequence = packet->sequence;
  self->maybe_written = self->resync = false;
  if (begun)
    {
      count (&self->counters.bytes_written, -self->file.last_size);
      count (&self->counters.packets_written, -1);
      tc_trace_file_retract (&self->file);
    }
  return found && !begun;
}

/* The packet is lost; what follows is not. */
static void
drop (TcStream *self, size_t size, int errnum)
{
  count (&self->counters.bytes_dropped, size);
  tc_problem_begin (&self->subject, tc_problem_of_errno (errnum), errnum, "Cannot write the file %s_%u: %s",
                    self->file.name, self->file.origin.cpu, strerror (errnum));
}

/* An app that had these buffers never asked how to write into them: no reader could know what is in the packet. */
static void
refuse_undescribed (TcStream *self, const TcPacket *packet, size_t size)
{
  if (is_empty (packet))
    return; /* that it never recorded is no loss */
  count (&self->counters.bytes_dropped, size);
  tc_problem_begin (&self->subject, TC_PROBLEM_TORN_STREAM, EBADMSG,
                    "The buffer of %s_%u holds events that nobody described", self->file.name, self->file.origin.cpu);
}

static void
write_packet (TcStream *self, const uint8_t *subbuffer)
{
  const TcPacketOrigin *origin = &self->file.origin;
  uint8_t *page = self->drain->page;
  struct iovec parts[2];
  TcPacket packet;
  size_t size;

  /* The first page goes to the file from our copy: what was checked is what is written. */
  memcpy (page, subbuffer, origin->page_size);
  if (!tc_packet_read (page, origin, &packet))
    {
      count (&self->counters.bytes_dropped, origin->max_size);
      tc_problem_begin (&self->subject, TC_PROBLEM_TORN_STREAM, EBADMSG,
                        "The buffer of %s_%u holds something that is no packet", self->file.name, origin->cpu);
      return;
    }
  if (is_written (self, &packet))
    return;
  /* The tracer (2.13.5) leaves 0 in a packet that was flushed while a writer was within an event. */
  if ((long) (packet.discarded - self->last_discarded) < 0)
    tc_packet_set_discarded (page, &packet, self->last_discarded);
  account (self, &packet);
  size = (size_t) (packet.packet_bits / 8);
  if (!tc_metadata_describes (self->metadata, origin->channel))
    {
      refuse_undescribed (self, &packet, size);
      return;
    }
  parts[0] = (struct iovec) { .iov_base = page, .iov_len = origin->page_size };
  parts[1] = (struct iovec) {
    .iov_base = (void *) (subbuffer + origin->page_size), .iov_len = size - origin->page_size,
  };
  /* Descriptions first: whatever dies, whenever, the packets that are on disk can be read. */
  if (tc_metadata_sync (self->metadata) < 0 || tc_trace_file_append (&self->file, parts, size, &packet) < 0)
    {
      drop (self, size, errno);
      return;
    }
  count (&self->counters.bytes_written, size);
  count (&self->counters.packets_written, 1);
  tc_problem_end (&self->subject, TC_ALL_PROBLEMS);
}

/*
 * The view saw a packet, the library slept and found none: an app lies to one of them, or was stopped within
 * a few instructions. Either way, asking at every wake-up would make the thread's other streams wait.
 */
static void
lose_patience (TcStream *self, uint64_t asked_at)
{
  uint64_t now = tc_now ();

  if (now - asked_at < SLEPT)
    return;
  self->not_before = now + self->patience;
  self->patience = self->patience < longest_patience / 2 ? 2 * self->patience : longest_patience;
  tc_loop_arm (self->drain->loop, &self->again, self->not_before);
}

/* Whether there was a packet. */
static bool
read_one (TcStream *self)
{
  unsigned long offset;
  uint64_t now;
  int result;

  if (!tc_ring_view_has_packet (&self->view))
    return false;
  now = tc_now ();
  if (now < self->not_before)
    return false;
  result = lttng_ust_ctl_get_next_subbuf (self->ring);
  if (result == -EAGAIN || result == -ENODATA)
    {
      lose_patience (self, now);
      return false;
    }
  self->not_before = 0;
  self->patience = SHORTEST_PATIENCE;
  if (result == 0)
    {
      result = lttng_ust_ctl_get_mmap_read_offset (self->ring, &offset);
      if (result == 0 && offset <= self->memory_len - self->file.origin.max_size)
        write_packet (self, self->memory + offset);
      if (lttng_ust_ctl_put_next_subbuf (self->ring) == 0 && result == 0)
        return true;
    }
  /* The library found its own memory broken: reading on would only ask for more. */
  self->done = true;
  tc_problem_begin (&self->subject, TC_PROBLEM_TORN_STREAM, EBADMSG,
                    "The buffer of %s_%u cannot be read any more", self->file.name, self->file.origin.cpu);
  return false;
}

static unsigned
read_up_to (TcStream *self, unsigned max)
{
  unsigned n = 0;

  while (n < max && !self->done && read_one (self))
    n++;
  if (n > 0)
    self->funcs->active (self);
  return n;
}

static void
read_burst (TcStream *self)
{
  if (read_up_to (self, BURST) == BURST)
    tc_loop_arm (self->drain->loop, &self->again, tc_now ());
}

static void
on_again (TcTimer *timer)
{
  TcStream *self = (TcStream *) ((char *) timer - offsetof (TcStream, again));

  read_burst (self);
}

static void
unwatch (TcStream *self)
{
  if (self->watched)
    tc_loop_unwatch (self->drain->loop, &self->watch);
  self->watched = false;
  tc_loop_disarm (self->drain->loop, &self->again);
}

static void
empty_pipe (TcStream *self)
{
  char bytes[256];

  /* What is left after one call wakes us again. */
  (void) !read (self->watch.fd, bytes, sizeof bytes);
}

static void
on_pipe (TcWatch *watch, uint32_t events)
{
  TcStream *self = (TcStream *) ((char *) watch - offsetof (TcStream, watch));

  if (events & (EPOLLHUP | EPOLLERR))
    {
      tc_stream_flush (self, true);
      unwatch (self);
      self->done = true;
      tc_trace_file_close (&self->file);
      self->funcs->hung_up (self);
      return;
    }
  empty_pipe (self);
  read_burst (self);
}

static int
make_non_blocking (int fd)
{
  int flags = fcntl (fd, F_GETFL);

  return flags >= 0 && fcntl (fd, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : -1;
}

static int
remember_memory (TcStream *self, int memory)
{
  struct stat about;

  if (fstat (memory, &about) < 0)
    return -1;
  self->device = about.st_dev;
  self->inode = about.st_ino;
  return 0;
}

int
tc_stream_init (TcStream *self, struct lttng_ust_ctl_consumer_stream *ring, int memory)
{
  unsigned long len, max;
  int fd = lttng_ust_ctl_stream_get_wait_fd (ring);

  /* The library makes the write end non-blocking only. */
  if (make_non_blocking (fd) < 0)
    return -1;
  self->memory = lttng_ust_ctl_get_mmap_base (ring);
  if (self->memory == NULL || lttng_ust_ctl_get_mmap_len (ring, &len) < 0
      || lttng_ust_ctl_get_max_subbuf_size (ring, &max) < 0 || max != self->file.origin.max_size || len < max)
    {
      errno = EINVAL;
      return -1;
    }
  if (remember_memory (self, memory) < 0 || tc_ring_view_init (&self->view, memory) < 0)
    return -1;
  self->patience = SHORTEST_PATIENCE;
  self->memory_len = len;
  self->ring = ring;
  self->watch = (TcWatch) { .fd = fd, .ready = on_pipe };
  self->again.fire = on_again;
  return 0;
}

static void
adopt_file (TcStream *self, bool told)
{
  TcTraceRemains remains;

  if (!tc_trace_file_adopt (&self->file, &remains))
    {
      self->resync = told;
      return;
    }
  self->maybe_written = remains.packets > 0;
  self->hollow = remains.hollow;
  self->next_sequence = remains.next_sequence;
  self->last_discarded = remains.discarded;
  count (&self->counters.events_discarded, remains.discarded);
  if (!remains.complete)
    return;
  count (&self->counters.bytes_written, remains.bytes);
  count (&self->counters.packets_written, remains.packets);
  /* What is missing before the first was not lost: nobody could have read it. */
  if (remains.next_sequence - remains.first_sequence > remains.packets)
    count (&self->counters.packets_lost, remains.next_sequence - remains.first_sequence - remains.packets);
}

int
tc_stream_adopt (TcStream *self, int fresh, int memory, int pipe, bool told)
{
  if (make_non_blocking (pipe) < 0 || tc_adopt_ring (self->ring, fresh, memory) < 0
      || remember_memory (self, memory) < 0 || tc_ring_view_move (&self->view, memory) < 0)
    return -1;
  adopt_file (self, told);
  self->watch.fd = pipe;
  self->owns_pipe = true;
  return 0;
}

int
tc_stream_attach (TcStream *self)
{
  if (tc_loop_watch (self->drain->loop, &self->watch, self->by_timer ? 0 : EPOLLIN) < 0)
    return -1;
  self->watched = true;
  return 0;
}

void
tc_stream_read (TcStream *self)
{
  if (self->done)
    return;
  empty_pipe (self);
  /* No more than was there when it was asked for: writers may be faster than we are. */
  read_up_to (self, self->max_packets);
}

void
tc_stream_flush (TcStream *self, bool final)
{
  if (self->done)
    return;
  /* A ring that is full, its last packet to the brim, has no room for the one that would say what was discarded. */
  if (final)
    tc_stream_read (self);
  /* Of a stream that is quiescent, only what came after its stop: closing again would make an empty packet. */
  lttng_ust_ctl_flush_buffer (self->ring, final && !self->quiescent ? 0 : 1);
  if (final)
    self->quiescent = true;
  tc_stream_read (self);
}

void
tc_stream_resume (TcStream *self)
{
  self->quiescent = false;
}

void
tc_stream_close (TcStream *self)
{
  if (self->watched)
    tc_stream_flush (self, true);
  unwatch (self);
  tc_trace_file_close (&self->file);
  tc_problem_end (&self->subject, TC_ALL_PROBLEMS);
  tc_ring_view_clear (&self->view);
  lttng_ust_ctl_destroy_stream (self->ring);
  if (self->owns_pipe)
    close (self->watch.fd);
  self->ring = NULL;
  self->done = true;
}
