/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/log.h"

#include <unistd.h>

/* syslog's words and numbers: 0 is the gravest. */
static const char *const level_names[] = { "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug" };
static const char *const target_names[] = { "auto", "console", "journal", "null" };

enum { TARGET_AUTO, TARGET_CONSOLE, TARGET_JOURNAL, TARGET_NULL };
enum { LEVEL_ERR = 3, LEVEL_WARNING, LEVEL_NOTICE, LEVEL_INFO, LEVEL_DEBUG, MAX_FIELDS = 32 };

static int max_level = LEVEL_INFO;
static int target = TARGET_AUTO;

static int
level_of (GLogLevelFlags flags)
{
  if (flags & G_LOG_LEVEL_ERROR)
    return LEVEL_ERR;
  if (flags & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
    return LEVEL_WARNING;
  if (flags & G_LOG_LEVEL_MESSAGE)
    return LEVEL_NOTICE;
  return flags & G_LOG_LEVEL_INFO ? LEVEL_INFO : LEVEL_DEBUG;
}

static const char *
find_domain (const GLogField *fields, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, "GLIB_DOMAIN"))
      return fields[i].value;
  return NULL;
}

/* What libraries have to say to developers is the environment's to ask for, not the level's. */
static gboolean
is_wanted (GLogLevelFlags flags, const char *domain)
{
  int level = level_of (flags);

  if (level > g_atomic_int_get (&max_level))
    return FALSE;
  return level < LEVEL_DEBUG || g_strcmp0 (domain, G_LOG_DOMAIN) == 0
         || !g_log_writer_default_would_drop (flags, domain);
}

static GLogWriterOutput
write_journal (GLogLevelFlags flags, const GLogField *fields, gsize n)
{
  GLogField with_name[MAX_FIELDS + 1];

  n = MIN (n, MAX_FIELDS);
  memcpy (with_name, fields, n * sizeof *fields);
  with_name[n] = (GLogField){ "SYSLOG_IDENTIFIER", TBUS_LOG_IDENTIFIER, -1 };
  return g_log_writer_journald (flags, with_name, n + 1, NULL);
}

static GLogWriterOutput
write_line (GLogLevelFlags flags, const GLogField *fields, gsize n, gpointer data)
{
  int to = g_atomic_int_get (&target);
  gboolean journal = to == TARGET_JOURNAL || (to == TARGET_AUTO && g_log_writer_is_journald (STDERR_FILENO));

  if (to == TARGET_NULL || !is_wanted (flags, find_domain (fields, n)))
    return G_LOG_WRITER_HANDLED;
  if (journal && write_journal (flags, fields, n) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_standard_streams (flags, fields, n, NULL);
}

void
tbus_log_init (void)
{
  if (!g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN))
    max_level = LEVEL_DEBUG;
  g_log_writer_default_set_use_stderr (TRUE);
  g_log_set_writer_func (write_line, NULL, NULL);
}

static gboolean
find_word (const char *const *words, gsize n, const char *word, int *at)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (words[i], word))
      {
        g_atomic_int_set (at, (int) i);
        return TRUE;
      }
  return FALSE;
}

gboolean
tbus_log_set_level (const char *name)
{
  return find_word (level_names, G_N_ELEMENTS (level_names), name, &max_level);
}

const char *
tbus_log_get_level (void)
{
  return level_names[g_atomic_int_get (&max_level)];
}

gboolean
tbus_log_set_target (const char *name)
{
  return find_word (target_names, G_N_ELEMENTS (target_names), name, &target);
}

const char *
tbus_log_get_target (void)
{
  int to = g_atomic_int_get (&target);

  if (to == TARGET_AUTO)
    to = g_log_writer_is_journald (STDERR_FILENO) ? TARGET_JOURNAL : TARGET_CONSOLE;
  return target_names[to];
}
