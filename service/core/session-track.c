/* SPDX-License-Identifier: GPL-2.0-only */
/* Which apps a session records: those of its users, and of them what its trackers take. */
#include "core/session-private.h"

#include "base/error.h"
#include "base/limits.h"

static gboolean
is_of_users (TbusSession *self, uid_t uid)
{
  if (self->all_users)
    return TRUE;
  for (guint i = 0; i < self->uids->len; i++)
    if (g_array_index (self->uids, uid_t, i) == uid)
      return TRUE;
  return FALSE;
}

gboolean
tbus_session_traces (TbusSession *self, const TbusTracee *tracee)
{
  return is_of_users (self, tracee->uid) && tbus_tracker_takes (&self->trackers[TBUS_TRACK_VPID], tracee->pid)
         && tbus_tracker_takes (&self->trackers[TBUS_TRACK_VUID], tracee->uid)
         && tbus_tracker_takes (&self->trackers[TBUS_TRACK_VGID], tracee->gid);
}

const TbusTracker *
tbus_session_get_tracker (TbusSession *self, TbusTracked tracked)
{
  return &self->trackers[tracked];
}

void
tbus_session_part_with (TbusSession *self, TbusApp *app, TbusBufferSet *set)
{
  guint64 id = tbus_app_get_id (app);

  if (self->state == TBUS_SESSION_DESTROYING)
    return;
  if (self->ownership == TBUS_BUFFER_PROCESS)
    g_array_append_val (self->partings, id);
  tbus_session_leave_set (self, set);
}

void
tbus_session_forget_app (TbusSession *self, guint64 app)
{
  for (guint i = self->partings->len; i-- > 0;)
    if (g_array_index (self->partings, guint64, i) == app)
      g_array_remove_index_fast (self->partings, i);
}

guint
tbus_session_count_partings (TbusSession *self, guint64 app)
{
  guint n = 0;

  for (guint i = 0; i < self->partings->len; i++)
    n += g_array_index (self->partings, guint64, i) == app;
  return n;
}

static void
warn_of (TbusSessionWork *work, guint32 value, const char *how)
{
  TbusOutcome *outcome = tbus_operation_get_outcome_mutable (work->operation);

  g_ptr_array_add (outcome->warnings,
                   g_strdup_printf ("%s %u is %s", tbus_tracked_to_string (work->tracked), value, how));
}

/* All or none: what the set would grow to is bounded before the first value is added. */
static gboolean
expect_change (TbusSessionWork *work, GError **error)
{
  const TbusTracker *tracker = &work->session->trackers[work->tracked];
  const char *name = tbus_tracked_to_string (work->tracked);

  if (work->enable && (guint64) tracker->values->len + work->values->len > TBUS_MAX_TRACKED)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "A session tracks at most %d values of %s",
                   TBUS_MAX_TRACKED, name);
      return FALSE;
    }
  if (!work->enable && work->values->len > 0 && tracker->all)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_STATE,
                   "Session \"%s\" tracks every %s: track those that are wanted instead", work->session->name, name);
      return FALSE;
    }
  return TRUE;
}

static void
change_tracker (TbusSessionWork *work)
{
  TbusTracker *tracker = &work->session->trackers[work->tracked];

  if (work->values->len == 0 && work->enable)
    tbus_tracker_set_all (tracker);
  else if (work->values->len == 0)
    tbus_tracker_set_none (tracker);
  for (guint i = 0; i < work->values->len; i++)
    {
      guint32 value = g_array_index (work->values, guint32, i);

      if (work->enable && !tbus_tracker_add (tracker, value))
        warn_of (work, value, "tracked already");
      else if (!work->enable && !tbus_tracker_remove (tracker, value))
        warn_of (work, value, "not tracked");
    }
  tbus_session_changed (work->session, "trackers");
}

static void
begin_track (TbusSessionWork *work)
{
  TbusSession *self = work->session;
  GError *error = NULL;

  if (!tbus_work_expect_alive (work))
    return;
  if (!expect_change (work, &error))
    {
      tbus_work_fail (work, error);
      return;
    }
  change_tracker (work);
  work->step = tbus_work_finish;
  tbus_work_hold (work);
  if (self->state == TBUS_SESSION_ACTIVE)
    tbus_work_reach_apps (work);
  tbus_work_release (work);
}

void
tbus_session_track_async (TbusSession *self, const TbusTrackRequest *request, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  TbusSessionWork *work = tbus_work_new (self, cancellable, callback, user_data);

  work->tracked = request->tracked;
  work->enable = request->track;
  work->values = g_array_ref (request->values);
  tbus_work_submit (work, begin_track);
}
