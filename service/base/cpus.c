/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/cpus.h"

#include <unistd.h>

guint
tbus_cpus_parse (const char *list)
{
  guint64 highest = 0;
  const char *at = list;

  for (;;)
    {
      char *end;
      guint64 number;

      if (!g_ascii_isdigit (*at))
        return 0;
      number = g_ascii_strtoull (at, &end, 10);
      highest = MAX (highest, number);
      if (*end == '\0' || *end == '\n')
        return highest < G_MAXINT ? (guint) highest + 1 : 0;
      if (*end != '-' && *end != ',')
        return 0;
      at = end + 1;
    }
}

static guint
ask_system (void)
{
  g_autofree char *list = NULL;
  guint n = 0;

  if (g_file_get_contents ("/sys/devices/system/cpu/possible", &list, NULL, NULL))
    n = tbus_cpus_parse (list);
  if (n == 0)
    n = (guint) MAX (sysconf (_SC_NPROCESSORS_CONF), 1);
  return n;
}

guint
tbus_cpus_possible (void)
{
  static gsize possible;

  if (g_once_init_enter (&possible))
    g_once_init_leave (&possible, ask_system ());
  return (guint) possible;
}
