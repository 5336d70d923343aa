/* SPDX-License-Identifier: GPL-2.0-only */
/* What a stream takes from its ring, and what it decides of it: to the file at once, to the pool, or not yet. */
#include "consumer/stream.h"

#include "consumer/ring-pages.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static const uint64_t slept = 5000000; /* ns: the library's calls take microseconds where they do not wait */
static const uint64_t longest_patience = 10000000000;
static const uint64_t longest_pause = 1000000000; /* between two attempts to write */
static const uint64_t pressed_for = 20000000;     /* after a ring might have overflown */
static const uint64_t busy = 100000000;           /* a ring that has a packet so often is worth large pages, */
static const unsigned calm = 32;                  /* after so many packets before which nothing was lost */
static const unsigned doubts = 4; /* a write may take so many times as long as expected */

/* Packets from the ring, of which the first pages are in the drain's. */
typedef struct {
  TcPacket packets[TC_DRAIN_BATCH];
  struct iovec parts[2 * TC_DRAIN_BATCH];
  unsigned n_parts;
  unsigned n;
  bool dropped; /* the first one; where it has events, it is counted */
} Batch;

static void
account (TcStream *self, const TcPacket *packet)
{
  if (packet->sequence > self->next_sequence)
    tc_stream_count (&self->counters.packets_lost, packet->sequence - self->next_sequence);
  /* The tracer's counter starts at 0 and wraps as a long does. */
  tc_stream_count (&self->counters.events_discarded, packet->discarded - self->last_discarded);
  self->n_calm = packet->discarded == self->last_discarded ? self->n_calm + 1 : 0;
  self->last_discarded = packet->discarded;
  self->next_sequence = packet->sequence + 1;
}

/* Whether it is in the file: who died after it had written some, and before it let go of them, left them in both. */
static bool
is_written (TcStream *self, const TcPacket *packet)
{
  uint64_t behind = self->next_sequence - packet->sequence;
  bool found = self->maybe_written && behind == 1;
  bool begun = found && self->hollow && !tc_packet_is_empty (packet);

  if (self->maybe_written && behind > 1 && behind <= TC_DRAIN_BATCH)
    return true;
  if (self->resync)
    self->next_sequence = packet->sequence;
  self->maybe_written = self->resync = false;
  if (begun)
    {
      tc_stream_count (&self->counters.bytes_written, -self->file.last_size);
      tc_stream_count (&self->counters.packets_written, -1);
      tc_trace_file_retract (&self->file);
    }
  return found && !begun;
}

void
tc_stream_claim_staged (TcStream *self)
{
  uint32_t number;
  bool any = false;

  while (self->stage.pool != NULL
         && (number = tc_staging_pool_claim (self->stage.pool, &self->file.origin)) != 0)
    {
      TcStagedPacket staged;
      TcPacket packet;
      bool known;

      tc_staging_pool_describe (self->stage.pool, number, &staged);
      known = (self->maybe_written && staged.sequence + 1 < self->next_sequence)
        || !tc_packet_read (tc_staging_pool_begin (self->stage.pool, number), &self->file.origin, &packet)
        || packet.packet_bits / CHAR_BIT != staged.size;
      any = any || !known;
      if (known || is_written (self, &packet))
        tc_staging_pool_drop (self->stage.pool, number);
      else
        {
          account (self, &packet);
          tc_stage_put (&self->stage, number, false);
        }
    }
  if (!any)
    return;
  /* The last one may be in the ring still. */
  self->maybe_written = true;
  self->hollow = false;
}

/* An app that had these buffers never asked how to write into them: no reader could know what is in the packet. */
static void
refuse_undescribed (TcStream *self, const TcPacket *packet)
{
  tc_stream_count_dropped (self, packet);
  if (!tc_packet_is_empty (packet))
    tc_problem_begin (&self->subject, TC_PROBLEM_TORN_STREAM, EBADMSG,
                      "The buffer of %s_%u holds events that nobody described", self->file.name,
                      self->file.origin.cpu);
}

/* Where packet @i of @batch is: our copy of its first page, and what follows in @subbuffer. How many parts that are. */
static unsigned
get_parts (const TcStream *self, const Batch *batch, unsigned i, const uint8_t *subbuffer, struct iovec parts[2])
{
  size_t page = self->file.origin.page_size;
  size_t size = (size_t) (batch->packets[i].packet_bits / CHAR_BIT);

  parts[0] = (struct iovec) { .iov_base = self->drain->pages + i * page, .iov_len = page };
  parts[1] = (struct iovec) { .iov_base = (void *) (subbuffer + page), .iov_len = size - page };
  return size > page ? 2 : 1;
}

/* The next packet of @batch, whose first page is in the drain's already, is to be written. False: it was, before. */
static bool
complete (TcStream *self, Batch *batch, const uint8_t *subbuffer)
{
  TcPacket *packet = &batch->packets[batch->n];
  unsigned long discarded = batch->n > 0 ? packet[-1].discarded : self->last_discarded;

  if (is_written (self, packet))
    return false;
  /* The tracer (2.13.5) leaves 0 in a packet that was flushed while a writer was within an event. */
  if ((long) (packet->discarded - discarded) < 0)
    tc_packet_set_discarded (self->drain->pages + batch->n * self->file.origin.page_size, packet, discarded);
  batch->n++;
  batch->n_parts += get_parts (self, batch, batch->n - 1, subbuffer, &batch->parts[batch->n_parts]);
  return true;
}

/*
 * The first page goes on from our copy: what was checked is what is written. False: it is no packet, and has no bits,
 * or it is not to be written.
 */
static bool
add (TcStream *self, Batch *batch, const uint8_t *subbuffer)
{
  const TcPacketOrigin *origin = &self->file.origin;
  uint8_t *page = self->drain->pages + batch->n * origin->page_size;
  TcPacket *packet = &batch->packets[batch->n];

  memcpy (page, subbuffer, origin->page_size);
  packet->packet_bits = 0;
  return tc_packet_read (page, origin, packet) && complete (self, batch, subbuffer);
}

/* To the pool, as far as there is room. */
static unsigned
stage (TcStream *self, const Batch *batch, const uint8_t *const *subbuffers)
{
  unsigned n = 0;

  for (; n < batch->n; n++)
    {
      struct iovec parts[2];

      get_parts (self, batch, n, subbuffers[n], parts);
      if (!tc_stream_stage (self, parts, &batch->packets[n]))
        break;
    }
  return n;
}

/* There is no room in the pool, and what is there comes first. Whether there is nothing more. */
static bool
wait_for_writer (TcStream *self)
{
  if (self->last_chance)
    tc_stage_finish (&self->stage);
  else if (self->thorough)
    tc_stage_wait (&self->stage);
  self->starved = !tc_stage_check_idle (&self->stage);
  return !self->starved;
}

/* To the file. How many. */
static unsigned
append (TcStream *self, Batch *batch)
{
  const TcAppend what = { &self->subject, batch->parts, batch->packets, batch->n, self->last_chance };

  return tc_stream_append (self, &what);
}

/* How many are in the file, or are in the pool and will be. */
static unsigned
put (TcStream *self, Batch *batch, const uint8_t *const *subbuffers)
{
  bool pressed = self->stage.pool != NULL && (tc_stage_is_busy (&self->stage) || tc_now () < self->pressed_until);
  unsigned n = pressed ? stage (self, batch, subbuffers) : 0;

  self->starved = false;
  if (n > 0) /* what could not be written before is the writer's now, who tells its own */
    tc_problem_end (&self->subject, TC_WRITE_PROBLEMS);
  if (n > 0 || (pressed && tc_stage_is_busy (&self->stage) && !wait_for_writer (self)))
    return n;
  return append (self, batch);
}

/*
 * Whether the packet that begins with @header was never finished, and is in the file as far as it is certain: who wrote
 * it had the ring go on after it, and died before it let go of it.
 */
static bool
is_mended (TcStream *self, const uint8_t *header)
{
  uint64_t sequence, began;

  return self->maybe_written && tc_packet_identify (header, &self->file.origin, &sequence, &began)
    && sequence + 1 == self->next_sequence;
}

/* @packet, which begins with @header, is done with, but was not written. */
static unsigned
skip (TcStream *self, const uint8_t *header, const TcPacket *packet)
{
  if (packet->packet_bits > 0)
    return 1; /* written, before */
  if (is_mended (self, header))
    {
      tc_stream_count_lost (self);
      self->maybe_written = false;
      return 1;
    }
  tc_stream_count (&self->counters.bytes_dropped, self->file.origin.max_size);
  tc_stream_count_lost (self);
  self->next_sequence++; /* it has none, but it had the place of one */
  tc_problem_begin (&self->subject, TC_PROBLEM_TORN_STREAM, EBADMSG,
                    "The buffer of %s_%u holds something that is no packet", self->file.name, self->file.origin.cpu);
  return 1;
}

/*
 * The last flush makes a packet of nothing where nothing ever was: on most CPUs, of a process that lived on one. Its
 * file, with its index, would cost more than all that the others hold.
 */
static bool
is_needless (const TcStream *self, const Batch *batch)
{
  const TcPacket *packet = &batch->packets[0];

  return self->ending && batch->n == 1 && self->next_sequence == packet->sequence && packet->discarded == 0
    && tc_packet_is_empty (packet) && !tc_stage_is_busy (&self->stage) && self->file.fd < 0
    && atomic_load (&self->counters.packets_written) == 0;
}

/* How many of @batch are done with; the others could not be written, and are to be kept. */
static unsigned
process_batch (TcStream *self, Batch *batch, const uint8_t *const *subbuffers)
{
  bool described = tc_metadata_describes (self->metadata, self->file.origin.channel);
  unsigned done;

  batch->dropped = false;
  if (is_needless (self, batch))
    return 1;
  done = described ? put (self, batch, subbuffers) : 0;
  batch->dropped = done == 0 && (!described || self->last_chance);
  if (!described)
    refuse_undescribed (self, &batch->packets[0]);
  else if (batch->dropped)
    tc_stream_count_dropped (self, &batch->packets[0]);
  if (batch->dropped)
    done = 1;
  for (unsigned i = 0; i < done; i++)
    account (self, &batch->packets[i]);
  return done;
}

/* The same of the @n packets, from the first on. */
static unsigned
process (TcStream *self, const uint8_t *const *subbuffers, unsigned n)
{
  Batch batch;

  batch.n = batch.n_parts = 0;
  if (self->maybe_written || self->resync)
    n = 1;
  while (batch.n < n && add (self, &batch, subbuffers[batch.n]))
    ;
  return batch.n > 0 ? process_batch (self, &batch, subbuffers)
                     : skip (self, self->drain->pages, &batch.packets[0]);
}

TcStreamFate
tc_stream_write (TcStream *self, const uint8_t *subbuffer, const TcPacket *packet)
{
  Batch batch;

  batch.n = batch.n_parts = 0;
  batch.packets[0] = *packet;
  if (!complete (self, &batch, subbuffer))
    return TC_STREAM_WRITTEN;
  if (process_batch (self, &batch, &subbuffer) == 0)
    return TC_STREAM_KEPT;
  return batch.dropped && !tc_packet_is_empty (packet) ? TC_STREAM_DROPPED : TC_STREAM_WRITTEN;
}

/* No packet is asked for until some time has passed: longer each time, up to @longest. */
static void
wait (TcStream *self, uint64_t longest)
{
  self->not_before = tc_now () + self->patience;
  self->patience = self->patience < longest / 2 ? 2 * self->patience : longest;
  tc_loop_arm (self->drain->loop, &self->again, self->not_before);
}

static void
be_patient (TcStream *self)
{
  self->not_before = 0;
  self->patience = TC_SHORTEST_PATIENCE;
}

bool
tc_stream_spoil (TcStream *self)
{
  /* The library found its own memory broken: reading on would only ask for more. */
  self->done = true;
  tc_problem_begin (&self->subject, TC_PROBLEM_TORN_STREAM, EBADMSG,
                    "The buffer of %s_%u cannot be read any more", self->file.name, self->file.origin.cpu);
  return false;
}

/* Whether the library gives out the next packet. */
static bool
take_by_library (TcStream *self)
{
  uint64_t now = tc_now ();
  int result = tc_ring_guard_next (&self->guard);

  if (result == -EAGAIN || result == -ENODATA)
    {
      /*
       * The view saw a packet, the library slept and found none: an app lies to one of them, or was stopped within a
       * few instructions. Either way, asking at every wake-up would make the thread's other streams wait.
       */
      if (tc_now () - now >= slept)
        wait (self, longest_patience);
      return false;
    }
  if (result < 0)
    return tc_stream_spoil (self);
  be_patient (self);
  self->held = true;
  if (tc_ring_guard_offset (&self->guard, &self->offset) == 0
      && self->offset <= self->memory_len - self->file.origin.max_size)
    return true;
  tc_ring_guard_put (&self->guard);
  self->held = false;
  return tc_stream_spoil (self);
}

bool
tc_stream_has_time (const TcStream *self, unsigned n)
{
  uint64_t room = self->view.num_subbuf > n ? self->view.num_subbuf - n : 0;

  return room * self->pace > doubts * n * atomic_load_explicit (&self->cost, memory_order_relaxed);
}

/* @n packets are there now. */
static void
observe_pace (TcStream *self, unsigned n)
{
  uint64_t now = tc_now ();
  uint64_t gap = (now - self->taken_at) / n;

  self->taken_at = now;
  /* From before a pause nothing follows. */
  self->pace = gap > 8 * self->pace ? gap : (3 * self->pace + gap) / 4;
  if (!tc_stream_has_time (self, n))
    self->pressed_until = now + pressed_for;
}

/* How many there are now, up to TC_DRAIN_BATCH; they are the stream's until they are released. */
static unsigned
take (TcStream *self, const uint8_t *subbuffers[TC_DRAIN_BATCH])
{
  const TcAnatomy *anatomy = self->by_position ? &self->anatomy : NULL;
  unsigned n = tc_ring_view_count_packets (&self->view, anatomy, self->max_packets);

  if ((n == 0 && !self->held) || (tc_now () < self->not_before && !self->last_chance))
    return 0;
  if (n > 0)
    observe_pace (self, n);
  if (self->held || !self->by_position)
    {
      if (!self->held && !take_by_library (self))
        return 0;
      subbuffers[0] = self->memory + self->offset;
      return 1;
    }
  if (n > TC_DRAIN_BATCH)
    n = TC_DRAIN_BATCH;
  for (unsigned i = 0; i < n; i++)
    subbuffers[i] = self->memory + tc_ring_view_get_place (&self->view, i);
  return n;
}

/*
 * The library has given one out. If it is where a packet at this position is expected, the library need not be asked
 * for the next ones: its every call is a system call.
 */
static void
probe (TcStream *self)
{
  const TcRingView *view = &self->view;
  const TcRingShape shape = { view->subbuf_size, view->num_subbuf, self->overwrites };

  self->probed = true;
  self->by_position = !self->overwrites && view->memory != NULL && self->offset == tc_ring_view_get_place (view, 0)
    && view->num_subbuf * view->subbuf_size <= self->memory_len
    && tc_anatomies_find (self->unfinished.anatomies, &shape, &self->anatomy) == 0
    && tc_ring_view_fits (view, &self->anatomy);
}

/*
 * Whether packets come often, and for some time already, and there is time to exchange pages: programs that write to
 * them may have to wait, and a ring that overflows as it is would lose more.
 */
static bool
is_worth_large_pages (const TcStream *self)
{
  return !self->enlarged && self->pace < busy && self->n_calm >= calm && self->n_calm >= self->view.num_subbuf
    && !tc_stage_is_busy (&self->stage) && tc_now () >= self->pressed_until;
}

/* From then on packets are read where the view has them, and not where the library has. */
static void
enlarge_pages (TcStream *self)
{
  ptrdiff_t offset = self->memory - self->guard.library;

  if (self->guard.library == NULL || offset + self->memory_len > self->view.len)
    self->enlarged = true;
  else if (tc_ring_pages_enlarge (&self->view, self->stage.writer))
    {
      self->enlarged = true;
      self->memory = (uint8_t *) self->view.memory + offset;
    }
}

static bool
release (TcStream *self, unsigned n)
{
  const TcRingView *view = &self->view;

  if (!self->held)
    {
      tc_ring_view_skip (view, tc_ring_view_get_consumed (view) + (n - 1) * view->subbuf_size);
      if (is_worth_large_pages (self))
        enlarge_pages (self);
      return true;
    }
  if (!self->probed)
    probe (self);
  self->held = false;
  return tc_ring_guard_put (&self->guard) == 0 || tc_stream_spoil (self);
}

/* How many packets are done with. */
static unsigned
read_some (TcStream *self)
{
  const uint8_t *subbuffers[TC_DRAIN_BATCH];
  unsigned n = take (self, subbuffers);
  unsigned done = n > 0 ? process (self, subbuffers, n) : 0;

  if (done == 0 && n > 0 && !self->starved)
    wait (self, longest_pause);
  if (done == 0)
    return 0;
  be_patient (self);
  return release (self, done) ? done : 0;
}

unsigned
tc_stream_read_up_to (TcStream *self, unsigned max)
{
  unsigned n = 0, done;

  while (n < max && !self->done && (done = read_some (self)) > 0)
    n += done;
  if (n > 0)
    self->funcs->active (self);
  if (n < max)
    tc_stream_notice (self);
  return n;
}
