/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/json.h"

#include <math.h>
#include <stdio.h>

static void
append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (; *text != '\0'; text++)
    if (*text == '"' || *text == '\\')
      g_string_append_printf (out, "\\%c", *text);
    else if ((guchar) *text < 0x20 || *text == 0x7f)
      g_string_append_printf (out, "\\u%04x", (guchar) *text);
    else
      g_string_append_c (out, *text);
  g_string_append_c (out, '"');
}

static void
append_double (GString *out, double number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (out, isfinite (number) ? g_ascii_dtostr (text, sizeof text, number) : "null");
}

static void
append_key (GString *out, GVariant *key)
{
  g_autofree char *text = NULL;

  if (g_variant_classify (key) == G_VARIANT_CLASS_STRING || g_variant_classify (key) == G_VARIANT_CLASS_OBJECT_PATH)
    {
      append_string (out, g_variant_get_string (key, NULL));
      return;
    }
  text = g_variant_print (key, FALSE);
  append_string (out, text);
}

static void
append_children (GString *out, GVariant *value, gboolean dictionary)
{
  gsize count = g_variant_n_children (value);

  g_string_append_c (out, dictionary ? '{' : '[');
  for (gsize i = 0; i < count; i++)
    {
      g_autoptr(GVariant) child = g_variant_get_child_value (value, i);

      if (i > 0)
        g_string_append_c (out, ',');
      if (dictionary)
        {
          g_autoptr(GVariant) key = g_variant_get_child_value (child, 0);
          g_autoptr(GVariant) content = g_variant_get_child_value (child, 1);

          append_key (out, key);
          g_string_append_c (out, ':');
          ctl_json_append (out, content);
        }
      else
        ctl_json_append (out, child);
    }
  g_string_append_c (out, dictionary ? '}' : ']');
}

void
ctl_json_append (GString *out, GVariant *value)
{
  g_autoptr(GVariant) content = NULL;
  g_autofree char *number = NULL;

  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      append_string (out, g_variant_get_string (value, NULL));
      break;
    case G_VARIANT_CLASS_DOUBLE:
      append_double (out, g_variant_get_double (value));
      break;
    case G_VARIANT_CLASS_BYTE:
      g_string_append_printf (out, "%u", g_variant_get_byte (value));
      break;
    case G_VARIANT_CLASS_VARIANT:
      content = g_variant_get_variant (value);
      ctl_json_append (out, content);
      break;
    case G_VARIANT_CLASS_ARRAY:
    case G_VARIANT_CLASS_TUPLE:
      append_children (out, value, g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY));
      break;
    default:
      /* Booleans and integers: GVariant's own text is JSON's. */
      number = g_variant_print (value, FALSE);
      g_string_append (out, number);
    }
}

void
ctl_json_print (GVariant *value)
{
  g_autoptr(GVariant) held = g_variant_ref_sink (value);
  g_autoptr(GString) out = g_string_new (NULL);

  ctl_json_append (out, held);
  printf ("%s\n", out->str);
}
