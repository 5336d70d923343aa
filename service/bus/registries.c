/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/registries.h"

#include "bus/values.h"

static const char *
header_to_string (TbusCtfHeader header)
{
  switch (header)
    {
    case TBUS_CTF_HEADER_COMPACT:
      return "compact";
    case TBUS_CTF_HEADER_LARGE:
      return "large";
    default:
      return "";
    }
}

static GVariant *
channels_value (GArray *channels)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < channels->len; i++)
    {
      const TbusRegistryChannelInfo *info = &g_array_index (channels, TbusRegistryChannelInfo, i);

      g_variant_builder_open (&list, G_VARIANT_TYPE_VARDICT);
      tbus_dict_add (&list, "name", tbus_value_string (info->name));
      tbus_dict_add (&list, "key", g_variant_new_uint64 (info->key));
      tbus_dict_add (&list, "id", g_variant_new_uint32 (info->id));
      tbus_dict_add (&list, "header-type", g_variant_new_string (header_to_string (info->header)));
      tbus_dict_add (&list, "events", g_variant_new_uint32 (info->events));
      tbus_dict_add (&list, "streams", g_variant_new_uint32 (info->streams));
      g_variant_builder_close (&list);
    }
  return g_variant_builder_end (&list);
}

GVariant *
tbus_registries_value (GPtrArray *registries)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < registries->len; i++)
    {
      const TbusRegistryInfo *info = g_ptr_array_index (registries, i);
      const char *whose = info->ownership == TBUS_BUFFER_USER ? "uid" : "pid";

      g_variant_builder_open (&list, G_VARIANT_TYPE_VARDICT);
      tbus_dict_add (&list, "ownership", g_variant_new_string (tbus_buffer_ownership_to_string (info->ownership)));
      tbus_dict_add (&list, whose, g_variant_new_uint32 (info->owner));
      tbus_dict_add (&list, "bits", g_variant_new_uint32 (info->bits));
      tbus_dict_add (&list, "metadata-key", g_variant_new_uint64 (info->metadata_key));
      tbus_dict_add (&list, "metadata-length", g_variant_new_uint64 (info->metadata_length));
      tbus_dict_add (&list, "metadata-sent", g_variant_new_uint64 (info->metadata_sent));
      tbus_dict_add (&list, "metadata-closed", g_variant_new_boolean (info->metadata_closed));
      tbus_dict_add (&list, "channels", channels_value (info->channels));
      g_variant_builder_close (&list);
    }
  return g_variant_builder_end (&list);
}
