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
static const uint64_t longest_pause = 1000000000; /* between two attempts to write */

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

/* Lost, with what is in it; what follows is not. */
static void
drop (TcStream *self, const TcPacket *packet)
{
  /* That it never recorded is no loss. */
  if (!is_empty (packet))
    count (&self->counters.bytes_dropped, packet->packet_bits / CHAR_BIT);
}

/* An app that had these buffers never asked how to write into them: no reader could know what is in the packet. */
static void
refuse_undescribed (TcStream *self, const TcPacket *packet)
{
  drop (self, packet);
  if (!is_empty (packet))
    tc_problem_begin (&self->subject, TC_PROBLEM_TORN_STREAM, EBADMSG,
                      "The buffer of %s_%u holds events that nobody described", self->file.name,
                      self->file.origin.cpu);
}

/* Whether there is a directory to write to. Where there is none, that is told already. */
static bool
find_folder (TcStream *self)
{
  unsigned number = atomic_load (&self->folder->number);

  if (!atomic_load (&self->folder->there))
    return false;
  if (number != self->folder_number)
    tc_trace_file_restart (&self->file);
  self->folder_number = number;
  return true;
}

static void
cannot_write (TcStream *self, int errnum)
{
  TcProblem problem = tc_problem_of_errno (errnum);

  tc_problem_begin (&self->subject, problem, errnum, "Cannot write the file %s_%u: %s", self->file.name,
                    self->file.origin.cpu, strerror (errnum));
  if (problem == TC_PROBLEM_OUTPUT_GONE)
    tc_folder_doubt (self->folder);
}

/* Descriptions first: whatever dies, whenever, the packets that are on disk can be read. False, with the problem. */
static bool
append (TcStream *self, const uint8_t *subbuffer, const TcPacket *packet)
{
  size_t page = self->file.origin.page_size;
  size_t size = (size_t) (packet->packet_bits / CHAR_BIT);
  struct iovec parts[2] = {
    { .iov_base = self->drain->page, .iov_len = page },
    { .iov_base = (void *) (subbuffer + page), .iov_len = size - page },
  };

  if (!find_folder (self))
    return false;
  if (tc_metadata_sync (self->metadata) == 0
      && tc_trace_file_append (&self->file, parts, packet, self->last_chance) == 0)
    {
      count (&self->counters.bytes_written, size);
      count (&self->counters.packets_written, 1);
      tc_problem_end (&self->subject, TC_ALL_PROBLEMS);
      return true;
    }
  if (atomic_load (&self->folder->there))
    cannot_write (self, errno);
  return false;
}

void
tc_stream_count_lost (TcStream *self)
{
  count (&self->counters.packets_lost, 1);
}

bool
tc_stream_write (TcStream *self, const uint8_t *subbuffer, TcPacket *packet)
{
  if (is_written (self, packet))
    return true;
  /* The tracer (2.13.5) leaves 0 in a packet that was flushed while a writer was within an event. */
  if ((long) (packet->discarded - self->last_discarded) < 0)
    tc_packet_set_discarded (self->drain->page, packet, self->last_discarded);
  if (!tc_metadata_describes (self->metadata, self->file.origin.channel))
    refuse_undescribed (self, packet);
  else if (!append (self, subbuffer, packet))
    {
      if (!self->last_chance)
        return false;
      drop (self, packet);
    }
  account (self, packet);
  return true;
}

/* False: it could not be written, and is to be kept. */
static bool
write_packet (TcStream *self, const uint8_t *subbuffer)
{
  const TcPacketOrigin *origin = &self->file.origin;
  TcPacket packet;

  /* The first page goes to the file from our copy: what was checked is what is written. */
  memcpy (self->drain->page, subbuffer, origin->page_size);
  if (tc_packet_read (self->drain->page, origin, &packet))
    return tc_stream_write (self, subbuffer, &packet);
  count (&self->counters.bytes_dropped, origin->max_size);
  tc_problem_begin (&self->subject, TC_PROBLEM_TORN_STREAM, EBADMSG,
                    "The buffer of %s_%u holds something that is no packet", self->file.name, origin->cpu);
  return true;
}

/* No packet is asked for until some time has passed: longer each time, up to @longest. */
static void
wait (TcStream *self, uint64_t longest)
{
  self->not_before = tc_now () + self->patience;
  self->patience = self->patience < longest / 2 ? 2 * self->patience : longest;
  tc_loop_arm (self->drain->loop, &self->again, self->not_before);
}

static bool
spoilt (TcStream *self)
{
  /* The library found its own memory broken: reading on would only ask for more. */
  self->done = true;
  tc_problem_begin (&self->subject, TC_PROBLEM_TORN_STREAM, EBADMSG,
                    "The buffer of %s_%u cannot be read any more", self->file.name, self->file.origin.cpu);
  return false;
}

/* Whether there is a packet; it is at @offset then, and ours until it is put back. */
static bool
take (TcStream *self)
{
  uint64_t now = tc_now ();
  int result;

  if (!self->held && tc_ring_view_look (&self->view) != TC_RING_PACKET)
    return false;
  if (now < self->not_before && !(self->held && self->last_chance))
    return false;
  if (self->held)
    return true;
  result = tc_ring_guard_next (&self->guard);
  if (result == -EAGAIN || result == -ENODATA)
    {
      /*
       * The view saw a packet, the library slept and found none: an app lies to one of them, or was stopped within a
       * few instructions. Either way, asking at every wake-up would make the thread's other streams wait.
       */
      if (tc_now () - now >= SLEPT)
        wait (self, longest_patience);
      return false;
    }
  if (result < 0)
    return spoilt (self);
  self->held = true;
  self->not_before = 0;
  self->patience = SHORTEST_PATIENCE;
  if (tc_ring_guard_offset (&self->guard, &self->offset) == 0)
    return true;
  tc_ring_guard_put (&self->guard);
  self->held = false;
  return spoilt (self);
}

/* Whether there was a packet, and it is done with. */
static bool
read_one (TcStream *self)
{
  if (!take (self))
    return false;
  if (self->offset <= self->memory_len - self->file.origin.max_size
      && !write_packet (self, self->memory + self->offset))
    {
      wait (self, longest_pause);
      return false;
    }
  self->held = false;
  self->not_before = 0;
  self->patience = SHORTEST_PATIENCE;
  return tc_ring_guard_put (&self->guard) == 0 || spoilt (self);
}

static unsigned
read_up_to (TcStream *self, unsigned max)
{
  unsigned n = 0;

  while (n < max && !self->done && read_one (self))
    n++;
  if (n > 0)
    self->funcs->active (self);
  if (n < max)
    tc_stream_notice (self);
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
  tc_loop_disarm (self->drain->loop, &self->unfinished.look);
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
      tc_stream_finish (self);
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
  if (tc_ring_guard_init (&self->guard, ring, &self->view) < 0)
    {
      tc_ring_view_clear (&self->view);
      return -1;
    }
  self->patience = SHORTEST_PATIENCE;
  self->memory_len = len;
  self->ring = ring;
  self->watch = (TcWatch) { .fd = fd, .ready = on_pipe };
  self->again.fire = on_again;
  tc_stream_unfinished_init (self);
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
  bool reading;

  if (make_non_blocking (pipe) < 0 || tc_adopt_ring (self->ring, fresh, memory, &reading) < 0
      || remember_memory (self, memory) < 0 || tc_ring_view_move (&self->view, memory) < 0)
    return -1;
  if (!tc_ring_guard_is_sound (&self->guard) || (reading && tc_ring_guard_put_back (&self->guard) < 0))
    spoilt (self);
  adopt_file (self, told);
  if (self->view.memory != NULL)
    self->unfinished.inherited = tc_ring_view_get_produced (&self->view);
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

static void
flush (TcStream *self, bool final, bool quiet)
{
  if (self->done)
    return;
  self->last_chance = final;
  if (self->held)
    self->not_before = 0;
  /* A ring that is full, its last packet to the brim, has no room for the one that would say what was discarded. */
  if (final)
    tc_stream_read (self);
  /* Of a stream that is quiescent, only what came after its stop: closing again would make an empty packet. */
  if (!self->done && tc_ring_guard_flush (&self->guard, !final || self->quiescent) < 0)
    spoilt (self);
  if (final)
    self->quiescent = true;
  tc_stream_read (self);
  if (quiet)
    tc_stream_mend_all (self);
  if (final)
    tc_trace_file_trim (&self->file);
  self->last_chance = false;
}

void
tc_stream_flush (TcStream *self, bool final)
{
  flush (self, final, false);
}

void
tc_stream_finish (TcStream *self)
{
  flush (self, true, true);
}

void
tc_stream_resume (TcStream *self)
{
  self->quiescent = false;
  tc_problem_end (&self->subject, TC_WRITE_PROBLEMS); /* what was dropped at the stop is no problem of this start */
}

void
tc_stream_close (TcStream *self)
{
  if (self->watched)
    tc_stream_finish (self);
  unwatch (self);
  tc_trace_file_close (&self->file);
  tc_problem_end (&self->subject, TC_ALL_PROBLEMS);
  tc_ring_guard_destroy (&self->guard);
  tc_ring_view_clear (&self->view);
  if (self->owns_pipe)
    close (self->watch.fd);
  self->ring = NULL;
  self->done = true;
}
