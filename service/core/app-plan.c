/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/app-private.h"

#include "base/error.h"
#include "base/marks.h"
#include "core/break-offs.h"

#include <errno.h>

enum { REGISTER_GUARD_MS = 1000 };

static gboolean
set_is_usable (const TbusBufferSet *set)
{
  return set->state == TBUS_SET_NEW || set->state == TBUS_SET_MAKING || set->state == TBUS_SET_READY;
}

static void
add_part (TbusApp *self, TbusJob *job, const TbusWanted *wanted, TbusAppSession *app_session)
{
  TbusAppPart part = { app_session->session_id, tbus_reconcile (wanted, app_session, job) };

  if (part.plan.n > 0)
    g_array_append_val (self->parts, part);
}

/* The buffers of it, or why there are none. */
static TbusBufferSet *
obtain_set (TbusApp *self, TbusSession *session, TbusAppSession *app_session)
{
  if (!self->unfit)
    return tbus_session_obtain_set (session, self, app_session, &app_session->error);
  g_set_error (&app_session->error, TBUS_ERROR, TBUS_ERROR_APP_GONE,
               "Process %d (%s) ended its connection %d times in a row while it was given its buffers: it is not "
               "recorded; it may have too few file descriptors",
               (int) self->tracee->pid, self->name, TBUS_MAX_BREAK_OFFS);
  return NULL;
}

/* One session's share of the plan. FALSE where its buffers are still being made. */
static gboolean
plan_session (TbusApp *self, TbusJob *job, TbusSession *session, TbusAppSession *app_session)
{
  g_autoptr(TbusWanted) wanted = NULL;

  if (app_session->error != NULL)
    return TRUE;
  if (app_session->set == NULL)
    {
      TbusBufferSet *set = obtain_set (self, session, app_session);

      if (set == NULL)
        {
          tbus_session_app_problem (session, app_session);
          return TRUE;
        }
      tbus_app_session_set_set (app_session, set);
      self->changes++;
    }
  if (app_session->set->state != TBUS_SET_READY)
    return FALSE;
  wanted = tbus_session_describe (session);
  add_part (self, job, wanted, app_session);
  return TRUE;
}

/* What the app has of @session, or is to have; NULL: nothing. */
static TbusAppSession *
find_or_begin (TbusApp *self, TbusSession *session)
{
  TbusAppSession *app_session = tbus_app_find_session (self, tbus_session_get_id (session));

  if (app_session != NULL)
    return app_session;
  if (tbus_session_get_state (session) != TBUS_SESSION_ACTIVE || !tbus_session_traces (session, self->tracee))
    return NULL;
  app_session = tbus_app_session_new (tbus_session_get_id (session));
  app_session->traced_uid = self->tracee->uid;
  app_session->traced_gid = self->tracee->gid;
  app_session->owner_uid = tbus_session_get_owner (session);
  app_session->owner_gid = tbus_session_get_group (session);
  g_ptr_array_add (self->sessions, app_session);
  self->changes++;
  return app_session;
}

/* Buffers that are of no use any more are let go of. FALSE: the app has them, and releases them first. */
static gboolean
leave_old_set (TbusApp *self, TbusJob *job, TbusSession *session, TbusAppSession *app_session)
{
  const TbusBufferSet *set = app_session->set;

  if (set == NULL || set_is_usable (set))
    return TRUE;
  if (app_session->there)
    {
      add_part (self, job, NULL, app_session);
      self->wanted++; /* a second round follows */
      return FALSE;
    }
  if (set->state == TBUS_SET_FAILED && app_session->error == NULL)
    {
      app_session->error = g_error_copy (set->error);
      tbus_session_app_problem (session, app_session);
    }
  tbus_app_session_reset (app_session);
  self->changes++;
  return TRUE;
}

static void
plan_sessions (TbusApp *self, TbusJob *job)
{
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (self->hub->sessions);

  self->waits_for_buffers = FALSE;
  for (guint i = 0; i < sessions->len; i++)
    {
      TbusSession *session = g_ptr_array_index (sessions, i);
      TbusAppSession *app_session = find_or_begin (self, session);

      if (app_session == NULL || app_session->ending || !leave_old_set (self, job, session, app_session))
        continue;
      if (!plan_session (self, job, session, app_session))
        self->waits_for_buffers = TRUE;
    }
}

/* What the app is not recorded by any more. */
static void
mark_untracked (TbusApp *self)
{
  for (guint i = 0; i < self->sessions->len; i++)
    {
      TbusAppSession *app_session = g_ptr_array_index (self->sessions, i);
      TbusSession *session = tbus_session_set_find_id (self->hub->sessions, app_session->session_id);

      if (session != NULL && tbus_session_get_state (session) == TBUS_SESSION_ACTIVE
          && !app_session->ending && !tbus_session_traces (session, self->tracee))
        {
          app_session->ending = TRUE;
          self->changes++;
        }
    }
}

/* The session may go on without this app. */
static void
part_with (TbusApp *self, guint64 session_id, TbusBufferSet *set)
{
  TbusSession *session = tbus_session_set_find_id (self->hub->sessions, session_id);

  if (session != NULL)
    tbus_session_part_with (session, self, set);
}

/* What is to be released, and what has nothing left to release. */
static void
plan_endings (TbusApp *self, TbusJob *job)
{
  for (guint i = self->sessions->len; i-- > 0;)
    {
      TbusAppSession *app_session = g_ptr_array_index (self->sessions, i);

      if (!app_session->ending)
        continue;
      if (app_session->there)
        add_part (self, job, NULL, app_session);
      else
        {
          if (app_session->set != NULL)
            part_with (self, app_session->session_id, app_session->set);
          g_ptr_array_remove_index (self->sessions, i);
          self->changes++;
        }
    }
}

static gboolean
on_register_guard (gpointer data)
{
  TbusApp *self = data;

  self->guard = 0;
  self->guard_fired = TRUE;
  if (self->job == NULL)
    tbus_app_plan_and_submit (self);
  return G_SOURCE_REMOVE;
}

/* Whoever misses its first events can find out why there are none. */
static void
tell_late (TbusApp *self)
{
  for (guint i = 0; i < self->sessions->len; i++)
    {
      const TbusAppSession *app_session = g_ptr_array_index (self->sessions, i);
      TbusSession *session = tbus_session_set_find_id (self->hub->sessions, app_session->session_id);

      if (session != NULL && !app_session->ending && app_session->error == NULL && app_session->set != NULL
          && app_session->set->state != TBUS_SET_READY)
        tbus_session_app_late (session, self->tracee->pid, self->name);
    }
}

/* The constructor goes on when all is in place, or when buffers take too long. */
static void
plan_register_done (TbusApp *self, TbusJob *job)
{
  if (!self->registering || !self->asked_version)
    return;
  if (self->waits_for_buffers && !self->guard_fired)
    {
      if (self->guard == 0)
        self->guard = g_timeout_add (REGISTER_GUARD_MS, on_register_guard, self);
      return;
    }
  if (self->waits_for_buffers)
    tell_late (self);
  tbus_job_add (job, TBUS_OP_REGISTER_DONE, TBUS_SLOT_ROOT);
}

/* From now on the app alone keeps its buffers' pipes open, and its end is seen by the consumer. */
static void
close_sent_writers (TbusAppSession *app_session)
{
  for (guint i = 0; i < app_session->channels->len; i++)
    {
      TbusRing *ring = g_array_index (app_session->set->channels, TbusSetChannel, i).ring;

      if (ring != NULL && g_array_index (app_session->channels, TbusAppChannel, i).there)
        tbus_ring_close_writers (ring);
    }
}

static void
apply_part (TbusApp *self, TbusJob *job, const TbusAppPart *part)
{
  TbusAppSession *app_session = tbus_app_find_session (self, part->session_id);
  TbusSession *session = tbus_session_set_find_id (self->hub->sessions, part->session_id);
  g_autoptr(TbusBufferSet) set = NULL;

  if (app_session == NULL)
    return;
  if (app_session->set != NULL)
    set = tbus_buffer_set_ref (app_session->set);
  tbus_reconcile_apply (&part->plan, job, app_session);
  if (session != NULL)
    tbus_session_app_problem (session, app_session);
  if (app_session->set != NULL && app_session->set->key.ownership == TBUS_BUFFER_PROCESS)
    close_sent_writers (app_session);
  if (!app_session->ending || app_session->there)
    return;
  if (set != NULL)
    part_with (self, part->session_id, set);
  g_ptr_array_remove (self->sessions, app_session);
}

static void
apply_parts (TbusApp *self, TbusJob *job)
{
  for (guint i = 0; i < self->parts->len; i++)
    apply_part (self, job, &g_array_index (self->parts, TbusAppPart, i));
  g_array_set_size (self->parts, 0);
}

/* Who is let go may become another program, or end, before it answers that. */
static gboolean
has_broken_off (const TbusJob *job)
{
  for (guint i = 0; job->gone && i < job->commands->len; i++)
    {
      const TbusCommand *command = &g_array_index (job->commands, TbusCommand, i);

      if (command->op == TBUS_OP_REGISTER_DONE)
        return FALSE;
      if (command->status == -EPIPE)
        return TRUE;
    }
  return FALSE;
}

static void
on_job_done (TbusJob *job, gpointer data)
{
  g_autoptr(TbusApp) self = data;
  g_autoptr(TbusJob) mine = job;

  self->job = NULL;
  self->changes++;
  apply_parts (self, job);
  /* Given up for a restart: commands are under way, and the next life of the service must not speak in between. */
  if (!job->gone || !self->hub->suspended)
    tbus_mark_step (self->tracee->mark, TBUS_MARK_COMMANDS);
  tbus_hub_touch_buffers (self->hub);
  self->broke_off = has_broken_off (job);
  if (job->gone)
    {
      tbus_app_answer_listers (self, self->listing, TBUS_GONE, NULL);
      return; /* the gone event follows */
    }
  for (guint i = 0; i < job->commands->len; i++)
    {
      TbusCommand *command = &g_array_index (job->commands, TbusCommand, i);

      if (command->op == TBUS_OP_TRACER_VERSION && command->status == 0)
        tbus_app_set_tracer_version (self, job->version);
      if (command->op == TBUS_OP_REGISTER_DONE)
        {
          self->registering = FALSE;
          g_clear_handle_id (&self->guard, g_source_remove);
          tbus_app_set_state (self, TBUS_APP_READY); /* before it is announced: that is one signal */
          tbus_app_set_show (self->hub->apps, self);
        }
    }
  if (!self->waits_for_buffers)
    self->applied = job->generation;
  if (!self->registering)
    tbus_app_set_state (self, TBUS_APP_READY);
  tbus_app_answer_listers (self, self->listing, TBUS_APPLIED, job);
  tbus_app_plan_and_submit (self);
}

/* They say which tracer writes them, which has to be asked first. Who finds the user's there is told all at once. */
static gboolean
is_to_make_buffers (TbusApp *self)
{
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (self->hub->sessions);
  const TbusTracee *tracee = self->tracee;

  for (guint i = 0; i < sessions->len; i++)
    {
      TbusSession *session = g_ptr_array_index (sessions, i);
      TbusBufferKey key = { tbus_session_get_id (session), TBUS_BUFFER_USER, tracee->uid, tracee->abi.bits_per_long };
      g_autoptr(TbusBufferSet) set = NULL;

      if (tbus_session_get_state (session) != TBUS_SESSION_ACTIVE || !tbus_session_traces (session, tracee))
        continue;
      set = tbus_buffer_registry_find (self->hub->registry, &key);
      if (set == NULL)
        return TRUE;
    }
  return FALSE;
}

static TbusJob *
plan (TbusApp *self)
{
  g_autoptr(TbusJob) job = tbus_job_new (self->tracee);

  job->generation = self->wanted;
  job->done = on_job_done;
  job->data = self;
  if (!self->asked_version)
    {
      self->asked_version = TRUE;
      tbus_job_add (job, TBUS_OP_TRACER_VERSION, TBUS_SLOT_ROOT);
      if (is_to_make_buffers (self))
        {
          job->generation = self->applied;
          return g_steal_pointer (&job);
        }
    }
  mark_untracked (self);
  plan_endings (self, job);
  plan_sessions (self, job);
  if (self->quiescence_due)
    {
      self->quiescence_due = FALSE;
      tbus_job_add (job, TBUS_OP_WAIT_QUIESCENT, TBUS_SLOT_ROOT);
    }
  plan_register_done (self, job);
  if (self->listers->len > 0)
    {
      gboolean fields = FALSE;

      for (guint i = 0; i < self->listers->len; i++)
        fields |= g_array_index (self->listers, TbusAppLister, i).fields;
      tbus_job_add (job, TBUS_OP_LIST, TBUS_SLOT_ROOT)->fields = fields;
      g_array_append_vals (self->listing, self->listers->data, self->listers->len);
      g_array_set_size (self->listers, 0);
    }
  return g_steal_pointer (&job);
}

/* Plans until there is something to do, or nothing is left. */
void
tbus_app_plan_and_submit (TbusApp *self)
{
  g_autoptr(TbusApp) keep = g_object_ref (self);

  if (self->planning)
    return;
  self->planning = TRUE;
  while (self->job == NULL && !self->hub->suspended && self->state != TBUS_APP_GONE
         && (self->applied < self->wanted || self->registering || self->listers->len > 0))
    {
      g_autoptr(TbusJob) job = plan (self);

      if (job->commands->len > 0)
        {
          self->job = job;
          self->changes++;
          tbus_mark_step (self->tracee->mark, TBUS_MARK_COMMANDS);
          g_object_ref (self);
          self->hub->tracer.ops->submit (self->hub->tracer.self, g_steal_pointer (&job));
          break;
        }
      if (self->waits_for_buffers)
        break;
      self->applied = job->generation;
    }
  self->planning = FALSE;
  tbus_app_answer_waiters (self);
  tbus_hub_rested (self->hub);
}
