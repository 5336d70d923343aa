/* SPDX-License-Identifier: GPL-2.0-only */
/* An app's words: who it is, and what it has by its own handles. */
#include "core/state-private.h"

#include "base/limits.h"

static const TbusStateField event_fields[] = {
  TBUS_STATE_FIELD (TbusSavedEvent, rule, 't'),    TBUS_STATE_FIELD (TbusSavedEvent, handle, 'u'),
  TBUS_STATE_FIELD (TbusSavedEvent, enabled, 'b'), TBUS_STATE_FIELD (TbusSavedEvent, failed, 'b'),
  TBUS_STATE_END,
};

static const TbusStateField channel_fields[] = {
  TBUS_STATE_FIELD (TbusSavedAppChannel, handle, 'u'),
  TBUS_STATE_FIELD (TbusSavedAppChannel, there, 'b'),
  TBUS_STATE_FIELD (TbusSavedAppChannel, failed, 'b'),
  TBUS_STATE_FIELD (TbusSavedAppChannel, enabled, 'b'),
  TBUS_STATE_FIELD (TbusSavedAppChannel, n_contexts, 'u'),
  TBUS_STATE_END,
};

static const TbusStateField session_fields[] = {
  TBUS_STATE_FIELD (TbusSavedAppSession, id, 't'),
  TBUS_STATE_FIELD (TbusSavedAppSession, session_id, 't'),
  TBUS_STATE_FIELD (TbusSavedAppSession, traced_uid, 'u'),
  TBUS_STATE_FIELD (TbusSavedAppSession, traced_gid, 'u'),
  TBUS_STATE_FIELD (TbusSavedAppSession, owner_uid, 'u'),
  TBUS_STATE_FIELD (TbusSavedAppSession, owner_gid, 'u'),
  TBUS_STATE_FIELD (TbusSavedAppSession, set, 't'),
  TBUS_STATE_FIELD (TbusSavedAppSession, there, 'b'),
  TBUS_STATE_FIELD (TbusSavedAppSession, active, 'b'),
  TBUS_STATE_FIELD (TbusSavedAppSession, ending, 'b'),
  TBUS_STATE_FIELD (TbusSavedAppSession, handle, 'u'),
  TBUS_STATE_END,
};

static const TbusStateField app_fields[] = {
  TBUS_STATE_FIELD (TbusSavedApp, id, 't'),
  TBUS_STATE_FIELD (TbusSavedApp, pid, 'i'),
  TBUS_STATE_FIELD (TbusSavedApp, parent_pid, 'i'),
  TBUS_STATE_FIELD (TbusSavedApp, uid, 'u'),
  TBUS_STATE_FIELD (TbusSavedApp, gid, 'u'),
  TBUS_STATE_FIELD (TbusSavedApp, name, 's'),
  TBUS_STATE_FIELD (TbusSavedApp, abi_major, 'u'),
  TBUS_STATE_FIELD (TbusSavedApp, abi_minor, 'u'),
  TBUS_STATE_FIELD (TbusSavedApp, registered_at, 'x'),
  { "version_major", 'u', G_STRUCT_OFFSET (TbusSavedApp, version[0]) },
  { "version_minor", 'u', G_STRUCT_OFFSET (TbusSavedApp, version[1]) },
  { "version_patchlevel", 'u', G_STRUCT_OFFSET (TbusSavedApp, version[2]) },
  TBUS_STATE_FIELD (TbusSavedApp, registering, 'b'),
  TBUS_STATE_FIELD (TbusSavedApp, busy, 'b'),
  TBUS_STATE_FIELD (TbusSavedApp, mark, 'u'),
  TBUS_STATE_FIELD (TbusSavedApp, commands, 'u'),
  TBUS_STATE_END,
};

static const TbusStateField abi_fields[] = {
  TBUS_STATE_FIELD (TbusAbi, bits_per_long, 'u'), TBUS_STATE_FIELD (TbusAbi, align_u8, 'u'),
  TBUS_STATE_FIELD (TbusAbi, align_u16, 'u'),     TBUS_STATE_FIELD (TbusAbi, align_u32, 'u'),
  TBUS_STATE_FIELD (TbusAbi, align_u64, 'u'),     TBUS_STATE_FIELD (TbusAbi, align_long, 'u'),
  TBUS_STATE_FIELD (TbusAbi, little_endian, 'b'), TBUS_STATE_END,
};

static void
put_event (gconstpointer element, GVariantBuilder *dict)
{
  tbus_state_put (dict, event_fields, element);
}

static void
put_channel (gconstpointer element, GVariantBuilder *dict)
{
  const TbusSavedAppChannel *self = element;

  tbus_state_put (dict, channel_fields, self);
  tbus_state_put_list (dict, "events", self->events, put_event);
}

static void
put_session (gconstpointer element, GVariantBuilder *dict)
{
  const TbusSavedAppSession *self = element;

  tbus_state_put (dict, session_fields, self);
  tbus_state_put_list (dict, "channels", self->channels, put_channel);
}

/* There can be thousands, few of which have changed since they were written last: those are copied as they are. */
GVariant *
tbus_saved_app_words (TbusSavedApp *self)
{
  GVariantBuilder dict;

  if (self->words != NULL)
    return self->words;
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  tbus_state_put (&dict, app_fields, self);
  tbus_state_put (&dict, abi_fields, &self->abi);
  tbus_state_put_list (&dict, "sessions", self->sessions, put_session);
  self->words = g_variant_ref_sink (g_variant_builder_end (&dict));
  (void) g_variant_get_data (self->words); /* flat from now on */
  return self->words;
}

static gpointer
get_event (GVariant *dict, GError **error)
{
  g_autofree TbusSavedEvent *self = g_new0 (TbusSavedEvent, 1);

  return tbus_state_get (dict, event_fields, self, error) ? g_steal_pointer (&self) : NULL;
}

static gpointer
get_channel (GVariant *dict, GError **error)
{
  g_autoptr(TbusSavedAppChannel) self = tbus_saved_app_channel_new ();

  if (!tbus_state_get (dict, channel_fields, self, error))
    return NULL;
  g_ptr_array_unref (self->events);
  self->events = tbus_state_get_list (dict, "events", tbus_limit_most (TBUS_LIMIT_RULES), get_event, g_free, error);
  return self->events != NULL ? g_steal_pointer (&self) : NULL;
}

static gpointer
get_session (GVariant *dict, GError **error)
{
  g_autoptr(TbusSavedAppSession) self = tbus_saved_app_session_new ();

  if (!tbus_state_get (dict, session_fields, self, error))
    return NULL;
  if (self->id == 0 || self->session_id == 0)
    {
      tbus_state_refuse (error, self->id == 0 ? "id" : "session_id", "is none");
      return NULL;
    }
  g_ptr_array_unref (self->channels);
  self->channels = tbus_state_get_list (dict, "channels", TBUS_MAX_CHANNELS, get_channel, tbus_saved_app_channel_free,
                                        error);
  return self->channels != NULL ? g_steal_pointer (&self) : NULL;
}

gpointer
tbus_saved_app_get (GVariant *dict, GError **error)
{
  g_autoptr(TbusSavedApp) self = tbus_saved_app_new ();

  if (!tbus_state_get (dict, app_fields, self, error) || !tbus_state_get (dict, abi_fields, &self->abi, error))
    return NULL;
  if (self->id == 0 || self->pid <= 0)
    {
      tbus_state_refuse (error, self->id == 0 ? "id" : "pid", "is none");
      return NULL;
    }
  g_ptr_array_unref (self->sessions);
  self->sessions = tbus_state_get_list (dict, "sessions", TBUS_MAX_APPS, get_session, tbus_saved_app_session_free,
                                        error);
  return self->sessions != NULL ? g_steal_pointer (&self) : NULL;
}
