/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/text.h"

void
tbus_ctf_append_identifier (GString *out, const char *name)
{
  gsize at = out->len + 1;

  g_string_append_c (out, '_');
  g_string_append (out, name);
  for (; at < out->len; at++)
    if (!g_ascii_isalnum (out->str[at]))
      out->str[at] = '_';
}

static gboolean
needs_escape (unsigned char c)
{
  return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

static void
append_escaped (GString *out, unsigned char c)
{
  g_string_append_c (out, '\\');
  switch (c)
    {
    case '"':
    case '\\':
      g_string_append_c (out, c);
      break;
    case '\n':
      g_string_append_c (out, 'n');
      break;
    case '\t':
      g_string_append_c (out, 't');
      break;
    default:
      /* Always three octal digits: a digit that follows is not part of it. */
      g_string_append_c (out, '0' + (c >> 6));
      g_string_append_c (out, '0' + (c >> 3 & 7));
      g_string_append_c (out, '0' + (c & 7));
      break;
    }
}

void
tbus_ctf_append_string (GString *out, const char *value)
{
  g_autofree char *valid = NULL;
  const char *run;

  if (!g_utf8_validate (value, -1, NULL))
    value = valid = g_utf8_make_valid (value, -1);

  g_string_append_c (out, '"');
  for (run = value; *value != '\0'; value++)
    {
      if (!needs_escape (*value))
        continue;
      g_string_append_len (out, run, value - run);
      append_escaped (out, *value);
      run = value + 1;
    }
  g_string_append_len (out, run, value - run);
  g_string_append_c (out, '"');
}

void
tbus_ctf_append_tabs (GString *out, guint count)
{
  while (count-- > 0)
    g_string_append_c (out, '\t');
}

void
tbus_ctf_append_uint (GString *out, guint64 value)
{
  char digits[20];
  guint at = sizeof digits;

  do
    digits[--at] = '0' + value % 10;
  while ((value /= 10) != 0);
  g_string_append_len (out, digits + at, sizeof digits - at);
}

/* The values are the number to try next behind that identifier: a thousand equal names stay linear. */
TbusCtfScope *
tbus_ctf_scope_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

static void
scope_set_next (TbusCtfScope *scope, const char *identifier, guint next)
{
  g_hash_table_insert (scope, g_strdup (identifier), GUINT_TO_POINTER (next));
}

void
tbus_ctf_scope_reserve (TbusCtfScope *scope, const char *identifier)
{
  if (!g_hash_table_contains (scope, identifier))
    scope_set_next (scope, identifier, 2);
}

void
tbus_ctf_scope_append (TbusCtfScope *scope, GString *out, const char *name)
{
  gsize at = out->len, end;

  tbus_ctf_append_identifier (out, name);
  end = out->len;
  if (g_hash_table_contains (scope, out->str + at))
    {
      g_autofree char *taken = g_strdup (out->str + at);
      guint number = GPOINTER_TO_UINT (g_hash_table_lookup (scope, taken));

      do
        {
          g_string_truncate (out, end);
          g_string_append_c (out, '_');
          tbus_ctf_append_uint (out, number++);
        }
      while (g_hash_table_contains (scope, out->str + at));
      scope_set_next (scope, taken, number);
    }
  scope_set_next (scope, out->str + at, 2);
  /* babeltrace2 shows "__a" as "_a", and then takes an "_a" that follows for the same field. */
  if (out->str[at + 1] == '_')
    tbus_ctf_scope_reserve (scope, out->str + at + 1);
}
