/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/job.h"

TbusJob *
tbus_job_new (TbusTracee *tracee)
{
  TbusJob *self = g_new0 (TbusJob, 1);
  guint32 root = 0;

  self->tracee = tbus_tracee_ref (tracee);
  self->commands = g_array_new (FALSE, TRUE, sizeof (TbusCommand));
  self->slots = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_array_append_val (self->slots, root);
  return self;
}

static void
command_clear (TbusCommand *command)
{
  switch (command->op)
    {
    case TBUS_OP_CREATE_SESSION:
    case TBUS_OP_SEND_RING:
      g_clear_pointer (&command->set, tbus_buffer_set_unref);
      break;
    case TBUS_OP_ADD_CONTEXT:
      g_clear_pointer (&command->context, tbus_context_unref);
      break;
    case TBUS_OP_CREATE_EVENT:
      g_clear_pointer (&command->rule, tbus_event_rule_unref);
      break;
    default:
      break;
    }
  g_clear_pointer (&command->ring, tbus_ring_unref);
}

void
tbus_job_free (TbusJob *self)
{
  for (guint i = 0; i < self->commands->len; i++)
    command_clear (&g_array_index (self->commands, TbusCommand, i));
  g_array_unref (self->commands);
  g_array_unref (self->slots);
  g_clear_pointer (&self->tracepoints, g_ptr_array_unref);
  tbus_tracee_unref (self->tracee);
  g_free (self);
}

guint32
tbus_job_add_slot (TbusJob *self, guint32 handle)
{
  g_array_append_val (self->slots, handle);
  return self->slots->len - 1;
}

TbusCommand *
tbus_job_add (TbusJob *self, TbusOp op, guint32 target)
{
  TbusCommand *command;

  g_array_set_size (self->commands, self->commands->len + 1);
  command = &g_array_index (self->commands, TbusCommand, self->commands->len - 1);
  command->op = op;
  command->target = target;
  command->channel = TBUS_NO_CHANNEL;
  command->event = TBUS_NO_EVENT;
  return command;
}

TbusCommand *
tbus_job_add_creating (TbusJob *self, TbusOp op, guint32 target, guint32 result)
{
  TbusCommand *command = tbus_job_add (self, op, target);

  command->result = result;
  return command;
}

const char *
tbus_op_to_string (TbusOp op)
{
  static const char *const names[] = {
    "ask for the tracer version", "create a session", "send a channel", "add a context", "create an event", "enable",
    "disable", "wait for quiescence", "dump the state", "release an object", "end the registration", "list tracepoints",
  };

  return names[op];
}

void
tbus_tracepoint_field_free (TbusTracepointField *self)
{
  g_free (self->name);
  g_free (self);
}

void
tbus_tracepoint_free (TbusTracepoint *self)
{
  g_free (self->name);
  g_clear_pointer (&self->fields, g_ptr_array_unref);
  g_free (self);
}
