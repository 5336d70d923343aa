/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/state-codec.h"

#include "base/error.h"

#include <string.h>

gboolean
tbus_state_refuse (GError **error, const char *key, const char *what)
{
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "%s %s", key, what);
  return FALSE;
}

GVariant *
tbus_state_lookup (GVariant *dict, const char *key, const char *type, GError **error)
{
  g_autoptr(GVariant) any = g_variant_lookup_value (dict, key, NULL);

  if (any == NULL)
    tbus_state_refuse (error, key, "is missing");
  else if (!g_variant_is_of_type (any, G_VARIANT_TYPE (type)))
    tbus_state_refuse (error, key, "has another type");
  else
    return g_steal_pointer (&any);
  return NULL;
}

/* Strings are bytes: not everything that has a name here is UTF-8. (transfer floating) (nullable) */
static GVariant *
encode_member (char type, gconstpointer member)
{
  switch (type)
    {
    case 'b':
      return g_variant_new_boolean (*(const gboolean *) member);
    case 'i':
      return g_variant_new_int32 (*(const gint32 *) member);
    case 'u':
      return g_variant_new_uint32 (*(const guint32 *) member);
    case 'x':
      return g_variant_new_int64 (*(const gint64 *) member);
    case 't':
      return g_variant_new_uint64 (*(const guint64 *) member);
    default:
      return *(char *const *) member != NULL ? g_variant_new_bytestring (*(char *const *) member) : NULL;
    }
}

void
tbus_state_put (GVariantBuilder *dict, const TbusStateField *fields, gconstpointer record)
{
  for (; fields->key != NULL; fields++)
    {
      GVariant *value = encode_member (fields->type, (const char *) record + fields->offset);

      if (value != NULL)
        g_variant_builder_add (dict, "{sv}", fields->key, value);
    }
}

static void
decode_member (GVariant *value, char type, gpointer member)
{
  switch (type)
    {
    case 'b':
      *(gboolean *) member = g_variant_get_boolean (value);
      break;
    case 'i':
      *(gint32 *) member = g_variant_get_int32 (value);
      break;
    case 'u':
      *(guint32 *) member = g_variant_get_uint32 (value);
      break;
    case 'x':
      *(gint64 *) member = g_variant_get_int64 (value);
      break;
    case 't':
      *(guint64 *) member = g_variant_get_uint64 (value);
      break;
    default:
      g_free (*(char **) member);
      *(char **) member = g_variant_dup_bytestring (value, NULL);
    }
}

static gboolean
has_key (GVariant *dict, const char *key)
{
  g_autoptr(GVariant) value = g_variant_lookup_value (dict, key, NULL);

  return value != NULL;
}

gboolean
tbus_state_get (GVariant *dict, const TbusStateField *fields, gpointer record, GError **error)
{
  for (; fields->key != NULL; fields++)
    {
      const char type[] = { fields->type, '\0' };
      gboolean string = fields->type == 's' || fields->type == 'S';
      g_autoptr(GVariant) value = NULL;

      if (fields->type == 'S' && !has_key (dict, fields->key))
        continue;
      value = tbus_state_lookup (dict, fields->key, string ? "ay" : type, error);
      if (value == NULL)
        return FALSE;
      decode_member (value, fields->type, (char *) record + fields->offset);
    }
  return TRUE;
}

void
tbus_state_put_list (GVariantBuilder *dict, const char *key, const GPtrArray *list, TbusStatePutFunc put)
{
  GVariantBuilder array;

  g_variant_builder_init (&array, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < list->len; i++)
    {
      g_variant_builder_open (&array, G_VARIANT_TYPE_VARDICT);
      put (g_ptr_array_index (list, i), &array);
      g_variant_builder_close (&array);
    }
  g_variant_builder_add (dict, "{sv}", key, g_variant_builder_end (&array));
}

GPtrArray *
tbus_state_get_list (GVariant *dict, const char *key, guint limit, TbusStateGetFunc get, GDestroyNotify destroy,
                     GError **error)
{
  g_autoptr(GVariant) array = tbus_state_lookup (dict, key, "aa{sv}", error);
  g_autoptr(GPtrArray) list = NULL;

  if (array == NULL)
    return NULL;
  if (g_variant_n_children (array) > limit)
    {
      tbus_state_refuse (error, key, "has too many elements");
      return NULL;
    }
  list = g_ptr_array_new_with_free_func (destroy);
  for (gsize i = 0; i < g_variant_n_children (array); i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (array, i);
      gpointer element = get (child, error);

      if (element == NULL)
        {
          g_prefix_error (error, "%s[%" G_GSIZE_FORMAT "].", key, i);
          return NULL;
        }
      g_ptr_array_add (list, element);
    }
  return g_steal_pointer (&list);
}

void
tbus_state_put_bytes (GVariantBuilder *dict, const char *key, gconstpointer bytes, gsize length)
{
  g_variant_builder_add (dict, "{sv}", key, g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, length, 1));
}

gboolean
tbus_state_get_bytes (GVariant *dict, const char *key, gpointer bytes, gsize length, GError **error)
{
  g_autoptr(GVariant) value = tbus_state_lookup (dict, key, "ay", error);
  gconstpointer data;
  gsize got;

  if (value == NULL)
    return FALSE;
  data = g_variant_get_fixed_array (value, &got, 1);
  if (got != length)
    return tbus_state_refuse (error, key, "has another length");
  memcpy (bytes, data, length);
  return TRUE;
}
