/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/recording.h"

char *
tst_session (TstService *self, const char *name)
{
  g_autofree char *output = tst_output (self, name);
  g_autofree char *last = g_path_get_basename (name);
  g_autoptr(GVariant) reply = NULL;
  char *path;

  reply = tst_call (self, TST_ROOT, "Manager.CreateSession", "(%s, {'output': <%s>})", last, output);
  g_variant_get (reply, "(o)", &path);
  return path;
}

char *
tst_channel (TstService *self, const char *session, const char *name, const char *options)
{
  g_autofree char *text = g_strdup_printf ("{%s}", options);
  g_autoptr(GVariant) dictionary = NULL;
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;
  char *path;

  dictionary = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
  g_assert_no_error (error);
  reply = tst_call (self, session, "Session.CreateChannel", "(%s, %@a{sv})", name, dictionary);
  g_variant_get (reply, "(o)", &path);
  return path;
}

void
tst_enable (TstService *self, const char *session, const char *channel, const char *pattern)
{
  tst_do (self, session, "Session.EnableEvents", "(%s, [(%s, @a{sv} {})], @a{sv} {})", channel, pattern);
}

char *
tst_start_recording (TstService *self, const char *name, const char *options)
{
  char *session = tst_session (self, name);
  g_autofree char *channel = tst_channel (self, session, "events", options);

  tst_enable (self, session, "events", "tbtest:*");
  tst_session_run (self, session, "Start");
  return session;
}

TstResult
tst_result (GVariant *answer)
{
  g_autoptr(GVariant) dictionary = g_variant_get_child_value (answer, 0);
  g_autoptr(GVariant) pending = g_variant_lookup_value (dictionary, "apps-pending", G_VARIANT_TYPE ("ao"));
  TstResult result = { 0 };

  g_assert_true (g_variant_lookup (dictionary, "apps-applied", "u", &result.applied));
  g_assert_true (g_variant_lookup (dictionary, "apps-failed", "u", &result.failed));
  g_assert_nonnull (pending);
  result.pending = g_variant_n_children (pending);
  if (g_variant_lookup (dictionary, "events-discarded", "t", &result.discarded))
    {
      g_assert_true (g_variant_lookup (dictionary, "packets-lost", "t", &result.lost));
      g_assert_true (g_variant_lookup (dictionary, "bytes-dropped", "t", &result.dropped));
    }
  return result;
}

TstResult
tst_session_run (TstService *self, const char *session, const char *method)
{
  g_autofree char *member = g_strconcat ("Session.", method, NULL);
  g_autoptr(GVariant) answer = tst_call (self, session, member, "(@a{sv} {},)");

  return tst_result (answer);
}

char *
tst_output (TstService *self, const char *name)
{
  return tst_dir_file (tst_service_dir (self), name);
}

GPtrArray *
tst_events (TstService *self, const char *name)
{
  g_autofree char *output = tst_output (self, name);

  return tst_babeltrace (output);
}

GPtrArray *
tst_events_lossy (TstService *self, const char *name, TstMissing *missing)
{
  g_autofree char *output = tst_output (self, name);

  return tst_babeltrace_lossy (output, missing);
}

guint
tst_count (TstService *self, const char *name, const char *event)
{
  g_autoptr(GPtrArray) events = tst_events (self, name);

  return tst_trace_count (events, event);
}

char *
tst_test_path (const char *area, const char *function)
{
  g_autofree char *sentence = g_strdelimit (g_strdup (function), "_", '-');

  return g_strconcat (area, "/", sentence, NULL);
}

gboolean
tst_has_problem (TstService *self, const char *session, const char *code)
{
  g_autoptr(GVariant) problems = tst_get (self, session, "Session.Problems");
  gboolean found = FALSE;

  for (gsize i = 0; i < g_variant_n_children (problems) && !found; i++)
    {
      g_autoptr(GVariant) problem = g_variant_get_child_value (problems, i);
      const char *said;

      found = g_variant_lookup (problem, "code", "&s", &said) && g_str_equal (said, code);
    }
  return found;
}

char *
tst_status (TstService *self)
{
  static const char *const rows[] = { "version", "tracer", "app-socket", "sessions", "apps ", "consumers", "health" };
  g_autofree char *program = tst_build_path ("client/tracebusctl");
  const char *argv[] = { program, "--session", "status", "--no-legend", NULL };
  g_autoptr(TstChild) status = tst_child_start (argv, tst_service_environment (self));
  g_autoptr(GVariant) permissions = tst_call (self, TST_ROOT, "Manager.GetPermissions", "()");
  GString *text = g_string_new (NULL);
  g_autofree char *may = g_variant_print (permissions, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *row = tst_child_wait_line (status, rows[i]);

      g_string_append_printf (text, "%s\n", row);
    }
  tst_child_finish (status);
  return g_string_free (g_string_append (text, may), FALSE);
}
