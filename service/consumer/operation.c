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
    case TC_OPERATION_INSPECT:
      tc_stream_inspect (stream);
      break;
    case TC_OPERATION_MEND:
      tc_stream_mend (stream, self->told_at);
      break;
    case TC_OPERATION_RESUME:
      tc_stream_resume (stream);
      break;
    case TC_OPERATION_CLOSE:
      tc_stream_close (stream);
      break;
    }
}

/* On a drain. */
static void
run_share (TcMail *mail)
{
  struct TcShare *share = TC_CONTAINER (mail, struct TcShare, mail);
  TcOperation *self = share->operation;

  for (unsigned i = 0; i < self->n_channels; i++)
    for (unsigned cpu = share->drain; cpu < self->channels[i]->n_streams; cpu += self->consumer->n_drains)
      run_on_stream (self, &self->channels[i]->streams[cpu]);
  if (atomic_fetch_sub (&self->remaining, 1) == 1)
    tc_loop_post (self->consumer->loop, &self->done_mail);
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
      self->shares[i] = (struct TcShare) { .mail.run = run_share, .operation = self, .drain = i };
      tc_loop_post (self->consumer->drains[i].loop, &self->shares[i].mail);
    }
}
