/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/event-rule.h"

#include "base/error.h"
#include "base/limits.h"
#include "core/ids.h"

#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = {
  "TRACE_EMERG", "TRACE_ALERT", "TRACE_CRIT", "TRACE_ERR", "TRACE_WARNING", "TRACE_NOTICE", "TRACE_INFO",
  "TRACE_DEBUG_SYSTEM", "TRACE_DEBUG_PROGRAM", "TRACE_DEBUG_PROCESS", "TRACE_DEBUG_MODULE", "TRACE_DEBUG_UNIT",
  "TRACE_DEBUG_FUNCTION", "TRACE_DEBUG_LINE", "TRACE_DEBUG",
};

TbusEventRule *
tbus_event_rule_new (const char *pattern, TbusLoglevelMatch match, int loglevel, GError **error)
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
  self->id = tbus_id_next (TBUS_ID_RULE);
  self->pattern = g_strdup (pattern);
  self->match = match;
  self->loglevel = match == TBUS_LOGLEVEL_ALL ? -1 : loglevel;
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
               "\"%s\" is no log level: TRACE_EMERG to TRACE_DEBUG, or 0 to 14", text);
  return FALSE;
}

const char *
tbus_loglevel_to_string (int level)
{
  return level >= 0 && level < (int) G_N_ELEMENTS (level_names) ? level_names[level] : NULL;
}
