/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between tracebusctl under its own name and under that of LTTng's command. */
#include "client/absent.h"
#include "client/ctl.h"
#include "client/levels.h"
#include "client/lttng-codes.h"
#include "client/verbs.h"

#include <string.h>

static void
goes_by_the_name_of_the_program (void)
{
  g_assert_true (ctl_style_of_program ("lttng") == &ctl_style_lttng);
  g_assert_true (ctl_style_of_program ("/usr/local/bin/lttng") == &ctl_style_lttng);
  g_assert_true (ctl_style_of_program ("./tracebusctl") == &ctl_style_own);
  g_assert_true (ctl_style_of_program ("/opt/lttng/tracebusctl") == &ctl_style_own);
  g_assert_true (ctl_style_of_program ("lttng-crash") == &ctl_style_own);
  g_assert_true (ctl_style_of_program ("") == &ctl_style_own);
}

static void
assert_text (const CtlStyle *style, CtlText text, const char *const *quotes, const char *expected)
{
  g_autofree char *actual = ctl_style_text (style, text, quotes);

  g_assert_cmpstr (actual, ==, expected);
}

static void
quotes_what_it_is_given_and_nothing_in_it (void)
{
  const char *quotes[] = { "$2 *", "big", NULL };

  assert_text (&ctl_style_lttng, CTL_TEXT_EVENT_ENABLED, quotes, "ust event $2 * created in channel big");
  assert_text (&ctl_style_own, CTL_TEXT_EVENT_ENABLED, quotes, "Event $2 * enabled in channel big of session ");
  assert_text (&ctl_style_own, CTL_TEXT_STOPPING, quotes, NULL);
}

static void
has_both_or_one_of_every_verb (void)
{
  static const char *const both[] = { "create", "start", "add-context", "track", "help", "version" };

  for (guint i = 0; i < G_N_ELEMENTS (both); i++)
    g_assert_true (ctl_find_verb (&ctl_style_own, both[i]) == ctl_find_verb (&ctl_style_lttng, both[i]));
  g_assert_true (ctl_find_verb (&ctl_style_own, "status") == &ctl_verb_status);
  g_assert_true (ctl_find_verb (&ctl_style_lttng, "status") == &ctl_verb_status_of_session);
}

static void
exits_with_the_codes_that_scripts_know (void)
{
  static const struct {
    const char *verb;
    gboolean coarse;
    int failure, code;
  } cases[] = {
    { "create", FALSE, TBUS_CLIENT_ERROR_ALREADY_EXISTS, 1 },
    { "create", FALSE, CTL_ERROR_NO_SERVICE, 1 },
    { "enable-channel", FALSE, TBUS_CLIENT_ERROR_ALREADY_EXISTS, 4 },
    { "enable-channel", FALSE, TBUS_CLIENT_ERROR_INVALID_STATE, 1 },
    { "disable-channel", FALSE, CTL_ERROR_NO_SESSION, 4 },
    { "enable-event", FALSE, CTL_ERROR_NO_SESSION, 23 },
    { "enable-event", FALSE, TBUS_CLIENT_ERROR_ALREADY_EXISTS, 55 },
    { "enable-event", TRUE, TBUS_CLIENT_ERROR_ALREADY_EXISTS, 1 },
    { "enable-event", FALSE, CTL_ERROR_NEEDS_CHANNEL, 83 },
    { "enable-event", FALSE, CTL_ERROR_ABSENT_OPTION, 5 },
    { "enable-event", FALSE, TBUS_CLIENT_ERROR_FILTER_SYNTAX, 106 },
    { "disable-event", FALSE, TBUS_CLIENT_ERROR_NOT_FOUND, 76 },
    { "add-context", FALSE, TBUS_CLIENT_ERROR_ALREADY_EXISTS, 4 },
    { "add-context", FALSE, TBUS_CLIENT_ERROR_INVALID_ARGS, 3 },
    { "start", FALSE, TBUS_CLIENT_ERROR_INVALID_STATE, 80 },
    { "start", FALSE, CTL_ERROR_NO_CHANNELS, 72 },
    { "disable-event", FALSE, CTL_ERROR_NO_CHANNEL, 59 },
    { "start", FALSE, CTL_ERROR_NO_SERVICE, 19 },
    { "start", FALSE, CTL_ERROR_NO_CURRENT_SESSION, 1 },
    { "stop", FALSE, TBUS_CLIENT_ERROR_INVALID_STATE, 81 },
    { "destroy", FALSE, CTL_ERROR_NO_SESSION, 23 },
    { "destroy", FALSE, CTL_ERROR_NO_SERVICE, 1 },
    { "track", FALSE, CTL_ERROR_NO_SESSION, 1 },
    { "help", FALSE, CTL_ERROR_ABSENT_VERB, 1 },
    { NULL, FALSE, CTL_ERROR_ABSENT_VERB, 2 },
    { NULL, FALSE, CTL_ERROR_ABSENT_FORMAT, 165 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GQuark domain = cases[i].failure < (int) CTL_ERROR_NO_SERVICE ? TBUS_CLIENT_ERROR : CTL_ERROR;
      g_autoptr(GError) error = g_error_new_literal (domain, cases[i].failure, "no");

      g_assert_cmpint (ctl_lttng_code (cases[i].verb, cases[i].coarse, error), ==, cases[i].code);
    }
}

static void
tells_a_wrong_option_from_a_wrong_argument (void)
{
  g_autoptr(GError) option = g_error_new_literal (G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "no");
  g_autoptr(GError) lacks_value = g_error_new_literal (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "no");
  g_autoptr(GError) argument = NULL;
  g_autoptr(GError) other = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "no");

  ctl_usage (&argument, "no");
  g_assert_cmpint (ctl_lttng_code ("create", FALSE, option), ==, 2);
  g_assert_cmpint (ctl_lttng_code ("create", FALSE, lacks_value), ==, 2);
  g_assert_cmpint (ctl_lttng_code (NULL, FALSE, option), ==, 1);
  g_assert_cmpint (ctl_lttng_code ("create", FALSE, argument), ==, 1);
  g_assert_cmpint (ctl_lttng_code ("disable-channel", FALSE, argument), ==, 1);
  g_assert_cmpint (ctl_lttng_code ("view", FALSE, other), ==, 1);
}

static void
says_what_is_not_there (void)
{
  g_autoptr(GError) known = NULL;
  g_autoptr(GError) unknown = NULL;
  g_autoptr(GError) domain = NULL;

  g_assert_false (ctl_absent_verb ("lttng", "rotate", &known));
  g_assert_error (known, CTL_ERROR, CTL_ERROR_ABSENT_VERB);
  g_assert_true (g_str_has_prefix (known->message, "rotate: there are no rotations here; \"enable-channel "));
  g_assert_false (ctl_absent_verb ("lttng", "begin", &unknown));
  g_assert_error (unknown, CTL_ERROR, CTL_ERROR_ABSENT_VERB);
  g_assert_nonnull (strstr (unknown->message, "\"begin\""));
  g_assert_false (ctl_absent_option ("-k", NULL, NULL, &domain));
  g_assert_error (domain, CTL_ERROR, CTL_ERROR_ABSENT_DOMAIN);
  g_assert_cmpstr (domain->message, ==, "-k: there are no kernel events here; perf(1) and trace-cmd(1) record them");
}

static void
knows_levels_by_name_and_number (void)
{
  g_assert_cmpint (ctl_level_parse ("TRACE_EMERG"), ==, 0);
  g_assert_cmpint (ctl_level_parse ("info"), ==, 6);
  g_assert_cmpint (ctl_level_parse ("trace_Debug_Line"), ==, 13);
  g_assert_cmpint (ctl_level_parse ("14"), ==, 14);
  g_assert_cmpint (ctl_level_parse ("15"), ==, -1);
  g_assert_cmpint (ctl_level_parse ("TRACE_"), ==, -1);
  g_assert_cmpint (ctl_level_parse (""), ==, -1);
  for (int level = 0; level <= 14; level++)
    g_assert_cmpint (ctl_level_parse (ctl_level_name (level)), ==, level);
  g_assert_cmpstr (ctl_level_name (-1), ==, "UNKNOWN");
  g_assert_cmpstr (ctl_level_name (15), ==, "UNKNOWN");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/style/goes-by-the-name-of-the-program", goes_by_the_name_of_the_program);
  g_test_add_func ("/client/style/quotes-what-it-is-given-and-nothing-in-it",
                   quotes_what_it_is_given_and_nothing_in_it);
  g_test_add_func ("/client/style/has-both-or-one-of-every-verb", has_both_or_one_of_every_verb);
  g_test_add_func ("/client/style/exits-with-the-codes-that-scripts-know", exits_with_the_codes_that_scripts_know);
  g_test_add_func ("/client/style/tells-a-wrong-option-from-a-wrong-argument",
                   tells_a_wrong_option_from_a_wrong_argument);
  g_test_add_func ("/client/style/says-what-is-not-there", says_what_is_not_there);
  g_test_add_func ("/client/style/knows-levels-by-name-and-number", knows_levels_by_name_and_number);
  return g_test_run ();
}
