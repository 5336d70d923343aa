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
  WAKE_UPS = 64, /* before the pipe is emptied: each is a byte or a few, of 64 KiB that it holds */
};

/* ns: of two packets that come so soon after each other, the first is written with the second. */
static const uint64_t soon = 25000000;

static void
read_burst (TcStream *self)
{
  if (tc_stream_read_up_to (self, BURST) >= BURST)
    tc_loop_arm (self->drain->loop, &self->again, tc_now ());
}

/* Whether the one packet that is there can wait for the next: two cost hardly more than one. */
static bool
is_to_wait (TcStream *self)
{
  uint64_t now = tc_now ();

  return self->pace < soon && now - self->taken_at < soon && now >= self->pressed_until && self->not_before == 0
    && tc_stream_has_time (self, 2) && tc_ring_view_count_packets (&self->view, NULL, 2) == 1
    && tc_loop_arm (self->drain->loop, &self->again, now + soon) == 0;
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
  char bytes[64 << 10];

  (void) !read (self->watch.fd, bytes, sizeof bytes);
  self->wake_ups = 0;
}

static void
hang_up (TcStream *self)
{
  /* As long as the stage has packets the file is the writer's. They were given up: it comes to an end. */
  if (!tc_stage_check_idle (&self->stage))
    return;
  self->closing = false;
  tc_trace_file_close (&self->file);
  self->funcs->hung_up (self);
}

void
tc_stream_go_on (TcStream *self)
{
  if (self->starved && !self->done)
    read_burst (self);
  if (self->quiescent && !tc_stage_is_busy (&self->stage))
    tc_trace_file_trim (&self->file);
  if (self->closing)
    hang_up (self);
  self->funcs->settled (self);
}

void
tc_stream_expect (TcStream *self)
{
  self->expected = tc_stage_count_put (&self->stage);
}

bool
tc_stream_is_settled (TcStream *self, bool all)
{
  return tc_stage_check_settled (&self->stage, all ? UINT64_MAX : self->expected);
}

static void
on_pipe (TcWatch *watch, uint32_t events)
{
  TcStream *self = (TcStream *) ((char *) watch - offsetof (TcStream, watch));

  if (events & (EPOLLHUP | EPOLLERR))
    {
      tc_stream_end (self);
      unwatch (self);
      self->done = self->closing = true;
      hang_up (self);
      return;
    }
  /* Every byte wakes us up, whether those before it were read or not. */
  if (++self->wake_ups == WAKE_UPS)
    empty_pipe (self);
  if (!is_to_wait (self))
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
  self->patience = TC_SHORTEST_PATIENCE;
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

  /* One that was only made does not say where it begins. */
  if (!tc_trace_file_adopt (&self->file, &remains) || remains.packets == 0)
    {
      /* It was told that something was written, or nothing can have been overwritten: it was in files that are gone. */
      self->resync = told || !self->overwrites;
      return;
    }
  self->maybe_written = true;
  self->hollow = remains.hollow;
  self->next_sequence = remains.next_sequence;
  self->last_discarded = remains.discarded;
  tc_stream_count (&self->counters.events_discarded, remains.discarded);
  if (!remains.complete)
    return;
  tc_stream_count (&self->counters.bytes_written, remains.bytes);
  tc_stream_count (&self->counters.packets_written, remains.packets);
  /* What is missing before the first was not lost: nobody could have read it. */
  if (remains.next_sequence - remains.first_sequence > remains.packets)
    tc_stream_count (&self->counters.packets_lost, remains.next_sequence - remains.first_sequence - remains.packets);
}

/* Whether the packet at @position, as far as it is still there, holds no event: that it is in no file is no loss. */
static bool
was_empty (const TcStream *self, unsigned long position)
{
  uint64_t sequence, began;
  const uint8_t *found = tc_stream_find_packet (self, position, &sequence, &began);
  uint8_t header[TC_PACKET_HEADER];
  TcPacket packet;

  if (found == NULL)
    return false;
  memcpy (header, found, sizeof header);
  return tc_packet_read (header, &self->file.origin, &packet) && tc_packet_is_empty (&packet);
}

/*
 * What the dead one let go of is in its file, or staged; or it was lost, whether that was told or not. Counted here, it
 * is not counted again as a gap before the next packet. The last one may have been made by a flush, of nothing; and
 * where nothing is found at all, a single one was.
 */
static void
count_missing (TcStream *self)
{
  unsigned long size = self->view.subbuf_size;
  unsigned long position, missing;
  bool empty;

  if (self->view.memory == NULL || self->resync)
    return;
  position = tc_ring_view_get_consumed (&self->view);
  missing = position - (unsigned long) self->next_sequence * size;
  if ((long) missing < (long) size)
    return;
  missing /= size;
  empty = was_empty (self, position - size) || (self->next_sequence == 0 && missing == 1 && !self->overwrites);
  tc_stream_count (&self->counters.packets_lost, empty ? missing - 1 : missing);
  self->next_sequence += missing;
}

int
tc_stream_adopt (TcStream *self, int fresh, int memory, int pipe, bool told)
{
  bool reading;

  if (make_non_blocking (pipe) < 0 || tc_adopt_ring (self->ring, fresh, memory, &reading) < 0
      || remember_memory (self, memory) < 0 || tc_ring_view_move (&self->view, memory) < 0)
    return -1;
  if (!tc_ring_guard_is_sound (&self->guard) || (reading && tc_ring_guard_put_back (&self->guard) < 0))
    tc_stream_spoil (self);
  adopt_file (self, told);
  tc_stream_claim_staged (self);
  count_missing (self);
  if (self->view.memory != NULL)
    self->unfinished.inherited = tc_ring_view_get_produced (&self->view);
  self->watch.fd = pipe;
  self->owns_pipe = true;
  return 0;
}

int
tc_stream_attach (TcStream *self)
{
  if (tc_loop_watch (self->drain->loop, &self->watch, self->by_timer ? 0 : EPOLLIN | EPOLLET) < 0)
    return -1;
  self->watched = true;
  tc_stage_start (&self->stage);
  return 0;
}

void
tc_stream_read (TcStream *self)
{
  if (self->done)
    return;
  empty_pipe (self);
  /* No more than was there when it was asked for: writers may be faster than we are. */
  self->thorough = true;
  tc_stream_read_up_to (self, self->max_packets);
  self->thorough = false;
}

static void
close_packet (TcStream *self, bool unless_empty)
{
  if (tc_ring_guard_flush (&self->guard, unless_empty) < 0)
    tc_stream_spoil (self);
  tc_stream_read (self);
}

static void
flush (TcStream *self, bool final, bool quiet)
{
  if (self->done && final && tc_stage_is_busy (&self->stage))
    tc_stage_give_up (&self->stage);
  if (self->done)
    return;
  self->last_chance = final;
  if (self->held || self->by_position)
    self->not_before = 0;
  tc_stage_rouse (&self->stage);
  /* A ring that is full, its last packet to the brim, has no room for the one that would say what was discarded. */
  if (final)
    tc_stream_read (self);
  /* Of a stream that is quiescent, only what came after its stop: closing again would make an empty packet. */
  if (!self->done)
    close_packet (self, !final || self->quiescent);
  if (final)
    self->quiescent = true;
  /* A torn packet does not say what was discarded before it: the next one does. */
  if (quiet && tc_stream_mend_all (self) && !self->done)
    close_packet (self, false);
  self->last_chance = false;
  if (final && tc_stage_is_busy (&self->stage))
    tc_stage_give_up (&self->stage);
  else if (final)
    tc_trace_file_trim (&self->file);
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
tc_stream_end (TcStream *self)
{
  self->ending = true;
  tc_stream_finish (self);
}

void
tc_stream_resume (TcStream *self)
{
  self->quiescent = false;
  /* What was dropped at the stop is no problem of this start. */
  tc_problem_end (&self->subject, TC_WRITE_PROBLEMS);
  if (!tc_stage_is_busy (&self->stage))
    tc_problem_end (&self->staged_subject, TC_WRITE_PROBLEMS);
}

void
tc_stream_close (TcStream *self)
{
  if (self->watched)
    tc_stream_end (self);
  unwatch (self);
  if (tc_stage_is_busy (&self->stage))
    tc_stage_finish (&self->stage);
  tc_stage_clear (&self->stage);
  tc_trace_file_close (&self->file);
  tc_problem_end (&self->staged_subject, TC_ALL_PROBLEMS);
  tc_problem_end (&self->subject, TC_ALL_PROBLEMS);
  tc_ring_guard_destroy (&self->guard);
  tc_ring_view_clear (&self->view);
  if (self->owns_pipe)
    close (self->watch.fd);
  self->ring = NULL;
  self->done = true;
}
