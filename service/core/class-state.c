/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/class-state.h"

#include "base/limits.h"
#include "core/state-codec.h"

static void
channel_classes_free (gpointer data)
{
  TbusChannelClasses *channel = data;

  g_array_unref (channel->events);
  g_string_free (channel->pending, TRUE);
  g_free (channel);
}

TbusClassState *
tbus_class_state_new (void)
{
  TbusClassState *self = g_new0 (TbusClassState, 1);

  self->channels = g_ptr_array_new_with_free_func (channel_classes_free);
  self->enum_ids = g_array_new (FALSE, FALSE, sizeof (TbusClassId));
  self->enums = g_ptr_array_new ();
  return self;
}

TbusChannelClasses *
tbus_class_state_add_channel (TbusClassState *self)
{
  TbusChannelClasses *channel = g_new0 (TbusChannelClasses, 1);

  channel->events = g_array_new (FALSE, FALSE, sizeof (TbusClassId));
  channel->pending = g_string_new (NULL);
  g_ptr_array_add (self->channels, channel);
  return channel;
}

void
tbus_class_state_free (TbusClassState *self)
{
  g_clear_pointer (&self->channels, g_ptr_array_unref);
  g_clear_pointer (&self->enum_ids, g_array_unref);
  g_clear_pointer (&self->enums, g_ptr_array_unref);
  g_free (self);
}

/* Writing. Hashes go as pairs of numbers; there can be hundreds of thousands. */

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  const TbusClassId *x = a, *y = b;

  if (x->id != y->id)
    return x->id < y->id ? -1 : 1;
  if (x->hash.low != y->hash.low)
    return x->hash.low < y->hash.low ? -1 : 1;
  return (x->hash.high > y->hash.high) - (x->hash.high < y->hash.high);
}

/* In an order that does not depend on a table's: equal states are equal bytes. */
static GVariant *
encode_ids (GArray *ids)
{
  g_autoptr(GArray) sorted = g_array_copy (ids);

  g_array_sort (sorted, compare_ids);
  return g_variant_new_fixed_array (G_VARIANT_TYPE ("(ttt)"), sorted->data, sorted->len, sizeof (TbusClassId));
}

static const TbusStateField channel_fields[] = {
  TBUS_STATE_FIELD (TbusChannelClasses, id, 'u'),
  TBUS_STATE_FIELD (TbusChannelClasses, header, 'u'),
  TBUS_STATE_FIELD (TbusChannelClasses, n_events, 'u'),
  TBUS_STATE_END,
};

static void
put_channel (gconstpointer element, GVariantBuilder *dict)
{
  const TbusChannelClasses *self = element;

  tbus_state_put (dict, channel_fields, self);
  tbus_state_put_bytes (dict, "context_raw", &self->context_raw, sizeof self->context_raw);
  tbus_state_put_bytes (dict, "context_text", &self->context_text, sizeof self->context_text);
  tbus_state_put_bytes (dict, "pending", self->pending->str, self->pending->len);
  g_variant_builder_add (dict, "{sv}", "events", encode_ids (self->events));
}

static void
put_enum (gconstpointer element, GVariantBuilder *dict)
{
  const TbusCtfEnum *self = element;
  GVariantBuilder entries;

  g_variant_builder_init (&entries, G_VARIANT_TYPE ("a(aybbtt)"));
  for (guint i = 0; i < self->entries->len; i++)
    {
      const TbusCtfEnumEntry *entry = &g_array_index (self->entries, TbusCtfEnumEntry, i);

      g_variant_builder_add (&entries, "(^aybbtt)", entry->label, entry->automatic, entry->is_signed, entry->start,
                             entry->end);
    }
  g_variant_builder_add (dict, "{sv}", "name", g_variant_new_bytestring (self->name));
  g_variant_builder_add (dict, "{sv}", "entries", g_variant_builder_end (&entries));
}

GVariant *
tbus_class_state_encode (const TbusClassState *self)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  tbus_state_put_list (&dict, "channels", self->channels, put_channel);
  tbus_state_put_list (&dict, "enums", self->enums, put_enum);
  g_variant_builder_add (&dict, "{sv}", "enum_ids", encode_ids (self->enum_ids));
  g_variant_builder_add (&dict, "{sv}", "held", g_variant_new_uint64 (self->held));
  return g_variant_builder_end (&dict);
}

/* Reading. */

static gboolean
decode_ids (GVariant *dict, const char *key, guint64 count, GArray *ids, GError **error)
{
  g_autoptr(GVariant) value = tbus_state_lookup (dict, key, "a(ttt)", error);
  const TbusClassId *data;
  gsize n;

  if (value == NULL)
    return FALSE;
  data = g_variant_get_fixed_array (value, &n, sizeof *data);
  for (gsize i = 0; i < n; i++)
    if (data[i].id >= count)
      return tbus_state_refuse (error, key, "holds an id that was not given out");
  g_array_append_vals (ids, data, n);
  return TRUE;
}

static gboolean
decode_pending (GVariant *dict, TbusChannelClasses *self, GError **error)
{
  g_autoptr(GVariant) value = tbus_state_lookup (dict, "pending", "ay", error);
  const char *text;
  gsize length;

  if (value == NULL)
    return FALSE;
  text = g_variant_get_fixed_array (value, &length, 1);
  if (length > tbus_limit_most (TBUS_LIMIT_METADATA))
    return tbus_state_refuse (error, "pending", "is too long");
  g_string_append_len (self->pending, text, length);
  return TRUE;
}

static gpointer
get_channel (GVariant *dict, GError **error)
{
  g_autoptr(TbusClassState) owner = tbus_class_state_new ();
  TbusChannelClasses *self = tbus_class_state_add_channel (owner);

  if (!tbus_state_get (dict, channel_fields, self, error)
      || !tbus_state_get_bytes (dict, "context_raw", &self->context_raw, sizeof self->context_raw, error)
      || !tbus_state_get_bytes (dict, "context_text", &self->context_text, sizeof self->context_text, error)
      || !decode_pending (dict, self, error))
    return NULL;
  if (self->id >= TBUS_MAX_CHANNELS)
    tbus_state_refuse (error, "id", "is too large");
  else if (self->header > TBUS_CTF_HEADER_LARGE)
    tbus_state_refuse (error, "header", "is unknown");
  else if (self->n_events > TBUS_MAX_EVENT_CLASSES)
    tbus_state_refuse (error, "n_events", "is too large");
  else if (decode_ids (dict, "events", self->n_events, self->events, error))
    return g_ptr_array_steal_index (owner->channels, 0);
  return NULL;
}

static gpointer
get_enum (GVariant *dict, GError **error)
{
  g_autoptr(GVariant) name = tbus_state_lookup (dict, "name", "ay", error);
  g_autoptr(GVariant) entries = name != NULL ? tbus_state_lookup (dict, "entries", "a(aybbtt)", error) : NULL;
  GVariantIter iter;
  TbusCtfEnumEntry entry;
  TbusCtfEnum *self;

  if (entries == NULL)
    return NULL;
  if (g_variant_n_children (entries) > TBUS_MAX_ENUM_ENTRIES)
    {
      tbus_state_refuse (error, "entries", "are too many");
      return NULL;
    }
  self = tbus_ctf_enum_new (g_variant_get_bytestring (name));
  g_variant_iter_init (&iter, entries);
  while (g_variant_iter_next (&iter, "(^&aybbtt)", &entry.label, &entry.automatic, &entry.is_signed, &entry.start,
                              &entry.end))
    tbus_ctf_enum_add (self, &entry);
  return self;
}

/* What waits is part of what is held. */
static gboolean
check_held (const TbusClassState *self, GError **error)
{
  guint64 pending = 0;

  for (guint i = 0; i < self->channels->len; i++)
    pending += ((TbusChannelClasses *) g_ptr_array_index (self->channels, i))->pending->len;
  return (self->held >= pending && self->held <= tbus_limit_most (TBUS_LIMIT_METADATA))
         || tbus_state_refuse (error, "held", "is not what is held");
}

static gboolean
decode_state (GVariant *variant, TbusClassState *self, GError **error)
{
  g_autoptr(GVariant) held = tbus_state_lookup (variant, "held", "t", error);
  g_autoptr(GPtrArray) channels = NULL, enums = NULL;

  if (held == NULL)
    return FALSE;
  self->held = g_variant_get_uint64 (held);
  channels = tbus_state_get_list (variant, "channels", TBUS_MAX_CHANNELS, get_channel, channel_classes_free, error);
  if (channels == NULL)
    return FALSE;
  enums = tbus_state_get_list (variant, "enums", TBUS_MAX_ENUM_CLASSES, get_enum, (GDestroyNotify) tbus_ctf_enum_free,
                               error);
  if (enums == NULL || !decode_ids (variant, "enum_ids", enums->len, self->enum_ids, error))
    return FALSE;
  g_ptr_array_unref (self->channels);
  self->channels = g_steal_pointer (&channels);
  g_ptr_array_unref (self->enums);
  self->enums = g_steal_pointer (&enums);
  return check_held (self, error);
}

TbusClassState *
tbus_class_state_decode (GVariant *variant, GError **error)
{
  g_autoptr(TbusClassState) self = tbus_class_state_new ();

  return decode_state (variant, self, error) ? g_steal_pointer (&self) : NULL;
}
