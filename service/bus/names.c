/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/names.h"

#include <string.h>

#define APP_PREFIX TBUS_ROOT_PATH "/app/"

char *
tbus_path_session (guint64 id)
{
  return g_strdup_printf (TBUS_ROOT_PATH "/session/%" G_GUINT64_FORMAT, id);
}

char *
tbus_path_channel (guint64 session, guint64 id)
{
  return g_strdup_printf (TBUS_ROOT_PATH "/session/%" G_GUINT64_FORMAT "/channel/%" G_GUINT64_FORMAT, session, id);
}

char *
tbus_path_app (guint64 id)
{
  return g_strdup_printf (APP_PREFIX "%" G_GUINT64_FORMAT, id);
}

char *
tbus_path_consumer (guint64 id)
{
  return g_strdup_printf (TBUS_ROOT_PATH "/consumer/%" G_GUINT64_FORMAT, id);
}

gboolean
tbus_path_parse_app (const char *path, guint64 *id)
{
  g_autofree char *canonical = NULL;
  guint64 number;

  if (!g_str_has_prefix (path, APP_PREFIX))
    return FALSE;
  number = g_ascii_strtoull (path + strlen (APP_PREFIX), NULL, 10);
  canonical = tbus_path_app (number);
  if (!g_str_equal (path, canonical))
    return FALSE;
  *id = number;
  return TRUE;
}
