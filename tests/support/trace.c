/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/trace.h"

#include <stdio.h>
#include <string.h>

char *
tst_trace_normalise (const char *line)
{
  const char *context = strstr (line, ": { cpu_id = ");
  const char *name = context;
  const char *rest;

  if (line[0] != '[' || context == NULL)
    return NULL;
  rest = strstr (context, " }");
  while (name > line && name[-1] != ' ')
    name--;
  if (rest == NULL || name == line)
    return NULL;
  rest += strlen (" }");
  if (g_str_has_prefix (rest, ", "))
    rest += strlen (", ");
  return g_strdup_printf ("%.*s: %s", (int) (context - name), name, rest);
}

/* Runs babeltrace2, which must succeed. Returns what it printed; @said: what it said beside. */
static char *
run_babeltrace (const char *path, const char *option, char **said)
{
  const char *argv[] = { "babeltrace2", path, option, NULL };
  g_autoptr(GError) error = NULL;
  char *out;
  int status;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, said, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("babeltrace2 %s: %s: %s", path, error->message, *said);
  return out;
}

static GPtrArray *
parse_events (const char *path, const char *out)
{
  GPtrArray *events = g_ptr_array_new_with_free_func (g_free);
  const char *end = out + strlen (out);
  const char *next;

  /* memchr: under AddressSanitizer, what takes strings would look at all of the rest for each line. */
  for (const char *line = out; line < end; line = next + 1)
    {
      g_autofree char *text = NULL;
      char *event;

      next = memchr (line, '\n', end - line);
      next = next != NULL ? next : end;
      text = g_strndup (line, next - line);
      event = tst_trace_normalise (text);
      if (event == NULL)
        g_error ("babeltrace2 %s: this is no event: %s", path, text);
      g_ptr_array_add (events, event);
    }
  return events;
}

GPtrArray *
tst_babeltrace (const char *path)
{
  g_autofree char *said = NULL;
  g_autofree char *out = run_babeltrace (path, "--no-delta", &said);

  if (*said != '\0')
    g_error ("babeltrace2 %s warned: %s", path, said);
  return parse_events (path, out);
}

static void
add_missing (const char *line, TstMissing *missing)
{
  char what[16];
  guint64 n;

  if (sscanf (line, "WARNING: Tracer discarded %" G_GUINT64_FORMAT " %15[a-z]", &n, what) == 2)
    *(g_str_has_prefix (what, "event") ? &missing->events : &missing->packets) += n;
  else if (g_str_has_prefix (line, "WARNING: Tracer may have discarded events"))
    missing->more = TRUE;
  else if (*line != '\0')
    g_error ("babeltrace2 warned: %s", line);
}

GPtrArray *
tst_babeltrace_lossy (const char *path, TstMissing *missing)
{
  g_autofree char *said = NULL;
  g_autofree char *out = run_babeltrace (path, "--no-delta", &said);
  g_auto(GStrv) lines = g_strsplit (said, "\n", -1);

  *missing = (TstMissing) { 0 };
  for (guint i = 0; lines[i] != NULL; i++)
    add_missing (lines[i], missing);
  return parse_events (path, out);
}

guint64
tst_babeltrace_live (const char *path)
{
  g_autofree char *said = NULL;
  g_autofree char *out = run_babeltrace (path, "--component=sink.utils.counter", &said);
  g_auto(GStrv) lines = g_strsplit (said, "\n", -1);
  const char *last = g_strrstr (out, " Event message");
  TstMissing missing = { 0 };

  for (guint i = 0; lines[i] != NULL; i++)
    if (strstr (lines[i], "Invalid LTTng trace index file; indexed size") == NULL)
      add_missing (lines[i], &missing);
  if (last == NULL)
    return 0;
  while (last > out && g_ascii_isdigit (last[-1]))
    last--;
  return g_ascii_strtoull (last, NULL, 10);
}

GPtrArray *
tst_trace_load (const char *path)
{
  g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  g_file_get_contents (path != NULL ? path : g_getenv ("TRACEBUS_TYPES_EXPECTED"), &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      g_ptr_array_add (events, g_strdup (lines[i]));
  return g_steal_pointer (&events);
}

static gboolean
is_called (const char *event, const char *name)
{
  size_t len = strlen (name);

  return strncmp (event, name, len) == 0 && g_str_has_prefix (event + len, ": ");
}

guint
tst_trace_count (GPtrArray *events, const char *name)
{
  guint n = 0;

  for (guint i = 0; i < events->len; i++)
    n += is_called (events->pdata[i], name);
  return n;
}

/* The end of the value at @text: a comma or a brace outside of strings and of nested values. */
static const char *
value_end (const char *text)
{
  int depth = 0;
  gboolean quoted = FALSE;

  for (; *text != '\0'; text++)
    {
      if (quoted && *text == '\\' && text[1] != '\0')
        text++;
      else if (*text == '"')
        quoted = !quoted;
      else if (!quoted && strchr ("[({", *text) != NULL)
        depth++;
      else if (!quoted && strchr ("])}", *text) != NULL && --depth < 0)
        break;
      else if (!quoted && depth == 0 && *text == ',')
        break;
    }
  while (text[-1] == ' ')
    text--;
  return text;
}

char *
tst_trace_field (const char *event, const char *field)
{
  g_autofree char *sought = g_strconcat (" ", field, " = ", NULL);
  const char *start = strstr (event, sought);

  if (start == NULL)
    return NULL;
  start += strlen (sought);
  return g_strndup (start, value_end (start) - start);
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

void
tst_trace_assert_same (GPtrArray *actual, GPtrArray *expected)
{
  g_autoptr(GPtrArray) a = g_ptr_array_copy (actual, NULL, NULL);
  g_autoptr(GPtrArray) b = g_ptr_array_copy (expected, NULL, NULL);

  g_ptr_array_set_free_func (a, NULL);
  g_ptr_array_set_free_func (b, NULL);
  g_ptr_array_sort (a, compare_strings);
  g_ptr_array_sort (b, compare_strings);
  for (guint i = 0; i < MIN (a->len, b->len); i++)
    g_assert_cmpstr (a->pdata[i], ==, b->pdata[i]);
  g_assert_cmpuint (a->len, ==, b->len);
}
