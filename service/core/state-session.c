/* SPDX-License-Identifier: GPL-2.0-only */
/* A session's words: itself, its channels, rules and contexts. */
#include "core/state-private.h"

#include "base/limits.h"
#include "core/names.h"

enum { MAX_SETS = 2 * TBUS_MAX_APPS, MAX_UIDS = 65536, MAX_PARTINGS = 1 << 24 };

/* Rules. */

static const TbusStateField rule_fields[] = {
  TBUS_STATE_FIELD (TbusEventRule, id, 't'),       TBUS_STATE_FIELD (TbusEventRule, pattern, 's'),
  TBUS_STATE_FIELD (TbusEventRule, match, 'u'),    TBUS_STATE_FIELD (TbusEventRule, loglevel, 'i'),
  TBUS_STATE_FIELD (TbusEventRule, filter, 'S'),   TBUS_STATE_END,
};

static const TbusStateField saved_rule_fields[] = {
  TBUS_STATE_FIELD (TbusSavedRule, enabled, 'b'),
  TBUS_STATE_FIELD (TbusSavedRule, problem, 'S'),
  TBUS_STATE_END,
};

static void
put_rule (gconstpointer element, GVariantBuilder *dict)
{
  static const char *const none[] = { NULL };
  const TbusSavedRule *self = element;
  const char *const *exclusions = (const char *const *) self->rule->exclusions;

  tbus_state_put (dict, rule_fields, self->rule);
  tbus_state_put (dict, saved_rule_fields, self);
  g_variant_builder_add (dict, "{sv}", "exclusions",
                         g_variant_new_bytestring_array (exclusions != NULL ? exclusions : none, -1));
}

static void
rule_words_clear (TbusEventRule *words)
{
  g_free (words->pattern);
  g_free (words->filter);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbusEventRule, rule_words_clear)

/* What callers are shown again is text. */
static gboolean
check_text (const char *text, const char *key, GError **error)
{
  return text == NULL || g_utf8_validate (text, -1, NULL) || tbus_state_refuse (error, key, "is no text");
}

static gboolean
get_exclusions (GVariant *value, TbusEventRule *rule, GError **error)
{
  g_autofree const char **names = g_variant_get_bytestring_array (value, NULL);

  for (guint i = 0; names[i] != NULL; i++)
    if (!check_text (names[i], "exclusions", error))
      return FALSE;
  return tbus_event_rule_set_exclusions (rule, names, error);
}

/* Bytecode is made anew from the filter's text: what an app runs does not come out of a file. */
static TbusEventRule *
make_rule (const TbusEventRule *words, GVariant *exclusions, GError **error)
{
  g_autoptr(TbusEventRule) rule = NULL;

  if (words->id == 0 || words->match > TBUS_LOGLEVEL_EXACTLY)
    {
      tbus_state_refuse (error, words->id == 0 ? "id" : "match", "is none");
      return NULL;
    }
  if (!check_text (words->pattern, "pattern", error) || !check_text (words->filter, "filter", error))
    return NULL;
  rule = tbus_event_rule_new_with_id (words->id, words->pattern, words->match, words->loglevel, error);
  if (rule == NULL || (words->filter != NULL && !tbus_event_rule_set_filter (rule, words->filter, error))
      || !get_exclusions (exclusions, rule, error))
    return NULL;
  return g_steal_pointer (&rule);
}

static gpointer
get_rule (GVariant *dict, GError **error)
{
  g_auto(TbusEventRule) words = { 0 };
  g_autoptr(GVariant) exclusions = tbus_state_lookup (dict, "exclusions", "aay", error);
  g_autoptr(TbusSavedRule) self = g_new0 (TbusSavedRule, 1);

  if (exclusions == NULL || !tbus_state_get (dict, rule_fields, &words, error)
      || !tbus_state_get (dict, saved_rule_fields, self, error) || !check_text (self->problem, "problem", error))
    return NULL;
  self->rule = make_rule (&words, exclusions, error);
  return self->rule != NULL ? g_steal_pointer (&self) : NULL;
}

/* Channels. */

static const TbusStateField channel_fields[] = {
  TBUS_STATE_FIELD (TbusSavedChannel, id, 't'),
  TBUS_STATE_FIELD (TbusSavedChannel, name, 's'),
  TBUS_STATE_FIELD (TbusSavedChannel, enabled, 'b'),
  TBUS_STATE_FIELD (TbusSavedChannel, events_discarded, 't'),
  TBUS_STATE_FIELD (TbusSavedChannel, packets_lost, 't'),
  TBUS_STATE_FIELD (TbusSavedChannel, bytes_written, 't'),
  TBUS_STATE_END,
};

static const TbusStateField config_fields[] = {
  TBUS_STATE_FIELD (TbusChannelConfig, ownership, 'u'),
  TBUS_STATE_FIELD (TbusChannelConfig, subbuf_size, 't'),
  TBUS_STATE_FIELD (TbusChannelConfig, num_subbuf, 't'),
  TBUS_STATE_FIELD (TbusChannelConfig, overwrite, 'b'),
  TBUS_STATE_FIELD (TbusChannelConfig, switch_timer_us, 'u'),
  TBUS_STATE_FIELD (TbusChannelConfig, read_timer_us, 'u'),
  TBUS_STATE_FIELD (TbusChannelConfig, monitor_timer_us, 'u'),
  TBUS_STATE_FIELD (TbusChannelConfig, blocking_timeout_us, 'x'),
  TBUS_STATE_FIELD (TbusChannelConfig, tracefile_size, 't'),
  TBUS_STATE_FIELD (TbusChannelConfig, tracefile_count, 't'),
  TBUS_STATE_END,
};

static void
put_channel (gconstpointer element, GVariantBuilder *dict)
{
  const TbusSavedChannel *self = element;
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) contexts = NULL;

  for (guint i = 0; i < self->contexts->len; i++)
    g_strv_builder_add (builder, ((TbusContext *) g_ptr_array_index (self->contexts, i))->type);
  contexts = g_strv_builder_end (builder);
  tbus_state_put (dict, channel_fields, self);
  tbus_state_put (dict, config_fields, &self->config);
  tbus_state_put_list (dict, "rules", self->rules, put_rule);
  g_variant_builder_add (dict, "{sv}", "contexts",
                         g_variant_new_bytestring_array ((const char *const *) contexts, -1));
}

static gboolean
get_contexts (GVariant *dict, GPtrArray *contexts, GError **error)
{
  g_autoptr(GVariant) value = tbus_state_lookup (dict, "contexts", "aay", error);
  g_autofree const char **types = NULL;

  if (value == NULL)
    return FALSE;
  if (g_variant_n_children (value) > TBUS_MAX_CONTEXTS)
    return tbus_state_refuse (error, "contexts", "are too many");
  types = g_variant_get_bytestring_array (value, NULL);
  for (gsize i = 0; types[i] != NULL; i++)
    {
      TbusContext *context = check_text (types[i], "contexts", error) ? tbus_context_parse (types[i], error) : NULL;

      if (context == NULL)
        return FALSE;
      g_ptr_array_add (contexts, context);
    }
  return TRUE;
}

static gboolean
check_channel (TbusSavedChannel *self, GError **error)
{
  if (self->id == 0)
    return tbus_state_refuse (error, "id", "is none");
  if (self->config.ownership > TBUS_BUFFER_PROCESS)
    return tbus_state_refuse (error, "ownership", "is none");
  return tbus_name_check (self->name, "channel", error) && tbus_channel_config_check (&self->config, error);
}

static gpointer
get_channel (GVariant *dict, GError **error)
{
  g_autoptr(TbusSavedChannel) self = tbus_saved_channel_new ();

  if (!tbus_state_get (dict, channel_fields, self, error) || !tbus_state_get (dict, config_fields, &self->config, error)
      || !check_channel (self, error) || !get_contexts (dict, self->contexts, error))
    return NULL;
  g_ptr_array_unref (self->rules);
  self->rules = tbus_state_get_list (dict, "rules", tbus_limit_most (TBUS_LIMIT_RULES), get_rule, tbus_saved_rule_free,
                                     error);
  return self->rules != NULL ? g_steal_pointer (&self) : NULL;
}

/* Sessions. */

static const TbusStateField session_fields[] = {
  TBUS_STATE_FIELD (TbusSavedSession, id, 't'),
  TBUS_STATE_FIELD (TbusSavedSession, name, 's'),
  TBUS_STATE_FIELD (TbusSavedSession, owner, 'u'),
  TBUS_STATE_FIELD (TbusSavedSession, group, 'u'),
  TBUS_STATE_FIELD (TbusSavedSession, all_users, 'b'),
  TBUS_STATE_FIELD (TbusSavedSession, output, 's'),
  TBUS_STATE_FIELD (TbusSavedSession, mount, 'S'),
  TBUS_STATE_FIELD (TbusSavedSession, torn, 'S'),
  TBUS_STATE_FIELD (TbusSavedSession, buffers_lost, 'S'),
  TBUS_STATE_FIELD (TbusSavedSession, by_descriptor, 'b'),
  TBUS_STATE_FIELD (TbusSavedSession, shm_path, 's'),
  TBUS_STATE_FIELD (TbusSavedSession, ephemeral, 'b'),
  TBUS_STATE_FIELD (TbusSavedSession, created_at, 'x'),
  TBUS_STATE_FIELD (TbusSavedSession, state, 'u'),
  TBUS_STATE_FIELD (TbusSavedSession, ever_started, 'b'),
  TBUS_STATE_FIELD (TbusSavedSession, ownership_known, 'b'),
  TBUS_STATE_FIELD (TbusSavedSession, ownership, 'u'),
  TBUS_STATE_FIELD (TbusSavedSession, rebuilds, 'u'),
  TBUS_STATE_FIELD (TbusSavedSession, bytes_dropped, 't'),
  TBUS_STATE_END,
};

static const TbusStateField clock_fields[] = {
  TBUS_STATE_FIELD (TbusCtfClock, name, 's'),
  TBUS_STATE_FIELD (TbusCtfClock, description, 's'),
  TBUS_STATE_FIELD (TbusCtfClock, frequency, 't'),
  TBUS_STATE_FIELD (TbusCtfClock, offset, 'x'),
  TBUS_STATE_END,
};

static void
put_clock (const TbusCtfClock *clock, GVariantBuilder *dict)
{
  g_variant_builder_open (dict, G_VARIANT_TYPE ("{sv}"));
  g_variant_builder_add (dict, "s", "clock");
  g_variant_builder_open (dict, G_VARIANT_TYPE_VARIANT);
  g_variant_builder_open (dict, G_VARIANT_TYPE_VARDICT);
  tbus_state_put (dict, clock_fields, clock);
  tbus_state_put_bytes (dict, "uuid", clock->uuid, sizeof clock->uuid);
  g_variant_builder_close (dict);
  g_variant_builder_close (dict);
  g_variant_builder_close (dict);
}

static GVariant *
encode_numbers (const GArray *numbers, const GVariantType *type)
{
  return g_variant_new_fixed_array (type, numbers->data, numbers->len, g_array_get_element_size ((GArray *) numbers));
}

static void
put_trackers (const TbusSavedSession *self, GVariantBuilder *dict)
{
  GVariantBuilder trackers;

  g_variant_builder_init (&trackers, G_VARIANT_TYPE ("a(sbau)"));
  for (TbusTracked i = 0; i < TBUS_N_TRACKED; i++)
    g_variant_builder_add (&trackers, "(sb@au)", tbus_tracked_to_string (i), self->trackers[i].all,
                           encode_numbers (self->trackers[i].values, G_VARIANT_TYPE_UINT32));
  g_variant_builder_add (dict, "{sv}", "trackers", g_variant_builder_end (&trackers));
}

void
tbus_saved_session_put (gconstpointer session, GVariantBuilder *dict)
{
  const TbusSavedSession *self = session;

  tbus_state_put (dict, session_fields, self);
  g_variant_builder_add (dict, "{sv}", "apps_late", g_variant_new_uint64 (self->apps_late));
  g_variant_builder_add (dict, "{sv}", "gap_told", g_variant_new_boolean (self->gap_told));
  put_clock (&self->clock, dict);
  put_trackers (self, dict);
  g_variant_builder_add (dict, "{sv}", "uids", encode_numbers (self->uids, G_VARIANT_TYPE_UINT32));
  g_variant_builder_add (dict, "{sv}", "partings", encode_numbers (self->partings, G_VARIANT_TYPE_UINT64));
  tbus_state_put_list (dict, "channels", self->channels, put_channel);
  tbus_state_put_list (dict, "sets", self->sets, tbus_saved_set_put);
}

static gboolean
get_numbers (GVariant *value, const char *key, guint limit, GArray *numbers, GError **error)
{
  gconstpointer data;
  gsize n;

  data = g_variant_get_fixed_array (value, &n, g_array_get_element_size (numbers));
  if (n > limit)
    return tbus_state_refuse (error, key, "are too many");
  g_array_append_vals (numbers, data, n);
  return TRUE;
}

/* In the order that a tracker keeps. */
static gboolean
check_tracker (const TbusTracker *self, GError **error)
{
  if (self->all && self->values->len > 0)
    return tbus_state_refuse (error, "trackers", "take all and some");
  for (guint i = 1; i < self->values->len; i++)
    if (g_array_index (self->values, guint32, i - 1) >= g_array_index (self->values, guint32, i))
      return tbus_state_refuse (error, "trackers", "are not in order");
  return TRUE;
}

/* An attribute that the file does not know is not tracked by. */
static gboolean
get_trackers (GVariant *dict, TbusTracker *trackers, GError **error)
{
  g_autoptr(GVariant) list = tbus_state_lookup (dict, "trackers", "a(sbau)", error);

  for (gsize i = 0; list != NULL && i < g_variant_n_children (list); i++)
    {
      g_autoptr(GVariant) values = NULL;
      const char *name;
      gboolean all;
      TbusTracked tracked;

      g_variant_get_child (list, i, "(&sb@au)", &name, &all, &values);
      if (!tbus_tracked_parse (name, &tracked, error))
        return FALSE;
      g_array_set_size (trackers[tracked].values, 0);
      trackers[tracked].all = all;
      if (!get_numbers (values, "trackers", TBUS_MAX_TRACKED, trackers[tracked].values, error)
          || !check_tracker (&trackers[tracked], error))
        return FALSE;
    }
  return list != NULL;
}

static gboolean
get_clock (GVariant *dict, TbusCtfClock *clock, GError **error)
{
  g_autoptr(GVariant) value = tbus_state_lookup (dict, "clock", "a{sv}", error);

  if (value == NULL || !tbus_state_get (value, clock_fields, clock, error)
      || !tbus_state_get_bytes (value, "uuid", clock->uuid, sizeof clock->uuid, error))
    return FALSE;
  return clock->frequency != 0 || tbus_state_refuse (error, "clock.frequency", "is 0");
}

static gboolean
get_lists (GVariant *dict, TbusSavedSession *self, GError **error)
{
  g_autoptr(GVariant) uids = tbus_state_lookup (dict, "uids", "au", error);
  g_autoptr(GVariant) partings = uids != NULL ? tbus_state_lookup (dict, "partings", "at", error) : NULL;

  return partings != NULL && get_numbers (uids, "uids", MAX_UIDS, self->uids, error)
         && get_numbers (partings, "partings", MAX_PARTINGS, self->partings, error);
}

static gboolean
is_text (const char *text)
{
  return text == NULL || g_utf8_validate (text, -1, NULL);
}

static gboolean
check_session (const TbusSavedSession *self, GError **error)
{
  if (self->id == 0)
    return tbus_state_refuse (error, "id", "is none");
  if (self->state > TBUS_SESSION_DESTROYING)
    return tbus_state_refuse (error, "state", "is none");
  if (self->ownership > TBUS_BUFFER_PROCESS)
    return tbus_state_refuse (error, "ownership", "is none");
  if (self->output[0] != '/' || !g_utf8_validate (self->output, -1, NULL))
    return tbus_state_refuse (error, "output", "is no absolute path");
  if (self->mount != NULL && self->mount[0] != '/')
    return tbus_state_refuse (error, "mount", "is no absolute path");
  if (self->shm_path[0] != '\0' && self->shm_path[0] != '/')
    return tbus_state_refuse (error, "shm_path", "is no absolute path");
  if (!is_text (self->torn) || !is_text (self->buffers_lost))
    return tbus_state_refuse (error, "torn", "is no text, or what is lost is none");
  return tbus_name_check (self->name, "session", error);
}

gpointer
tbus_saved_session_get (GVariant *dict, GError **error)
{
  g_autoptr(TbusSavedSession) self = tbus_saved_session_new ();

  if (!tbus_state_get (dict, session_fields, self, error) || !check_session (self, error)
      || !get_clock (dict, &self->clock, error) || !get_trackers (dict, self->trackers, error)
      || !get_lists (dict, self, error))
    return NULL;
  /* An older file does not say. */
  (void) g_variant_lookup (dict, "apps_late", "t", &self->apps_late);
  (void) g_variant_lookup (dict, "gap_told", "b", &self->gap_told);
  g_ptr_array_unref (self->channels);
  self->channels = tbus_state_get_list (dict, "channels", TBUS_MAX_CHANNELS, get_channel, tbus_saved_channel_free,
                                        error);
  if (self->channels == NULL)
    return NULL;
  g_ptr_array_unref (self->sets);
  self->sets = tbus_state_get_list (dict, "sets", MAX_SETS, tbus_saved_set_get, tbus_saved_set_free, error);
  return self->sets != NULL ? g_steal_pointer (&self) : NULL;
}
