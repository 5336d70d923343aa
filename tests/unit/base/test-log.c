/* SPDX-License-Identifier: GPL-2.0-only */
/* Which lines are written, and where to. */
#include "base/log.h"

#include <string.h>

static void
say_all (void)
{
  tbus_log_debug ("said-debug");
  tbus_log_info (TBUS_MSG_READY, "TRACEBUS_X", "x", "said-info");
  tbus_log_message (TBUS_MSG_READY, "TRACEBUS_X", "x", "said-notice");
  tbus_log_warning (TBUS_MSG_READY, "TRACEBUS_X", "x", "said-warning");
  g_log_structured ("library", G_LOG_LEVEL_DEBUG, "MESSAGE", "said-by-a-library");
}

/* In a process of its own, which writes to its standard error. */
static void
begin (void)
{
  g_unsetenv ("G_MESSAGES_DEBUG");
  tbus_log_init ();
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR);
}

static void
with_defaults (void)
{
  begin ();
  say_all ();
}

static void
with_debug (void)
{
  begin ();
  g_assert_true (tbus_log_set_level ("debug"));
  say_all ();
}

static void
with_warnings (void)
{
  begin ();
  g_assert_true (tbus_log_set_level ("warning"));
  say_all ();
}

static void
with_no_target (void)
{
  begin ();
  g_assert_true (tbus_log_set_target ("null"));
  say_all ();
}

static void
with_environment (void)
{
  g_setenv ("G_MESSAGES_DEBUG", "tracebus library", TRUE);
  tbus_log_init ();
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR);
  say_all ();
}

/* @expected: the words that are written; no other is. */
static void
assert_written (const char *how, const char *expected)
{
  static const char *const words[] = { "said-debug", "said-info", "said-notice", "said-warning", "said-by-a-library" };
  g_autofree char *path = g_strconcat ("/base/log/subprocess/", how, NULL);

  g_test_trap_subprocess (path, 0, 0);
  g_test_trap_assert_passed ();
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *pattern = g_strdup_printf ("*%s*", words[i]);

      if (strstr (expected, words[i] + strlen ("said-")) != NULL)
        g_test_trap_assert_stderr (pattern);
      else
        g_test_trap_assert_stderr_unmatched (pattern);
    }
}

static void
writes_what_operators_want (void)
{
  assert_written ("defaults", "info notice warning");
}

static void
writes_more_or_less_as_it_is_told (void)
{
  assert_written ("debug", "debug info notice warning");
  assert_written ("warnings", "warning");
  assert_written ("no-target", "");
}

static void
writes_what_developers_ask_the_environment_for (void)
{
  assert_written ("environment", "debug info notice warning by-a-library");
}

static void
knows_the_words_of_syslog (void)
{
  static const char *const levels[] = { "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug" };
  static const char *const targets[] = { "console", "journal", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      g_assert_true (tbus_log_set_level (levels[i]));
      g_assert_cmpstr (tbus_log_get_level (), ==, levels[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_assert_true (tbus_log_set_target (targets[i]));
      g_assert_cmpstr (tbus_log_get_target (), ==, targets[i]);
    }
  g_assert_false (tbus_log_set_level ("loud"));
  g_assert_false (tbus_log_set_target ("printer"));
  g_assert_cmpstr (tbus_log_get_level (), ==, "debug");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/log/subprocess/defaults", with_defaults);
  g_test_add_func ("/base/log/subprocess/debug", with_debug);
  g_test_add_func ("/base/log/subprocess/warnings", with_warnings);
  g_test_add_func ("/base/log/subprocess/no-target", with_no_target);
  g_test_add_func ("/base/log/subprocess/environment", with_environment);
  g_test_add_func ("/base/log/writes-what-operators-want", writes_what_operators_want);
  g_test_add_func ("/base/log/writes-more-or-less-as-it-is-told", writes_more_or_less_as_it_is_told);
  g_test_add_func ("/base/log/writes-what-developers-ask-the-environment-for",
                   writes_what_developers_ask_the_environment_for);
  g_test_add_func ("/base/log/knows-the-words-of-syslog", knows_the_words_of_syslog);
  return g_test_run ();
}
