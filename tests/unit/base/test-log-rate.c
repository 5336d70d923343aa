/* SPDX-License-Identifier: GPL-2.0-only */
/* A user's lines are bounded; what is left out is told, and nobody else's are touched. */
#include "base/limits.h"
#include "base/log-rate.h"

#include <string.h>

enum { USER = 1000, OTHER = 1001 };

static GPtrArray *lines;

static GLogWriterOutput
keep_line (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_ptr_array_add (lines, g_strdup (fields[i].value));
  return G_LOG_WRITER_HANDLED;
}

static void
say (uid_t uid, guint n)
{
  while (n-- > 0)
    tbus_log_warning_of (uid, TBUS_MSG_APP_REFUSED, "TRACEBUS_SOCKET", "x", "a line of %u", (guint) uid);
}

static guint
count_lines (const char *text)
{
  guint n = 0;

  for (guint i = 0; i < lines->len; i++)
    n += g_str_equal (lines->pdata[i], text);
  return n;
}

static void
writes_so_many_and_tells_of_the_rest (void)
{
  g_ptr_array_set_size (lines, 0);
  say (USER, TBUS_MAX_LOG_LINES + 7);
  say (OTHER, TBUS_MAX_LOG_LINES);
  say (TBUS_UNKNOWN_USER, TBUS_MAX_LOG_LINES + 1);
  g_assert_cmpuint (count_lines ("a line of 1000"), ==, TBUS_MAX_LOG_LINES);
  g_assert_cmpuint (count_lines ("a line of 1001"), ==, TBUS_MAX_LOG_LINES);
  tbus_log_rate_flush ();
  g_assert_cmpuint (count_lines ("7 more such lines because of user 1000 were left out in the last 10 s"), ==, 1);
  g_assert_cmpuint (
    count_lines ("1 more such lines because of users that are not known were left out in the last 10 s"), ==, 1);
  g_assert_cmpuint (lines->len, ==, 3 * TBUS_MAX_LOG_LINES + 2);
}

static void
hides_no_other_kind_of_line (void)
{
  g_ptr_array_set_size (lines, 0);
  say (USER, TBUS_MAX_LOG_LINES + 1);
  tbus_log_warning_of (USER, TBUS_MSG_APP_DROPPED, "TRACEBUS_APP", "x", "another");
  g_assert_cmpuint (count_lines ("another"), ==, 1);
  tbus_log_rate_flush ();
}

static void
begins_anew_with_each_period (void)
{
  g_ptr_array_set_size (lines, 0);
  say (USER, TBUS_MAX_LOG_LINES);
  tbus_log_rate_flush ();
  say (USER, TBUS_MAX_LOG_LINES);
  tbus_log_rate_flush ();
  g_assert_cmpuint (lines->len, ==, 2 * TBUS_MAX_LOG_LINES);
}

/* Whoever has stopped is told of, too: the main loop has something to wait for. */
static void
ends_each_period_by_itself (void)
{
  int timeout = -1, priority;

  say (USER, 1);
  g_main_context_acquire (g_main_context_default ());
  g_main_context_prepare (g_main_context_default (), &priority);
  g_main_context_query (g_main_context_default (), G_MAXINT, &timeout, NULL, 0);
  g_main_context_release (g_main_context_default ());
  g_assert_cmpint (timeout, >, 0);
  g_assert_cmpint (timeout, <=, TBUS_LOG_PERIOD_MS);
  tbus_log_rate_flush ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  lines = g_ptr_array_new_with_free_func (g_free);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR);
  g_log_set_writer_func (keep_line, NULL, NULL);
  g_test_add_func ("/base/log-rate/writes-so-many-and-tells-of-the-rest", writes_so_many_and_tells_of_the_rest);
  g_test_add_func ("/base/log-rate/hides-no-other-kind-of-line", hides_no_other_kind_of_line);
  g_test_add_func ("/base/log-rate/begins-anew-with-each-period", begins_anew_with_each_period);
  g_test_add_func ("/base/log-rate/ends-each-period-by-itself", ends_each_period_by_itself);
  return g_test_run ();
}
