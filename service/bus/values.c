/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/values.h"

#include "bus/names.h"

GVariant *
tbus_value_string (const char *text)
{
  if (text == NULL)
    return g_variant_new_string ("");
  return g_variant_new_take_string (g_utf8_make_valid (text, -1));
}

GVariant *
tbus_value_path (char *path)
{
  g_autofree char *owned = path;

  return g_variant_new_object_path (owned);
}

GVariant *
tbus_value_app_paths (GArray *ids)
{
  GVariantBuilder paths;

  g_variant_builder_init (&paths, G_VARIANT_TYPE_OBJECT_PATH_ARRAY);
  for (guint i = 0; i < ids->len; i++)
    g_variant_builder_add_value (&paths, tbus_value_path (tbus_path_app (g_array_index (ids, guint64, i))));
  return g_variant_builder_end (&paths);
}

void
tbus_dict_add (GVariantBuilder *dict, const char *key, GVariant *value)
{
  g_variant_builder_add (dict, "{sv}", key, value);
}

static GVariant *
warnings_value (GPtrArray *warnings)
{
  GVariantBuilder strings;

  g_variant_builder_init (&strings, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < warnings->len; i++)
    g_variant_builder_add_value (&strings, tbus_value_string (g_ptr_array_index (warnings, i)));
  return g_variant_builder_end (&strings);
}

GVariant *
tbus_value_outcome (const TbusOutcome *outcome)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  tbus_dict_add (&dict, "apps-applied", g_variant_new_uint32 (outcome->apps_applied));
  tbus_dict_add (&dict, "apps-pending", tbus_value_app_paths (outcome->apps_pending));
  tbus_dict_add (&dict, "apps-failed", g_variant_new_uint32 (outcome->apps_failed));
  tbus_dict_add (&dict, "warnings", warnings_value (outcome->warnings));
  if (outcome->has_totals)
    {
      tbus_dict_add (&dict, "events-discarded", g_variant_new_uint64 (outcome->events_discarded));
      tbus_dict_add (&dict, "packets-lost", g_variant_new_uint64 (outcome->packets_lost));
      tbus_dict_add (&dict, "bytes-dropped", g_variant_new_uint64 (outcome->bytes_dropped));
      tbus_dict_add (&dict, "output", tbus_value_string (outcome->output));
    }
  return g_variant_builder_end (&dict);
}
