/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of channels and sets: drained by their threads, then freed here. */
#include "consumer/consumer.h"

#include <errno.h>
#include <stdlib.h>

void
tc_reply_counters (TcOperation *operation)
{
  uint32_t n = operation->n_channels;
  TwCounters *counters = calloc (n > 0 ? n : 1, sizeof *counters);
  TwWriter body = { 0 };
  TcError error;

  if (counters == NULL)
    {
      tc_error (&error, ENOMEM, "No memory for the counters");
      tc_consumer_refuse (operation->consumer, operation->serial, &error);
      return;
    }
  for (uint32_t i = 0; i < n; i++)
    tc_channel_count (operation->channels[i], &counters[i]);
  tw_put_counters (&body, counters, n);
  free (counters);
  tc_consumer_reply (operation->consumer, operation->serial, &body);
}

static void
on_closed (TcOperation *operation)
{
  /* The set writes its last text before anybody is told that all is written. */
  if (operation->set != NULL)
    (void) tc_set_sync_metadata (operation->set);
  if (operation->serial != 0)
    tc_reply_counters (operation);
  for (unsigned i = 0; i < operation->n_channels; i++)
    tc_channel_free (operation->channels[i]);
  if (operation->set != NULL)
    tc_set_free (operation->set);
}

/* From here on no request finds the channel. */
static void
begin_closing (TcOperation *operation, TcChannel *channel)
{
  tc_operation_add (operation, channel);
  tc_ticks_stop_channel (channel);
  tc_table_remove (&operation->consumer->channels, &channel->node);
  tc_set_remove_channel (channel->set, channel);
}

bool
tc_close_channel (TcChannel *channel, uint64_t serial)
{
  TcOperation *operation = tc_operation_new (channel->consumer, TC_OPERATION_CLOSE, 1);

  if (operation == NULL)
    return false;
  operation->done = on_closed;
  operation->serial = serial;
  begin_closing (operation, channel);
  tc_operation_start (operation);
  return true;
}

bool
tc_close_set (TcSet *set, uint64_t serial)
{
  TcOperation *operation = tc_operation_new (set->consumer, TC_OPERATION_CLOSE, set->n_channels);

  if (operation == NULL)
    return false;
  operation->done = on_closed;
  operation->serial = serial;
  operation->set = set;
  while (set->channels != NULL)
    begin_closing (operation, set->channels);
  tc_loop_disarm (set->consumer->loop, &set->timer);
  tc_table_remove (&set->consumer->sets, &set->node);
  tc_operation_start (operation);
  return true;
}
