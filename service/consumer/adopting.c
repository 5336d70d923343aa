/* SPDX-License-Identifier: GPL-2.0-only */
/* The channels of a consumer that died. */
#include "consumer/consumer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static void
answer (TcChannel *channel, uint64_t serial)
{
  TwCounters counters;
  TwWriter body = { 0 };

  tc_channel_count (channel, &counters);
  tw_put_counters (&body, &counters, 1);
  tc_consumer_reply (channel->consumer, serial, &body);
}

/* Rings, files and counters are the service's word: only here everything begins that happens by itself. */
static void
begin (TcChannel *channel, TcOperation *attach, bool quiescent)
{
  tc_set_add_channel (channel->set, channel);
  tc_ticks_add_channel (channel);
  if (quiescent)
    tc_ticks_stop_channel (channel);
  tc_operation_add (attach, channel);
  tc_operation_start (attach);
}

static TcChannel *
make (TcConsumer *self, TcSet *set, const TwAdoption *adoption, int *fds, TcError *error)
{
  TcChannel *channel = tc_channel_adopt (self, set, adoption, fds, error);

  if (channel == NULL || tc_table_add (&self->channels, &channel->node) == 0)
    return channel;
  tc_error (error, ENOMEM, "No memory for channel %s", channel->config.name);
  for (unsigned i = 0; i < channel->n_streams; i++)
    tc_stream_close (&channel->streams[i]);
  tc_channel_free (channel);
  return NULL;
}

/* Of a channel that nobody goes on with, what the dead one had taken from the rings and not written is lost. */
static void
tell_lost (TcConsumer *self, const TwAdoption *adoption, unsigned packets, uint64_t bytes)
{
  TwCounters counters = adoption->counted;
  TwWriter body = { 0 };

  if (packets == 0)
    return;
  counters.channel = adoption->channel.channel;
  counters.packets_lost += packets;
  counters.bytes_dropped += bytes;
  tw_put_counters (&body, &counters, 1);
  (void) tc_consumer_tell (self, TW_COUNTERS, &body, false);
}

/* One that was adopted before, by this process. */
static void
answer_again (TcChannel *channel, uint64_t serial)
{
  channel->life = channel->consumer->life;
  answer (channel, serial);
  if (atomic_load (&channel->live) == 0)
    tc_ticks_tell_hangup (channel); /* whoever was told may have died of it */
}

/* NULL with @error. */
static TcChannel *
adopt_new (TcConsumer *self, const TwAdoption *adoption, int *fds, TcError *error)
{
  const TwChannel *config = &adoption->channel;
  TcSet *set = tc_consumer_find_set (self, config->set);
  TcOperation *attach;
  TcChannel *channel;

  if (set == NULL)
    {
      tc_error (error, ENOENT, "There is no set %" PRIu64, config->set);
      return NULL;
    }
  attach = tc_operation_new (self, TC_OPERATION_ATTACH, 1);
  if (attach == NULL)
    {
      tc_error (error, ENOMEM, "No memory for channel %s", config->name);
      return NULL;
    }
  channel = make (self, set, adoption, fds, error);
  if (channel == NULL)
    {
      tc_operation_free (attach);
      return NULL;
    }
  channel->life = self->life;
  begin (channel, attach, adoption->quiescent != 0);
  return channel;
}

bool
tc_adopt_channel (TcConsumer *self, uint64_t serial, const TwAdoption *adoption, int *fds, TcError *error)
{
  const TwChannel *config = &adoption->channel;
  TcChannel *channel = tc_consumer_find_channel (self, config->channel);
  unsigned staged = 0;
  uint64_t bytes = 0;

  if (channel != NULL && tc_channel_matches (channel, config) && tc_channel_is_in (channel, fds))
    {
      answer_again (channel, serial);
      return true;
    }
  /* Streams claim what is theirs. */
  if (self->staging != NULL)
    staged = tc_staging_pool_count (self->staging, config->uuid, config->chan_id, &bytes);
  if (channel != NULL)
    tc_error (error, EEXIST, "Channel %" PRIu64 " is another one", config->channel);
  else if ((channel = adopt_new (self, adoption, fds, error)) != NULL)
    {
      answer (channel, serial);
      return true;
    }
  tell_lost (self, adoption, staged, bytes);
  if (self->staging != NULL)
    tc_staging_pool_forget_channel (self->staging, config->uuid, config->chan_id);
  return false;
}
