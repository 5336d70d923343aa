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

/* Rules are only ever added to a channel: a rule's number is its place in the app, too. */
static const TbusAppEvent *
event_at (const TbusAppChannel *channel, guint number)
{
  const TbusAppEvent *event;

  if (channel->events == NULL || number >= channel->events->len)
    return NULL;
  event = &g_array_index (channel->events, TbusAppEvent, number);
  return event->rule != NULL ? event : NULL;
}

static TbusCommand *
about_channel (TbusCommand *command, guint32 channel)
{
  command->channel = channel;
  return command;
}

static TbusCommand *
about_event (TbusCommand *command, guint32 channel, guint32 event)
{
  command->channel = channel;
  command->event = event;
  return command;
}

static TbusOp
toggle (gboolean enabled)
{
  return enabled ? TBUS_OP_ENABLE : TBUS_OP_DISABLE;
}

/* A channel of the plan: its number, and the slot that stands for it. */
typedef struct {
  const TbusWantedChannel *wanted;
  const TbusAppChannel *actual;
  guint32 number;
  guint32 slot;
} Pair;

static void
plan_contexts (const Pair *pair, TbusJob *job)
{
  GPtrArray *contexts = pair->wanted->contexts;

  for (guint i = pair->actual->n_contexts; contexts != NULL && i < contexts->len; i++)
    {
      TbusCommand *command = about_channel (tbus_job_add (job, TBUS_OP_ADD_CONTEXT, pair->slot), pair->number);

      command->context = tbus_context_ref (g_ptr_array_index (contexts, i));
    }
}

/* A rule that was created in this plan. */
typedef struct {
  guint32 slot;
  guint32 number;
} Created;

/* New rules are created first, all of them, and then enabled: the app answers each run of them in one go. */
static void
plan_events (const Pair *pair, TbusJob *job)
{
  GArray *rules = pair->wanted->rules;
  g_autoptr(GArray) created = g_array_new (FALSE, FALSE, sizeof (Created));

  for (guint i = 0; i < rules->len; i++)
    {
      const TbusWantedRule *rule = &g_array_index (rules, TbusWantedRule, i);
      const TbusAppEvent *event = event_at (pair->actual, i);

      if (event == NULL && rule->enabled)
        {
          Created later = { tbus_job_add_slot (job, TBUS_SLOT_VOID), i };
          TbusCommand *create = tbus_job_add_creating (job, TBUS_OP_CREATE_EVENT, pair->slot, later.slot);

          about_event (create, pair->number, i)->rule = tbus_event_rule_ref (rule->rule);
          g_array_append_val (created, later);
        }
      else if (event != NULL && !event->failed && event->enabled != rule->enabled)
        about_event (tbus_job_add (job, toggle (rule->enabled), tbus_job_add_slot (job, event->handle)),
                     pair->number, i);
    }
  for (guint i = 0; i < created->len; i++)
    {
      const Created *later = &g_array_index (created, Created, i);

      about_event (tbus_job_add (job, TBUS_OP_ENABLE, later->slot), pair->number, later->number);
    }
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
      Pair pair = {
        &g_array_index (wanted->channels, TbusWantedChannel, i),
        &g_array_index (actual->channels, TbusAppChannel, i),
        i,
        g_array_index (slots, guint32, i),
      };
      gboolean enabled = !pair.actual->there || pair.actual->enabled; /* channels come up enabled (B25) */

      if (pair.slot == TBUS_SLOT_VOID)
        continue;
      if (enabled != pair.wanted->enabled)
        about_channel (tbus_job_add (job, toggle (pair.wanted->enabled), pair.slot), i);
      plan_contexts (&pair, job);
      plan_events (&pair, job);
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

          if (event->rule != NULL && !event->failed)
            about_event (tbus_job_add (job, TBUS_OP_RELEASE, tbus_job_add_slot (job, event->handle)), i, j);
        }
      if (channel->there)
        about_channel (tbus_job_add (job, TBUS_OP_RELEASE, tbus_job_add_slot (job, channel->handle)), i);
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
      tbus_job_add (job, toggle (wanted->active), session);
      /* Then nobody writes any more. A start has nothing to wait for: events are recorded from its answer on. */
      if (!wanted->active)
        tbus_job_add (job, TBUS_OP_WAIT_QUIESCENT, TBUS_SLOT_ROOT);
    }
  else if (wanted->active && actual->statedump_due)
    tbus_job_add (job, TBUS_OP_STATEDUMP, session);
  plan.n = job->commands->len - plan.first;
  return plan;
}

/* The place of a rule, made where it is not there yet. */
static TbusAppEvent *
event_place (TbusAppChannel *channel, guint number)
{
  if (number >= channel->events->len)
    g_array_set_size (channel->events, number + 1);
  return &g_array_index (channel->events, TbusAppEvent, number);
}

static void
apply_event (TbusAppChannel *channel, const TbusCommand *command, guint32 handle)
{
  TbusAppEvent event = { tbus_event_rule_ref (command->rule), handle, FALSE, command->status != 0 };

  *event_place (channel, command->event) = event;
}

static void
apply_toggle (TbusAppSession *actual, TbusAppChannel *channel, const TbusCommand *command)
{
  gboolean enabled = command->op == TBUS_OP_ENABLE;

  if (channel == NULL)
    {
      actual->active = enabled;
      actual->statedump_due = FALSE;
    }
  else if (command->event == TBUS_NO_EVENT)
    channel->enabled = enabled;
  else
    event_place (channel, command->event)->enabled = enabled;
}

static void
apply_done (TbusAppSession *actual, TbusAppChannel *channel, const TbusCommand *command, guint32 handle)
{
  switch (command->op)
    {
    case TBUS_OP_CREATE_SESSION:
      actual->there = TRUE;
      actual->handle = handle;
      break;
    case TBUS_OP_SEND_RING:
      channel->there = TRUE;
      channel->enabled = TRUE;
      channel->handle = handle;
      break;
    case TBUS_OP_CREATE_EVENT:
      apply_event (channel, command, handle);
      break;
    case TBUS_OP_ADD_CONTEXT:
      channel->n_contexts++;
      break;
    case TBUS_OP_ENABLE:
    case TBUS_OP_DISABLE:
      apply_toggle (actual, channel, command);
      break;
    case TBUS_OP_STATEDUMP:
      actual->statedump_due = FALSE;
      break;
    default:
      break;
    }
}

static void
apply_failed (TbusAppSession *actual, TbusAppChannel *channel, const TbusCommand *command, const TbusTracee *tracee)
{
  if (command->status == -ECANCELED || command->status == -EPIPE)
    return; /* what it depended on says why; to be gone is no error (B23, B24) */
  if (command->op == TBUS_OP_RELEASE)
    return; /* nothing stands in the way of what comes next */
  if (command->op == TBUS_OP_ADD_CONTEXT)
    {
      channel->n_contexts++; /* not asked again: its events are recorded without */
      g_ptr_array_add (actual->warnings,
                       g_strdup_printf ("Process %d has no context \"%s\": its events are recorded without "
                                        "(tracer's code %d)", (int) tracee->pid, command->context->type,
                                        command->status));
      return;
    }
  if (command->op == TBUS_OP_STATEDUMP)
    {
      actual->statedump_due = FALSE;
      g_ptr_array_add (actual->warnings, g_strdup_printf ("Process %d did not tell its state (tracer's code %d)",
                                                          (int) tracee->pid, command->status));
      return;
    }
  if (command->op == TBUS_OP_CREATE_EVENT)
    {
      apply_event (channel, command, 0);
      g_ptr_array_add (actual->warnings,
                       g_strdup_printf ("Process %d refused the event rule \"%s\" (tracer's code %d)",
                                        (int) tracee->pid, command->rule->pattern, command->status));
      return;
    }
  if (command->op == TBUS_OP_SEND_RING)
    channel->failed = TRUE;
  if (actual->error == NULL)
    g_set_error (&actual->error, TBUS_ERROR, TBUS_ERROR_APP_GONE, "Process %d refused to %s (tracer's code %d)",
                 (int) tracee->pid, tbus_op_to_string (command->op), command->status);
}

void
tbus_reconcile_apply (const TbusPlan *plan, TbusJob *job, TbusAppSession *actual)
{
  for (guint i = plan->first; i < plan->first + plan->n; i++)
    {
      const TbusCommand *command = &g_array_index (job->commands, TbusCommand, i);
      guint32 result = g_array_index (job->slots, guint32, command->result);
      TbusAppChannel *channel = NULL;

      if (command->channel < actual->channels->len)
        channel = &g_array_index (actual->channels, TbusAppChannel, command->channel);
      else if (command->channel != TBUS_NO_CHANNEL)
        continue;
      if (command->status != 0)
        apply_failed (actual, channel, command, job->tracee);
      else
        apply_done (actual, channel, command, result);
      /* Of the session itself, also where the app refused: there is nothing else to be asked of it. */
      if (command->op == TBUS_OP_RELEASE && command->channel == TBUS_NO_CHANNEL && command->status != -EPIPE)
        tbus_app_session_reset (actual);
    }
}
