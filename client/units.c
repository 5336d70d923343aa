/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/units.h"

#include <errno.h>

typedef struct {
  const char *suffix;
  guint64 factor;
} Unit;

static const Unit sizes[] = {
  { "", 1 }, { "k", 1 << 10 }, { "K", 1 << 10 }, { "m", 1 << 20 }, { "M", 1 << 20 }, { "g", 1 << 30 }, { "G", 1 << 30 },
};

static const Unit times[] = {
  { "", 1 }, { "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "m", 60000000 }, { "h", 3600000000u },
};

static gboolean
parse_with_unit (const char *text, const Unit *units, gsize n_units, guint64 *value)
{
  guint64 number;
  char *end = NULL;

  /* strtoull would take blanks and a sign. */
  if (!g_ascii_isdigit (*text))
    return FALSE;
  errno = 0;
  number = g_ascii_strtoull (text, &end, 0);
  if (errno != 0)
    return FALSE;
  for (gsize i = 0; i < n_units; i++)
    if (g_str_equal (end, units[i].suffix))
      return g_uint64_checked_mul (value, number, units[i].factor);
  return FALSE;
}

gboolean
ctl_parse_size (const char *text, guint64 *bytes, GError **error)
{
  guint64 value;

  if (parse_with_unit (text, sizes, G_N_ELEMENTS (sizes), &value))
    {
      *bytes = value;
      return TRUE;
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
               "\"%s\" is no size; it is a number of bytes, with k, M or G behind it for more", text);
  return FALSE;
}

gboolean
ctl_parse_time (const char *text, guint32 *microseconds, GError **error)
{
  guint64 value;

  if (parse_with_unit (text, times, G_N_ELEMENTS (times), &value) && value <= G_MAXUINT32)
    {
      *microseconds = value;
      return TRUE;
    }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
               "\"%s\" is no period; it is a number of microseconds, or one with us, ms, s, m or h behind it, "
               "up to 4294967295 us", text);
  return FALSE;
}

guint64
ctl_round_up (guint64 number)
{
  guint64 power = 1;

  while (power != 0 && power < number)
    power <<= 1;
  return power;
}

char *
ctl_format_size (guint64 bytes)
{
  static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
  double value = bytes;
  guint i = 0;

  for (; value >= 1024 && i + 1 < G_N_ELEMENTS (names); i++)
    value /= 1024;
  return i > 0 && value != (guint64) value ? g_strdup_printf ("%.1f %s", value, names[i])
                                           : g_strdup_printf ("%.0f %s", value, names[i]);
}

char *
ctl_format_time (guint64 microseconds)
{
  g_autoptr(GDateTime) time = g_date_time_new_from_unix_local (microseconds / G_USEC_PER_SEC);

  return time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M:%S") : g_strdup ("-");
}

char *
ctl_time_stamp (void)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();

  return g_date_time_format (now, "%Y%m%d-%H%M%S");
}
