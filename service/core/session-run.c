/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/session-private.h"

#include "base/error.h"

/* Totals as they stand: exact, since the flush or close that came before answered with them. */
void
tbus_work_fill_totals (TbusSessionWork *work)
{
  TbusSession *self = work->session;
  TbusOutcome *outcome = tbus_operation_get_outcome_mutable (work->operation);

  outcome->has_totals = TRUE;
  outcome->events_discarded = tbus_session_get_events_discarded (self);
  outcome->packets_lost = tbus_session_get_packets_lost (self);
  outcome->bytes_dropped = self->bytes_dropped;
  g_free (outcome->output);
  outcome->output = g_strdup (self->output);
}

static void
warn (TbusSessionWork *work, const GError *error)
{
  g_ptr_array_add (tbus_operation_get_outcome_mutable (work->operation)->warnings, g_strdup (error->message));
}

static gboolean
expect_state (TbusSessionWork *work, TbusSessionState state)
{
  static const char *const others[] = {
    [TBUS_SESSION_INACTIVE] = "not recording",
    [TBUS_SESSION_ACTIVE] = "recording already",
    [TBUS_SESSION_DESTROYING] = "being destroyed",
  };
  TbusSession *self = work->session;

  if (self->state == state)
    return TRUE;
  tbus_work_fail (work, g_error_new (TBUS_ERROR, TBUS_ERROR_INVALID_STATE, "Session \"%s\" is %s", self->name,
                                     others[self->state]));
  return FALSE;
}

/* Start: output, then apps. */

/* What could not be opened is tried again. */
static void
forget_failed_outputs (TbusSession *self)
{
  for (guint i = self->outputs->len; i-- > 0;)
    if (((TbusSessionOutput *) g_ptr_array_index (self->outputs, i))->error != NULL)
      g_ptr_array_remove_index (self->outputs, i);
}

static void
on_resumed (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  if (error != NULL)
    warn (data, error);
  tbus_work_release (data);
}

/* What was wrong before is tried again. */
static void
clear_problems (TbusSession *self, gboolean resumed)
{
  static const char *const codes[] = {
    TBUS_PROBLEM_NO_CONSUMER, TBUS_PROBLEM_APP_FAILED, TBUS_PROBLEM_NO_ROOM, TBUS_PROBLEM_APP_LATE,
    TBUS_PROBLEM_APP_LACKS,
  };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    tbus_session_clear_problem (self, codes[i], 0);
  if (resumed)
    return;
  tbus_session_clear_problem (self, TBUS_PROBLEM_SERVICE_RESTARTED, 0);
  tbus_session_clear_problems (self, TBUS_PROBLEM_BUFFERS_LOST);
  tbus_session_clear_problems (self, TBUS_PROBLEM_TORN_STREAM);
}

static void
start_apps (TbusSessionWork *work)
{
  TbusSession *self = work->session;
  g_autoptr(GPtrArray) apps = tbus_app_set_list (self->hub->apps);

  for (guint i = 0; i < self->outputs->len; i++)
    {
      TbusSessionOutput *output = g_ptr_array_index (self->outputs, i);

      if (output->error != NULL)
        {
          tbus_work_fail (work, g_error_copy (output->error));
          return;
        }
    }
  if (work->error != NULL)
    {
      tbus_work_fail (work, g_steal_pointer (&work->error));
      return;
    }
  self->ever_started = TRUE;
  self->clock_known = TRUE;
  clear_problems (self, work->resumed);
  for (guint i = 0; i < apps->len; i++)
    tbus_app_retry_session (g_ptr_array_index (apps, i), self->id);
  tbus_session_set_state (self, TBUS_SESSION_ACTIVE);
  work->step = tbus_work_finish;
  work->stuck = TBUS_STUCK_ANSWERED;
  tbus_work_hold (work);
  for (guint i = 0; i < self->outputs->len; i++)
    {
      TbusSessionOutput *output = g_ptr_array_index (self->outputs, i);

      tbus_work_hold (work);
      TBUS_CONSUMER_GET_CLASS (output->consumer)->resume (output->consumer, self->id, on_resumed, work);
    }
  tbus_work_reach_apps (work);
  tbus_work_release (work);
}

static void
begin_start (TbusSessionWork *work)
{
  TbusSession *self = work->session;
  g_autoptr(TbusConsumer) consumer = NULL;
  g_autoptr(GError) error = NULL;

  if (!expect_state (work, TBUS_SESSION_INACTIVE))
    return;
  if (!self->ownership_known)
    {
      tbus_work_fail (work, g_error_new (TBUS_ERROR, TBUS_ERROR_INVALID_STATE,
                                         "Session \"%s\" has no channel yet: EnableEvents or CreateChannel come first",
                                         self->name));
      return;
    }
  consumer = tbus_core_obtain_consumer (self->hub->core, self->owner, sizeof (long) * 8, &error);
  if (consumer == NULL)
    {
      tbus_work_fail (work, g_steal_pointer (&error));
      return;
    }
  forget_failed_outputs (self);
  work->step = start_apps;
  work->stuck = work->resumed ? TBUS_STUCK_NO_CALLER : TBUS_STUCK_FAILS;
  tbus_work_hold (work);
  tbus_session_open_output (self, consumer, work);
  if (!self->clock_known)
    tbus_session_read_clock (self, consumer, work);
  tbus_work_release (work);
}

void
tbus_session_start_async (TbusSession *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  tbus_work_submit (tbus_work_new (self, cancellable, callback, user_data), begin_start);
}

static void
on_session_resumed (GObject *source, GAsyncResult *result, gpointer data)
{
  TbusSession *self = TBUS_SESSION (source);
  g_autoptr(GError) error = NULL;
  g_autoptr(TbusOperation) operation = tbus_session_operation_finish (self, result, &error);
  g_autofree char *message = NULL;

  if (operation != NULL)
    return;
  message = g_strdup_printf ("the service was restarted, and nothing is recorded since: %s", error->message);
  tbus_session_set_problem (self, TBUS_PROBLEM_SERVICE_RESTARTED, message, 0);
}

void
tbus_session_resume (TbusSession *self)
{
  TbusSessionWork *work = tbus_work_new (self, NULL, on_session_resumed, NULL);

  work->resumed = TRUE;
  work->stuck = TBUS_STUCK_NO_CALLER;
  tbus_work_submit (work, begin_start);
}

/* Stop: apps, then metadata, then data. */

static void
finish_with_totals (TbusSessionWork *work)
{
  tbus_work_fill_totals (work);
  tbus_work_finish (work);
}

static void
on_flushed (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  TbusSessionWork *work = data;

  if (error != NULL)
    warn (work, error);
  else
    tbus_session_take_counters (work->session, reply);
  tbus_work_release (work);
}

static void
flush_consumers (TbusSessionWork *work, gboolean final)
{
  TbusSession *self = work->session;
  const TbusOutcome *outcome = tbus_operation_get_outcome (work->operation);
  gboolean quiet = final && outcome->apps_pending->len == 0 && outcome->apps_failed == 0;
  TbusFlushRequest request = { TBUS_FLUSH_SESSION, self->id, final, quiet };

  for (guint i = 0; i < self->outputs->len; i++)
    {
      TbusSessionOutput *output = g_ptr_array_index (self->outputs, i);

      if (output->error != NULL)
        continue;
      tbus_work_hold (work);
      TBUS_CONSUMER_GET_CLASS (output->consumer)->flush (output->consumer, &request, on_flushed, work);
    }
}

static void
on_metadata_pushed (guint64 bytes, const GError *error, gpointer data)
{
  TbusSessionWork *work = data;

  work->bytes += bytes;
  if (error != NULL)
    warn (work, error);
  tbus_work_release (work);
}

static void
push_sets (TbusSessionWork *work)
{
  TbusSession *self = work->session;

  for (guint i = 0; i < self->sets->len; i++)
    {
      TbusBufferSet *set = g_ptr_array_index (self->sets, i);

      if (set->push == NULL || set->state != TBUS_SET_READY)
        continue;
      tbus_work_hold (work);
      tbus_metadata_push_run (set->push, FALSE, on_metadata_pushed, work);
    }
}

static void
stop_flush (TbusSessionWork *work)
{
  work->step = finish_with_totals;
  tbus_work_hold (work);
  flush_consumers (work, TRUE);
  tbus_work_release (work);
}

static void
stop_push (TbusSessionWork *work)
{
  work->step = stop_flush;
  tbus_work_hold (work);
  push_sets (work);
  tbus_work_release (work);
}

/* Answers a caller who does not wait; for the others the answer comes at the end. */
static void
reach_apps_then (TbusSessionWork *work, TbusWorkStep step)
{
  if (!work->wait)
    {
      tbus_work_fill_totals (work);
      tbus_work_answer_early (work);
    }
  work->step = step;
  tbus_work_hold (work);
  tbus_work_reach_apps (work);
  tbus_work_release (work);
}

static void
begin_stop (TbusSessionWork *work)
{
  if (!expect_state (work, TBUS_SESSION_ACTIVE))
    return;
  tbus_session_set_state (work->session, TBUS_SESSION_INACTIVE);
  reach_apps_then (work, stop_push);
}

void
tbus_session_stop_async (TbusSession *self, gboolean wait, GAsyncReadyCallback callback, gpointer user_data)
{
  TbusSessionWork *work = tbus_work_new (self, NULL, callback, user_data);

  work->wait = wait;
  work->stuck = TBUS_STUCK_ANSWERED;
  tbus_work_submit (work, begin_stop);
}

void
tbus_session_finish_stop (TbusSession *self)
{
  tbus_work_submit (tbus_work_new (self, NULL, NULL, NULL), stop_push);
}

/* Destroy: apps let go, then the buffers are drained and closed, then the outputs. */

static void
destroy_end (TbusSessionWork *work)
{
  TbusSession *self = work->session;

  tbus_work_fill_totals (work);
  g_ptr_array_set_size (self->outputs, 0);
  tbus_session_set_remove (self->hub->sessions, self);
  tbus_work_finish (work);
}

static void
on_output_closed (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  tbus_work_release (data); /* a consumer that is not there any more has closed it, too */
}

static void
destroy_outputs (TbusSessionWork *work)
{
  TbusSession *self = work->session;

  work->step = destroy_end;
  tbus_work_hold (work);
  for (guint i = 0; i < self->outputs->len; i++)
    {
      TbusSessionOutput *output = g_ptr_array_index (self->outputs, i);

      tbus_work_hold (work);
      TBUS_CONSUMER_GET_CLASS (output->consumer)->close_output (output->consumer, self->id, on_output_closed, work);
    }
  tbus_work_release (work);
}

static void
destroy_sets (TbusSessionWork *work)
{
  TbusSession *self = work->session;

  work->step = destroy_outputs;
  tbus_work_hold (work);
  for (guint i = self->sets->len; i-- > 0;)
    tbus_session_close_set (self, g_ptr_array_index (self->sets, i), work);
  tbus_work_release (work);
}

static void
begin_destroy (TbusSessionWork *work)
{
  TbusSession *self = work->session;

  if (self->state == TBUS_SESSION_DESTROYING)
    {
      tbus_work_fail (work, g_error_new (TBUS_ERROR, TBUS_ERROR_INVALID_STATE,
                                         "Session \"%s\" is being destroyed already",
                                         self->name));
      return;
    }
  tbus_session_set_state (self, TBUS_SESSION_DESTROYING);
  reach_apps_then (work, destroy_sets);
}

void
tbus_session_destroy_async (TbusSession *self, gboolean wait, GAsyncReadyCallback callback, gpointer user_data)
{
  TbusSessionWork *work = tbus_work_new (self, NULL, callback, user_data);

  work->wait = wait;
  work->stuck = TBUS_STUCK_ANSWERED;
  tbus_work_submit (work, begin_destroy);
}

/* Flush and push, while it records. */

static void
end_unless_warned (TbusSessionWork *work)
{
  const TbusOutcome *outcome = tbus_operation_get_outcome (work->operation);

  if (outcome->warnings->len > 0)
    tbus_work_fail (work, g_error_new_literal (TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED,
                                               g_ptr_array_index (outcome->warnings, 0)));
  else
    tbus_work_finish (work);
}

/* Another that was refused still waits: as many more as callers like would only wait with it. */
static gboolean
expect_answers (TbusSessionWork *work)
{
  if (work->session->n_left > 0)
    {
      tbus_work_fail (work, tbus_session_make_stuck_error (work->session));
      return FALSE;
    }
  work->stuck = TBUS_STUCK_LEFT;
  return TRUE;
}

static void
begin_flush (TbusSessionWork *work)
{
  TbusSession *self = work->session;

  if (!expect_answers (work))
    return;
  work->step = end_unless_warned;
  tbus_work_hold (work);
  if (work->channel == NULL)
    flush_consumers (work, FALSE);
  for (guint i = 0; work->channel != NULL && i < self->sets->len; i++)
    {
      TbusBufferSet *set = g_ptr_array_index (self->sets, i);

      for (guint j = 0; set->state == TBUS_SET_READY && j < set->channels->len; j++)
        {
          TbusSetChannel *channel = &g_array_index (set->channels, TbusSetChannel, j);
          TbusFlushRequest request = { TBUS_FLUSH_CHANNEL, channel->key, FALSE, FALSE };

          if (channel->channel_id != tbus_channel_get_id (work->channel) || channel->key == 0)
            continue;
          tbus_work_hold (work);
          TBUS_CONSUMER_GET_CLASS (set->consumer)->flush (set->consumer, &request, on_flushed, work);
        }
    }
  tbus_work_release (work);
}

void
tbus_session_flush_async (TbusSession *self, TbusChannel *channel, GAsyncReadyCallback callback, gpointer user_data)
{
  TbusSessionWork *work = tbus_work_new (self, NULL, callback, user_data);

  work->channel = channel != NULL ? g_object_ref (channel) : NULL;
  tbus_work_submit (work, begin_flush);
}

gboolean
tbus_session_flush_finish (TbusSession *self, GAsyncResult *result, GError **error)
{
  g_autoptr(TbusOperation) operation = tbus_session_operation_finish (self, result, error);

  return operation != NULL;
}

static void
push_end (TbusSessionWork *work)
{
  if (work->task != NULL)
    g_object_set_data (G_OBJECT (work->task), "bytes", GSIZE_TO_POINTER (work->bytes));
  end_unless_warned (work);
}

static void
begin_push (TbusSessionWork *work)
{
  if (!expect_answers (work))
    return;
  work->step = push_end;
  tbus_work_hold (work);
  push_sets (work);
  tbus_work_release (work);
}

void
tbus_session_push_metadata_async (TbusSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  tbus_work_submit (tbus_work_new (self, NULL, callback, user_data), begin_push);
}

gboolean
tbus_session_push_metadata_finish (TbusSession *self, GAsyncResult *result, guint64 *bytes, GError **error)
{
  g_autoptr(TbusOperation) operation = tbus_session_operation_finish (self, result, error);

  if (operation == NULL)
    return FALSE;
  *bytes = GPOINTER_TO_SIZE (g_object_get_data (G_OBJECT (result), "bytes"));
  return TRUE;
}
