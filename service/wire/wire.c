/* SPDX-License-Identifier: GPL-2.0-only */
#include "wire/wire.h"

#include <stdlib.h>
#include <string.h>

/* A flag is 0 or 1: anything else is a version that this one does not know. */
static bool
get_flag (TwReader *in, uint32_t *flag)
{
  *flag = tw_get_u32 (in);
  return *flag <= 1;
}

void
tw_put_hello (TwWriter *out, const TwHello *value)
{
  tw_put_u32 (out, value->version);
  tw_put_u32 (out, value->bits);
  tw_put_u64 (out, value->pid);
}

bool
tw_get_hello (TwReader *in, TwHello *value)
{
  value->version = tw_get_u32 (in);
  value->bits = tw_get_u32 (in);
  value->pid = tw_get_u64 (in);
  return tw_reader_done (in);
}

void
tw_put_output (TwWriter *out, const TwOutput *value)
{
  tw_put_u64 (out, value->session);
  tw_put_str (out, value->path);
  tw_put_str (out, value->mount);
}

bool
tw_get_output (TwReader *in, TwOutput *value)
{
  value->session = tw_get_u64 (in);
  value->path = tw_get_str (in);
  value->mount = tw_get_str (in);
  return tw_reader_done (in);
}

void
tw_put_set (TwWriter *out, const TwSet *value)
{
  tw_put_u64 (out, value->set);
  tw_put_u64 (out, value->session);
  tw_put_str (out, value->directory);
  tw_put_u32 (out, value->metadata_timer_us);
  tw_put_str (out, value->shm_path);
}

bool
tw_get_set (TwReader *in, TwSet *value)
{
  value->set = tw_get_u64 (in);
  value->session = tw_get_u64 (in);
  value->directory = tw_get_str (in);
  value->metadata_timer_us = tw_get_u32 (in);
  value->shm_path = tw_get_str (in);
  return tw_reader_done (in);
}

void
tw_put_channel (TwWriter *out, const TwChannel *value)
{
  tw_put_u64 (out, value->channel);
  tw_put_u64 (out, value->set);
  tw_put_str (out, value->name);
  tw_put_u32 (out, value->chan_id);
  tw_put_blob (out, value->uuid, sizeof value->uuid);
  tw_put_u64 (out, value->subbuf_size);
  tw_put_u64 (out, value->num_subbuf);
  tw_put_u32 (out, value->overwrite);
  tw_put_u32 (out, value->switch_timer_us);
  tw_put_u32 (out, value->read_timer_us);
  tw_put_u32 (out, value->monitor_timer_us);
  tw_put_i64 (out, value->blocking_timeout_us);
  tw_put_u64 (out, value->tracefile_size);
  tw_put_u64 (out, value->tracefile_count);
  tw_put_u32 (out, value->n_streams);
}

bool
tw_get_channel (TwReader *in, TwChannel *value)
{
  const void *uuid;
  size_t uuid_len;
  bool flags;

  value->channel = tw_get_u64 (in);
  value->set = tw_get_u64 (in);
  value->name = tw_get_str (in);
  value->chan_id = tw_get_u32 (in);
  uuid = tw_get_blob (in, &uuid_len);
  if (uuid_len != sizeof value->uuid)
    return false;
  memcpy (value->uuid, uuid, sizeof value->uuid);
  value->subbuf_size = tw_get_u64 (in);
  value->num_subbuf = tw_get_u64 (in);
  flags = get_flag (in, &value->overwrite);
  value->switch_timer_us = tw_get_u32 (in);
  value->read_timer_us = tw_get_u32 (in);
  value->monitor_timer_us = tw_get_u32 (in);
  value->blocking_timeout_us = tw_get_i64 (in);
  value->tracefile_size = tw_get_u64 (in);
  value->tracefile_count = tw_get_u64 (in);
  value->n_streams = tw_get_u32 (in);
  return tw_reader_done (in) && flags && value->n_streams > 0 && value->n_streams <= TW_MAX_STREAMS;
}

void
tw_put_channel_made (TwWriter *out, const TwChannelMade *value)
{
  tw_put_blob (out, value->header, value->header_len);
  tw_put_u64 (out, value->memory_size);
  tw_put_u32 (out, value->n_streams);
}

bool
tw_get_channel_made (TwReader *in, TwChannelMade *value)
{
  value->header = tw_get_blob (in, &value->header_len);
  value->memory_size = tw_get_u64 (in);
  value->n_streams = tw_get_u32 (in);
  return tw_reader_done (in) && value->n_streams > 0 && value->n_streams <= TW_MAX_STREAMS;
}

void
tw_put_push (TwWriter *out, const TwPush *value)
{
  tw_put_u64 (out, value->set);
  tw_put_u64 (out, value->offset);
  tw_put_u64 (out, value->length);
}

bool
tw_get_push (TwReader *in, TwPush *value)
{
  value->set = tw_get_u64 (in);
  value->offset = tw_get_u64 (in);
  value->length = tw_get_u64 (in);
  return tw_reader_done (in);
}

void
tw_put_flush (TwWriter *out, const TwFlush *value)
{
  tw_put_u32 (out, value->scope);
  tw_put_u64 (out, value->id);
  tw_put_u32 (out, value->final);
  tw_put_u32 (out, value->quiet);
}

bool
tw_get_flush (TwReader *in, TwFlush *value)
{
  bool flags;

  value->scope = tw_get_u32 (in);
  value->id = tw_get_u64 (in);
  flags = get_flag (in, &value->final);
  flags = get_flag (in, &value->quiet) && flags;
  return tw_reader_done (in) && flags && value->scope <= TW_FLUSH_CHANNEL;
}

void
tw_put_unfinished (TwWriter *out, const TwUnfinished *value)
{
  tw_put_u64 (out, value->channel);
  tw_put_u64 (out, value->told_at);
}

bool
tw_get_unfinished (TwReader *in, TwUnfinished *value)
{
  value->channel = tw_get_u64 (in);
  value->told_at = tw_get_u64 (in);
  return tw_reader_done (in);
}

static void
put_channel_counters (TwWriter *out, const TwCounters *value)
{
  tw_put_u64 (out, value->channel);
  tw_put_u64 (out, value->bytes_written);
  tw_put_u64 (out, value->packets_written);
  tw_put_u64 (out, value->events_discarded);
  tw_put_u64 (out, value->packets_lost);
  tw_put_u64 (out, value->bytes_dropped);
}

static void
get_channel_counters (TwReader *in, TwCounters *value)
{
  value->channel = tw_get_u64 (in);
  value->bytes_written = tw_get_u64 (in);
  value->packets_written = tw_get_u64 (in);
  value->events_discarded = tw_get_u64 (in);
  value->packets_lost = tw_get_u64 (in);
  value->bytes_dropped = tw_get_u64 (in);
}

void
tw_put_counters (TwWriter *out, const TwCounters *values, uint32_t n)
{
  tw_put_u32 (out, n);
  for (uint32_t i = 0; i < n; i++)
    put_channel_counters (out, &values[i]);
}

int64_t
tw_get_counters (TwReader *in, TwCounters **values)
{
  enum { ON_THE_WIRE = 6 * sizeof (uint64_t) };
  uint32_t n = tw_get_u32 (in);
  TwCounters *list;

  /* The length decides before anything is allocated. */
  if (in->failed || n > TW_MAX_COUNTERS || in->len - in->pos != (size_t) n * ON_THE_WIRE)
    return -1;
  list = calloc (n > 0 ? n : 1, sizeof *list);
  if (list == NULL)
    return -1;
  for (uint32_t i = 0; i < n; i++)
    get_channel_counters (in, &list[i]);
  *values = list;
  return n;
}

void
tw_put_adoption (TwWriter *out, const TwAdoption *value)
{
  put_channel_counters (out, &value->counted);
  tw_put_u32 (out, value->quiescent);
  tw_put_channel (out, &value->channel);
}

bool
tw_get_adoption (TwReader *in, TwAdoption *value)
{
  bool flags;

  get_channel_counters (in, &value->counted);
  flags = get_flag (in, &value->quiescent);
  return tw_get_channel (in, &value->channel) && flags;
}

void
tw_put_problem (TwWriter *out, const TwProblem *value)
{
  tw_put_u64 (out, value->session);
  tw_put_str (out, value->code);
  tw_put_u32 (out, value->active);
  tw_put_u32 (out, value->errnum);
  tw_put_str (out, value->message);
}

bool
tw_get_problem (TwReader *in, TwProblem *value)
{
  bool flags;

  value->session = tw_get_u64 (in);
  value->code = tw_get_str (in);
  flags = get_flag (in, &value->active);
  value->errnum = tw_get_u32 (in);
  value->message = tw_get_str (in);
  return tw_reader_done (in) && flags;
}

void
tw_put_clock (TwWriter *out, const TwClock *value)
{
  tw_put_blob (out, value->uuid, sizeof value->uuid);
  tw_put_str (out, value->name);
  tw_put_str (out, value->description);
  tw_put_u64 (out, value->frequency);
  tw_put_i64 (out, value->offset);
}

bool
tw_get_clock (TwReader *in, TwClock *value)
{
  size_t uuid_len;
  const void *uuid = tw_get_blob (in, &uuid_len);

  value->name = tw_get_str (in);
  value->description = tw_get_str (in);
  value->frequency = tw_get_u64 (in);
  value->offset = tw_get_i64 (in);
  if (!tw_reader_done (in) || uuid_len != sizeof value->uuid || value->frequency == 0)
    return false;
  memcpy (value->uuid, uuid, sizeof value->uuid);
  return true;
}

void
tw_put_description (TwWriter *out, const TwDescription *value)
{
  tw_put_u64 (out, value->sessions);
  tw_put_u64 (out, value->sets);
  tw_put_u64 (out, value->channels);
  tw_put_u64 (out, value->streams);
}

bool
tw_get_description (TwReader *in, TwDescription *value)
{
  value->sessions = tw_get_u64 (in);
  value->sets = tw_get_u64 (in);
  value->channels = tw_get_u64 (in);
  value->streams = tw_get_u64 (in);
  return tw_reader_done (in);
}
