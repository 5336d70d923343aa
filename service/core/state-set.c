/* SPDX-License-Identifier: GPL-2.0-only */
/* A buffer set's words: itself, its channels and classes. */
#include "core/state-private.h"

#include "base/limits.h"

enum { MAX_STREAMS = 65536 };

static const TbusStateField set_fields[] = {
  TBUS_STATE_FIELD (TbusSavedSet, id, 't'),
  TBUS_STATE_FIELD (TbusSavedSet, consumer, 't'),
  TBUS_STATE_FIELD (TbusSavedSet, metadata_length, 't'),
  TBUS_STATE_FIELD (TbusSavedSet, metadata_sent, 't'),
  TBUS_STATE_FIELD (TbusSavedSet, mark, 'u'),
  TBUS_STATE_FIELD (TbusSavedSet, directory, 's'),
  TBUS_STATE_FIELD (TbusSavedSet, closing, 'b'),
  TBUS_STATE_END,
};

static const TbusStateField key_fields[] = {
  TBUS_STATE_FIELD (TbusBufferKey, session, 't'),
  TBUS_STATE_FIELD (TbusBufferKey, ownership, 'u'),
  TBUS_STATE_FIELD (TbusBufferKey, owner, 't'),
  TBUS_STATE_FIELD (TbusBufferKey, bits, 'u'),
  TBUS_STATE_END,
};

static const TbusStateField channel_fields[] = {
  TBUS_STATE_FIELD (TbusSavedSetChannel, channel_id, 't'),
  TBUS_STATE_FIELD (TbusSavedSetChannel, key, 't'),
  TBUS_STATE_FIELD (TbusSavedSetChannel, chan_id, 'u'),
  TBUS_STATE_FIELD (TbusSavedSetChannel, name, 's'),
  TBUS_STATE_FIELD (TbusSavedSetChannel, hung_up, 'b'),
  TBUS_STATE_FIELD (TbusSavedSetChannel, memory_size, 't'),
  TBUS_STATE_FIELD (TbusSavedSetChannel, n_streams, 'u'),
  TBUS_STATE_END,
};

static const TbusStateField counters_fields[] = {
  TBUS_STATE_FIELD (TbusCounters, bytes_written, 't'),
  TBUS_STATE_FIELD (TbusCounters, packets_written, 't'),
  TBUS_STATE_FIELD (TbusCounters, events_discarded, 't'),
  TBUS_STATE_FIELD (TbusCounters, packets_lost, 't'),
  TBUS_STATE_FIELD (TbusCounters, bytes_dropped, 't'),
  TBUS_STATE_END,
};

static void
put_channel (gconstpointer element, GVariantBuilder *dict)
{
  const TbusSavedSetChannel *self = element;
  gsize length;
  gconstpointer header = g_bytes_get_data (self->header, &length);

  tbus_state_put (dict, channel_fields, self);
  tbus_state_put (dict, counters_fields, &self->counters);
  tbus_state_put_bytes (dict, "header", header, length);
}

void
tbus_saved_set_put (gconstpointer set, GVariantBuilder *dict)
{
  const TbusSavedSet *self = set;

  tbus_state_put (dict, set_fields, self);
  tbus_state_put (dict, key_fields, &self->key);
  tbus_state_put_bytes (dict, "uuid", self->uuid, sizeof self->uuid);
  tbus_state_put_list (dict, "channels", self->channels, put_channel);
  g_variant_builder_add (dict, "{sv}", "classes", tbus_class_state_encode (self->classes));
}

static gpointer
get_channel (GVariant *dict, GError **error)
{
  g_autoptr(TbusSavedSetChannel) self = g_new0 (TbusSavedSetChannel, 1);
  g_autoptr(GVariant) header = tbus_state_lookup (dict, "header", "ay", error);

  if (header == NULL || !tbus_state_get (dict, channel_fields, self, error)
      || !tbus_state_get (dict, counters_fields, &self->counters, error))
    return NULL;
  self->counters.channel = self->key;
  self->header = g_variant_get_data_as_bytes (header);
  if (self->key == 0)
    tbus_state_refuse (error, "key", "is none");
  else if (self->n_streams > MAX_STREAMS)
    tbus_state_refuse (error, "n_streams", "is too large");
  else if (g_bytes_get_size (self->header) > TBUS_MAX_CHANNEL_BLOB)
    tbus_state_refuse (error, "header", "is too long");
  else
    return g_steal_pointer (&self);
  return NULL;
}

/* A process may be called "a..b"; what counts is a component that leads up. */
static gboolean
stays_below (const char *directory)
{
  g_auto(GStrv) components = g_strsplit (directory, "/", -1);

  return directory[0] != '/' && !g_strv_contains ((const char *const *) components, "..");
}

static gboolean
check_set (const TbusSavedSet *self, GError **error)
{
  if (self->id == 0)
    return tbus_state_refuse (error, "id", "is none");
  if (self->key.ownership > TBUS_BUFFER_PROCESS)
    return tbus_state_refuse (error, "ownership", "is none");
  if (self->key.bits != 32 && self->key.bits != 64)
    return tbus_state_refuse (error, "bits", "are neither 32 nor 64");
  if (!stays_below (self->directory))
    return tbus_state_refuse (error, "directory", "leads out of the output");
  if (self->metadata_sent > self->metadata_length)
    return tbus_state_refuse (error, "metadata_sent", "is more than there is");
  return TRUE;
}

gpointer
tbus_saved_set_get (GVariant *dict, GError **error)
{
  g_autoptr(TbusSavedSet) self = tbus_saved_set_new ();
  g_autoptr(GVariant) classes = tbus_state_lookup (dict, "classes", "a{sv}", error);

  if (classes == NULL || !tbus_state_get (dict, set_fields, self, error)
      || !tbus_state_get (dict, key_fields, &self->key, error)
      || !tbus_state_get_bytes (dict, "uuid", self->uuid, sizeof self->uuid, error) || !check_set (self, error))
    return NULL;
  g_ptr_array_unref (self->channels);
  self->channels = tbus_state_get_list (dict, "channels", TBUS_MAX_CHANNELS, get_channel, tbus_saved_set_channel_free,
                                        error);
  if (self->channels == NULL)
    return NULL;
  self->classes = tbus_class_state_decode (classes, error);
  if (self->classes == NULL)
    g_prefix_error (error, "classes.");
  else if (self->classes->channels->len != self->channels->len)
    tbus_state_refuse (error, "classes.channels", "are not as many as channels");
  else
    return g_steal_pointer (&self);
  return NULL;
}
