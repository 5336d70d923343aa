/* SPDX-License-Identifier: GPL-2.0-only */
#include "client/verbs.h"

#include <string.h>

static GStrv
split_words (const char *line)
{
  g_auto(GStrv) words = NULL;

  g_assert_true (g_shell_parse_argv (line, NULL, &words, NULL));
  return g_steal_pointer (&words);
}

/* Runs what must fail before anything is sent. */
static void
assert_refused (const CtlStyle *style, const char *line, const char *part_of_message)
{
  g_auto(GStrv) args = split_words (line);
  g_autoptr(GError) error = NULL;
  Ctl ctl = { .style = style, .verb = ctl_find_verb (style, args[0]) };

  g_assert_nonnull (ctl.verb);
  g_assert_false (ctl.verb->run (&ctl, &args, &error));
  g_assert_nonnull (error);
  g_assert_true (error->domain == G_OPTION_ERROR || error->domain == CTL_ERROR);
  if (strstr (error->message, part_of_message) == NULL)
    g_error ("'%s' was refused with '%s', which does not say '%s'", line, error->message, part_of_message);
  g_assert_null (ctl.client);
}

static void
assert_usage_error (const char *line, const char *part_of_message)
{
  assert_refused (&ctl_style_own, line, part_of_message);
}

static void
have_a_name_a_summary_and_a_function_each (void)
{
  const CtlStyle *const styles[] = { &ctl_style_own, &ctl_style_lttng };
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; ctl_verbs[i] != NULL; i++)
    {
      g_assert_nonnull (ctl_verbs[i]->summary);
      g_assert_nonnull (ctl_verbs[i]->run);
      g_assert_cmpuint (strlen (ctl_verbs[i]->name), <, 18);
      for (guint j = 0; j < G_N_ELEMENTS (styles); j++)
        g_assert_true (!ctl_verb_has_style (ctl_verbs[i], styles[j])
                       || ctl_find_verb (styles[j], ctl_verbs[i]->name) == ctl_verbs[i]);
      g_hash_table_add (names, (gpointer) ctl_verbs[i]->name);
    }
  g_assert_cmpuint (g_hash_table_size (names), >=, 13);
}

static void
are_found_by_their_whole_name (void)
{
  g_assert_null (ctl_find_verb (&ctl_style_own, "sta"));
  g_assert_null (ctl_find_verb (&ctl_style_own, ""));
  g_assert_null (ctl_find_verb (&ctl_style_own, "START"));
}

static void
refuse_arguments_that_they_do_not_take (void)
{
  assert_usage_error ("status now", "now");
  assert_usage_error ("version 2", "2");
  assert_usage_error ("create a b", "\"b\"");
  assert_usage_error ("create --nonsense", "--nonsense");
  assert_usage_error ("start -- a b", "\"b\"");
  assert_usage_error ("list --apps demo", "--apps");
  assert_usage_error ("list -c channel0", "--channel");
}

static void
refuse_to_go_without_what_they_need (void)
{
  assert_usage_error ("set-session", "session");
  assert_usage_error ("enable-channel", "channel");
  assert_usage_error ("disable-channel -s demo", "channel");
  assert_usage_error ("enable-event -s demo", "event");
  assert_usage_error ("disable-event", "event");
  assert_usage_error ("enable-event a,,b", "empty name");
  assert_usage_error ("enable-event ''", "event");
  assert_usage_error ("add-context -u", "--list");
  assert_usage_error ("track -u", "--vpid");
  assert_usage_error ("regenerate", "statedump");
  assert_usage_error ("regenerate clock", "metadata");
  assert_usage_error ("track --all", "--vpid");
  assert_usage_error ("untrack --vuid", "--all");
  assert_usage_error ("track --vgid=1 --all", "--vgid=1");
  assert_usage_error ("track --vpid=1 --vpid=2", "twice");
  assert_usage_error ("track --vpid=1,,2", "empty");
}

static void
refuse_options_that_exclude_each_other (void)
{
  assert_usage_error ("destroy --all demo", "--all");
  assert_usage_error ("destroy -a -s demo", "--all");
  assert_usage_error ("enable-event -a 'x*'", "--all");
  assert_usage_error ("disable-event -a 'x*'", "--all");
  assert_usage_error ("enable-event --loglevel=info --loglevel-only=info x", "--loglevel-only");
  assert_usage_error ("enable-channel --overwrite --discard c", "--discard");
  assert_usage_error ("enable-channel --buffers-uid --buffers-pid c", "--buffers-pid");
  assert_usage_error ("enable-channel --buffers-uid --buffer-ownership=user c", "--buffer-ownership");
}

static void
refuse_values_that_make_no_sense (void)
{
  assert_usage_error ("enable-channel --subbuf-size=big c", "--subbuf-size");
  assert_usage_error ("enable-channel --subbuf-size=0 c", "--subbuf-size");
  assert_usage_error ("enable-channel --num-subbuf=0 c", "--num-subbuf");
  assert_usage_error ("enable-channel --num-subbuf=18446744073709551615 c", "--num-subbuf");
  assert_usage_error ("enable-channel --switch-timer=soon c", "--switch-timer");
  assert_usage_error ("enable-channel --read-timer=2h c", "--read-timer");
  assert_usage_error ("enable-channel --monitor-timer=-1 c", "--monitor-timer");
  assert_usage_error ("enable-channel --buffer-ownership=thread c", "thread");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/verbs/have-a-name-a-summary-and-a-function-each",
                   have_a_name_a_summary_and_a_function_each);
  g_test_add_func ("/client/verbs/are-found-by-their-whole-name", are_found_by_their_whole_name);
  g_test_add_func ("/client/verbs/refuse-arguments-that-they-do-not-take", refuse_arguments_that_they_do_not_take);
  g_test_add_func ("/client/verbs/refuse-to-go-without-what-they-need", refuse_to_go_without_what_they_need);
  g_test_add_func ("/client/verbs/refuse-options-that-exclude-each-other", refuse_options_that_exclude_each_other);
  g_test_add_func ("/client/verbs/refuse-values-that-make-no-sense", refuse_values_that_make_no_sense);
  return g_test_run ();
}
