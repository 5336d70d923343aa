/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of buffer sets: their consumer drains them, and answers with what they counted last. */
#include "core/session-private.h"

enum { LEAVE_GUARD_MS = 500 };

typedef struct {
  TbusSession *session;
  TbusBufferSet *set;
  TbusSessionWork *work; /* that waits for the answer; nullable */
} CloseCall;

static void
on_set_closed (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  CloseCall *call = data;
  g_autoptr(TbusSession) self = call->session;
  g_autoptr(TbusBufferSet) set = call->set;

  set->closing = NULL;
  if (error == NULL)
    tbus_session_take_counters (self, reply);
  if (set->state == TBUS_SET_CLOSING)
    tbus_session_drop_set (self, set, TBUS_SET_CLOSED);
  if (call->work != NULL)
    tbus_work_release (call->work);
  g_free (call);
}

/* A work that comes while it is being closed waits with it: a consumer knows of no such set any more. */
static void
join_closing (CloseCall *call, TbusSessionWork *work)
{
  if (work == NULL)
    return;
  g_return_if_fail (call->work == NULL); /* a session is destroyed once */
  call->work = work;
  tbus_work_hold (work);
}

void
tbus_session_close_set (TbusSession *self, TbusBufferSet *set, TbusSessionWork *work)
{
  CloseCall *call;

  if (set->consumer == NULL)
    return;
  if (set->closing != NULL)
    {
      join_closing (set->closing, work);
      return;
    }
  g_clear_handle_id (&set->leave_guard, g_source_remove);
  set->state = TBUS_SET_CLOSING;
  tbus_metadata_push_close (set->push); /* once (B21); the consumer writes what is published */
  call = g_new (CloseCall, 1);
  *call = (CloseCall){ g_object_ref (self), tbus_buffer_set_ref (set), NULL };
  set->closing = call;
  join_closing (call, work);
  TBUS_CONSUMER_GET_CLASS (set->consumer)->close_set (set->consumer, set->id, on_set_closed, call);
}

/* Leaving: an app that had a set to itself is gone. Its last packets are in when every writer has hung up. */

typedef struct {
  TbusSession *session;
  TbusBufferSet *set;
} LeaveCall;

static void
leave_call_free (gpointer data)
{
  LeaveCall *call = data;

  g_object_unref (call->session);
  tbus_buffer_set_unref (call->set);
  g_free (call);
}

static gboolean
on_leave_guard (gpointer data)
{
  LeaveCall *call = data;

  call->set->leave_guard = 0;
  tbus_session_close_set (call->session, call->set, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
all_hung_up (const TbusBufferSet *set)
{
  for (guint i = 0; i < set->channels->len; i++)
    if (!g_array_index (set->channels, TbusSetChannel, i).hung_up)
      return FALSE;
  return TRUE;
}

void
tbus_session_leave_set (TbusSession *self, TbusBufferSet *set)
{
  LeaveCall *call;

  if (set->push != NULL)
    tbus_metadata_push_run (set->push, FALSE, NULL, NULL); /* at once (B20) */
  if (set->key.ownership == TBUS_BUFFER_USER)
    tbus_session_inspect_set (self, set);
  if (set->key.ownership == TBUS_BUFFER_USER || set->leave_guard != 0)
    return;
  for (guint i = 0; i < set->channels->len; i++)
    {
      TbusRing *ring = g_array_index (set->channels, TbusSetChannel, i).ring;

      if (ring != NULL)
        tbus_ring_close_writers (ring);
    }
  if (set->state != TBUS_SET_READY || all_hung_up (set))
    {
      tbus_session_close_set (self, set, NULL);
      return;
    }
  call = g_new (LeaveCall, 1);
  *call = (LeaveCall){ g_object_ref (self), tbus_buffer_set_ref (set) };
  set->leave_guard = g_timeout_add_full (G_PRIORITY_DEFAULT, LEAVE_GUARD_MS, on_leave_guard, call, leave_call_free);
}

void
tbus_session_channel_hangup (TbusSession *self, TbusBufferSet *set, guint64 channel_key)
{
  for (guint i = 0; i < set->channels->len; i++)
    {
      TbusSetChannel *channel = &g_array_index (set->channels, TbusSetChannel, i);

      if (channel->key == channel_key)
        channel->hung_up = TRUE;
    }
  if (set->leave_guard != 0 && all_hung_up (set))
    tbus_session_close_set (self, set, NULL);
}
