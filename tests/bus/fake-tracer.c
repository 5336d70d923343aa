/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake-tracer.h"

#include "base/fd-budget.h"
#include "base/limits.h"
#include "core/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct TstFakeTracer {
  GQueue jobs;        /* of TbusJob */
  TbusTracee *frozen; /* nullable: one at a time */
  guint idle;
  guint tracepoints;
  guint32 handle;
};

static void
field_free (gpointer data)
{
  TbusTracepointField *field = data;

  g_free (field->name);
  g_free (field);
}

static GPtrArray *
list_tracepoints (TstFakeTracer *self, gboolean fields)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracepoint_free);

  for (guint i = 0; i < MIN (self->tracepoints, TBUS_MAX_TRACEPOINTS); i++)
    {
      TbusTracepoint *tracepoint = g_new0 (TbusTracepoint, 1);

      tracepoint->name = g_strdup_printf ("tst:event%u", i);
      tracepoint->loglevel = 6;
      if (fields)
        {
          TbusTracepointField *field = g_new0 (TbusTracepointField, 1);

          field->name = g_strdup ("count\xff"); /* no UTF-8 */
          field->type = 1;
          tracepoint->fields = g_ptr_array_new_with_free_func (field_free);
          g_ptr_array_add (tracepoint->fields, field);
        }
      g_ptr_array_add (list, tracepoint);
    }
  return list;
}

static void
carry_out (TstFakeTracer *self, TbusJob *job)
{
  for (guint i = 0; i < job->commands->len; i++)
    {
      TbusCommand *command = &g_array_index (job->commands, TbusCommand, i);

      command->status = job->gone ? -EPIPE : 0;
      if (job->gone)
        continue;
      switch (command->op)
        {
        case TBUS_OP_CREATE_SESSION:
        case TBUS_OP_SEND_RING:
        case TBUS_OP_CREATE_EVENT:
          g_array_index (job->slots, guint32, command->result) = ++self->handle;
          break;
        case TBUS_OP_TRACER_VERSION:
          job->version[0] = 2;
          job->version[1] = 13;
          job->version[2] = 5;
          break;
        case TBUS_OP_LIST:
          job->tracepoints = list_tracepoints (self, command->fields);
          command->status = self->tracepoints > TBUS_MAX_TRACEPOINTS ? -ENOSPC : 0;
          break;
        default:
          break;
        }
    }
  job->done (job, job->data);
}

static TbusJob *
next_job (TstFakeTracer *self)
{
  for (GList *item = self->jobs.head; item != NULL; item = item->next)
    {
      TbusJob *job = item->data;

      if (job->tracee == self->frozen)
        continue;
      g_queue_delete_link (&self->jobs, item);
      return job;
    }
  return NULL;
}

static gboolean
on_idle (gpointer data)
{
  TstFakeTracer *self = data;
  TbusJob *job = next_job (self);

  if (job == NULL)
    {
      self->idle = 0;
      return G_SOURCE_REMOVE;
    }
  carry_out (self, job);
  return G_SOURCE_CONTINUE;
}

static void
wake (TstFakeTracer *self)
{
  if (self->idle == 0)
    self->idle = g_idle_add_full (G_PRIORITY_DEFAULT, on_idle, self, NULL);
}

static void
fake_submit (gpointer data, TbusJob *job)
{
  TstFakeTracer *self = data;

  g_queue_push_tail (&self->jobs, job);
  wake (self);
}

static void
fake_drop (gpointer data, TbusTracee *tracee)
{
}

TstFakeTracer *
tst_fake_tracer_new (void)
{
  TstFakeTracer *self = g_new0 (TstFakeTracer, 1);

  g_queue_init (&self->jobs);
  self->tracepoints = 2;
  return self;
}

void
tst_fake_tracer_free (TstFakeTracer *self)
{
  g_assert_true (g_queue_is_empty (&self->jobs));
  g_clear_handle_id (&self->idle, g_source_remove);
  g_free (self);
}

TbusTracer
tst_fake_tracer_port (TstFakeTracer *self)
{
  static const TbusTracerOps ops = { fake_submit, fake_drop };

  return (TbusTracer){ &ops, self };
}

TbusTracee *
tst_fake_tracer_register (TstFakeTracer *self, TbusCore *core, const char *name, uid_t uid)
{
  TbusTracee *tracee;

  g_assert_true (tbus_fd_budget_take (2, "An app", NULL));
  tracee = tbus_tracee_new (open ("/dev/null", O_RDWR | O_CLOEXEC), open ("/dev/null", O_RDWR | O_CLOEXEC));
  tracee->id = tbus_id_next (TBUS_ID_APP);
  tracee->pid = getpid ();
  tracee->parent_pid = getppid ();
  tracee->uid = uid;
  tracee->gid = getgid ();
  g_strlcpy (tracee->name, name, sizeof tracee->name);
  tracee->abi_major = 9;
  tracee->abi_minor = 0;
  tracee->abi = (TbusAbi){ 64, 8, 8, 8, 8, 8, TRUE };
  tracee->registered_at = g_get_real_time ();
  tbus_core_tracer_events.registered (core, tracee);
  return tracee;
}

void
tst_fake_tracer_hold (TstFakeTracer *self, TbusTracee *tracee)
{
  self->frozen = tracee;
  wake (self);
}

guint
tst_fake_tracer_waiting (TstFakeTracer *self)
{
  return g_queue_get_length (&self->jobs);
}

void
tst_fake_tracer_freeze (TstFakeTracer *self, TbusCore *core, TbusTracee *tracee, gboolean frozen)
{
  tst_fake_tracer_hold (self, frozen ? tracee : NULL);
  tbus_core_tracer_events.stalled (core, tracee, frozen);
}

void
tst_fake_tracer_leave (TstFakeTracer *self, TbusCore *core, TbusTracee *tracee)
{
  for (GList *item = self->jobs.head, *next; item != NULL; item = next)
    {
      TbusJob *job = item->data;

      next = item->next;
      if (job->tracee != tracee)
        continue;
      g_queue_delete_link (&self->jobs, item);
      job->gone = TRUE;
      carry_out (self, job);
    }
  if (self->frozen == tracee)
    self->frozen = NULL;
  tbus_core_tracer_events.gone (core, tracee);
}

void
tst_fake_tracer_set_tracepoints (TstFakeTracer *self, guint n)
{
  self->tracepoints = n;
}
