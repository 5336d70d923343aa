/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/app-private.h"

#include "core/names.h"

#include <errno.h>
#include <string.h>

enum { PROP_STATE = 1, PROP_TRACER_VERSION, N_PROPS };
static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (TbusApp, tbus_app, G_TYPE_OBJECT)

static void
tbus_app_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbusApp *self = TBUS_APP (object);

  if (id == PROP_STATE)
    g_value_set_int (value, self->state);
  else
    g_value_set_pointer (value, self->version);
}

static void
tbus_app_finalize (GObject *object)
{
  TbusApp *self = TBUS_APP (object);

  g_clear_handle_id (&self->guard, g_source_remove);
  g_array_unref (self->parts);
  g_array_unref (self->listing);
  g_array_unref (self->waiters);
  g_array_unref (self->listers);
  g_ptr_array_unref (self->sessions);
  g_clear_pointer (&self->words, g_variant_unref);
  g_free (self->name);
  tbus_tracee_unref (self->tracee);
  G_OBJECT_CLASS (tbus_app_parent_class)->finalize (object);
}

static void
tbus_app_class_init (TbusAppClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tbus_app_get_property;
  object_class->finalize = tbus_app_finalize;
  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, TBUS_APP_REGISTERING, TBUS_APP_GONE, TBUS_APP_REGISTERING,
                                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  props[PROP_TRACER_VERSION] = g_param_spec_pointer ("tracer-version", NULL, NULL,
                                                     G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbus_app_init (TbusApp *self)
{
  self->registering = TRUE;
  self->wanted = 1; /* what sessions want of it from the start */
  self->parts = g_array_new (FALSE, FALSE, sizeof (TbusAppPart));
  self->listing = g_array_new (FALSE, FALSE, sizeof (TbusAppLister));
  self->waiters = g_array_new (FALSE, FALSE, sizeof (TbusAppWaiter));
  self->listers = g_array_new (FALSE, FALSE, sizeof (TbusAppLister));
  self->sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_app_session_free);
}

TbusApp *
tbus_app_new (TbusHub *hub, TbusTracee *tracee)
{
  TbusApp *self = g_object_new (TBUS_TYPE_APP, NULL);

  self->hub = hub;
  self->tracee = tbus_tracee_ref (tracee);
  self->name = tbus_name_make_valid (tracee->name);
  return self;
}

TbusApp *
tbus_app_new_restored (TbusHub *hub, TbusTracee *tracee, const guint32 *version)
{
  TbusApp *self = tbus_app_new (hub, tracee);

  self->registering = FALSE;
  self->asked_version = TRUE;
  self->applied = self->wanted;
  self->state = TBUS_APP_READY;
  memcpy (self->version, version, sizeof self->version);
  return self;
}

void
tbus_app_set_state (TbusApp *self, TbusAppState state)
{
  if (self->state == state || self->state == TBUS_APP_GONE)
    return;
  self->state = state;
  if (state != TBUS_APP_GONE) /* which its removal from the set tells */
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

void
tbus_app_set_tracer_version (TbusApp *self, const guint32 *version)
{
  memcpy (self->version, version, sizeof self->version);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_TRACER_VERSION]);
}

/* Those that need not wait any longer, taken out before they are called: they may ask again. */
void
tbus_app_answer_waiters (TbusApp *self)
{
  g_autoptr(GArray) ready = g_array_new (FALSE, FALSE, sizeof (TbusAppWaiter));
  gboolean gone = self->state == TBUS_APP_GONE;
  TbusAppOutcome outcome = gone                                   ? TBUS_GONE
                           : self->state == TBUS_APP_UNRESPONSIVE ? TBUS_PENDING
                                                                  : TBUS_APPLIED;
  guint kept = 0;

  for (guint i = 0; i < self->waiters->len; i++)
    {
      TbusAppWaiter waiter = g_array_index (self->waiters, TbusAppWaiter, i);

      if (gone || waiter.generation <= self->applied
          || (self->state == TBUS_APP_UNRESPONSIVE && !waiter.patient))
        g_array_append_val (ready, waiter);
      else
        g_array_index (self->waiters, TbusAppWaiter, kept++) = waiter;
    }
  g_array_set_size (self->waiters, kept);
  for (guint i = 0; i < ready->len; i++)
    {
      TbusAppWaiter *waiter = &g_array_index (ready, TbusAppWaiter, i);

      waiter->func (self, waiter->generation <= self->applied ? TBUS_APPLIED : outcome, waiter->data);
    }
}

/* The status of its LIST; 0 where it has none. */
static int
list_status (TbusJob *job)
{
  for (guint i = 0; job != NULL && i < job->commands->len; i++)
    {
      TbusCommand *command = &g_array_index (job->commands, TbusCommand, i);

      if (command->op == TBUS_OP_LIST)
        return command->status;
    }
  return 0;
}

void
tbus_app_answer_listers (TbusApp *self, GArray *listers, TbusAppOutcome outcome, TbusJob *job)
{
  g_autoptr(GArray) ready = g_array_copy (listers);
  int status = list_status (job);
  gboolean cut = status == -ENOSPC;
  GPtrArray *tracepoints = job != NULL && (status == 0 || cut) ? job->tracepoints : NULL;

  g_array_set_size (listers, 0);
  for (guint i = 0; i < ready->len; i++)
    {
      TbusAppLister *lister = &g_array_index (ready, TbusAppLister, i);

      lister->func (self, outcome, tracepoints, cut, lister->data);
    }
}

void
tbus_app_begin (TbusApp *self)
{
  self->unfit = !tbus_app_set_can_take (self->hub->apps, self->tracee->pid);
  tbus_app_plan_and_submit (self);
}

void
tbus_app_kick (TbusApp *self)
{
  self->wanted++;
  tbus_app_plan_and_submit (self);
}

void
tbus_app_buffers_changed (TbusApp *self)
{
  if (self->waits_for_buffers)
    tbus_app_plan_and_submit (self);
}

void
tbus_app_set_stalled (TbusApp *self, gboolean stalled)
{
  if (stalled)
    tbus_app_set_state (self, TBUS_APP_UNRESPONSIVE);
  else
    tbus_app_set_state (self, self->registering ? TBUS_APP_REGISTERING : TBUS_APP_READY);
  tbus_app_answer_waiters (self);
  if (stalled)
    {
      tbus_app_answer_listers (self, self->listers, TBUS_PENDING, NULL);
      tbus_app_answer_listers (self, self->listing, TBUS_PENDING, NULL);
      tbus_hub_rested (self->hub);
    }
}

void
tbus_app_set_gone (TbusApp *self)
{
  g_autoptr(TbusApp) keep = g_object_ref (self);
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (self->hub->sessions);

  if (self->registering && self->broke_off && self->sessions->len > 0)
    tbus_app_set_broke_off (self->hub->apps, self->tracee->pid);
  tbus_app_set_state (self, TBUS_APP_GONE);
  g_clear_handle_id (&self->guard, g_source_remove);
  for (guint i = 0; i < self->sessions->len; i++)
    {
      TbusAppSession *app_session = g_ptr_array_index (self->sessions, i);
      TbusSession *session = tbus_session_set_find_id (self->hub->sessions, app_session->session_id);

      if (app_session->set != NULL)
        tbus_session_app_left (app_session->set, self->tracee->pid);
      if (session != NULL && app_session->set != NULL)
        tbus_session_leave_set (session, app_session->set);
    }
  for (guint i = 0; i < sessions->len; i++)
    tbus_session_forget_app (g_ptr_array_index (sessions, i), self->tracee->id);
  tbus_app_answer_listers (self, self->listers, TBUS_GONE, NULL);
  tbus_app_answer_waiters (self);
}

TbusAppSession *
tbus_app_find_session (TbusApp *self, guint64 session_id)
{
  for (guint i = 0; i < self->sessions->len; i++)
    {
      TbusAppSession *app_session = g_ptr_array_index (self->sessions, i);

      if (app_session->session_id == session_id)
        return app_session;
    }
  return NULL;
}

void
tbus_app_end_session (TbusApp *self, guint64 session_id)
{
  TbusAppSession *app_session = tbus_app_find_session (self, session_id);

  if (app_session == NULL)
    return;
  app_session->ending = TRUE;
  self->changes++;
  tbus_app_kick (self);
}

void
tbus_app_want_statedump (TbusApp *self, guint64 session_id)
{
  TbusAppSession *app_session = tbus_app_find_session (self, session_id);

  if (app_session != NULL)
    app_session->statedump_due = TRUE;
}

void
tbus_app_retry_session (TbusApp *self, guint64 session_id)
{
  TbusAppSession *app_session = tbus_app_find_session (self, session_id);

  self->unfit = FALSE; /* of a session that is new to it, too */
  if (app_session != NULL)
    {
      tbus_app_session_retry (app_session);
      self->changes++;
    }
}

void
tbus_app_wait (TbusApp *self, TbusAppFunc func, gpointer data)
{
  TbusAppWaiter waiter = { self->wanted, func, data, FALSE };

  g_array_append_val (self->waiters, waiter);
  tbus_app_answer_waiters (self);
}

void
tbus_app_quiesce (TbusApp *self, TbusAppFunc func, gpointer data)
{
  TbusAppWaiter waiter = { self->wanted + 1, func, data, TRUE };

  g_array_append_val (self->waiters, waiter);
  self->quiescence_due = TRUE;
  tbus_app_kick (self);
}

void
tbus_app_list (TbusApp *self, gboolean fields, TbusAppListFunc func, gpointer data)
{
  TbusAppLister lister = { fields, func, data };

  if (self->state == TBUS_APP_UNRESPONSIVE || self->state == TBUS_APP_GONE)
    {
      func (self, self->state == TBUS_APP_GONE ? TBUS_GONE : TBUS_PENDING, NULL, FALSE, data);
      return;
    }
  g_array_append_val (self->listers, lister);
  tbus_app_plan_and_submit (self);
}

guint64
tbus_app_get_id (TbusApp *self)
{
  return self->tracee->id;
}

const TbusTracee *
tbus_app_get_tracee (TbusApp *self)
{
  return self->tracee;
}

const char *
tbus_app_get_name (TbusApp *self)
{
  return self->name;
}

TbusAppState
tbus_app_get_state (TbusApp *self)
{
  return self->state;
}

const char *
tbus_app_state_to_string (TbusAppState state)
{
  static const char *const names[] = { "registering", "ready", "unresponsive", "gone" };

  return names[state];
}

const guint32 *
tbus_app_get_tracer_version (TbusApp *self)
{
  return self->version;
}

GArray *
tbus_app_list_sessions (TbusApp *self)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < self->sessions->len; i++)
    {
      TbusAppSession *app_session = g_ptr_array_index (self->sessions, i);

      if (app_session->there && !app_session->ending)
        g_array_append_val (ids, app_session->session_id);
    }
  return ids;
}
