/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/event-rule.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/limits.h"
#include "core/filter/filter.h"
#include "core/ids.h"
#include "core/pattern.h"

#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = {
  "TRACE_EMERG", "TRACE_ALERT", "TRACE_CRIT", "TRACE_ERR", "TRACE_WARNING", "TRACE_NOTICE", "TRACE_INFO",
  "TRACE_DEBUG_SYSTEM", "TRACE_DEBUG_PROGRAM", "TRACE_DEBUG_PROCESS", "TRACE_DEBUG_MODULE", "TRACE_DEBUG_UNIT",
  "TRACE_DEBUG_FUNCTION", "TRACE_DEBUG_LINE", "TRACE_DEBUG",
};

TbusEventRule *
tbus_event_rule_new_with_id (guint64 id, const char *pattern, TbusLoglevelMatch match, int loglevel, GError **error)
{
  TbusEventRule *self;
  gsize length = strlen (pattern);

  if (length == 0 || length > TBUS_MAX_PATTERN)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "An event pattern has 1 to %d bytes, not %" G_GSIZE_FORMAT, TBUS_MAX_PATTERN, length);
      return NULL;
    }
  if (match != TBUS_LOGLEVEL_ALL && tbus_loglevel_to_string (loglevel) == NULL)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "%d is no log level: 0 (TRACE_EMERG) to 14 (TRACE_DEBUG)",
                   loglevel);
      return NULL;
    }
  self = g_new0 (TbusEventRule, 1);
  self->refs = 1;
  self->id = id;
  self->pattern = g_strdup (pattern);
  self->match = match;
  self->loglevel = match == TBUS_LOGLEVEL_ALL ? -1 : loglevel;
  return self;
}

TbusEventRule *
tbus_event_rule_new (const char *pattern, TbusLoglevelMatch match, int loglevel, GError **error)
{
  TbusEventRule *self = tbus_event_rule_new_with_id (0, pattern, match, loglevel, error);

  if (self != NULL)
    self->id = tbus_id_next (TBUS_ID_RULE);
  return self;
}

TbusEventRule *
tbus_event_rule_ref (TbusEventRule *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
tbus_event_rule_unref (TbusEventRule *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_free (self->pattern);
  g_free (self->filter);
  g_clear_pointer (&self->bytecode, g_bytes_unref);
  g_strfreev (self->exclusions);
  g_free (self);
}

gboolean
tbus_event_rule_set_filter (TbusEventRule *self, const char *expression, GError **error)
{
  g_autoptr(TbusFilter) filter = tbus_filter_parse (expression, error);

  g_return_val_if_fail (self->filter == NULL, FALSE);
  if (filter == NULL || !tbus_filter_check (filter, NULL, error)
      || !tbus_filter_compile (filter, &self->bytecode, &self->reloc_offset, error))
    return FALSE;
  self->filter = g_strdup (expression);
  return TRUE;
}

static gboolean
check_exclusion (const char *const *names, guint i, GError **error)
{
  gsize length = strlen (names[i]);

  if (length == 0 || length > TBUS_MAX_PATTERN)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "An exclusion has 1 to %d bytes, not %" G_GSIZE_FORMAT, TBUS_MAX_PATTERN, length);
      return FALSE;
    }
  for (guint before = 0; before < i; before++)
    if (g_str_equal (names[before], names[i]))
      {
        g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "\"%.128s\" is excluded twice: once is enough",
                     names[i]);
        return FALSE;
      }
  return TRUE;
}

gboolean
tbus_event_rule_set_exclusions (TbusEventRule *self, const char *const *names, GError **error)
{
  guint n = g_strv_length ((char **) names);

  g_return_val_if_fail (self->exclusions == NULL, FALSE);
  if (n == 0)
    return TRUE;
  if (!tbus_pattern_is_glob (self->pattern))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "\"%.128s\" is one event, of which nothing can be excluded: "
                   "exclusions go with a pattern that has a *",
                   self->pattern);
      return FALSE;
    }
  if (n > TBUS_MAX_EXCLUSIONS)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "A rule has at most %d exclusions, not %u",
                   TBUS_MAX_EXCLUSIONS, n);
      return FALSE;
    }
  for (guint i = 0; i < n; i++)
    if (!check_exclusion (names, i, error))
      return FALSE;
  self->exclusions = g_strdupv ((char **) names);
  return TRUE;
}

gboolean
tbus_event_rule_matches (const TbusEventRule *self, const char *name, int loglevel)
{
  if (self->match == TBUS_LOGLEVEL_AT_LEAST && loglevel > self->loglevel)
    return FALSE;
  if (self->match == TBUS_LOGLEVEL_EXACTLY && loglevel != self->loglevel)
    return FALSE;
  if (!tbus_pattern_matches (self->pattern, name))
    return FALSE;
  for (guint i = 0; self->exclusions != NULL && self->exclusions[i] != NULL; i++)
    if (tbus_pattern_matches (self->exclusions[i], name))
      return FALSE;
  return TRUE;
}

/* Of what tbus_event_rule_equal() compares. */
guint
tbus_event_rule_hash (const TbusEventRule *self)
{
  TbusHash hash = tbus_hash_start ();

  tbus_hash_add_string (&hash, self->pattern);
  tbus_hash_add_string (&hash, self->filter != NULL ? self->filter : "");
  tbus_hash_add_number (&hash, ((guint64) self->match << 32) | (guint32) self->loglevel);
  for (guint i = 0; self->exclusions != NULL && self->exclusions[i] != NULL; i++)
    tbus_hash_add_string (&hash, self->exclusions[i]);
  return tbus_hash_table_hash (&hash);
}

gboolean
tbus_event_rule_equal (const TbusEventRule *a, const TbusEventRule *b)
{
  static const char *const none[] = { NULL };

  return a->match == b->match && a->loglevel == b->loglevel && g_str_equal (a->pattern, b->pattern)
         && g_strcmp0 (a->filter, b->filter) == 0
         && g_strv_equal (a->exclusions ? (const char *const *) a->exclusions : none,
                          b->exclusions ? (const char *const *) b->exclusions : none);
}

gboolean
tbus_loglevel_parse (const char *text, int *level, GError **error)
{
  char *end;
  long number = strtol (text, &end, 10);

  if (g_ascii_isdigit (text[0]) && *end == '\0' && number < (long) G_N_ELEMENTS (level_names))
    {
      *level = number;
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (level_names); i++)
    if (g_ascii_strcasecmp (text, level_names[i]) == 0
        || g_ascii_strcasecmp (text, level_names[i] + strlen ("TRACE_")) == 0)
      {
        *level = i;
        return TRUE;
      }
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
               "\"%.32s\" is no log level: TRACE_EMERG to TRACE_DEBUG, or 0 to 14", text);
  return FALSE;
}

const char *
tbus_loglevel_to_string (int level)
{
  return level >= 0 && level < (int) G_N_ELEMENTS (level_names) ? level_names[level] : NULL;
}
