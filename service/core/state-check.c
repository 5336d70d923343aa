/* SPDX-License-Identifier: GPL-2.0-only */
/* A file may be well formed and still tell nonsense: two sessions with one id, an id that was never given out. */
#include "core/state-private.h"

typedef struct {
  const TbusState *state;
  GHashTable *seen[TBUS_N_IDS]; /* of guint64, borrowed from the state */
} Check;

static gboolean
check_id (Check *self, TbusIdKind kind, const guint64 *id, const char *what, GError **error)
{
  if (*id == 0 || *id > self->state->ids[kind])
    return tbus_state_refuse (error, what, "was never given out");
  return g_hash_table_add (self->seen[kind], (gpointer) id) || tbus_state_refuse (error, what, "is there twice");
}

static gboolean
check_channel (Check *self, const TbusSavedChannel *channel, GError **error)
{
  if (!check_id (self, TBUS_ID_CHANNEL, &channel->id, "A channel's id", error))
    return FALSE;
  for (guint i = 0; i < channel->rules->len; i++)
    {
      const TbusSavedRule *rule = g_ptr_array_index (channel->rules, i);

      if (!check_id (self, TBUS_ID_RULE, &rule->rule->id, "A rule's id", error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
has_channel (const TbusSavedSession *session, guint64 id)
{
  for (guint i = 0; i < session->channels->len; i++)
    if (((TbusSavedChannel *) g_ptr_array_index (session->channels, i))->id == id)
      return TRUE;
  return FALSE;
}

static gboolean
check_set (Check *self, const TbusSavedSession *session, const TbusSavedSet *set, GError **error)
{
  if (!check_id (self, TBUS_ID_KEY, &set->id, "A set's id", error))
    return FALSE;
  if (set->key.session != session->id)
    return tbus_state_refuse (error, "A set's session", "is another");
  for (guint i = 0; i < set->channels->len; i++)
    {
      const TbusSavedSetChannel *channel = g_ptr_array_index (set->channels, i);

      if (!check_id (self, TBUS_ID_KEY, &channel->key, "A channel's key", error))
        return FALSE;
      if (!has_channel (session, channel->channel_id))
        return tbus_state_refuse (error, "The channel of a set", "is not the session's");
    }
  return TRUE;
}

static gboolean
check_session (Check *self, const TbusSavedSession *session, GError **error)
{
  if (!check_id (self, TBUS_ID_SESSION, &session->id, "A session's id", error))
    return FALSE;
  for (guint i = 0; i < session->channels->len; i++)
    if (!check_channel (self, g_ptr_array_index (session->channels, i), error))
      return FALSE;
  for (guint i = 0; i < session->sets->len; i++)
    if (!check_set (self, session, g_ptr_array_index (session->sets, i), error))
      return FALSE;
  return TRUE;
}

static gboolean
check_app (Check *self, const TbusSavedApp *app, GError **error)
{
  if (!check_id (self, TBUS_ID_APP, &app->id, "An app's id", error))
    return FALSE;
  for (guint i = 0; i < app->sessions->len; i++)
    {
      const TbusSavedAppSession *session = g_ptr_array_index (app->sessions, i);

      if (!check_id (self, TBUS_ID_APP_SESSION, &session->id, "An app session's id", error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check_all (Check *self, GError **error)
{
  const TbusState *state = self->state;

  for (guint i = 0; i < state->consumers->len; i++)
    {
      const TbusSavedConsumer *consumer = g_ptr_array_index (state->consumers, i);

      if (!check_id (self, TBUS_ID_CONSUMER, &consumer->id, "A consumer's id", error))
        return FALSE;
    }
  for (guint i = 0; i < state->sessions->len; i++)
    if (!check_session (self, g_ptr_array_index (state->sessions, i), error))
      return FALSE;
  for (guint i = 0; i < state->apps->len; i++)
    if (!check_app (self, g_ptr_array_index (state->apps, i), error))
      return FALSE;
  return TRUE;
}

gboolean
tbus_state_check (const TbusState *state, GError **error)
{
  Check self = { state, { NULL } };
  gboolean good;

  for (TbusIdKind kind = 0; kind < TBUS_N_IDS; kind++)
    self.seen[kind] = g_hash_table_new (g_int64_hash, g_int64_equal);
  good = check_all (&self, error);
  for (TbusIdKind kind = 0; kind < TBUS_N_IDS; kind++)
    g_hash_table_unref (self.seen[kind]);
  return good;
}
