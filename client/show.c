/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/show.h"

#include "client/units.h"

char *
ctl_show_text (GVariant *properties, const char *key)
{
  char *text = NULL;

  if (!g_variant_lookup (properties, key, "s", &text))
    return g_strdup ("-");
  if (*text != '\0')
    return text;
  g_free (text);
  return g_strdup ("-");
}

char *
ctl_show_number (GVariant *properties, const char *key)
{
  g_autoptr(GVariant) value = g_variant_lookup_value (properties, key, NULL);

  return value != NULL ? g_variant_print (value, FALSE) : g_strdup ("-");
}

char *
ctl_show_size (GVariant *properties, const char *key)
{
  guint64 bytes;

  return g_variant_lookup (properties, key, "t", &bytes) ? ctl_format_size (bytes) : g_strdup ("-");
}
