/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/channel-private.h"

#include "core/ids.h"

struct _TbusChannel {
  GObject parent_instance;

  guint64 id;
  guint64 session_id;
  char *name;
  TbusChannelConfig config;
  gboolean enabled;
  GArray *rules;       /* of TbusChannelRule; only ever appended to: a rule's number is how apps know it */
  GHashTable *by_rule; /* TbusEventRule, by content, to its number */
  GPtrArray *contexts; /* of TbusContext */
  guint64 events_discarded, packets_lost, bytes_written;
};

enum {
  PROP_ENABLED = 1,
  PROP_EVENT_RULE_COUNT,
  PROP_CONTEXTS,
  PROP_EVENTS_DISCARDED,
  PROP_PACKETS_LOST,
  PROP_BYTES_WRITTEN,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (TbusChannel, tbus_channel, G_TYPE_OBJECT)

static void
rule_clear (gpointer data)
{
  TbusChannelRule *rule = data;

  tbus_event_rule_unref (rule->rule);
  g_free (rule->problem);
}

static void
tbus_channel_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbusChannel *self = TBUS_CHANNEL (object);

  switch (id)
    {
    case PROP_ENABLED:
      g_value_set_boolean (value, self->enabled);
      break;
    case PROP_EVENT_RULE_COUNT:
      g_value_set_uint (value, self->rules->len);
      break;
    case PROP_CONTEXTS:
      g_value_set_pointer (value, self->contexts);
      break;
    case PROP_EVENTS_DISCARDED:
      g_value_set_uint64 (value, self->events_discarded);
      break;
    case PROP_PACKETS_LOST:
      g_value_set_uint64 (value, self->packets_lost);
      break;
    case PROP_BYTES_WRITTEN:
      g_value_set_uint64 (value, self->bytes_written);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
tbus_channel_finalize (GObject *object)
{
  TbusChannel *self = TBUS_CHANNEL (object);

  g_hash_table_unref (self->by_rule);
  g_array_unref (self->rules);
  g_ptr_array_unref (self->contexts);
  g_free (self->name);
  G_OBJECT_CLASS (tbus_channel_parent_class)->finalize (object);
}

static void
tbus_channel_class_init (TbusChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = tbus_channel_get_property;
  object_class->finalize = tbus_channel_finalize;
  props[PROP_ENABLED] = g_param_spec_boolean ("enabled", NULL, NULL, TRUE, flags);
  props[PROP_EVENT_RULE_COUNT] = g_param_spec_uint ("event-rule-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  props[PROP_CONTEXTS] = g_param_spec_pointer ("contexts", NULL, NULL, flags);
  props[PROP_EVENTS_DISCARDED] = g_param_spec_uint64 ("events-discarded", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_PACKETS_LOST] = g_param_spec_uint64 ("packets-lost", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_BYTES_WRITTEN] = g_param_spec_uint64 ("bytes-written", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbus_channel_init (TbusChannel *self)
{
  self->enabled = TRUE;
  self->rules = g_array_new (FALSE, TRUE, sizeof (TbusChannelRule));
  g_array_set_clear_func (self->rules, rule_clear);
  self->by_rule = g_hash_table_new ((GHashFunc) tbus_event_rule_hash, (GEqualFunc) tbus_event_rule_equal);
  self->contexts = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_context_unref);
}

TbusChannel *
tbus_channel_new_with_id (guint64 id, guint64 session_id, const char *name, const TbusChannelConfig *config)
{
  TbusChannel *self = g_object_new (TBUS_TYPE_CHANNEL, NULL);

  self->id = id;
  self->session_id = session_id;
  self->name = g_strdup (name);
  self->config = *config;
  return self;
}

TbusChannel *
tbus_channel_new (guint64 session_id, const char *name, const TbusChannelConfig *config)
{
  return tbus_channel_new_with_id (tbus_id_next (TBUS_ID_CHANNEL), session_id, name, config);
}

static void
changed (TbusChannel *self, guint prop)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[prop]);
}

void
tbus_channel_set_enabled (TbusChannel *self, gboolean enabled)
{
  if (self->enabled == enabled)
    return;
  self->enabled = enabled;
  changed (self, PROP_ENABLED);
}

TbusChannelRule *
tbus_channel_find_rule (TbusChannel *self, const TbusEventRule *rule)
{
  gpointer number;

  if (!g_hash_table_lookup_extended (self->by_rule, rule, NULL, &number))
    return NULL;
  return &g_array_index (self->rules, TbusChannelRule, GPOINTER_TO_UINT (number));
}

void
tbus_channel_enable_rule (TbusChannel *self, TbusEventRule *rule, const char *problem)
{
  TbusChannelRule *mine = tbus_channel_find_rule (self, rule);
  TbusChannelRule added = { .enabled = TRUE, .problem = g_strdup (problem) };

  if (mine != NULL)
    {
      g_free (mine->problem);
      mine->problem = added.problem;
      mine->enabled = TRUE;
      return;
    }
  added.rule = tbus_event_rule_ref (rule);
  g_hash_table_insert (self->by_rule, added.rule, GUINT_TO_POINTER (self->rules->len));
  g_array_append_val (self->rules, added);
  changed (self, PROP_EVENT_RULE_COUNT);
}

guint
tbus_channel_disable_rules (TbusChannel *self, const char *pattern, const TbusEventRule *exact)
{
  guint found = 0;

  for (guint i = 0; i < self->rules->len; i++)
    {
      TbusChannelRule *mine = &g_array_index (self->rules, TbusChannelRule, i);
      gboolean hit = exact != NULL ? tbus_event_rule_equal (mine->rule, exact)
                                   : g_str_equal (mine->rule->pattern, pattern);

      if (!hit)
        continue;
      mine->enabled = FALSE;
      found++;
    }
  return found;
}

gboolean
tbus_channel_add_context (TbusChannel *self, TbusContext *context)
{
  for (guint i = 0; i < self->contexts->len; i++)
    if (tbus_context_equal (g_ptr_array_index (self->contexts, i), context))
      return FALSE;
  g_ptr_array_add (self->contexts, tbus_context_ref (context));
  changed (self, PROP_CONTEXTS);
  return TRUE;
}

void
tbus_channel_count (TbusChannel *self, const TbusCounters *before, const TbusCounters *now)
{
  g_object_freeze_notify (G_OBJECT (self));
  if (now->events_discarded != before->events_discarded)
    {
      self->events_discarded += now->events_discarded - before->events_discarded;
      changed (self, PROP_EVENTS_DISCARDED);
    }
  if (now->packets_lost != before->packets_lost)
    {
      self->packets_lost += now->packets_lost - before->packets_lost;
      changed (self, PROP_PACKETS_LOST);
    }
  if (now->bytes_written != before->bytes_written)
    {
      self->bytes_written += now->bytes_written - before->bytes_written;
      changed (self, PROP_BYTES_WRITTEN);
    }
  g_object_thaw_notify (G_OBJECT (self));
}

guint64
tbus_channel_get_id (TbusChannel *self)
{
  return self->id;
}

guint64
tbus_channel_get_session_id (TbusChannel *self)
{
  return self->session_id;
}

const char *
tbus_channel_get_name (TbusChannel *self)
{
  return self->name;
}

const TbusChannelConfig *
tbus_channel_get_config (TbusChannel *self)
{
  return &self->config;
}

gboolean
tbus_channel_get_enabled (TbusChannel *self)
{
  return self->enabled;
}

gboolean
tbus_channel_is_metadata (TbusChannel *self)
{
  return g_str_equal (self->name, TBUS_METADATA_CHANNEL);
}

GArray *
tbus_channel_get_rules (TbusChannel *self)
{
  return self->rules;
}

GPtrArray *
tbus_channel_get_contexts (TbusChannel *self)
{
  return self->contexts;
}

guint64
tbus_channel_get_events_discarded (TbusChannel *self)
{
  return self->events_discarded;
}

guint64
tbus_channel_get_packets_lost (TbusChannel *self)
{
  return self->packets_lost;
}

guint64
tbus_channel_get_bytes_written (TbusChannel *self)
{
  return self->bytes_written;
}
