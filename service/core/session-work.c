/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/session-private.h"

#include "base/error.h"

TbusSessionWork *
tbus_work_new (TbusSession *session, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  TbusSessionWork *work = g_new0 (TbusSessionWork, 1);

  work->session = g_object_ref (session);
  work->task = g_task_new (session, cancellable, callback, user_data);
  work->operation = tbus_operation_new ();
  work->stuck = callback != NULL ? TBUS_STUCK_WAITS : TBUS_STUCK_NO_CALLER;
  return work;
}

static void
work_free (TbusSessionWork *work)
{
  g_clear_object (&work->session);
  g_clear_object (&work->task);
  g_clear_object (&work->operation);
  g_clear_object (&work->channel);
  g_clear_object (&work->consumer);
  g_clear_pointer (&work->rules, g_ptr_array_unref);
  g_clear_pointer (&work->exact, tbus_event_rule_unref);
  g_clear_pointer (&work->context, tbus_context_unref);
  g_clear_pointer (&work->values, g_array_unref);
  g_clear_error (&work->error);
  g_free (work->name);
  g_free (work);
}

/* A caller that left while its work waited for its turn gets nothing done. */
static void
begin_next (TbusSession *session)
{
  TbusSessionWork *work = g_queue_peek_head (&session->works);

  if (work == NULL)
    tbus_session_changed (session, "data-pending");
  else if (work->task != NULL && g_task_return_error_if_cancelled (work->task))
    {
      g_clear_object (&work->task);
      tbus_work_finish (work);
    }
  else
    work->begin (work);
}

void
tbus_work_submit (TbusSessionWork *work, TbusWorkStep begin)
{
  TbusSession *session = work->session;

  work->begin = begin;
  g_queue_push_tail (&session->works, work);
  if (g_queue_get_length (&session->works) == 1)
    begin_next (session);
}

void
tbus_work_hold (TbusSessionWork *work)
{
  work->held++;
}

void
tbus_work_release (TbusSessionWork *work)
{
  TbusWorkStep step = work->step;

  g_return_if_fail (work->held > 0);
  if (--work->held > 0)
    return;
  work->step = NULL;
  step (work);
}

static void
leave_queue (TbusSessionWork *work)
{
  g_autoptr(TbusSession) session = g_object_ref (work->session);

  if (work->left)
    {
      session->n_left--;
      work_free (work);
      return;
    }
  g_queue_pop_head (&session->works);
  work_free (work);
  begin_next (session);
  tbus_hub_rested (session->hub);
}

void
tbus_work_finish (TbusSessionWork *work)
{
  if (work->task != NULL)
    g_task_return_pointer (work->task, g_steal_pointer (&work->operation), g_object_unref);
  leave_queue (work);
}

void
tbus_work_fail (TbusSessionWork *work, GError *error)
{
  if (work->task != NULL)
    g_task_return_error (work->task, error);
  else
    g_error_free (error);
  leave_queue (work);
}

gboolean
tbus_work_expect_alive (TbusSessionWork *work)
{
  TbusSession *self = work->session;

  if (self->state != TBUS_SESSION_DESTROYING)
    return TRUE;
  tbus_work_fail (work, g_error_new (TBUS_ERROR, TBUS_ERROR_INVALID_STATE, "Session \"%s\" is being destroyed",
                                     self->name));
  return FALSE;
}

void
tbus_work_answer_early (TbusSessionWork *work)
{
  if (work->task != NULL)
    g_task_return_pointer (work->task, g_object_ref (work->operation), g_object_unref);
  g_clear_object (&work->task);
}

/* It does not run yet: nothing of it has happened. */
static void
drop_waiting (TbusSessionWork *work)
{
  g_queue_remove (&work->session->works, work);
  work_free (work);
}

/* It goes on, and the next begins. */
static void
leave_early (TbusSessionWork *work)
{
  TbusSession *session = work->session;

  work->left = TRUE;
  session->n_left++;
  g_queue_pop_head (&session->works);
  begin_next (session);
}

void
tbus_work_refuse_early (TbusSessionWork *work, GError *error)
{
  g_autoptr(GTask) task = g_steal_pointer (&work->task);

  if (work != g_queue_peek_head (&work->session->works))
    drop_waiting (work);
  else
    {
      if (work->error == NULL)
        work->error = g_error_copy (error);
      if (work->stuck == TBUS_STUCK_LEFT)
        leave_early (work);
    }
  g_task_return_error (task, error);
}

static void
on_app_reached (TbusApp *app, TbusAppOutcome outcome, gpointer data)
{
  TbusSessionWork *work = data;
  TbusOutcome *result = tbus_operation_get_outcome_mutable (work->operation);
  TbusAppSession *app_session = tbus_app_find_session (app, work->session->id);
  guint64 id = tbus_app_get_id (app);

  if (outcome == TBUS_PENDING)
    g_array_append_val (result->apps_pending, id);
  else if (outcome == TBUS_APPLIED && app_session != NULL && app_session->error != NULL)
    {
      result->apps_failed++;
      g_ptr_array_add (result->warnings, g_strdup (app_session->error->message));
    }
  else if (outcome == TBUS_APPLIED)
    result->apps_applied++;
  if (app_session != NULL)
    {
      for (guint i = 0; i < app_session->warnings->len; i++)
        g_ptr_array_add (result->warnings, g_strdup (g_ptr_array_index (app_session->warnings, i)));
      g_ptr_array_set_size (app_session->warnings, 0);
    }
  tbus_work_release (work);
}

void
tbus_work_reach_apps (TbusSessionWork *work)
{
  TbusSession *session = work->session;
  g_autoptr(GPtrArray) apps = tbus_app_set_list (session->hub->apps);
  gboolean active = session->state == TBUS_SESSION_ACTIVE;

  /* All first get their job, then each is waited for: they work side by side. */
  for (guint i = 0; i < apps->len;)
    {
      TbusApp *app = g_ptr_array_index (apps, i);

      if (tbus_app_find_session (app, session->id) == NULL
          && !(active && tbus_session_traces (session, tbus_app_get_tracee (app))))
        {
          g_ptr_array_remove_index_fast (apps, i);
          continue;
        }
      if (session->state == TBUS_SESSION_DESTROYING)
        tbus_app_end_session (app, session->id);
      else
        tbus_app_kick (app);
      i++;
    }
  for (guint i = 0; i < apps->len; i++)
    {
      tbus_work_hold (work);
      tbus_app_wait (g_ptr_array_index (apps, i), on_app_reached, work);
    }
}

TbusOperation *
tbus_session_operation_finish (TbusSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
