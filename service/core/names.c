/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/names.h"

#include "base/error.h"
#include "base/limits.h"

#include <string.h>

gboolean
tbus_name_check (const char *name, const char *what, GError **error)
{
  gsize length = strlen (name);
  gboolean good = length >= 1 && length <= TBUS_MAX_NAME && (g_ascii_isalnum (name[0]) || name[0] == '_');

  for (gsize i = 1; good && i < length; i++)
    good = g_ascii_isalnum (name[i]) || strchr ("_.:@+-", name[i]) != NULL;
  if (good)
    return TRUE;
  if (length > TBUS_MAX_NAME)
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "A %s name has at most %d bytes, not %" G_GSIZE_FORMAT,
                 what, TBUS_MAX_NAME, length);
  else
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                 "\"%.128s\" is no %s name: it takes 1 to %d letters, digits and _ . : @ + -, "
                 "the first a letter, a digit or _", name, what, TBUS_MAX_NAME);
  return FALSE;
}

char *
tbus_name_make_valid (const char *name)
{
  return g_utf8_make_valid (name, -1);
}

char *
tbus_name_time (gint64 microseconds)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local (microseconds / G_USEC_PER_SEC);

  return g_date_time_format (time, "%Y%m%d-%H%M%S");
}
