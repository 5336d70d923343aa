/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-contexts [N] [PROVIDER]: provides the contexts of PROVIDER ("$app.x") and emits N ticks (1). What "$app.x:TYPE"
 * is goes by TYPE: "text" a string, "number" an integer, "ratio" a floating point number, anything else nothing.
 *
 * The tracer exports the functions for this, and agents use them, but installs no header: the declarations here are
 * those of its ABI.
 */
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

#include <lttng/ust-events.h>
#include <lttng/ust-ringbuffer-context.h>
#include <stdlib.h>
#include <string.h>

enum dynamic_type { DYNAMIC_NONE = 0, DYNAMIC_S64 = 4, DYNAMIC_DOUBLE = 10, DYNAMIC_STRING = 11 };

struct lttng_ust_ctx_value
{
  enum dynamic_type sel;
  union
  {
    int64_t s64;
    uint64_t u64;
    const char *str;
    double d;
  } u;
};

struct lttng_ust_context_provider
{
  uint32_t struct_size;
  const char *name;
  size_t (*get_size) (void *priv, struct lttng_ust_probe_ctx *probe, size_t offset);
  void (*record) (void *priv, struct lttng_ust_probe_ctx *probe, struct lttng_ust_ring_buffer_ctx *ctx,
                  struct lttng_ust_channel_buffer *channel);
  void (*get_value) (void *priv, struct lttng_ust_probe_ctx *probe, struct lttng_ust_ctx_value *value);
  void *priv;
};

struct lttng_ust_app_context
{
  uint32_t struct_size;
  struct lttng_ust_event_field *event_field;
  char *ctx_name;
};

struct lttng_ust_registered_context_provider;
struct lttng_ust_registered_context_provider *
lttng_ust_context_provider_register (struct lttng_ust_context_provider *provider);
void lttng_ust_context_provider_unregister (struct lttng_ust_registered_context_provider *registered);

static void
get_value (void *priv, struct lttng_ust_probe_ctx *probe, struct lttng_ust_ctx_value *value)
{
  const struct lttng_ust_app_context *context = priv;
  const char *type = strchr (context->ctx_name, ':');

  type = type != NULL ? type + 1 : context->ctx_name;
  if (strcmp (type, "text") == 0)
    {
      value->sel = DYNAMIC_STRING;
      value->u.str = "what \"x\" says";
    }
  else if (strcmp (type, "number") == 0)
    {
      value->sel = DYNAMIC_S64;
      value->u.s64 = -42;
    }
  else if (strcmp (type, "ratio") == 0)
    {
      value->sel = DYNAMIC_DOUBLE;
      value->u.d = 0.5;
    }
  else
    value->sel = DYNAMIC_NONE;
}

/* The bytes behind the tag. */
static size_t
value_size (const struct lttng_ust_ctx_value *value)
{
  switch (value->sel)
    {
    case DYNAMIC_S64:
      return sizeof value->u.s64;
    case DYNAMIC_DOUBLE:
      return sizeof value->u.d;
    case DYNAMIC_STRING:
      return strlen (value->u.str) + 1;
    default:
      return 0;
    }
}

static size_t
get_size (void *priv, struct lttng_ust_probe_ctx *probe, size_t offset)
{
  struct lttng_ust_ctx_value value;

  get_value (priv, probe, &value);
  return 1 + value_size (&value);
}

static void
record (void *priv, struct lttng_ust_probe_ctx *probe, struct lttng_ust_ring_buffer_ctx *ctx,
        struct lttng_ust_channel_buffer *channel)
{
  struct lttng_ust_ctx_value value;
  char tag;

  get_value (priv, probe, &value);
  tag = (char) value.sel;
  channel->ops->event_write (ctx, &tag, sizeof tag, 1);
  if (value.sel == DYNAMIC_STRING)
    channel->ops->event_write (ctx, value.u.str, value_size (&value), 1);
  else if (value.sel != DYNAMIC_NONE)
    channel->ops->event_write (ctx, &value.u, value_size (&value), 1);
}

int
main (int argc, char **argv)
{
  long n = app_argument (argc, argv, 1, 1);
  const char *name = argc > 2 ? argv[2] : "$app.x";
  struct lttng_ust_context_provider provider = {
    .struct_size = sizeof provider, .name = name, .get_size = get_size, .record = record, .get_value = get_value,
  };
  struct lttng_ust_registered_context_provider *registered = lttng_ust_context_provider_register (&provider);

  if (registered == NULL)
    return 1;
  for (long i = 0; i < n; i++)
    lttng_ust_tracepoint (tbtest, tick, (uint64_t) i, "contexts");
  lttng_ust_context_provider_unregister (registered);
  return 0;
}
