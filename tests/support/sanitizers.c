/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/sanitizers.h"

GStrv
tst_sanitizers_watch (GStrv environment, TstDir *dir)
{
  static const char *const variables[] = { "ASAN_OPTIONS", "UBSAN_OPTIONS" };

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      const char *given = g_environ_getenv (environment, variables[i]);
      g_autofree char *value = g_strdup_printf ("%s%slog_path=%s/sanitizer", given != NULL ? given : "",
                                                given != NULL ? ":" : "", tst_dir_path (dir));

      environment = g_environ_setenv (environment, variables[i], value, TRUE);
    }
  return environment;
}

void
tst_sanitizers_refuse_reports (TstDir *dir)
{
  g_autoptr(GDir) files = g_dir_open (tst_dir_path (dir), 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = tst_dir_file (dir, name);
      g_autofree char *text = NULL;

      if (g_str_has_prefix (name, "sanitizer.") && g_file_get_contents (path, &text, NULL, NULL))
        g_error ("%s: %s", name, text);
    }
}
