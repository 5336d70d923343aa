/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/reconcile.h"

#include "base/error.h"

#include <errno.h>

TbusWanted *
tbus_wanted_new (void)
{
  TbusWanted *self = g_new0 (TbusWanted, 1);

  self->channels = g_array_new (FALSE, TRUE, sizeof (TbusWantedChannel));
  return self;
}

void
tbus_wanted_free (TbusWanted *self)
{
  for (guint i = 0; i < self->channels->len; i++)
    g_array_unref (g_array_index (self->channels, TbusWantedChannel, i).rules);
  g_array_unref (self->channels);
  g_free (self);
}

TbusWantedChannel *
tbus_wanted_add_channel (TbusWanted *self)
{
  TbusWantedChannel *channel;

  g_array_set_size (self->channels, self->channels->len + 1);
  channel = &g_array_index (self->channels, TbusWantedChannel, self->channels->len - 1);
  channel->rules = g_array_new (FALSE, TRUE, sizeof (TbusWantedRule));
  return channel;
}

static const TbusAppEvent *
find_event (const TbusAppChannel *channel, const TbusEventRule *rule)
{
  for (guint i = 0; channel->events != NULL && i < channel->events->len; i++)
    {
      const TbusAppEvent *event = &g_array_index (channel->events, TbusAppEvent, i);

      if (event->rule == rule)
        return event;
    }
  return NULL;
}

static void
plan_contexts (const TbusWantedChannel *wanted, const TbusAppChannel *actual, guint32 slot, TbusJob *job)
{
  for (guint i = actual->n_contexts; wanted->contexts != NULL && i < wanted->contexts->len; i++)
    tbus_job_add (job, TBUS_OP_ADD_CONTEXT, slot)->context = tbus_context_ref (g_ptr_array_index (wanted->contexts, i));
}

/* New rules are created first, all of them, and then enabled: the app answers each run of them in one go. */
static void
plan_events (const TbusWantedChannel *wanted, const TbusAppChannel *actual, guint32 slot, TbusJob *job)
{
  g_autoptr(GArray) created = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; i < wanted->rules->len; i++)
    {
      const TbusWantedRule *rule = &g_array_index (wanted->rules, TbusWantedRule, i);
      const TbusAppEvent *event = find_event (actual, rule->rule);

      if (event == NULL && rule->enabled)
        {
          guint32 result = tbus_job_add_slot (job, TBUS_SLOT_VOID);

          tbus_job_add_creating (job, TBUS_OP_CREATE_EVENT, slot, result)->rule = tbus_event_rule_ref (rule->rule);
          g_array_append_val (created, result);
        }
      else if (event != NULL && !event->failed && event->enabled != rule->enabled)
        tbus_job_add (job, rule->enabled ? TBUS_OP_ENABLE : TBUS_OP_DISABLE, tbus_job_add_slot (job, event->handle));
    }
  for (guint i = 0; i < created->len; i++)
    tbus_job_add (job, TBUS_OP_ENABLE, g_array_index (created, guint32, i));
}

static guint32
plan_ring (const TbusAppSession *actual, guint number, guint32 session, TbusJob *job)
{
  const TbusSetChannel *made = &g_array_index (actual->set->channels, TbusSetChannel, number);
  guint32 slot = tbus_job_add_slot (job, TBUS_SLOT_VOID);
  TbusCommand *command = tbus_job_add_creating (job, TBUS_OP_SEND_RING, session, slot);

  command->set = tbus_buffer_set_ref (actual->set);
  command->ring = tbus_ring_ref (made->ring);
  command->channel = number;
  return slot;
}

static void
plan_channels (const TbusWanted *wanted, const TbusAppSession *actual, guint32 session, TbusJob *job)
{
  g_autoptr(GArray) slots = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; i < wanted->channels->len; i++)
    {
      const TbusAppChannel *channel = &g_array_index (actual->channels, TbusAppChannel, i);
      guint32 slot = channel->there     ? tbus_job_add_slot (job, channel->handle)
                     : channel->failed ? TBUS_SLOT_VOID
                                       : plan_ring (actual, i, session, job);

      g_array_append_val (slots, slot);
    }
  for (guint i = 0; i < wanted->channels->len; i++)
    {
      const TbusWantedChannel *channel = &g_array_index (wanted->channels, TbusWantedChannel, i);
      const TbusAppChannel *has = &g_array_index (actual->channels, TbusAppChannel, i);
      guint32 slot = g_array_index (slots, guint32, i);
      gboolean enabled = !has->there || has->enabled; /* channels come up enabled (B25) */

      if (slot == TBUS_SLOT_VOID)
        continue;
      if (enabled != channel->enabled)
        tbus_job_add (job, channel->enabled ? TBUS_OP_ENABLE : TBUS_OP_DISABLE, slot);
      plan_contexts (channel, has, slot, job);
      plan_events (channel, has, slot, job);
    }
}

/* What refers to an object holds it: events go before their channel, channels before the session. */
static void
plan_release (const TbusAppSession *actual, TbusJob *job)
{
  guint32 session;

  if (!actual->there)
    return;
  session = tbus_job_add_slot (job, actual->handle);
  if (actual->active)
    {
      tbus_job_add (job, TBUS_OP_DISABLE, session);
      tbus_job_add (job, TBUS_OP_WAIT_QUIESCENT, TBUS_SLOT_ROOT);
    }
  for (guint i = 0; i < actual->channels->len; i++)
    {
      const TbusAppChannel *channel = &g_array_index (actual->channels, TbusAppChannel, i);

      for (guint j = 0; j < channel->events->len; j++)
        {
          const TbusAppEvent *event = &g_array_index (channel->events, TbusAppEvent, j);

          if (!event->failed)
            tbus_job_add (job, TBUS_OP_RELEASE, tbus_job_add_slot (job, event->handle));
        }
      if (channel->there)
        tbus_job_add (job, TBUS_OP_RELEASE, tbus_job_add_slot (job, channel->handle));
    }
  tbus_job_add (job, TBUS_OP_RELEASE, session);
}

TbusPlan
tbus_reconcile (const TbusWanted *wanted, const TbusAppSession *actual, TbusJob *job)
{
  TbusPlan plan = { job->commands->len, 0 };
  guint32 session;

  if (wanted == NULL)
    {
      plan_release (actual, job);
      plan.n = job->commands->len - plan.first;
      return plan;
    }
  if (actual->there)
    session = tbus_job_add_slot (job, actual->handle);
  else
    {
      TbusCommand *create;

      session = tbus_job_add_slot (job, TBUS_SLOT_VOID);
      create = tbus_job_add_creating (job, TBUS_OP_CREATE_SESSION, TBUS_SLOT_ROOT, session);
      create->set = tbus_buffer_set_ref (actual->set);
    }
  plan_channels (wanted, actual, session, job);
  if (wanted->active != actual->active)
    {
      tbus_job_add (job, wanted->active ? TBUS_OP_ENABLE : TBUS_OP_DISABLE, session);
      tbus_job_add (job, TBUS_OP_WAIT_QUIESCENT, TBUS_SLOT_ROOT);
    }
  plan.n = job->commands->len - plan.first;
  return plan;
}

/* What a slot of the job stands for in the app session. */
typedef struct {
  TbusAppChannel *channel; /* NULL: the session */
  TbusAppEvent *event;     /* NULL: the channel itself */
} Object;

static Object
find_object (TbusAppSession *actual, guint32 handle)
{
  for (guint i = 0; i < actual->channels->len; i++)
    {
      TbusAppChannel *channel = &g_array_index (actual->channels, TbusAppChannel, i);

      if (channel->there && channel->handle == handle)
        return (Object){ channel, NULL };
      for (guint j = 0; j < channel->events->len; j++)
        {
          TbusAppEvent *event = &g_array_index (channel->events, TbusAppEvent, j);

          if (!event->failed && event->handle == handle)
            return (Object){ channel, event };
        }
    }
  return (Object){ NULL, NULL };
}

static void
apply_toggle (TbusAppSession *actual, guint32 handle, gboolean enabled)
{
  Object object = find_object (actual, handle);

  if (object.event != NULL)
    object.event->enabled = enabled;
  else if (object.channel != NULL)
    object.channel->enabled = enabled;
  else if (actual->there && actual->handle == handle)
    actual->active = enabled;
}

static void
apply_created (TbusAppSession *actual, const TbusCommand *command, guint32 target, guint32 handle)
{
  TbusAppChannel *channel;

  switch (command->op)
    {
    case TBUS_OP_CREATE_SESSION:
      actual->there = TRUE;
      actual->handle = handle;
      break;
    case TBUS_OP_SEND_RING:
      channel = &g_array_index (actual->channels, TbusAppChannel, command->channel);
      channel->there = TRUE;
      channel->enabled = TRUE;
      channel->handle = handle;
      break;
    case TBUS_OP_CREATE_EVENT:
      channel = find_object (actual, target).channel;
      if (channel != NULL)
        {
          TbusAppEvent event = { tbus_event_rule_ref (command->rule), handle, FALSE, FALSE };

          g_array_append_val (channel->events, event);
        }
      break;
    default:
      break;
    }
}

static void
apply_failed (TbusAppSession *actual, const TbusCommand *command, guint32 target, const TbusTracee *tracee)
{
  if (command->status == -ECANCELED || command->status == -EPIPE)
    return; /* what it depended on says why; to be gone is no error (B23, B24) */
  if (command->op == TBUS_OP_ADD_CONTEXT)
    {
      find_object (actual, target).channel->n_contexts++; /* not asked again: its events are recorded without */
      g_ptr_array_add (actual->warnings,
                       g_strdup_printf ("Process %d has no context \"%s\": its events are recorded without "
                                        "(tracer's code %d)", (int) tracee->pid, command->context->type,
                                        command->status));
      return;
    }
  if (command->op == TBUS_OP_CREATE_EVENT)
    {
      TbusAppChannel *channel = find_object (actual, target).channel;

      g_ptr_array_add (actual->warnings,
                       g_strdup_printf ("Process %d refused the event rule \"%s\" (tracer's code %d)",
                                        (int) tracee->pid, command->rule->pattern, command->status));
      if (channel != NULL)
        {
          TbusAppEvent event = { tbus_event_rule_ref (command->rule), 0, FALSE, TRUE };

          g_array_append_val (channel->events, event);
        }
      return;
    }
  if (command->op == TBUS_OP_SEND_RING)
    g_array_index (actual->channels, TbusAppChannel, command->channel).failed = TRUE;
  if (actual->error == NULL)
    g_set_error (&actual->error, TBUS_ERROR, TBUS_ERROR_APP_GONE, "Process %d refused to %s (tracer's code %d)",
                 (int) tracee->pid, tbus_op_to_string (command->op), command->status);
}

/* Also where the app refused: there is nothing else to be asked of it. */
static void
apply_released (TbusAppSession *actual, guint32 handle)
{
  if (actual->there && actual->handle == handle)
    tbus_app_session_reset (actual);
}

void
tbus_reconcile_apply (const TbusPlan *plan, TbusJob *job, TbusAppSession *actual)
{
  for (guint i = plan->first; i < plan->first + plan->n; i++)
    {
      const TbusCommand *command = &g_array_index (job->commands, TbusCommand, i);
      guint32 target = g_array_index (job->slots, guint32, command->target);
      guint32 result = g_array_index (job->slots, guint32, command->result);

      if (command->status != 0)
        apply_failed (actual, command, target, job->tracee);
      if (command->op == TBUS_OP_RELEASE && command->status != -EPIPE)
        apply_released (actual, target);
      else if (command->status != 0)
        continue;
      else if (command->op == TBUS_OP_ENABLE || command->op == TBUS_OP_DISABLE)
        apply_toggle (actual, target, command->op == TBUS_OP_ENABLE);
      else if (command->op == TBUS_OP_ADD_CONTEXT)
        find_object (actual, target).channel->n_contexts++;
      else
        apply_created (actual, command, target, result);
    }
}
