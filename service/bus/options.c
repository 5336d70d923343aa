/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/options.h"

#include "base/error.h"

#include <string.h>

static const struct {
  const char *types; /* one letter or more a type, alternatives divided by a space */
  const char *words;
} kinds[] = {
  [TBUS_OPTION_BOOLEAN] = { "b", "a boolean (b)" },
  [TBUS_OPTION_UINT32] = { "u", "a 32-bit unsigned number (u)" },
  [TBUS_OPTION_UINT64] = { "t", "a 64-bit unsigned number (t)" },
  [TBUS_OPTION_INT64] = { "x", "a 64-bit number (x)" },
  [TBUS_OPTION_STRING] = { "s", "a string (s)" },
  [TBUS_OPTION_PATH] = { "o", "an object path (o)" },
  [TBUS_OPTION_STRINGS] = { "as", "an array of strings (as)" },
  [TBUS_OPTION_UINT32S] = { "au", "an array of 32-bit unsigned numbers (au)" },
  [TBUS_OPTION_HANDLE] = { "h", "a descriptor (h)" },
  [TBUS_OPTION_LOGLEVEL] = { "s i", "a string (s) or a 32-bit number (i)" },
};

static gboolean
kind_takes (TbusOptionKind kind, const char *type)
{
  g_auto(GStrv) types = g_strsplit (kinds[kind].types, " ", -1);

  return g_strv_contains ((const char *const *) types, type);
}

static gboolean
is_default (GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      return !g_variant_get_boolean (value);
    case G_VARIANT_CLASS_UINT32:
      return g_variant_get_uint32 (value) == 0;
    case G_VARIANT_CLASS_UINT64:
      return g_variant_get_uint64 (value) == 0;
    case G_VARIANT_CLASS_STRING:
      return *g_variant_get_string (value, NULL) == '\0';
    case G_VARIANT_CLASS_ARRAY:
      return g_variant_n_children (value) == 0;
    default:
      return FALSE;
    }
}

static void
store_value (TbusOptionKind kind, GVariant *value, gpointer field)
{
  TbusUint32s *numbers = field;
  TbusLoglevelOption *level = field;

  switch (kind)
    {
    case TBUS_OPTION_BOOLEAN:
      *(gboolean *) field = g_variant_get_boolean (value);
      break;
    case TBUS_OPTION_UINT32:
      *(guint32 *) field = g_variant_get_uint32 (value);
      break;
    case TBUS_OPTION_UINT64:
      *(guint64 *) field = g_variant_get_uint64 (value);
      break;
    case TBUS_OPTION_HANDLE:
      *(gint32 *) field = g_variant_get_handle (value);
      break;
    case TBUS_OPTION_INT64:
      *(gint64 *) field = g_variant_get_int64 (value);
      break;
    case TBUS_OPTION_STRING:
    case TBUS_OPTION_PATH:
      *(const char **) field = g_variant_get_string (value, NULL);
      break;
    case TBUS_OPTION_UINT32S:
      numbers->values = g_variant_get_fixed_array (value, &numbers->n, sizeof (guint32));
      break;
    case TBUS_OPTION_LOGLEVEL:
      level->given = TRUE;
      if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
        level->text = g_variant_get_string (value, NULL);
      else
        level->number = g_variant_get_int32 (value);
      break;
    case TBUS_OPTION_STRINGS:
      *(const char ***) field = g_variant_get_strv (value, NULL);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Callers' words in messages are cut: a reply is not the place to give a megabyte back. */
#define QUOTED "\"%.128s\""

static gboolean
unknown_key (const TbusOption *table, const char *key, GError **error)
{
  g_autoptr(GString) known = g_string_new (NULL);

  for (const TbusOption *option = table; option->key != NULL; option++)
    g_string_append_printf (known, "%s%s", known->len == 0 ? "" : ", ", option->key);
  if (known->len == 0)
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "Unknown option " QUOTED ": there are none here", key);
  else
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "Unknown option " QUOTED ": known are %s", key,
                 known->str);
  return FALSE;
}

static gboolean
parse_one (const TbusOption *option, GVariant *value, gpointer store, GError **error)
{
  const char *type = g_variant_get_type_string (value);

  if (!kind_takes (option->kind, type))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "Option \"%s\" takes %s, not %s", option->key,
                   kinds[option->kind].words, type);
      return FALSE;
    }
  if (option->field != TBUS_OPTION_RESERVED)
    store_value (option->kind, value, (char *) store + option->field);
  else if (!is_default (value))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_UNSUPPORTED,
                   "Option \"%s\" is not supported by this version: leave it out", option->key);
      return FALSE;
    }
  return TRUE;
}

gboolean
tbus_options_parse (GVariant *dict, const TbusOption *table, gpointer store, GError **error)
{
  guint64 seen = 0;
  GVariantIter iter;
  const char *key;
  GVariant *child;

  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &child))
    {
      g_autoptr(GVariant) value = child;
      guint row = 0;

      while (table[row].key != NULL && !g_str_equal (table[row].key, key))
        row++;
      if (table[row].key == NULL)
        return unknown_key (table, key, error);
      if (seen & (G_GUINT64_CONSTANT (1) << row))
        {
          g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "Option \"%s\" is given twice", key);
          return FALSE;
        }
      seen |= G_GUINT64_CONSTANT (1) << row;
      if (!parse_one (&table[row], value, store, error))
        return FALSE;
    }
  return TRUE;
}
