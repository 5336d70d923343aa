/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that are never finished, because who wrote into them died between reserving room and committing it. The
 * library waits for them for ever, and so does the ring: writers who come round find the place taken, and discard.
 *
 * Nobody tells of it: the tracer wakes its reader for finished packets only. So it is looked for where something may
 * have happened (a writer has gone, a consumer died, somebody flushes), and where nothing has moved for a while the
 * service is asked to make sure that whoever is alive is through with what it had begun. A writer that was stopped is
 * waited for without a limit. When all are through, the whole events at the packet's start are written, its counters
 * are set to what they would be had it been delivered, and the ring goes on; apps notice nothing.
 */
#include "consumer/stream.h"

#include <errno.h>
#include <lttng/ust-ctl.h>
#include <string.h>

/* ns */
static const uint64_t patience = 50000000; /* between two looks that have to say the same */
static const uint64_t pause = 1000000000;  /* between two attempts to write what is left of a packet */

/* Nothing can be read, but there is something: the view says so, or else the library, after it had slept. */
static bool
is_stuck (const TcStream *self)
{
  switch (tc_ring_view_look (&self->view))
    {
    case TC_RING_UNFINISHED:
      return true;
    case TC_RING_PACKET:
      return self->view.memory != NULL && !self->held && !self->by_position && tc_now () < self->not_before;
    case TC_RING_EMPTY:
      break;
    }
  return false;
}

static void
look_later (TcStream *self, unsigned long position, bool in_the_making, uint64_t when)
{
  TcUnfinished *unfinished = &self->unfinished;

  unfinished->position = position;
  unfinished->in_the_making = in_the_making;
  tc_loop_arm (self->drain->loop, &unfinished->look, tc_now () + when);
}

void
tc_stream_notice (TcStream *self)
{
  TcUnfinished *unfinished = &self->unfinished;
  unsigned long position;

  if (self->done || !self->watched || !is_stuck (self))
    return;
  position = tc_ring_view_get_consumed (&self->view);
  if (unfinished->told && unfinished->position == position)
    return;
  unfinished->told = false;
  if (unfinished->look.place == 0)
    look_later (self, position, false, patience);
}

/* The packet that is written now, by its start. */
static unsigned long
position_in_the_making (const TcStream *self)
{
  unsigned long produced = tc_ring_view_get_produced (&self->view);

  return produced - produced % self->view.subbuf_size;
}

static void
tell (TcStream *self)
{
  TcUnfinished *unfinished = &self->unfinished;

  unfinished->told = true;
  unfinished->told_produced = tc_ring_view_get_produced (&self->view);
  unfinished->told_at = tc_now ();
  self->funcs->stuck (self);
}

static bool mend_up_to (TcStream *self, unsigned long produced, bool for_good);

static void
on_look (TcTimer *timer)
{
  TcStream *self = (TcStream *) ((char *) timer - offsetof (TcStream, unfinished.look));
  TcUnfinished *unfinished = &self->unfinished;
  bool kept = unfinished->kept;

  unfinished->kept = false;
  if (self->done)
    return;
  /* Nobody is asked again: who has been stopped meanwhile has nothing to do with it, and would not answer. */
  if (kept && tc_ring_view_get_consumed (&self->view) == unfinished->position)
    {
      mend_up_to (self, unfinished->told_produced, false);
      tc_stream_notice (self);
    }
  else if (unfinished->in_the_making)
    {
      /* Closed, it is either finished, or the next one to be looked at. */
      if (position_in_the_making (self) == unfinished->position && !tc_ring_view_is_settled (&self->view))
        tc_stream_flush (self, false);
      else
        tc_stream_notice (self);
    }
  else if (is_stuck (self) && tc_ring_view_get_consumed (&self->view) == unfinished->position)
    tell (self);
  else
    tc_stream_notice (self);
}

void
tc_stream_unfinished_init (TcStream *self)
{
  self->unfinished.look.fire = on_look;
}

void
tc_stream_inspect (TcStream *self)
{
  if (self->done || !self->watched || self->view.memory == NULL)
    return;
  self->unfinished.told = false;
  tc_stream_read (self);
  if (self->unfinished.look.place == 0 && !tc_ring_view_is_settled (&self->view))
    look_later (self, position_in_the_making (self), true, patience);
}

const uint8_t *
tc_stream_find_packet (const TcStream *self, unsigned long position, uint64_t *sequence, uint64_t *began)
{
  const TcPacketOrigin *origin = &self->file.origin;
  size_t n = self->memory_len / origin->max_size;
  size_t first = position / origin->max_size % self->view.num_subbuf;

  /* Where writers overwrite, sub-buffers change places with the reader's. */
  for (size_t i = 0; i < n; i++)
    {
      const uint8_t *packet = self->memory + (first + i) % n * origin->max_size;
      uint8_t header[TC_PACKET_HEADER];

      memcpy (header, packet, sizeof header);
      if (tc_packet_identify (header, origin, sequence, began)
          && (unsigned long) *sequence * origin->max_size == position)
        return packet;
    }
  return NULL;
}

/* When the packet at @position had ended: at the latest when the next one began. */
static uint64_t
find_end (const TcStream *self, unsigned long position)
{
  uint64_t sequence, began, now = 0;

  if (tc_stream_find_packet (self, position + self->view.subbuf_size, &sequence, &began) != NULL)
    return began;
  return lttng_ust_ctl_get_current_timestamp (self->ring, &now) == 0 ? now : UINT64_MAX;
}

typedef enum {
  KEPT,    /* it could not be written now */
  NOTHING, /* was written, nor will be */
  DROPPED, /* the same, and it is counted */
  PART,    /* of what was committed, or it is not known whether that is all */
  WHOLE,
} Salvaged;

/* Writes what is certain of the packet at @position. */
static Salvaged
salvage (TcStream *self, unsigned long position, const TcCommitted *committed)
{
  const TcPacketOrigin *origin = &self->file.origin;
  uint64_t sequence, began;
  const uint8_t *subbuffer = tc_stream_find_packet (self, position, &sequence, &began);
  bool delivered = committed->bytes == origin->max_size;
  TcPacket packet;

  if (subbuffer == NULL || committed->from_start < TC_PACKET_HEADER)
    return NOTHING;
  memcpy (self->drain->pages, subbuffer, origin->page_size);
  /* Who died after the last event, while delivering, may have written the sizes. */
  delivered = delivered && tc_packet_read (self->drain->pages, origin, &packet);
  if (!delivered)
    {
      tc_packet_finish (self->drain->pages, origin, committed->from_start, find_end (self, position));
      if (!tc_packet_read (self->drain->pages, origin, &packet))
        return NOTHING;
    }
  switch (tc_stream_write (self, subbuffer, &packet))
    {
    case TC_STREAM_KEPT:
      return KEPT;
    case TC_STREAM_DROPPED:
      return DROPPED;
    case TC_STREAM_WRITTEN:
      break;
    }
  return delivered || committed->bytes == committed->from_start ? WHOLE : PART;
}

/* @anatomy: nullable: then the ring is only read from now on. False: the disk is full. */
static bool
mend (TcStream *self, unsigned long position, const TcAnatomy *anatomy)
{
  const TcCommitted committed = tc_ring_view_count (&self->view, position);
  bool inherited = (long) (self->unfinished.inherited - position) > 0;
  Salvaged salvaged = salvage (self, position, &committed);

  if (salvaged == KEPT)
    return false;
  if (salvaged == NOTHING)
    self->next_sequence++;
  /* A consumer that dies while it closes a packet leaves all of its events whole. */
  if (salvaged != WHOLE || !(inherited || committed.bytes == self->view.subbuf_size))
    {
      if (salvaged != DROPPED)
        tc_stream_count_lost (self);
      tc_problem_note (self->subject.problems, TC_PROBLEM_TORN_STREAM, EOWNERDEAD,
                       "A program died while it wrote into a buffer of %s_%u: of the packet that it died in, only what "
                       "came before is recorded", self->file.name, self->file.origin.cpu);
    }
  if (anatomy != NULL)
    tc_ring_view_deliver (&self->view, anatomy, position);
  tc_ring_view_skip (&self->view, position);
  self->not_before = 0;
  self->funcs->active (self);
  return true;
}

/* The library does not give out the packet that is next, and will not. */
static bool
is_lost (const TcStream *self, unsigned long position, const TcAnatomy *anatomy)
{
  return tc_ring_view_look (&self->view) != TC_RING_EMPTY
    && (anatomy != NULL ? !tc_ring_view_is_delivered (&self->view, anatomy, position) : is_stuck (self));
}

/* Up to @produced, or where @for_good is true, to the end. Whether there was something to mend. */
static bool
mend_up_to (TcStream *self, unsigned long produced, bool for_good)
{
  const TcRingView *view = &self->view;
  const TcRingShape shape = { view->subbuf_size, view->num_subbuf, self->overwrites };
  TcAnatomy found, *anatomy = &found;
  unsigned long position;
  bool mended = false;

  tc_stream_read (self);
  if (self->done || view->memory == NULL || tc_ring_view_look (view) == TC_RING_EMPTY)
    return false;
  if (tc_anatomies_find (self->unfinished.anatomies, &shape, &found) < 0
      || !tc_ring_view_fits (view, &found))
    {
      tc_problem_note (self->subject.problems, TC_PROBLEM_TORN_STREAM, ENOTSUP,
                       "A program died while it wrote into a buffer of %s_%u, which cannot be used any more: only a "
                       "new session records what comes there", self->file.name, self->file.origin.cpu);
      anatomy = NULL;
    }
  for (unsigned i = 0; i < self->max_packets && !self->done && (anatomy != NULL || for_good); i++)
    {
      position = tc_ring_view_get_consumed (view);
      if (!is_lost (self, position, anatomy)
          || (!for_good && (long) (produced - position) < (long) view->subbuf_size))
        break;
      self->unfinished.kept = !mend (self, position, anatomy);
      if (self->unfinished.kept)
        {
          look_later (self, position, false, pause);
          break;
        }
      mended = true;
      tc_stream_read (self);
    }
  return mended;
}

void
tc_stream_mend (TcStream *self, uint64_t told_at)
{
  TcUnfinished *unfinished = &self->unfinished;

  if (self->done || !unfinished->told || unfinished->told_at > told_at)
    return;
  unfinished->told = false;
  mend_up_to (self, unfinished->told_produced, false);
  tc_stream_notice (self);
}

bool
tc_stream_mend_all (TcStream *self)
{
  return !self->done && self->ring != NULL && mend_up_to (self, 0, true);
}
