/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/limits.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/fd-store.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

typedef enum { COUNT, BYTES } Unit;

/* "A user has at most", 1024, "sessions". */
typedef struct {
  const char *key;
  const char *before, *after;
  Unit unit;
  guint64 preset; /* in percent where there is a @whole */
  guint64 least, most;
  guint64 (*whole) (void); /* what a percentage is of; NULL: it takes none */
} Row;

static guint64
all_descriptors (void)
{
  return tbus_fd_budget_total ();
}

static guint64
all_kept (void)
{
  return tbus_fd_store_size ();
}

static guint64
all_memory (void)
{
  return (guint64) sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE);
}

#define GIB (G_GUINT64_CONSTANT (1) << 30)
#define WHOLE (G_GUINT64_CONSTANT (1) << 50)

static const Row rows[] = {
  [TBUS_LIMIT_CONNECTIONS] = { "ConnectionsPerUser", "A user has at most", "connections that have not registered yet",
                               COUNT, TBUS_MAX_HALF_OPEN_OF_USER, 2, TBUS_MAX_HALF_OPEN },
  [TBUS_LIMIT_APPS] = { "AppsPerUser", "A user has at most", "apps", COUNT, TBUS_MAX_APPS_OF_USER, 1, TBUS_MAX_APPS },
  [TBUS_LIMIT_DESCRIPTORS] = { "DescriptorsPerUser", "The apps and sessions of a user take at most",
                               "of the service's descriptors", COUNT, 50, 16, G_MAXINT, all_descriptors },
  [TBUS_LIMIT_KEPT] = { "KeptPerUser", "Of the apps and sessions of a user, systemd keeps at most", "descriptors",
                        COUNT, 50, 16, G_MAXINT, all_kept },
  [TBUS_LIMIT_SESSIONS] = { "SessionsPerUser", "A user has at most", "sessions", COUNT, TBUS_MAX_SESSIONS, 1, 65536 },
  [TBUS_LIMIT_BUFFER_MEMORY] = { "BufferMemoryPerUser", "The ring buffers of a user's sessions take at most",
                                 "of memory", BYTES, 50, 1 << 20, WHOLE, all_memory },
  [TBUS_LIMIT_METADATA_OF_USER] = { "MetadataPerUser", "The apps of a user fill at most", "of metadata", BYTES,
                                    25, 1 << 20, WHOLE, all_memory },
  [TBUS_LIMIT_NOTICE_MEMORY] = { "NotificationMemoryPerUser", "Unfinished notifications of a user's apps take at most",
                                 "of memory", BYTES, TBUS_MAX_NOTICES, TBUS_MAX_NOTICE, WHOLE, all_memory },
  [TBUS_LIMIT_CALLS_OF_USER] = { "CallsPerUser", "A user has at most", "calls in flight", COUNT,
                                 TBUS_MAX_CALLS_OF_USER, 1, 4096 },
  [TBUS_LIMIT_REPLY_MEMORY] = { "ReplyMemoryPerUser", "Replies that are being made for a user take at most",
                                "of memory", BYTES, TBUS_MAX_REPLIES, TBUS_MAX_REPLY, WHOLE, all_memory },
  [TBUS_LIMIT_CALLS] = { "CallsPerCaller", "A caller has at most", "calls in flight", COUNT, TBUS_MAX_CALLS, 1, 4096 },
  [TBUS_LIMIT_CHANNELS] = { "ChannelsPerSession", "A session has at most", "channels", COUNT, TBUS_MAX_CHANNELS, 1,
                            TBUS_MAX_CHANNELS },
  [TBUS_LIMIT_RULES] = { "RulesPerChannel", "A channel has at most", "event rules", COUNT, TBUS_MAX_RULES, 1, 65536 },
  [TBUS_LIMIT_METADATA] = { "MetadataPerBufferSet", "One buffer set has at most", "of metadata", BYTES,
                            TBUS_MAX_METADATA, 1 << 16, GIB },
  [TBUS_LIMIT_EVENT_CLASSES] = { "EventClassesPerChannel", "A channel has at most", "event classes", COUNT,
                                 TBUS_MAX_EVENT_CLASSES, 1, TBUS_MAX_EVENT_CLASSES },
  [TBUS_LIMIT_FIELDS] = { "FieldsPerEvent", "An event has at most", "field records", COUNT, TBUS_MAX_FIELDS, 1, 8192 },
  [TBUS_LIMIT_NESTING] = { "Nesting", "A field has at most", "types, one inside the other", COUNT, TBUS_MAX_NESTING, 1,
                           64 },
  [TBUS_LIMIT_SIGNATURE] = { "SignatureSize", "The signature of an event has at most", "of text", BYTES,
                             TBUS_MAX_SIGNATURE, 256, TBUS_MAX_SIGNATURE << 4 },
  [TBUS_LIMIT_CONSUMER_IDLE] = { "ConsumerIdleSeconds", "A consumer with nothing to do lives on for at most", "seconds",
                                 COUNT, TBUS_CONSUMER_IDLE_S, 1, 1 << 20 },
};

G_STATIC_ASSERT (G_N_ELEMENTS (rows) == TBUS_N_LIMITS);

/* 0: not set. */
static guint64 values[TBUS_N_LIMITS];

static guint64
preset (const Row *row)
{
  if (row->whole == NULL || row->preset > 100)
    return row->preset;
  return CLAMP (row->whole () * row->preset / 100, row->least, row->most);
}

guint64
tbus_limit (TbusLimit limit)
{
  return values[limit] != 0 ? values[limit] : preset (&rows[limit]);
}

guint64
tbus_limit_most (TbusLimit limit)
{
  return rows[limit].most;
}

void
tbus_limit_set (TbusLimit limit, guint64 value)
{
  values[limit] = value;
}

void
tbus_limits_reset (void)
{
  for (guint i = 0; i < TBUS_N_LIMITS; i++)
    values[i] = 0;
}

/* In the unit that needs no fraction, as it would be written in the file. (transfer full) */
static char *
format_amount (guint64 amount, Unit unit)
{
  static const char *const units[] = { "bytes", "KiB", "MiB", "GiB" };
  guint power = 0;

  if (unit == COUNT)
    return g_strdup_printf ("%" G_GUINT64_FORMAT, amount);
  for (; power + 1 < G_N_ELEMENTS (units) && amount % 1024 == 0; amount /= 1024)
    power++;
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", amount, units[power]);
}

char *
tbus_limit_describe (TbusLimit limit)
{
  const Row *row = &rows[limit];
  g_autofree char *amount = format_amount (tbus_limit (limit), row->unit);

  if (row->most == preset (row))
    return g_strdup_printf ("%s %s %s", row->before, amount, row->after);
  return g_strdup_printf ("%s %s %s; %s in tracebus.conf sets how many", row->before, amount, row->after, row->key);
}

gboolean
tbus_limit_refuse (TbusLimit limit, GError **error)
{
  g_autofree char *sentence = tbus_limit_describe (limit);

  g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, sentence);
  return FALSE;
}

gboolean
tbus_limit_find (const char *key, TbusLimit *limit)
{
  for (guint i = 0; i < TBUS_N_LIMITS; i++)
    if (g_str_equal (rows[i].key, key))
      {
        *limit = i;
        return TRUE;
      }
  return FALSE;
}

/* The number of @text in whole; FALSE where it is none, or too large for its unit. */
static gboolean
parse_amount (const Row *row, const char *text, guint64 *amount)
{
  static const char suffixes[] = "KMG";
  const char *suffix;
  char *end;

  if (!g_ascii_isdigit (text[0]))
    return FALSE;
  errno = 0;
  *amount = g_ascii_strtoull (text, &end, 10);
  if (errno != 0)
    return FALSE;
  if (row->whole != NULL && g_str_equal (end, "%"))
    {
      if (*amount < 1 || *amount > 100)
        return FALSE;
      *amount = CLAMP (row->whole () * *amount / 100, row->least, row->most);
      return TRUE;
    }
  suffix = *end != '\0' && row->unit == BYTES ? strchr (suffixes, *end) : NULL;
  for (gssize i = 0; suffix != NULL && i <= suffix - suffixes; i++)
    if (!g_uint64_checked_mul (amount, *amount, 1024))
      return FALSE;
  return end[suffix != NULL] == '\0';
}

gboolean
tbus_limit_parse (TbusLimit limit, const char *text, GError **error)
{
  const Row *row = &rows[limit];
  g_autofree char *least = format_amount (row->least, row->unit), *most = format_amount (row->most, row->unit);
  guint64 amount;

  if (parse_amount (row, text, &amount) && amount >= row->least && amount <= row->most)
    {
      values[limit] = amount;
      return TRUE;
    }
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "%s takes a number from %s to %s%s%s, not \"%s\"", row->key,
               least, most, row->unit == BYTES ? ", with K, M or G for KiB, MiB or GiB" : "",
               row->whole != NULL ? ", or a percentage such as 50%" : "", text);
  return FALSE;
}
