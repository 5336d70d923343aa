/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens by itself: timers of channels and sets, and the events that the service is told. */
#include "consumer/consumer.h"

#include <errno.h>

static const uint64_t second = 1000000000;

static void
rearm (TcLoop *loop, TcTimer *timer, uint32_t period_us)
{
  tc_loop_arm (loop, timer, tc_now () + (uint64_t) period_us * 1000);
}

/* Metadata timer. */

static void
on_set_timer (TcTimer *timer)
{
  TcSet *set = TC_CONTAINER (timer, TcSet, timer);
  TwWriter body = { 0 };

  /* The log tells already what there is; the service is asked all the same, and may know of more. */
  (void) tc_set_sync_metadata (set);
  tw_put_u64 (&body, set->node.key);
  (void) tc_consumer_tell (set->consumer, TW_METADATA_REQUEST, &body, true);
  rearm (set->consumer->loop, timer, set->timer_us);
}

void
tc_ticks_add_set (TcSet *set)
{
  set->timer.fire = on_set_timer;
  if (set->timer_us > 0)
    rearm (set->consumer->loop, &set->timer, set->timer_us);
}

/* Switch and read timers. A tick that finds the one before still at work does nothing. */

static void
on_switched (TcOperation *operation)
{
  operation->channels[0]->switching = false;
}

static void
on_read (TcOperation *operation)
{
  operation->channels[0]->reading = false;
}

static bool
start_for (TcChannel *channel, TcOperationKind kind, void (*done) (TcOperation *))
{
  TcOperation *operation = tc_operation_new (channel->consumer, kind, 1);

  if (operation == NULL)
    return false;
  operation->done = done;
  tc_operation_add (operation, channel);
  tc_operation_start (operation);
  return true;
}

static void
on_switch_timer (TcTimer *timer)
{
  TcChannel *channel = TC_CONTAINER (timer, TcChannel, switch_timer);

  if (!channel->switching)
    channel->switching = start_for (channel, TC_OPERATION_SWITCH, on_switched);
  rearm (channel->consumer->loop, timer, channel->config.switch_timer_us);
}

static void
on_read_timer (TcTimer *timer)
{
  TcChannel *channel = TC_CONTAINER (timer, TcChannel, read_timer);

  if (!channel->reading)
    channel->reading = start_for (channel, TC_OPERATION_READ, on_read);
  rearm (channel->consumer->loop, timer, channel->config.read_timer_us);
}

/* Counters: told after activity, so that an idle consumer sleeps; unasked only where there is a monitor timer. */

static void
on_report (TcTimer *timer)
{
  TcChannel *channel = TC_CONTAINER (timer, TcChannel, report);
  TwCounters counters;
  TwWriter body = { 0 };

  channel->reported_at = tc_now ();
  /* First this, then the counters: what comes between is told next time. */
  atomic_store (&channel->active, false);
  if (channel->config.monitor_timer_us > 0)
    {
      tc_channel_count (channel, &counters);
      tw_put_counters (&body, &counters, 1);
      (void) tc_consumer_tell (channel->consumer, TW_COUNTERS, &body, true);
    }
  if (channel->set->watch < 0)
    tc_set_look (channel->set);
}

static void
on_active (TcMail *mail)
{
  TcChannel *channel = TC_CONTAINER (mail, TcChannel, active_mail);
  uint64_t period = (uint64_t) channel->config.monitor_timer_us * 1000;
  uint64_t now = tc_now ();
  uint64_t due;

  if (period < second)
    period = second;
  due = channel->reported_at + period;
  tc_loop_arm (channel->consumer->loop, &channel->report, due > now ? due : now);
}

void
tc_ticks_tell_hangup (TcChannel *channel)
{
  TwWriter body = { 0 };

  tw_put_u64 (&body, channel->node.key);
  (void) tc_consumer_tell (channel->consumer, TW_HANGUP, &body, false);
}

static void
on_stuck (TcMail *mail)
{
  TcChannel *channel = TC_CONTAINER (mail, TcChannel, stuck_mail);
  TwUnfinished unfinished = { .channel = channel->node.key };
  TwWriter body = { 0 };

  /* First this, then the time: a stream that finds something after that tells anew. */
  atomic_store (&channel->stuck, false);
  unfinished.told_at = tc_now ();
  tw_put_unfinished (&body, &unfinished);
  tc_consumer_tell (channel->consumer, TW_UNFINISHED, &body, false);
}

static void
on_hung_up (TcMail *mail)
{
  TcChannel *channel = TC_CONTAINER (mail, TcChannel, hung_up_mail);

  tc_ticks_stop_channel (channel);
  tc_ticks_tell_hangup (channel);
}

void
tc_ticks_add_channel (TcChannel *channel)
{
  channel->active_mail.run = on_active;
  channel->hung_up_mail.run = on_hung_up;
  channel->stuck_mail.run = on_stuck;
  channel->report.fire = on_report;
  channel->switch_timer.fire = on_switch_timer;
  channel->read_timer.fire = on_read_timer;
  channel->reported_at = 0;
  tc_ticks_resume_channel (channel);
}

void
tc_ticks_resume_channel (TcChannel *channel)
{
  if (atomic_load (&channel->live) == 0)
    return;
  if (channel->config.switch_timer_us > 0 && channel->switch_timer.place == 0)
    rearm (channel->consumer->loop, &channel->switch_timer, channel->config.switch_timer_us);
  if (channel->config.read_timer_us > 0 && channel->read_timer.place == 0)
    rearm (channel->consumer->loop, &channel->read_timer, channel->config.read_timer_us);
}

void
tc_ticks_stop_channel (TcChannel *channel)
{
  tc_loop_disarm (channel->consumer->loop, &channel->switch_timer);
  tc_loop_disarm (channel->consumer->loop, &channel->read_timer);
}

bool
tc_ticks_tell_problem (void *consumer, const TwProblem *problem)
{
  TwWriter body = { 0 };

  tw_put_problem (&body, problem);
  return tc_consumer_tell (consumer, TW_PROBLEM, &body, true);
}
