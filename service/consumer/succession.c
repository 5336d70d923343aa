/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/succession.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

/* Calls @done when all operations that have begun are done. */
static bool
wait_for_operations (TcRequest *request, void (*done) (TcOperation *))
{
  TcOperation *operation = tc_operation_new (request->consumer, TC_OPERATION_READ, 0);

  if (operation == NULL)
    {
      tc_request_refuse (request, ENOMEM, "No memory for request %" PRIu64, request->serial);
      return false;
    }
  operation->serial = request->serial;
  operation->done = done;
  tc_operation_start (operation);
  return true;
}

static int
say_hello (TcConsumer *self, uint64_t serial, const int *fds, size_t n_fds)
{
  const TwHello mine = { .version = TW_VERSION, .bits = sizeof (long) * CHAR_BIT, .pid = (uint64_t) getpid () };
  TwWriter body = { 0 };

  tw_put_hello (&body, &mine);
  return tc_consumer_reply_with_fds (self, serial, &body, fds, n_fds);
}

/*
 * The service keeps the pool's memory: if this process is killed, the next one finds there what is not in files yet.
 * Where too many descriptors are on their way already, the service says hello to one that does without.
 */
static void
on_ready (TcOperation *operation)
{
  TcConsumer *self = operation->consumer;
  int fd = self->staging != NULL ? tc_staging_pool_get_fd (self->staging) : -1;
  bool known = fd >= 0 && say_hello (self, operation->serial, &fd, 1) == 0;
  TcError error;

  tc_staging_told (self, known);
  if (known || say_hello (self, operation->serial, NULL, 0) == 0)
    return;
  tc_error (&error, errno, "Cannot answer");
  tc_consumer_refuse (self, operation->serial, &error);
}

void
tc_command_hello (TcRequest *request)
{
  TwHello theirs;

  if (!tw_get_hello (&request->body, &theirs) || request->message->n_fds > 1)
    tc_request_malformed (request);
  else if (theirs.version != TW_VERSION)
    tc_request_refuse (request, EPROTONOSUPPORT, "This consumer does not speak version %u", theirs.version);
  else if (wait_for_operations (request, on_ready))
    {
      tc_staging_begin (request->consumer, request->message->n_fds > 0 ? request->message->fds : NULL);
      request->consumer->life++;
    }
}

static void
settle_set (TcNode *node, void *data)
{
  TcSet *set = TC_CONTAINER (node, TcSet, node);

  if (set->life != set->consumer->life && !tc_close_set (set, 0))
    *(bool *) data = false;
}

static void
settle_channel (TcNode *node, void *data)
{
  TcChannel *channel = TC_CONTAINER (node, TcChannel, node);

  if (channel->life != channel->consumer->life && !tc_close_channel (channel, 0))
    *(bool *) data = false;
}

static void
settle_output (TcNode *node, void *data)
{
  TcOutput *output = TC_CONTAINER (node, TcOutput, node);
  TcConsumer *self = data;

  if (output->life == self->life)
    return;
  tc_table_remove (&self->outputs, node);
  tc_output_unref (output);
}

static void
on_settled (TcOperation *operation)
{
  TwWriter body = { 0 };

  tc_consumer_reply (operation->consumer, operation->serial, &body);
}

void
tc_command_settle (TcRequest *request)
{
  TcConsumer *self = request->consumer;
  bool closed = true;

  if (!tw_reader_done (&request->body))
    {
      tc_request_malformed (request);
      return;
    }
  tc_table_each (&self->sets, settle_set, &closed);
  tc_table_each (&self->channels, settle_channel, &closed);
  if (!closed)
    {
      tc_request_refuse (request, ENOMEM, "No memory to close what a former service left");
      return;
    }
  tc_table_each (&self->outputs, settle_output, self);
  wait_for_operations (request, on_settled);
}
