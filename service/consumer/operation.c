/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/operation.h"

#include "consumer/consumer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
attach (TcStream *stream)
{
  if (tc_stream_attach (stream) < 0)
    tc_problem_begin (&stream->subject, TC_PROBLEM_WRITE_FAILED, errno, "Cannot watch the buffer of %s_%u: %s",
                      stream->file.name, stream->file.origin.cpu, strerror (errno));
  else if (stream->owns_pipe)
    tc_stream_inspect (stream); /* who had it before may have been told of what it did not read, or have torn it */
}

static void
run_on_stream (TcOperation *self, TcStream *stream)
{
  switch (self->kind)
    {
    case TC_OPERATION_ATTACH:
      attach (stream);
      break;
    case TC_OPERATION_READ:
      tc_stream_read (stream);
      break;
    case TC_OPERATION_SWITCH:
      tc_stream_flush (stream, false);
      break;
    case TC_OPERATION_STOP:
      if (self->quiet)
        tc_stream_finish (stream);
      else
        tc_stream_flush (stream, true);
      break;
    case TC_OPERATION_CLOSE:
      tc_stream_end (stream);
      break;
    case TC_OPERATION_INSPECT:
      tc_stream_inspect (stream);
      break;
    case TC_OPERATION_MEND:
      tc_stream_mend (stream, self->told_at);
      break;
    case TC_OPERATION_RESUME:
      tc_stream_resume (stream);
      break;
    }
}

static TcStream *
next_stream (TcShare *share, unsigned *channel, unsigned *cpu)
{
  TcOperation *self = share->operation;

  for (; *channel < self->n_channels; ++*channel, *cpu = share->drain)
    if (*cpu < self->channels[*channel]->n_streams)
      {
        TcStream *stream = &self->channels[*channel]->streams[*cpu];

        *cpu += self->consumer->n_drains;
        return stream;
      }
  return NULL;
}

/* It is its turn: programs may be faster than the disk for ever, so what comes later is not waited for. */
static void
begin_to_wait (TcShare *share)
{
  unsigned channel = 0, cpu = share->drain;
  TcStream *stream;

  share->first = true;
  while ((stream = next_stream (share, &channel, &cpu)) != NULL)
    tc_stream_expect (stream);
}

static bool
is_settled (TcShare *share)
{
  unsigned channel = 0, cpu = share->drain;
  TcStream *stream;

  if (share->operation->kind == TC_OPERATION_ATTACH || share->operation->kind == TC_OPERATION_RESUME)
    return true;
  if (!share->first)
    begin_to_wait (share);
  while ((stream = next_stream (share, &channel, &cpu)) != NULL)
    if (!tc_stream_is_settled (stream, share->operation->kind == TC_OPERATION_CLOSE))
      return false;
  return true;
}

static void
finish_share (TcShare *share)
{
  TcOperation *self = share->operation;
  unsigned channel = 0, cpu = share->drain;
  TcStream *stream;

  while (self->kind == TC_OPERATION_CLOSE && (stream = next_stream (share, &channel, &cpu)) != NULL)
    tc_stream_close (stream);
  if (atomic_fetch_sub (&self->remaining, 1) == 1)
    tc_loop_post (self->consumer->loop, &self->done_mail);
}

void
tc_drain_review (TcDrain *self)
{
  while (self->waiting != NULL && is_settled (self->waiting))
    {
      TcShare *share = self->waiting;

      self->waiting = share->next;
      if (self->waiting == NULL)
        self->last_waiting = &self->waiting;
      finish_share (share);
    }
}

/* On a drain. */
static void
run_share (TcMail *mail)
{
  TcShare *share = TC_CONTAINER (mail, TcShare, mail);
  TcDrain *drain = &share->operation->consumer->drains[share->drain];
  unsigned channel = 0, cpu = share->drain;
  TcStream *stream;

  while ((stream = next_stream (share, &channel, &cpu)) != NULL)
    run_on_stream (share->operation, stream);
  share->next = NULL;
  *drain->last_waiting = share;
  drain->last_waiting = &share->next;
  tc_drain_review (drain);
}

static void
on_done (TcMail *mail)
{
  TcOperation *self = TC_CONTAINER (mail, TcOperation, done_mail);
  TcConsumer *consumer = self->consumer;

  if (self->done != NULL)
    self->done (self);
  tc_operation_free (self);
  consumer->n_operations--;
  tc_consumer_leave_if_idle (consumer);
}

TcOperation *
tc_operation_new (TcConsumer *consumer, TcOperationKind kind, unsigned max_channels)
{
  TcOperation *self = calloc (1, sizeof *self);

  if (self == NULL)
    return NULL;
  self->consumer = consumer;
  self->kind = kind;
  self->max_channels = max_channels;
  self->channels = calloc (max_channels > 0 ? max_channels : 1, sizeof *self->channels);
  if (self->channels == NULL)
    {
      free (self);
      return NULL;
    }
  return self;
}

void
tc_operation_add (TcOperation *self, TcChannel *channel)
{
  if (self->n_channels < self->max_channels)
    self->channels[self->n_channels++] = channel;
}

void
tc_operation_free (TcOperation *self)
{
  free (self->channels);
  free (self);
}

void
tc_operation_start (TcOperation *self)
{
  self->done_mail.run = on_done;
  self->consumer->n_operations++;
  /* Also without a channel it goes round all drains: what was started earlier is done when this is. */
  atomic_store (&self->remaining, self->consumer->n_drains);
  for (unsigned i = 0; i < self->consumer->n_drains; i++)
    {
      self->shares[i] = (TcShare) { .mail.run = run_share, .operation = self, .drain = i };
      tc_loop_post (self->consumer->drains[i].loop, &self->shares[i].mail);
    }
}
