/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/consumer.h"

#include "base/thread.h"
#include "core/ids.h"

typedef struct {
  guint64 id;
  uid_t uid;
  guint32 bits;
  pid_t pid;
  TbusConsumerState state;
  gboolean stuck; /* a file system keeps it waiting, as it said last */
  guint restarts;
  guint channels, streams;
  guint64 bytes_written;
} TbusConsumerPrivate;

enum {
  PROP_ID = 1,
  PROP_UID,
  PROP_BITS,
  PROP_PID,
  PROP_STATE,
  PROP_RESTARTS,
  PROP_CHANNELS,
  PROP_STREAMS,
  PROP_BYTES_WRITTEN,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (TbusConsumer, tbus_consumer, G_TYPE_OBJECT)

static TbusConsumerPrivate *
priv (TbusConsumer *self)
{
  return tbus_consumer_get_instance_private (self);
}

static void
tbus_consumer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbusConsumerPrivate *self = priv (TBUS_CONSUMER (object));

  switch (id)
    {
    case PROP_ID:
      g_value_set_uint64 (value, self->id);
      break;
    case PROP_UID:
      g_value_set_uint (value, self->uid);
      break;
    case PROP_BITS:
      g_value_set_uint (value, self->bits);
      break;
    case PROP_PID:
      g_value_set_uint (value, self->pid);
      break;
    case PROP_STATE:
      g_value_set_uint (value, self->state);
      break;
    case PROP_RESTARTS:
      g_value_set_uint (value, self->restarts);
      break;
    case PROP_CHANNELS:
      g_value_set_uint (value, self->channels);
      break;
    case PROP_STREAMS:
      g_value_set_uint (value, self->streams);
      break;
    case PROP_BYTES_WRITTEN:
      g_value_set_uint64 (value, self->bytes_written);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbus_consumer_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TbusConsumerPrivate *self = priv (TBUS_CONSUMER (object));

  switch (id)
    {
    case PROP_ID:
      self->id = g_value_get_uint64 (value);
      break;
    case PROP_UID:
      self->uid = g_value_get_uint (value);
      break;
    case PROP_BITS:
      self->bits = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbus_consumer_constructed (GObject *object)
{
  TbusConsumerPrivate *self = priv (TBUS_CONSUMER (object));

  G_OBJECT_CLASS (tbus_consumer_parent_class)->constructed (object);
  if (self->id == 0)
    self->id = tbus_id_next (TBUS_ID_CONSUMER);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags made = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;
  const GParamFlags told = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  props[PROP_ID] = g_param_spec_uint64 ("id", NULL, NULL, 0, G_MAXUINT64, 0, made);
  props[PROP_UID] = g_param_spec_uint ("uid", NULL, NULL, 0, G_MAXUINT, 0, made);
  props[PROP_BITS] = g_param_spec_uint ("bits", NULL, NULL, 32, 64, 64, made);
  props[PROP_PID] = g_param_spec_uint ("pid", NULL, NULL, 0, G_MAXUINT, 0, told);
  props[PROP_STATE] = g_param_spec_uint ("state", NULL, NULL, 0, TBUS_CONSUMER_FAILED, TBUS_CONSUMER_STARTING, told);
  props[PROP_RESTARTS] = g_param_spec_uint ("restarts", NULL, NULL, 0, G_MAXUINT, 0, told);
  props[PROP_CHANNELS] = g_param_spec_uint ("channels", NULL, NULL, 0, G_MAXUINT, 0, told);
  props[PROP_STREAMS] = g_param_spec_uint ("streams", NULL, NULL, 0, G_MAXUINT, 0, told);
  props[PROP_BYTES_WRITTEN] = g_param_spec_uint64 ("bytes-written", NULL, NULL, 0, G_MAXUINT64, 0, told);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbus_consumer_class_init (TbusConsumerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GType type = G_TYPE_FROM_CLASS (klass);

  object_class->get_property = tbus_consumer_get_property;
  object_class->set_property = tbus_consumer_set_property;
  object_class->constructed = tbus_consumer_constructed;
  install_properties (object_class);
  g_signal_new ("metadata-wanted", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
  g_signal_new ("counters", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  g_signal_new ("hangup", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_UINT64);
  g_signal_new ("unfinished", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2, G_TYPE_UINT64,
                G_TYPE_UINT64);
  g_signal_new ("problem", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  g_signal_new ("idle", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_signal_new ("output-stuck", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  g_signal_new ("died", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
tbus_consumer_init (TbusConsumer *self)
{
}

guint64
tbus_consumer_get_id (TbusConsumer *self)
{
  return priv (self)->id;
}

uid_t
tbus_consumer_get_uid (TbusConsumer *self)
{
  return priv (self)->uid;
}

guint32
tbus_consumer_get_bits (TbusConsumer *self)
{
  return priv (self)->bits;
}

pid_t
tbus_consumer_get_pid (TbusConsumer *self)
{
  return priv (self)->pid;
}

TbusConsumerState
tbus_consumer_get_state (TbusConsumer *self)
{
  return priv (self)->state;
}

TbusHealth
tbus_consumer_get_health (TbusConsumer *self)
{
  TbusHealth health = { .doing = NULL };

  if (TBUS_CONSUMER_GET_CLASS (self)->get_health != NULL)
    health = TBUS_CONSUMER_GET_CLASS (self)->get_health (self);
  health.alive = priv (self)->state != TBUS_CONSUMER_FAILED;
  return health;
}

const char *
tbus_consumer_state_to_string (TbusConsumerState state)
{
  static const char *const names[] = {
    [TBUS_CONSUMER_STARTING] = "starting",
    [TBUS_CONSUMER_RUNNING] = "running",
    [TBUS_CONSUMER_RESTARTING] = "restarting",
    [TBUS_CONSUMER_FAILED] = "failed",
  };

  g_return_val_if_fail (state < G_N_ELEMENTS (names), NULL);
  return names[state];
}

guint
tbus_consumer_get_restarts (TbusConsumer *self)
{
  return priv (self)->restarts;
}

guint
tbus_consumer_get_channels (TbusConsumer *self)
{
  return priv (self)->channels;
}

guint
tbus_consumer_get_streams (TbusConsumer *self)
{
  return priv (self)->streams;
}

guint64
tbus_consumer_get_bytes_written (TbusConsumer *self)
{
  return priv (self)->bytes_written;
}

/* Sets @field and queues the notification, where that is a change. */
static void
set_count (TbusConsumer *self, guint *field, guint value, guint prop)
{
  if (*field == value)
    return;
  *field = value;
  g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

void
tbus_consumer_set_process (TbusConsumer *self, pid_t pid, TbusConsumerState state, guint restarts)
{
  TbusConsumerPrivate *p = priv (self);

  tbus_thread_assert_main ();
  if (state != TBUS_CONSUMER_RUNNING)
    p->stuck = FALSE;
  g_object_freeze_notify (G_OBJECT (self));
  if (p->pid != pid)
    {
      p->pid = pid;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PID]);
    }
  if (p->state != state)
    {
      p->state = state;
      g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
    }
  set_count (self, &p->restarts, restarts, PROP_RESTARTS);
  g_object_thaw_notify (G_OBJECT (self));
}

void
tbus_consumer_set_stuck (TbusConsumer *self, gboolean stuck)
{
  tbus_thread_assert_main ();
  priv (self)->stuck = stuck;
  g_signal_emit_by_name (self, "output-stuck", stuck);
}

gboolean
tbus_consumer_is_stuck (TbusConsumer *self)
{
  return priv (self)->stuck;
}

void
tbus_consumer_add_load (TbusConsumer *self, gint channels, gint streams)
{
  TbusConsumerPrivate *p = priv (self);

  tbus_thread_assert_main ();
  g_return_if_fail (channels >= 0 || p->channels >= (guint) -channels);
  g_return_if_fail (streams >= 0 || p->streams >= (guint) -streams);
  g_object_freeze_notify (G_OBJECT (self));
  set_count (self, &p->channels, p->channels + channels, PROP_CHANNELS);
  set_count (self, &p->streams, p->streams + streams, PROP_STREAMS);
  g_object_thaw_notify (G_OBJECT (self));
}

void
tbus_consumer_add_bytes (TbusConsumer *self, guint64 bytes)
{
  TbusConsumerPrivate *p = priv (self);

  tbus_thread_assert_main ();
  if (bytes == 0)
    return;
  p->bytes_written += bytes;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_BYTES_WRITTEN]);
}
