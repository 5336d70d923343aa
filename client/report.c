/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/ctl.h"

#include <stdio.h>

/* As many apps are named; the rest is a number. */
#define MAX_NAMED 10

void
ctl_warn (const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  fprintf (stderr, "%s\n", message);
}

static char *
describe_app (Ctl *ctl, const char *path)
{
  g_autoptr(GVariant) properties = ctl_get_properties (ctl, path, "App", NULL);
  const char *name = NULL;
  guint32 pid = 0;

  if (properties == NULL || !g_variant_lookup (properties, "Name", "&s", &name)
      || !g_variant_lookup (properties, "Pid", "u", &pid))
    return g_strdup (path);
  return g_strdup_printf ("%s (pid %u)", name, pid);
}

static void
report_pending (Ctl *ctl, GVariant *result)
{
  g_autofree const char **pending = NULL;
  g_autoptr(GString) names = g_string_new (NULL);
  guint count;

  if (!g_variant_lookup (result, "apps-pending", "^a&o", &pending) || pending[0] == NULL)
    return;
  for (count = 0; pending[count] != NULL; count++)
    {
      g_autofree char *app = count < MAX_NAMED ? describe_app (ctl, pending[count]) : NULL;

      if (app != NULL)
        g_string_append_printf (names, "%s%s", count > 0 ? ", " : "", app);
    }
  if (count > MAX_NAMED)
    g_string_append_printf (names, " and %u more", count - MAX_NAMED);
  ctl_warn ("Warning: %u app%s not running now; this is applied when %s: %s", count, count == 1 ? " is" : "s are",
            count == 1 ? "it runs again" : "they run again", names->str);
}

static void
report_count (GVariant *result, const char *key, const char *what)
{
  guint64 count = 0;

  if (g_variant_lookup (result, key, "t", &count) && count > 0)
    ctl_warn ("Warning: %" G_GUINT64_FORMAT " %s", count, what);
}

void
ctl_report (Ctl *ctl, GVariant *result)
{
  g_autoptr(GVariant) inner = NULL;
  g_autofree const char **warnings = NULL;
  guint32 failed = 0;

  if (g_variant_is_of_type (result, G_VARIANT_TYPE_TUPLE))
    {
      if (g_variant_n_children (result) == 0)
        return;
      inner = g_variant_get_child_value (result, g_variant_n_children (result) - 1);
      result = inner;
    }
  if (!g_variant_is_of_type (result, G_VARIANT_TYPE_VARDICT))
    return;
  if (g_variant_lookup (result, "warnings", "^a&s", &warnings))
    for (guint i = 0; warnings[i] != NULL; i++)
      ctl_warn ("Warning: %s", warnings[i]);
  report_pending (ctl, result);
  if (g_variant_lookup (result, "apps-failed", "u", &failed) && failed > 0)
    ctl_warn ("Warning: %u app%s did not take it; the service's log says why", failed, failed == 1 ? "" : "s");
  report_count (result, "events-discarded", "events were discarded because the buffers were full; larger or more "
                "sub-buffers help (enable-channel --subbuf-size, --num-subbuf)");
  report_count (result, "packets-lost", "packets were overwritten before they were read, a program died in them, "
                "or they could not be written");
  report_count (result, "bytes-dropped", "bytes could not be written to the trace");
}

void
ctl_say (Ctl *ctl, CtlText text, const char *first, const char *second, const char *third)
{
  const char *quotes[] = { first, second, third };
  g_autofree char *line = ctl_style_text (ctl->style, text, quotes);

  if (line != NULL)
    printf ("%s\n", line);
}

void
ctl_say_output (Ctl *ctl, GVariant *answer)
{
  g_autoptr(GVariant) result = g_variant_get_child_value (answer, 0);
  const char *output;

  if (g_variant_lookup (result, "output", "&s", &output) && *output != '\0')
    ctl_say (ctl, CTL_TEXT_OUTPUT_IS, output, NULL, NULL);
}

void
ctl_print_error (Ctl *ctl, const GError *error)
{
  ctl_warn ("%s%s", ctl->style->error_prefix, error->message);
}
