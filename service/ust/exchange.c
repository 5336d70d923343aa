/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/exchange.h"

#include "base/error.h"
#include "base/log-rate.h"
#include "base/log.h"
#include "ust/commands.h"
#include "ust/errors.h"
#include "ust/listing.h"
#include "ust/protocol.h"

#include <errno.h>
#include <lttng/ust-error.h>
#include <string.h>

enum {
  WINDOW = 64,          /* messages without an answer */
  LIST_AHEAD = 8,       /* of a list whose length nobody knows: at first; grows with what came */
  NO_COMMAND = G_MAXUINT,
};

G_STATIC_ASSERT (TBUS_EXCHANGE_MAX_ANSWER == sizeof (TbusUstReply) + sizeof (struct lttng_ust_abi_field_iter));

typedef struct {
  guint32 handle;  /* of what it created; 0: not known */
  guint sent;      /* steps */
  guint in_flight; /* steps without an answer */
  gboolean done;   /* its status is final */
} Progress;

typedef struct {
  TbusStep step;
  guint command; /* NO_COMMAND: an object that is released on the side */
  guint number;  /* step of the command */
} Expected;

struct TbusExchange {
  TbusTraceeIndex *index;
  TbusJob *job;
  Progress *progress; /* one a command */
  guint next;         /* the command that is sent now; those before it were sent whole */
  Expected expected[WINDOW]; /* a ring */
  guint first, n_expected;
  GArray *orphans; /* handles to release: of lists, and of what was created by halves */
  TbusListing listing; /* its array is the job's; NULL before there is one */
  gboolean list_ended;
  gboolean gone;
};

TbusExchange *
tbus_exchange_new (TbusTraceeIndex *index, TbusJob *job)
{
  TbusExchange *self = g_new0 (TbusExchange, 1);

  self->index = index;
  self->job = job;
  self->progress = g_new0 (Progress, job->commands->len);
  self->orphans = g_array_new (FALSE, FALSE, sizeof (guint32));
  return self;
}

static TbusCommand *
command_at (const TbusExchange *self, guint number)
{
  return &g_array_index (self->job->commands, TbusCommand, number);
}

static guint32 *
slot_at (const TbusExchange *self, guint32 slot)
{
  return &g_array_index (self->job->slots, guint32, slot);
}

static const Expected *
expected_at (const TbusExchange *self, guint i)
{
  return &self->expected[(self->first + i) % WINDOW];
}

static gboolean
has_room (const TbusExchange *self, const TbusOutbox *out)
{
  return self->n_expected < WINDOW && tbus_outbox_size (out) < TBUS_OUTBOX_FULL;
}

static void
expect (TbusExchange *self, TbusStep step, guint command)
{
  Expected *expected = &self->expected[(self->first + self->n_expected) % WINDOW];

  *expected = (Expected){ .step = step, .command = command };
  self->n_expected++;
  if (command == NO_COMMAND)
    return;
  expected->number = self->progress[command].sent++;
  self->progress[command].in_flight++;
}

/* Whether an answer that is still out decides about @slot. */
static gboolean
is_undecided (const TbusExchange *self, guint32 slot)
{
  for (guint i = 0; i < self->n_expected; i++)
    {
      const Expected *expected = expected_at (self, i);
      const TbusCommand *command;

      if (expected->command == NO_COMMAND || expected->command == self->next)
        continue;
      command = command_at (self, expected->command);
      if (tbus_command_creates (command) && command->op != TBUS_OP_LIST && command->result == slot)
        return TRUE;
    }
  return FALSE;
}

static void
finish_command (TbusExchange *self, guint number)
{
  TbusCommand *command = command_at (self, number);
  Progress *progress = &self->progress[number];
  gboolean creates = tbus_command_creates (command);

  progress->done = TRUE;
  if (command->status == 0 && creates && command->op != TBUS_OP_LIST)
    *slot_at (self, command->result) = progress->handle;
  else if (progress->handle != 0)
    {
      tbus_tracee_index_unbind (self->index, self->job->tracee, progress->handle);
      g_array_append_val (self->orphans, progress->handle);
    }
  if (command->status != 0)
    tbus_log_debug ("Process %d did not %s: %s", (int) self->job->tracee->pid, tbus_op_to_string (command->op),
                    tbus_ust_strerror (command->status));
  if (number == self->next)
    self->next++;
}

/* FALSE: it has to wait. */
static gboolean
send_first_step (TbusExchange *self, TbusCommand *command, TbusOutbox *out)
{
  guint32 handle;

  if (is_undecided (self, command->target))
    return FALSE;
  handle = *slot_at (self, command->target);
  if (handle == TBUS_SLOT_VOID)
    {
      command->status = -ECANCELED;
      finish_command (self, self->next);
      return TRUE;
    }
  if (command->op == TBUS_OP_RELEASE)
    tbus_tracee_index_unbind (self->index, self->job->tracee, handle);
  if (command->op == TBUS_OP_LIST)
    {
      self->list_ended = FALSE;
      if (self->listing.tracepoints == NULL)
        {
          tbus_listing_init (&self->listing);
          self->job->tracepoints = self->listing.tracepoints;
        }
    }
  expect (self, tbus_command_encode (command, 0, handle, out), self->next);
  return TRUE;
}

static gboolean
send_next_entry (TbusExchange *self, TbusCommand *command, TbusOutbox *out)
{
  Progress *progress = &self->progress[self->next];
  guint32 cmd = command->fields ? LTTNG_UST_ABI_TRACEPOINT_FIELD_LIST_GET : LTTNG_UST_ABI_TRACEPOINT_LIST_GET;

  if (self->list_ended || progress->in_flight >= LIST_AHEAD + self->job->tracepoints->len)
    return FALSE;
  expect (self, tbus_command_encode_plain (progress->handle, cmd, out), self->next);
  return TRUE;
}

/* One more message of the command that is its turn. FALSE: nothing can be sent before an answer comes. */
static gboolean
send_step (TbusExchange *self, TbusOutbox *out)
{
  TbusCommand *command = command_at (self, self->next);
  Progress *progress = &self->progress[self->next];

  if (progress->sent == 0)
    {
      guint number = self->next;

      if (!send_first_step (self, command, out))
        return FALSE;
      if (!self->progress[number].done && command->op != TBUS_OP_LIST && tbus_command_n_steps (command) == 1)
        self->next++;
      return TRUE;
    }
  if (command->status != 0 || progress->handle == 0)
    return FALSE;
  if (command->op == TBUS_OP_LIST)
    return send_next_entry (self, command, out);
  expect (self, tbus_command_encode (command, progress->sent, progress->handle, out), self->next);
  if (progress->sent == tbus_command_n_steps (command))
    self->next++;
  return TRUE;
}

void
tbus_exchange_fill (TbusExchange *self, TbusOutbox *out)
{
  while (self->orphans->len > 0 && has_room (self, out))
    {
      guint32 handle = g_array_index (self->orphans, guint32, self->orphans->len - 1);

      g_array_set_size (self->orphans, self->orphans->len - 1);
      expect (self, tbus_command_encode_plain (handle, LTTNG_UST_ABI_RELEASE, out), NO_COMMAND);
    }
  while (self->next < self->job->commands->len && has_room (self, out) && send_step (self, out))
    ;
}

static gboolean
broken (const TbusExchange *self, GError **error, const char *what)
{
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "it %s", what);
  return FALSE;
}

/* What was created is known to the notify thread before anything uses it. */
static gboolean
take_handle (TbusExchange *self, const Expected *expected, const TbusUstReply *reply, GError **error)
{
  const TbusCommand *command = command_at (self, expected->command);
  gboolean bound = TRUE;

  if (reply->ret_val == 0 || reply->ret_val > G_MAXINT)
    return broken (self, error, "gave a new object an impossible handle");
  self->progress[expected->command].handle = reply->ret_val;
  if (command->op == TBUS_OP_CREATE_SESSION)
    bound = tbus_tracee_index_bind (self->index, self->job->tracee, reply->ret_val, command->set, TBUS_NO_CHANNEL);
  else if (command->op == TBUS_OP_SEND_RING)
    bound = tbus_tracee_index_bind (self->index, self->job->tracee, reply->ret_val, command->set, command->channel);
  if (!bound)
    self->gone = TRUE;
  return TRUE;
}

/* @field: behind the reply, of a list with fields. */
static void
take_entry (TbusExchange *self, TbusCommand *command, const TbusUstReply *reply,
            const struct lttng_ust_abi_field_iter *field)
{
  gboolean added;

  if (self->list_ended)
    return; /* asked for ahead */
  if (reply->ret_code == -LTTNG_UST_ERR_NOENT)
    {
      self->list_ended = TRUE;
      return;
    }
  if (reply->ret_code != 0)
    {
      command->status = tbus_ust_code_check (reply->ret_code);
      return;
    }
  added = command->fields ? tbus_listing_add_field (&self->listing, field)
                          : tbus_listing_add_tracepoint (&self->listing, &reply->u.tracepoint);
  if (added)
    return;
  command->status = -ENOSPC;
  self->list_ended = TRUE;
  tbus_log_warning_of (self->job->tracee->uid, TBUS_MSG_LIST_CUT, "TRACEBUS_APP", self->job->tracee->name,
                       "Process %d lists more tracepoints than are taken of one program; only the first %u are known",
                       (int) self->job->tracee->pid, self->listing.tracepoints->len);
}

static gboolean
take_step (TbusExchange *self, const Expected *expected, const TbusUstReply *reply,
           const struct lttng_ust_abi_field_iter *field, GError **error)
{
  TbusCommand *command = command_at (self, expected->command);

  if (command->op == TBUS_OP_LIST && expected->number > 0)
    take_entry (self, command, reply, field);
  else if (reply->ret_code != 0)
    {
      if (command->status == 0)
        command->status = tbus_ust_code_check (reply->ret_code);
    }
  else if (expected->number == 0 && tbus_command_creates (command))
    return take_handle (self, expected, reply, error);
  else if (command->op == TBUS_OP_TRACER_VERSION)
    {
      self->job->version[0] = reply->u.version.major;
      self->job->version[1] = reply->u.version.minor;
      self->job->version[2] = reply->u.version.patchlevel;
    }
  return TRUE;
}

/* All of it was sent, or its failure ended it; all of that was answered. */
static void
finish_if_answered (TbusExchange *self, guint number)
{
  const TbusCommand *command = command_at (self, number);
  const Progress *progress = &self->progress[number];
  gboolean sent = command->op == TBUS_OP_LIST ? self->list_ended
                                              : progress->sent == tbus_command_n_steps (command);

  if (progress->in_flight == 0 && (sent || command->status != 0))
    finish_command (self, number);
}

gssize
tbus_exchange_take (TbusExchange *self, const guint8 *data, gsize length, GError **error)
{
  const TbusUstReply *reply = (const TbusUstReply *) data;
  const struct lttng_ust_abi_field_iter *field = NULL;
  gsize size = sizeof *reply;
  Expected expected;

  if (length < size)
    return 0;
  if (self->n_expected == 0)
    return broken (self, error, "answered what it was not asked") - 1;
  expected = *expected_at (self, 0);
  if (reply->handle != expected.step.handle || reply->cmd != expected.step.cmd)
    return broken (self, error, "answered another command than the one that it was asked") - 1;
  if (reply->ret_code > 0)
    return broken (self, error, "answered with a code that does not exist") - 1;
  if (expected.step.cmd == LTTNG_UST_ABI_TRACEPOINT_FIELD_LIST_GET && reply->ret_code == 0)
    {
      field = (const struct lttng_ust_abi_field_iter *) (data + size);
      size += sizeof *field;
      if (length < size)
        return 0;
    }
  self->first = (self->first + 1) % WINDOW;
  self->n_expected--;
  if (reply->ret_code == -LTTNG_UST_ERR_EXITING)
    self->gone = TRUE;
  if (expected.command == NO_COMMAND)
    return size;
  self->progress[expected.command].in_flight--;
  if (!take_step (self, &expected, reply, field, error))
    return -1;
  finish_if_answered (self, expected.command);
  return size;
}

gboolean
tbus_exchange_is_over (const TbusExchange *self)
{
  return self->next == self->job->commands->len && self->n_expected == 0 && self->orphans->len == 0;
}

gboolean
tbus_exchange_is_gone (const TbusExchange *self)
{
  return self->gone;
}

TbusJob *
tbus_exchange_end (TbusExchange *self, gboolean gone)
{
  TbusJob *job = self->job;

  for (guint i = 0; i < job->commands->len; i++)
    if (!self->progress[i].done)
      command_at (self, i)->status = -EPIPE;
  job->gone = gone;
  g_array_unref (self->orphans);
  g_free (self->progress);
  g_free (self);
  return job;
}
