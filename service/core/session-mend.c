/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that die in the middle of an event, in buffers that others share. The consumer finds a packet that is not
 * finished; only here it can be known whether somebody alive is still at it. Each app of these buffers is asked for a
 * grace period, which ends when every event is finished that was begun before. An app that was stopped ends it when it
 * runs again, and is waited for as long. Then what is not finished never will be, and the consumer goes on without it.
 */
#include "core/session-private.h"

#include "base/process.h"

enum { RETRY_MS = 1000 }; /* while somebody is stopped who cannot be asked */

typedef struct {
  TbusSession *session; /* a reference */
  TbusBufferSet *set;   /* a reference */
} InspectCall;

static void
on_inspected (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  InspectCall *call = data;
  g_autoptr(TbusSession) self = call->session;
  g_autoptr(TbusBufferSet) set = call->set;
  gboolean again = set->inspection == TBUS_INSPECTION_DUE;

  g_free (call);
  set->inspection = TBUS_INSPECTION_NONE;
  if (again)
    tbus_session_inspect_set (self, set);
}

void
tbus_session_inspect_set (TbusSession *self, TbusBufferSet *set)
{
  InspectCall *call;

  if (set->state != TBUS_SET_READY || set->consumer == NULL)
    return;
  if (set->inspection != TBUS_INSPECTION_NONE)
    {
      set->inspection = TBUS_INSPECTION_DUE; /* a thousand apps that go at once cost two */
      return;
    }
  set->inspection = TBUS_INSPECTION_RUNS;
  call = g_new (InspectCall, 1);
  *call = (InspectCall){ g_object_ref (self), tbus_buffer_set_ref (set) };
  TBUS_CONSUMER_GET_CLASS (set->consumer)->inspect (set->consumer, set->id, on_inspected, call);
}

/* One channel's unfinished packets, until every app has answered. */
typedef struct {
  TbusSession *session; /* a reference */
  TbusBufferSet *set;   /* a reference */
  guint channel;        /* its number */
  guint64 told_at;
  guint held;
} Round;

static void begin_round (TbusSession *session, TbusBufferSet *set, guint channel);

static void
on_mended (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  g_autoptr(TbusSession) self = data;

  if (error == NULL)
    tbus_session_take_counters (self, reply);
}

/* An app that runs ends its event long before anybody looks; one that was dropped while it was stopped has not yet. */
void
tbus_session_app_left (TbusBufferSet *set, pid_t pid)
{
  if (set->key.ownership == TBUS_BUFFER_USER && tbus_process_is_stopped (pid))
    g_array_append_val (set->stopped, pid);
}

static gboolean
has_stopped (TbusBufferSet *set)
{
  for (guint i = set->stopped->len; i-- > 0;)
    if (!tbus_process_is_stopped (g_array_index (set->stopped, pid_t, i)))
      g_array_remove_index_fast (set->stopped, i);
  return set->stopped->len > 0;
}

static void round_end (Round *self);

static gboolean
on_retry_due (gpointer data)
{
  round_end (data);
  return G_SOURCE_REMOVE;
}

static void
round_release (Round *self)
{
  if (--self->held == 0)
    round_end (self);
}

static void
round_end (Round *self)
{
  g_autoptr(TbusSession) session = NULL;
  g_autoptr(TbusBufferSet) set = NULL;
  TbusSetChannel *channel;

  if (self->set->state == TBUS_SET_READY && has_stopped (self->set))
    {
      g_timeout_add (RETRY_MS, on_retry_due, self);
      return;
    }
  session = g_steal_pointer (&self->session);
  set = g_steal_pointer (&self->set);
  channel = &g_array_index (set->channels, TbusSetChannel, self->channel);
  channel->mending = FALSE;
  if (set->state == TBUS_SET_READY && set->consumer != NULL)
    {
      TBUS_CONSUMER_GET_CLASS (set->consumer)
        ->mend (set->consumer, channel->key, self->told_at, on_mended, g_object_ref (session));
      if (channel->unfinished > self->told_at)
        begin_round (session, set, self->channel);
    }
  g_free (self);
}

static void
on_app_through (TbusApp *app, TbusAppOutcome outcome, gpointer data)
{
  round_release (data);
}

static void
begin_round (TbusSession *session, TbusBufferSet *set, guint number)
{
  TbusSetChannel *channel = &g_array_index (set->channels, TbusSetChannel, number);
  g_autoptr(GPtrArray) apps = tbus_app_set_list (session->hub->apps);
  Round *round = g_new (Round, 1);

  *round = (Round){ g_object_ref (session), tbus_buffer_set_ref (set), number, channel->unfinished, 1 };
  channel->mending = TRUE;
  for (guint i = 0; i < apps->len; i++)
    {
      TbusApp *app = g_ptr_array_index (apps, i);
      TbusAppSession *app_session = tbus_app_find_session (app, session->id);

      if (app_session == NULL || app_session->set != set)
        continue;
      round->held++;
      tbus_app_quiesce (app, on_app_through, round);
    }
  round_release (round);
}

void
tbus_session_unfinished (TbusSession *self, TbusBufferSet *set, guint64 channel_key, guint64 told_at)
{
  for (guint i = 0; i < set->channels->len; i++)
    {
      TbusSetChannel *channel = &g_array_index (set->channels, TbusSetChannel, i);

      if (channel->key != channel_key || told_at <= channel->unfinished)
        continue;
      channel->unfinished = told_at;
      if (!channel->mending)
        begin_round (self, set, i);
    }
}
