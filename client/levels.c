/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/levels.h"

#define PREFIX "TRACE_"

static const char *const names[] = {
  PREFIX "EMERG", PREFIX "ALERT", PREFIX "CRIT", PREFIX "ERR", PREFIX "WARNING", PREFIX "NOTICE", PREFIX "INFO",
  PREFIX "DEBUG_SYSTEM", PREFIX "DEBUG_PROGRAM", PREFIX "DEBUG_PROCESS", PREFIX "DEBUG_MODULE", PREFIX "DEBUG_UNIT",
  PREFIX "DEBUG_FUNCTION", PREFIX "DEBUG_LINE", PREFIX "DEBUG",
};

int
ctl_level_parse (const char *text)
{
  guint64 number;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (text, names[i]) == 0 || g_ascii_strcasecmp (text, names[i] + sizeof PREFIX - 1) == 0)
      return i;
  return g_ascii_string_to_unsigned (text, 10, 0, G_N_ELEMENTS (names) - 1, &number, NULL) ? (int) number : -1;
}

const char *
ctl_level_name (int level)
{
  return level >= 0 && level < (int) G_N_ELEMENTS (names) ? names[level] : "UNKNOWN";
}
