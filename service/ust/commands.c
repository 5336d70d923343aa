/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/commands.h"

#include "ust/protocol.h"

#include <string.h>

static TbusUstMessage *
add_message (guint32 handle, guint32 cmd, TbusOutbox *out)
{
  TbusUstMessage *message = tbus_outbox_add (out, sizeof *message);

  message->handle = handle;
  message->cmd = cmd;
  return message;
}

static gboolean
has_filter (const TbusEventRule *rule)
{
  return rule->bytecode != NULL;
}

/* An empty list is never sent: the tracer would not answer it. */
static guint
n_exclusions (const TbusEventRule *rule)
{
  return rule->exclusions != NULL ? g_strv_length (rule->exclusions) : 0;
}

guint
tbus_command_n_steps (const TbusCommand *command)
{
  switch (command->op)
    {
    case TBUS_OP_SEND_RING:
      return 1 + command->ring->n_streams;
    case TBUS_OP_CREATE_EVENT:
      return 1 + has_filter (command->rule) + (n_exclusions (command->rule) > 0);
    default:
      return 1;
    }
}

gboolean
tbus_command_creates (const TbusCommand *command)
{
  return command->op == TBUS_OP_CREATE_SESSION || command->op == TBUS_OP_SEND_RING
         || command->op == TBUS_OP_CREATE_EVENT || command->op == TBUS_OP_LIST;
}

static guint32
encode_channel (const TbusRing *ring, guint32 handle, TbusOutbox *out)
{
  TbusUstMessage *message = add_message (handle, LTTNG_UST_ABI_CHANNEL, out);

  message->u.channel.len = ring->header_len;
  message->u.channel.type = LTTNG_UST_ABI_CHAN_PER_CPU;
  tbus_outbox_add_borrowed (out, ring->header, ring->header_len);
  tbus_outbox_add_fds (out, &ring->wakeup_fd, 1);
  return LTTNG_UST_ABI_CHANNEL;
}

static guint32
encode_stream (const TbusRing *ring, guint number, guint32 handle, TbusOutbox *out)
{
  const int fds[] = { ring->streams[number].memory_fd, ring->streams[number].wakeup_fd };
  TbusUstMessage *message = add_message (handle, LTTNG_UST_ABI_STREAM, out);

  message->u.stream.len = ring->memory_size;
  message->u.stream.stream_nr = number;
  tbus_outbox_add_fds (out, fds, G_N_ELEMENTS (fds));
  return LTTNG_UST_ABI_STREAM;
}

static const guint32 context_numbers[TBUS_N_CONTEXT_KINDS] = {
  [TBUS_CONTEXT_VPID] = LTTNG_UST_ABI_CONTEXT_VPID,
  [TBUS_CONTEXT_VTID] = LTTNG_UST_ABI_CONTEXT_VTID,
  [TBUS_CONTEXT_PTHREAD_ID] = LTTNG_UST_ABI_CONTEXT_PTHREAD_ID,
  [TBUS_CONTEXT_PROCNAME] = LTTNG_UST_ABI_CONTEXT_PROCNAME,
  [TBUS_CONTEXT_IP] = LTTNG_UST_ABI_CONTEXT_IP,
  [TBUS_CONTEXT_CGROUP_NS] = LTTNG_UST_ABI_CONTEXT_CGROUP_NS,
  [TBUS_CONTEXT_IPC_NS] = LTTNG_UST_ABI_CONTEXT_IPC_NS,
  [TBUS_CONTEXT_MNT_NS] = LTTNG_UST_ABI_CONTEXT_MNT_NS,
  [TBUS_CONTEXT_NET_NS] = LTTNG_UST_ABI_CONTEXT_NET_NS,
  [TBUS_CONTEXT_PID_NS] = LTTNG_UST_ABI_CONTEXT_PID_NS,
  [TBUS_CONTEXT_TIME_NS] = LTTNG_UST_ABI_CONTEXT_TIME_NS,
  [TBUS_CONTEXT_USER_NS] = LTTNG_UST_ABI_CONTEXT_USER_NS,
  [TBUS_CONTEXT_UTS_NS] = LTTNG_UST_ABI_CONTEXT_UTS_NS,
  [TBUS_CONTEXT_VUID] = LTTNG_UST_ABI_CONTEXT_VUID,
  [TBUS_CONTEXT_VEUID] = LTTNG_UST_ABI_CONTEXT_VEUID,
  [TBUS_CONTEXT_VSUID] = LTTNG_UST_ABI_CONTEXT_VSUID,
  [TBUS_CONTEXT_VGID] = LTTNG_UST_ABI_CONTEXT_VGID,
  [TBUS_CONTEXT_VEGID] = LTTNG_UST_ABI_CONTEXT_VEGID,
  [TBUS_CONTEXT_VSGID] = LTTNG_UST_ABI_CONTEXT_VSGID,
  [TBUS_CONTEXT_PERF] = LTTNG_UST_ABI_CONTEXT_PERF_THREAD_COUNTER,
  [TBUS_CONTEXT_APP] = LTTNG_UST_ABI_CONTEXT_APP_CONTEXT,
};

static guint32
encode_context (const TbusContext *context, guint32 handle, TbusOutbox *out)
{
  TbusUstMessage *message = add_message (handle, LTTNG_UST_ABI_CONTEXT, out);
  struct lttng_ust_abi_context *wire = &message->u.context;

  wire->ctx = context_numbers[context->kind];
  if (context->kind == TBUS_CONTEXT_PERF)
    {
      wire->u.perf_counter.type = context->perf_type;
      wire->u.perf_counter.config = context->perf_config;
      g_strlcpy (wire->u.perf_counter.name, context->perf_name, sizeof wire->u.perf_counter.name);
    }
  else if (context->kind == TBUS_CONTEXT_APP)
    {
      wire->u.app_ctx.provider_name_len = strlen (context->provider) + 1;
      wire->u.app_ctx.ctx_name_len = strlen (context->name) + 1;
      tbus_outbox_add_borrowed (out, context->provider, strlen (context->provider) + 1);
      tbus_outbox_add_borrowed (out, context->name, strlen (context->name) + 1);
    }
  return LTTNG_UST_ABI_CONTEXT;
}

static guint32
encode_event (const TbusEventRule *rule, guint32 handle, TbusOutbox *out)
{
  static const gint32 matches[] = {
    [TBUS_LOGLEVEL_ALL] = LTTNG_UST_ABI_LOGLEVEL_ALL,
    [TBUS_LOGLEVEL_AT_LEAST] = LTTNG_UST_ABI_LOGLEVEL_RANGE,
    [TBUS_LOGLEVEL_EXACTLY] = LTTNG_UST_ABI_LOGLEVEL_SINGLE,
  };
  struct lttng_ust_abi_event *wire = &add_message (handle, LTTNG_UST_ABI_EVENT, out)->u.event;

  wire->instrumentation = LTTNG_UST_ABI_TRACEPOINT;
  g_strlcpy (wire->name, rule->pattern, sizeof wire->name);
  wire->loglevel_type = matches[rule->match];
  wire->loglevel = rule->loglevel;
  return LTTNG_UST_ABI_EVENT;
}

static guint32
encode_filter (const TbusEventRule *rule, guint32 handle, TbusOutbox *out)
{
  TbusUstMessage *message = add_message (handle, LTTNG_UST_ABI_FILTER, out);
  gsize size;
  gconstpointer code = g_bytes_get_data (rule->bytecode, &size);

  message->u.filter.len = size;
  message->u.filter.reloc_offset = rule->reloc_offset;
  message->u.filter.seqnum = rule->id;
  tbus_outbox_add_borrowed (out, code, size);
  return LTTNG_UST_ABI_FILTER;
}

static guint32
encode_exclusions (const TbusEventRule *rule, guint32 handle, TbusOutbox *out)
{
  guint n = n_exclusions (rule);
  TbusUstMessage *message = add_message (handle, LTTNG_UST_ABI_EXCLUSION, out);
  char *names = tbus_outbox_add (out, (gsize) n * LTTNG_UST_ABI_SYM_NAME_LEN);

  message->u.exclusion.count = n;
  for (guint i = 0; i < n; i++)
    g_strlcpy (names + (gsize) i * LTTNG_UST_ABI_SYM_NAME_LEN, rule->exclusions[i], LTTNG_UST_ABI_SYM_NAME_LEN);
  return LTTNG_UST_ABI_EXCLUSION;
}

static guint32
plain_cmd (const TbusCommand *command)
{
  switch (command->op)
    {
    case TBUS_OP_TRACER_VERSION:
      return LTTNG_UST_ABI_TRACER_VERSION;
    case TBUS_OP_CREATE_SESSION:
      return LTTNG_UST_ABI_SESSION;
    case TBUS_OP_ENABLE:
      return LTTNG_UST_ABI_ENABLE;
    case TBUS_OP_DISABLE:
      return LTTNG_UST_ABI_DISABLE;
    case TBUS_OP_WAIT_QUIESCENT:
      return LTTNG_UST_ABI_WAIT_QUIESCENT;
    case TBUS_OP_STATEDUMP:
      return LTTNG_UST_ABI_SESSION_STATEDUMP;
    case TBUS_OP_RELEASE:
      return LTTNG_UST_ABI_RELEASE;
    case TBUS_OP_REGISTER_DONE:
      return LTTNG_UST_ABI_REGISTER_DONE;
    case TBUS_OP_LIST:
      return command->fields ? LTTNG_UST_ABI_TRACEPOINT_FIELD_LIST : LTTNG_UST_ABI_TRACEPOINT_LIST;
    default:
      g_assert_not_reached ();
    }
}

TbusStep
tbus_command_encode_plain (guint32 handle, guint32 cmd, TbusOutbox *out)
{
  add_message (handle, cmd, out);
  return (TbusStep){ handle, cmd };
}

TbusStep
tbus_command_encode (const TbusCommand *command, guint number, guint32 handle, TbusOutbox *out)
{
  TbusStep step = { .handle = handle };

  switch (command->op)
    {
    case TBUS_OP_SEND_RING:
      step.cmd = number == 0 ? encode_channel (command->ring, handle, out)
                             : encode_stream (command->ring, number - 1, handle, out);
      return step;
    case TBUS_OP_ADD_CONTEXT:
      step.cmd = encode_context (command->context, handle, out);
      return step;
    case TBUS_OP_CREATE_EVENT:
      if (number == 0)
        step.cmd = encode_event (command->rule, handle, out);
      else if (number == 1 && has_filter (command->rule))
        step.cmd = encode_filter (command->rule, handle, out);
      else
        step.cmd = encode_exclusions (command->rule, handle, out);
      return step;
    default:
      return tbus_command_encode_plain (handle, plain_cmd (command), out);
    }
}
