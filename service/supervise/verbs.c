/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/verbs.h"

#include "base/cpus.h"
#include "base/limits.h"
#include "core/metadata-log.h"
#include "supervise/consumer.h"
#include "wire/log-layout.h"

/* Core writes the log, the consumer reads it; neither sees the other's header. */
G_STATIC_ASSERT ((int) TBUS_LOG_TEXT_OFFSET == (int) TW_LOG_TEXT_OFFSET);
G_STATIC_ASSERT ((int) TBUS_LOG_PAGE == (int) TW_LOG_PAGE);
G_STATIC_ASSERT (G_STRUCT_OFFSET (TwLogHeader, published) == 0 && sizeof (TwLogHeader) == TBUS_LOG_TEXT_OFFSET);
G_STATIC_ASSERT ((int) TBUS_MAX_CHANNELS <= (int) TW_LOG_MAX_CHANNELS);
G_STATIC_ASSERT ((int) TBUS_FLUSH_SESSION == (int) TW_FLUSH_SESSION && (int) TBUS_FLUSH_SET == (int) TW_FLUSH_SET
                 && (int) TBUS_FLUSH_CHANNEL == (int) TW_FLUSH_CHANNEL);

static void
ask (TbusRequest *request)
{
  tbus_supervised_consumer_ask (TBUS_SUPERVISED_CONSUMER (request->consumer), request);
}

/* With a duplicate of @fd, where that is not -1. */
static void
ask_with (TbusRequest *request, int fd)
{
  GError *error = NULL;

  if (fd >= 0 && !tbus_request_take_copy (request, fd, &error))
    tbus_request_fail_later (request, error);
  else
    ask (request);
}

/* A request whose body is its key. */
static void
ask_about (TbusConsumer *consumer, TwType type, guint64 key, TbusConsumerDone done, gpointer data)
{
  TbusRequest *request = tbus_request_new (consumer, type, key, done, data);

  tw_put_u64 (&request->body, key);
  ask (request);
}

static void
ask_output (TbusConsumer *consumer, TwType type, const TbusOutputRequest *asked, TbusConsumerDone done, gpointer data)
{
  TbusRequest *request = tbus_request_new (consumer, type, asked->session, done, data);
  const TwOutput output = {
    .session = asked->session, .path = asked->path, .mount = asked->mount != NULL ? asked->mount : "",
  };

  tw_put_output (&request->body, &output);
  ask_with (request, asked->directory != NULL ? tbus_handle_get_fd (asked->directory) : -1);
}

static void
check_output (TbusConsumer *self, const TbusOutputRequest *asked, TbusConsumerDone done, gpointer data)
{
  ask_output (self, TW_CHECK_OUTPUT, asked, done, data);
}

static void
open_output (TbusConsumer *self, const TbusOutputRequest *asked, TbusConsumerDone done, gpointer data)
{
  ask_output (self, TW_OPEN_OUTPUT, asked, done, data);
}

static void
close_output (TbusConsumer *self, guint64 session, TbusConsumerDone done, gpointer data)
{
  ask_about (self, TW_CLOSE_OUTPUT, session, done, data);
}

static void
add_set (TbusConsumer *self, const TbusSetRequest *asked, TbusConsumerDone done, gpointer data)
{
  TbusRequest *request = tbus_request_new (self, TW_ADD_SET, asked->set, done, data);
  const TwSet set = {
    .set = asked->set,
    .session = asked->session,
    .directory = asked->directory,
    .metadata_timer_us = asked->metadata_timer_us,
    .shm_path = asked->shm_path != NULL ? asked->shm_path : "",
  };

  tw_put_set (&request->body, &set);
  ask_with (request, asked->log_fd);
}

static TwChannel
make_channel (const TbusChannelRequest *asked, guint n_streams)
{
  TwChannel channel = {
    .channel = asked->channel,
    .set = asked->set,
    .name = asked->name,
    .chan_id = asked->chan_id,
    .subbuf_size = asked->subbuf_size,
    .num_subbuf = asked->num_subbuf,
    .overwrite = asked->overwrite != FALSE,
    .switch_timer_us = asked->switch_timer_us,
    .read_timer_us = asked->read_timer_us,
    .monitor_timer_us = asked->monitor_timer_us,
    .blocking_timeout_us = asked->blocking_timeout_us,
    .tracefile_size = asked->tracefile_size,
    .tracefile_count = asked->tracefile_count,
    .n_streams = n_streams,
  };

  memcpy (channel.uuid, asked->uuid, sizeof channel.uuid);
  return channel;
}

static void
add_channel (TbusConsumer *self, const TbusChannelRequest *asked, TbusConsumerDone done, gpointer data)
{
  TbusRequest *request = tbus_request_new (self, TW_ADD_CHANNEL, asked->channel, done, data);
  const TwChannel channel = make_channel (asked, tbus_cpus_possible ());

  request->parent = asked->set;
  request->n_streams = channel.n_streams;
  request->in_files = asked->in_files;
  tw_put_channel (&request->body, &channel);
  ask (request);
}

static void
adopt_channel (TbusConsumer *self, const TbusAdoptRequest *asked, TbusConsumerDone done, gpointer data)
{
  TbusRequest *request = tbus_request_new (self, TW_ADOPT_CHANNEL, asked->channel->channel, done, data);
  const TbusCounters *counted = asked->counted;
  const TwAdoption adoption = {
    .channel = make_channel (asked->channel, asked->ring->n_streams),
    .counted = {
      .channel = asked->channel->channel,
      .bytes_written = counted->bytes_written,
      .packets_written = counted->packets_written,
      .events_discarded = counted->events_discarded,
      .packets_lost = counted->packets_lost,
      .bytes_dropped = counted->bytes_dropped,
    },
    .quiescent = asked->quiescent != FALSE,
  };

  request->parent = asked->channel->set;
  request->ring = tbus_ring_ref (asked->ring);
  tw_put_adoption (&request->body, &adoption);
  ask (request);
}

static void
push (TbusConsumer *self, const TbusPushRequest *asked, TbusConsumerDone done, gpointer data)
{
  TbusRequest *request = tbus_request_new (self, TW_PUSH, asked->set, done, data);
  const TwPush message = { .set = asked->set, .offset = asked->offset, .length = asked->length };

  tw_put_push (&request->body, &message);
  ask (request);
}

static void
replace_metadata (TbusConsumer *self, const TbusReplaceRequest *asked, TbusConsumerDone done, gpointer data)
{
  TbusRequest *request = tbus_request_new (self, TW_REPLACE_METADATA, asked->set, done, data);

  tw_put_u64 (&request->body, asked->set);
  ask_with (request, asked->log_fd);
}

static void
read_clock (TbusConsumer *self, TbusConsumerDone done, gpointer data)
{
  ask (tbus_request_new (self, TW_READ_CLOCK, 0, done, data));
}

static void
resume (TbusConsumer *self, guint64 session, TbusConsumerDone done, gpointer data)
{
  ask_about (self, TW_RESUME, session, done, data);
}

static void
flush (TbusConsumer *self, const TbusFlushRequest *asked, TbusConsumerDone done, gpointer data)
{
  TbusRequest *request = tbus_request_new (self, TW_FLUSH, asked->id, done, data);
  const TwFlush message = { .scope = asked->scope, .id = asked->id, .final = asked->final != FALSE,
                            .quiet = asked->quiet != FALSE };

  tw_put_flush (&request->body, &message);
  ask (request);
}

static void
close_set (TbusConsumer *self, guint64 set, TbusConsumerDone done, gpointer data)
{
  ask_about (self, TW_CLOSE_SET, set, done, data);
}

static void
close_channel (TbusConsumer *self, guint64 channel, TbusConsumerDone done, gpointer data)
{
  ask_about (self, TW_CLOSE_CHANNEL, channel, done, data);
}

static void
settle (TbusConsumer *self, TbusConsumerDone done, gpointer data)
{
  ask (tbus_request_new (self, TW_SETTLE, 0, done, data));
}

static void
inspect (TbusConsumer *self, guint64 set, TbusConsumerDone done, gpointer data)
{
  ask_about (self, TW_INSPECT, set, done, data);
}

static void
mend (TbusConsumer *self, guint64 channel, guint64 told_at, TbusConsumerDone done, gpointer data)
{
  TbusRequest *request = tbus_request_new (self, TW_MEND, channel, done, data);
  const TwUnfinished unfinished = { .channel = channel, .told_at = told_at };

  tw_put_unfinished (&request->body, &unfinished);
  ask (request);
}

void
tbus_verbs_install (TbusConsumerClass *klass)
{
  klass->check_output = check_output;
  klass->open_output = open_output;
  klass->close_output = close_output;
  klass->add_set = add_set;
  klass->add_channel = add_channel;
  klass->adopt_channel = adopt_channel;
  klass->push = push;
  klass->replace_metadata = replace_metadata;
  klass->read_clock = read_clock;
  klass->resume = resume;
  klass->flush = flush;
  klass->close_set = close_set;
  klass->close_channel = close_channel;
  klass->settle = settle;
  klass->inspect = inspect;
  klass->mend = mend;
}
