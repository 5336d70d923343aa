/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a stream's packets go: to the file, or by way of the staging pool, on a writer's thread. */
#include "consumer/stream.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum {
  MAX_PARTS = 2 * TC_STAGING_MAX_BLOCKS,
  /* Bytes; a packet may be more. Two writers that write so much at once move more than with four times as much. */
  WRITE_AT_ONCE = 1 << 20,
};

void
tc_stream_count (_Atomic uint64_t *counter, uint64_t by)
{
  atomic_fetch_add_explicit (counter, by, memory_order_relaxed);
}

void
tc_stream_count_lost (TcStream *self)
{
  tc_stream_count (&self->counters.packets_lost, 1);
}

void
tc_stream_count_dropped (TcStream *self, const TcPacket *packet)
{
  /* That it never recorded is no loss. */
  if (tc_packet_is_empty (packet))
    return;
  tc_stream_count (&self->counters.bytes_dropped, packet->packet_bits / CHAR_BIT);
  tc_stream_count_lost (self);
}

/* Whether there is a directory to write to. Where there is none, that is told already. */
static bool
find_folder (TcStream *self)
{
  unsigned number, looks;

  if (!atomic_load (&self->folder->there))
    return false;
  /* After that: which one it is was said before that it is there. */
  number = atomic_load (&self->folder->number);
  looks = atomic_load (&self->folder->looks);
  if (number != self->folder_number || (looks != self->looks && tc_trace_file_is_removed (&self->file)))
    tc_trace_file_restart (&self->file);
  self->folder_number = number;
  self->looks = looks;
  return true;
}

static void
cannot_write (TcStream *self, TcSubject *subject, int errnum)
{
  TcProblem problem = tc_problem_of_errno (errnum);

  tc_problem_begin (subject, problem, errnum, "Cannot write the file %s_%u: %s", self->file.name,
                    self->file.origin.cpu, strerror (errnum));
  if (problem == TC_PROBLEM_OUTPUT_GONE)
    tc_folder_doubt (self->folder);
}

/* A disk that was slow once is trusted again only by and by, with every packet: also with those that were staged. */
static void
observe_cost (TcStream *self, uint64_t now)
{
  uint64_t before = atomic_load_explicit (&self->cost, memory_order_relaxed);

  atomic_store_explicit (&self->cost, now > before ? now : (3 * before + now) / 4, memory_order_relaxed);
}

unsigned
tc_stream_append (TcStream *self, const TcAppend *append)
{
  uint64_t began = tc_now ();
  unsigned done = 0;
  bool first;
  int errnum;

  if (!find_folder (self))
    return 0;
  first = self->file.fd < 0;
  /* Descriptions first: whatever dies, whenever, the packets that are on disk can be read. */
  if (tc_metadata_sync (self->metadata) == 0)
    done = tc_trace_file_append (&self->file, append->parts, append->packets, append->n, append->last_chance);
  errnum = errno;
  /* To make a file takes longer than to write to it. */
  if (!first)
    observe_cost (self, (tc_now () - began) / append->n);
  for (unsigned i = 0; i < done; i++)
    tc_stream_count (&self->counters.bytes_written, append->packets[i].packet_bits / CHAR_BIT);
  tc_stream_count (&self->counters.packets_written, done);
  if (done == append->n)
    tc_problem_end (append->subject, TC_ALL_PROBLEMS);
  else if (atomic_load (&self->folder->there))
    cannot_write (self, append->subject, errnum);
  return done;
}

/* Packets of the pool, as far as they fit one call. */
typedef struct {
  TcPacket packets[TC_DRAIN_BATCH];
  struct iovec parts[MAX_PARTS];
  int n_parts;
  unsigned n;
  uint64_t size;
} Batch;

static bool
add (TcStream *self, Batch *batch, uint32_t number)
{
  struct iovec *parts = &batch->parts[batch->n_parts];
  int n = tc_staging_pool_locate (self->stage.pool, number, parts, MAX_PARTS - batch->n_parts);

  /* What was put there was checked; and so was, in an adopted pool, what was claimed. */
  if (n == 0 || !tc_packet_read (parts[0].iov_base, &self->file.origin, &batch->packets[batch->n]))
    return false;
  batch->n_parts += n;
  batch->size += batch->packets[batch->n++].packet_bits / CHAR_BIT;
  return true;
}

/* On the writer. */
static void
lose_staged (TcStage *stage, uint32_t number)
{
  TcStream *self = (TcStream *) ((char *) stage - offsetof (TcStream, stage));
  TcPacket packet;

  if (tc_packet_read (tc_staging_pool_begin (stage->pool, number), &self->file.origin, &packet))
    tc_stream_count_dropped (self, &packet);
  self->funcs->active (self);
}

/* On the writer. */
static unsigned
write_staged (TcStage *stage, const uint32_t *numbers, unsigned n, bool last_chance)
{
  TcStream *self = (TcStream *) ((char *) stage - offsetof (TcStream, stage));
  TcAppend append;
  Batch batch;
  unsigned done;

  batch.n = 0;
  batch.n_parts = 0;
  batch.size = 0;
  while (batch.n < n && batch.n < TC_DRAIN_BATCH && batch.size < WRITE_AT_ONCE && add (self, &batch, numbers[batch.n]))
    ;
  if (batch.n == 0)
    {
      lose_staged (stage, numbers[0]);
      return 1;
    }
  append = (TcAppend) { &self->staged_subject, batch.parts, batch.packets, batch.n, last_chance };
  done = tc_stream_append (self, &append);
  if (done > 0)
    self->funcs->active (self);
  return done;
}

static void
on_news (TcStage *stage)
{
  TcStream *self = (TcStream *) ((char *) stage - offsetof (TcStream, stage));

  tc_stream_go_on (self);
}

const TcStageFuncs tc_stream_stage_funcs = { .write = write_staged, .lose = lose_staged, .news = on_news };

bool
tc_stream_stage (TcStream *self, const struct iovec parts[2], const TcPacket *packet)
{
  const TcStagedPacket staged = { .size = packet->packet_bits / CHAR_BIT, .sequence = packet->sequence };
  uint32_t number = tc_staging_pool_put (self->stage.pool, &self->file.origin, parts, &staged);

  if (number == 0)
    return false;
  tc_stage_put (&self->stage, number, true);
  return true;
}
