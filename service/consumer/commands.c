/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests of the service, one function each. Nothing here waits: what takes its time is an operation. Those about
   outputs are in output-commands.c, those of a service that comes back in succession.c. */
#include "consumer/clock.h"
#include "consumer/request.h"
#include "consumer/succession.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* It is here already; after the service's death between two texts, the log may be another one with the same events. */
static int
take_again (TcSet *set, TwMessage *message, TcError *error)
{
  set->life = set->consumer->life;
  if (tc_metadata_reads (&set->metadata, message->fds[0]))
    return 0;
  if (tc_set_replace_metadata (set, message->fds[0]) < 0)
    return tc_error (error, errno, "Cannot replace the metadata of set %" PRIu64, set->node.key);
  message->fds[0] = -1;
  return 0;
}

static int
make_set (TcConsumer *self, const TwSet *config, TwMessage *message, TcError *error)
{
  TcNode *output = tc_table_find (&self->outputs, config->session);
  TcSet *set = tc_consumer_find_set (self, config->set);

  if (set != NULL)
    {
      if (tc_set_matches (set, config))
        return take_again (set, message, error);
      return tc_error (error, EEXIST, "Set %" PRIu64 " is another one", config->set);
    }
  if (output == NULL)
    return tc_error (error, ENOENT, "Session %" PRIu64 " has no output here", config->session);
  if (!tc_path_is_plain (config->directory))
    return tc_error (error, EINVAL, "\"%s\" is no path below an output", config->directory);
  if (config->shm_path[0] != '\0' && config->shm_path[0] != '/')
    return tc_error (error, EINVAL, "\"%s\" is no absolute path for buffers", config->shm_path);
  set = tc_set_new (self, TC_CONTAINER (output, TcOutput, node), config, message->fds[0], error);
  if (set == NULL)
    return -1;
  message->fds[0] = -1;
  set->life = self->life;
  if (tc_table_add (&self->sets, &set->node) < 0)
    {
      tc_set_free (set);
      return tc_error (error, ENOMEM, "No memory for set %" PRIu64, config->set);
    }
  tc_ticks_add_set (set);
  return 0;
}

static void
add_set (TcRequest *request)
{
  TwSet config;
  TcError error;

  if (!tw_get_set (&request->body, &config) || request->message->n_fds != 1)
    tc_request_malformed (request);
  else if (make_set (request->consumer, &config, request->message, &error) < 0)
    tc_consumer_refuse (request->consumer, request->serial, &error);
  else
    tc_request_reply_empty (request);
}

/* Hands @channel over. 0, or -1 with errno: the request is not answered then. */
static int
hand_over (TcRequest *request, TcChannel *channel, bool again)
{
  const TwChannelMade made = {
    .header = channel->header, .header_len = channel->header_len,
    .memory_size = channel->memory_size, .n_streams = channel->n_streams,
  };
  TwWriter body = { 0 };
  int *fds;
  size_t n_fds;
  int result, errnum;

  if (tc_channel_get_fds (channel, again, &fds, &n_fds) < 0)
    return -1;
  tw_put_channel_made (&body, &made);
  result = tc_consumer_reply_with_fds (request->consumer, request->serial, &body, fds, n_fds);
  errnum = errno;
  tc_channel_release_fds (channel, again, fds, n_fds);
  errno = errnum;
  return result;
}

static void
hand_over_again (TcRequest *request, TcChannel *channel, const TwChannel *config)
{
  if (!tc_channel_matches (channel, config) || channel->adopted)
    tc_request_refuse (request, EEXIST, "Channel %" PRIu64 " is another one", config->channel);
  else if (atomic_load (&channel->live) < channel->n_streams)
    tc_request_refuse (request, ESTALE, "Channel %" PRIu64 " has hung up", config->channel);
  else if (hand_over (request, channel, true) < 0)
    tc_request_refuse (request, errno, "Cannot hand over channel %" PRIu64, config->channel);
  else
    channel->life = request->consumer->life;
}

/* A channel that nobody was told of. */
static void
undo_channel (TcChannel *channel)
{
  for (unsigned i = 0; i < channel->n_streams; i++)
    tc_stream_close (&channel->streams[i]);
  tc_channel_free (channel);
}

static void
make_channel (TcRequest *request, TcSet *set, const TwChannel *config)
{
  TcConsumer *self = request->consumer;
  TcError error;
  TcOperation *attach = tc_operation_new (self, TC_OPERATION_ATTACH, 1);
  TcChannel *channel = NULL;

  if (attach == NULL)
    tc_error (&error, ENOMEM, "No memory for channel %s", config->name);
  else
    channel = tc_channel_new (self, set, config, request->message->fds, &error);
  if (channel != NULL)
    channel->life = self->life;
  if (channel != NULL && tc_table_add (&self->channels, &channel->node) == 0)
    {
      if (hand_over (request, channel, false) == 0)
        {
          tc_channel_close_write_ends (channel);
          tc_set_add_channel (set, channel);
          tc_ticks_add_channel (channel);
          tc_operation_add (attach, channel);
          tc_operation_start (attach);
          return;
        }
      tc_error (&error, errno, "Cannot hand over channel %s", config->name);
      tc_table_remove (&self->channels, &channel->node);
    }
  else if (channel != NULL)
    tc_error (&error, ENOMEM, "No memory for channel %s", config->name);
  if (channel != NULL)
    undo_channel (channel);
  if (attach != NULL)
    tc_operation_free (attach);
  tc_consumer_refuse (self, request->serial, &error);
}

static void
add_channel (TcRequest *request)
{
  TwChannel config;
  TcChannel *channel;
  TcSet *set;

  if (!tw_get_channel (&request->body, &config))
    {
      tc_request_malformed (request);
      return;
    }
  channel = tc_consumer_find_channel (request->consumer, config.channel);
  set = tc_consumer_find_set (request->consumer, config.set);
  if (request->message->n_fds != (set != NULL && set->files != NULL ? 0 : config.n_streams))
    {
      tc_request_malformed (request);
      return;
    }
  if (channel != NULL)
    hand_over_again (request, channel, &config);
  else if (set == NULL)
    tc_request_refuse (request, ENOENT, "There is no set %" PRIu64, config.set);
  else
    make_channel (request, set, &config);
}

static void
adopt_channel (TcRequest *request)
{
  TwAdoption adoption;
  TcError error;

  if (!tw_get_adoption (&request->body, &adoption)
      || request->message->n_fds != 2 * (size_t) adoption.channel.n_streams)
    tc_request_malformed (request);
  else if (!tc_adopt_channel (request->consumer, request->serial, &adoption, request->message->fds, &error))
    tc_consumer_refuse (request->consumer, request->serial, &error);
}

static void
push (TcRequest *request)
{
  TwPush pushed;
  TwWriter body = { 0 };
  TcSet *set;

  if (!tw_get_push (&request->body, &pushed))
    {
      tc_request_malformed (request);
      return;
    }
  set = tc_consumer_find_set (request->consumer, pushed.set);
  if (set == NULL)
    {
      tc_request_refuse (request, ENOENT, "There is no set %" PRIu64, pushed.set);
      return;
    }
  /* The log itself tells how far its text goes; the push is the prompt to look. */
  if (tc_set_sync_metadata (set) < 0)
    {
      tc_request_refuse (request, errno, "Cannot write the metadata of set %" PRIu64, pushed.set);
      return;
    }
  tw_put_u64 (&body, tc_metadata_get_written (&set->metadata));
  tc_consumer_reply (request->consumer, request->serial, &body);
}

static void
replace_metadata (TcRequest *request)
{
  TwWriter body = { 0 };
  uint64_t key;
  TcSet *set;

  if (!tc_request_get_key (request, &key) || request->message->n_fds != 1)
    {
      tc_request_malformed (request);
      return;
    }
  set = tc_consumer_find_set (request->consumer, key);
  if (set == NULL)
    {
      tc_request_refuse (request, ENOENT, "There is no set %" PRIu64, key);
      return;
    }
  if (tc_set_replace_metadata (set, request->message->fds[0]) < 0)
    {
      tc_request_refuse (request, errno, "Cannot replace the metadata of set %" PRIu64, key);
      return;
    }
  request->message->fds[0] = -1;
  tw_put_u64 (&body, tc_metadata_get_written (&set->metadata));
  tc_consumer_reply (request->consumer, request->serial, &body);
}

static void
read_clock (TcRequest *request)
{
  TwWriter body = { 0 };
  TwClock clock;

  tc_clock_read (&clock);
  if (clock.frequency == 0)
    {
      tc_request_refuse (request, EINVAL, "The clock \"%s\" has no frequency", clock.name);
      return;
    }
  tw_put_clock (&body, &clock);
  tc_consumer_reply (request->consumer, request->serial, &body);
}

/* Which channels a request is about. */
typedef struct {
  TwFlushScope scope;
  uint64_t id;
  unsigned n_found; /* sets or channels */
  TcOperation *operation;
} Scope;

static void
add_if_in_scope (TcNode *node, void *data)
{
  TcChannel *channel = TC_CONTAINER (node, TcChannel, node);
  Scope *scope = data;
  const uint64_t ids[] = {
    [TW_FLUSH_SESSION] = channel->set->session,
    [TW_FLUSH_SET] = channel->set->node.key,
    [TW_FLUSH_CHANNEL] = channel->node.key,
  };

  if (ids[scope->scope] != scope->id)
    return;
  tc_operation_add (scope->operation, channel);
  scope->n_found++;
}

static void
sync_if_in_scope (TcNode *node, void *data)
{
  TcSet *set = TC_CONTAINER (node, TcSet, node);
  Scope *scope = data;

  if (scope->id != (scope->scope == TW_FLUSH_SESSION ? set->session : set->node.key))
    return;
  (void) tc_set_sync_metadata (set);
  scope->n_found++;
}

static void
refuse_scope (TcRequest *request, TwFlushScope where, uint64_t id)
{
  switch (where)
    {
    case TW_FLUSH_SESSION:
      tc_request_refuse (request, ENOENT, "Session %" PRIu64 " has nothing here", id);
      break;
    case TW_FLUSH_SET:
      tc_request_refuse (request, ENOENT, "There is no set %" PRIu64, id);
      break;
    case TW_FLUSH_CHANNEL:
      tc_request_refuse (request, ENOENT, "There is no channel %" PRIu64, id);
      break;
    }
}

/* An operation on all that is in scope, which @request waits for; NULL where it was refused. */
static TcOperation *
operation_for (TcRequest *request, TcOperationKind kind, TwFlushScope where, uint64_t id)
{
  TcConsumer *self = request->consumer;
  Scope scope = { .scope = where, .id = id };

  scope.operation = tc_operation_new (self, kind, (unsigned) self->channels.count);
  if (scope.operation == NULL)
    {
      tc_request_refuse (request, ENOMEM, "No memory for request %" PRIu64, request->serial);
      return NULL;
    }
  if (where != TW_FLUSH_CHANNEL)
    tc_table_each (&self->sets, sync_if_in_scope, &scope);
  tc_table_each (&self->channels, add_if_in_scope, &scope);
  if (scope.n_found == 0 && (where != TW_FLUSH_SESSION || tc_table_find (&self->outputs, id) == NULL))
    {
      tc_operation_free (scope.operation);
      refuse_scope (request, where, id);
      return NULL;
    }
  scope.operation->serial = request->serial;
  return scope.operation;
}

static void
on_flushed (TcOperation *operation)
{
  for (unsigned i = 0; i < operation->n_channels; i++)
    (void) tc_set_sync_metadata (operation->channels[i]->set);
  tc_reply_counters (operation);
}

static void
flush (TcRequest *request)
{
  TwFlush wanted;
  TcOperation *operation;

  if (!tw_get_flush (&request->body, &wanted))
    {
      tc_request_malformed (request);
      return;
    }
  operation = operation_for (request, wanted.final ? TC_OPERATION_STOP : TC_OPERATION_SWITCH, wanted.scope, wanted.id);
  if (operation == NULL)
    return;
  operation->quiet = wanted.quiet != 0;
  for (unsigned i = 0; wanted.final && i < operation->n_channels; i++)
    tc_ticks_stop_channel (operation->channels[i]);
  operation->done = on_flushed;
  tc_operation_start (operation);
}

static void
on_done (TcOperation *operation)
{
  TwWriter body = { 0 };

  tc_consumer_reply (operation->consumer, operation->serial, &body);
}

static void
resume (TcRequest *request)
{
  uint64_t session;
  TcOperation *operation;

  if (!tc_request_get_key (request, &session))
    {
      tc_request_malformed (request);
      return;
    }
  operation = operation_for (request, TC_OPERATION_RESUME, TW_FLUSH_SESSION, session);
  if (operation == NULL)
    return;
  for (unsigned i = 0; i < operation->n_channels; i++)
    {
      tc_ticks_resume_channel (operation->channels[i]);
      tc_problems_forget (&operation->channels[i]->set->output->problems);
    }
  operation->done = on_done;
  tc_operation_start (operation);
}

static void
inspect (TcRequest *request)
{
  uint64_t set;
  TcOperation *operation;

  if (!tc_request_get_key (request, &set))
    {
      tc_request_malformed (request);
      return;
    }
  operation = operation_for (request, TC_OPERATION_INSPECT, TW_FLUSH_SET, set);
  if (operation == NULL)
    return;
  operation->done = on_done;
  tc_operation_start (operation);
}

static void
mend (TcRequest *request)
{
  TwUnfinished unfinished;
  TcOperation *operation;

  if (!tw_get_unfinished (&request->body, &unfinished))
    {
      tc_request_malformed (request);
      return;
    }
  operation = operation_for (request, TC_OPERATION_MEND, TW_FLUSH_CHANNEL, unfinished.channel);
  if (operation == NULL)
    return;
  operation->told_at = unfinished.told_at;
  operation->done = tc_reply_counters;
  tc_operation_start (operation);
}

static void
close_set (TcRequest *request)
{
  uint64_t key;
  TcSet *set;

  if (!tc_request_get_key (request, &key))
    {
      tc_request_malformed (request);
      return;
    }
  set = tc_consumer_find_set (request->consumer, key);
  if (set == NULL)
    tc_request_refuse (request, ENOENT, "There is no set %" PRIu64, key);
  else if (!tc_close_set (set, request->serial))
    tc_request_refuse (request, ENOMEM, "No memory to close set %" PRIu64, key);
}

static void
close_channel (TcRequest *request)
{
  uint64_t key;
  TcChannel *channel;

  if (!tc_request_get_key (request, &key))
    {
      tc_request_malformed (request);
      return;
    }
  channel = tc_consumer_find_channel (request->consumer, key);
  if (channel == NULL)
    tc_request_refuse (request, ENOENT, "There is no channel %" PRIu64, key);
  else if (!tc_close_channel (channel, request->serial))
    tc_request_refuse (request, ENOMEM, "No memory to close channel %" PRIu64, key);
}

static void
count_streams (TcNode *node, void *data)
{
  *(uint64_t *) data += TC_CONTAINER (node, TcChannel, node)->n_streams;
}

static void
describe (TcRequest *request)
{
  TcConsumer *self = request->consumer;
  TwDescription description = {
    .sessions = self->outputs.count, .sets = self->sets.count, .channels = self->channels.count,
  };
  TwWriter body = { 0 };

  tc_table_each (&self->channels, count_streams, &description.streams);
  tw_put_description (&body, &description);
  tc_consumer_reply (self, request->serial, &body);
}

void
tc_command (TcConsumer *self, TwMessage *message)
{
  static void (*const commands[]) (TcRequest *) = {
    [TW_HELLO] = tc_command_hello,
    [TW_CHECK_OUTPUT] = tc_command_check_output,
    [TW_OPEN_OUTPUT] = tc_command_open_output,
    [TW_CLOSE_OUTPUT] = tc_command_close_output,
    [TW_ADD_SET] = add_set,
    [TW_ADD_CHANNEL] = add_channel,
    [TW_PUSH] = push,
    [TW_RESUME] = resume,
    [TW_FLUSH] = flush,
    [TW_CLOSE_SET] = close_set,
    [TW_CLOSE_CHANNEL] = close_channel,
    [TW_DESCRIBE] = describe,
    [TW_READ_CLOCK] = read_clock,
    [TW_REPLACE_METADATA] = replace_metadata,
    [TW_ADOPT_CHANNEL] = adopt_channel,
    [TW_SETTLE] = tc_command_settle,
    [TW_INSPECT] = inspect,
    [TW_MEND] = mend,
  };
  TcRequest request = {
    .consumer = self,
    .serial = message->serial,
    .body = { .data = message->body, .len = message->body_len },
    .message = message,
  };

  if (message->type < sizeof commands / sizeof commands[0] && commands[message->type] != NULL)
    commands[message->type] (&request);
  else
    tc_request_refuse (&request, ENOSYS, "There is no request of type %u", message->type);
}
