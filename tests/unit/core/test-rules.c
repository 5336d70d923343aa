/* SPDX-License-Identifier: GPL-2.0-only */
/* Event rules: which names they mean, and what apps' fields tell of their filters. */
#include "base/thread.h"
#include "core/event-rule.h"
#include "core/pattern.h"
#include "fixture.h"

#include <errno.h>
#include <string.h>

static void
a_star_is_any_text (void)
{
  static const struct {
    const char *pattern, *name;
    gboolean matches;
  } table[] = {
    { "a:b", "a:b", TRUE },        { "a:b", "a:c", FALSE },        { "a:b", "a:bb", FALSE },
    { "a:b", "a:", FALSE },        { "*", "", TRUE },              { "*", "a:b", TRUE },
    { "a:*", "a:", TRUE },         { "a:*", "a:b", TRUE },         { "a:*", "b:a", FALSE },
    { "*b", "a:b", TRUE },         { "*b", "a:bc", FALSE },        { "*:*", "a:b", TRUE },
    { "*a*b*", "xaxbx", TRUE },    { "*a*b*", "xbxax", FALSE },    { "*ab", "aab", TRUE },
    { "a*bc", "abcbbc", TRUE },    { "a*bc", "abcbb", FALSE },     { "a**b", "axb", TRUE },
    { "a\\*", "a*", TRUE },        { "a\\*", "ab", FALSE },        { "a\\*", "a\\b", FALSE },
    { "*\\*", "ab*", TRUE },       { "*\\*x", "a*b*x", TRUE },     { "a\\\\", "a\\", TRUE },
    { "a\\b", "ab", TRUE },        { "a\\", "a\\", TRUE },         { "", "", TRUE },
    { "", "a", FALSE },            { "?", "a", FALSE },            { "[ab]", "a", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_test_message ("%s %s", table[i].pattern, table[i].name);
      g_assert_cmpint (tbus_pattern_matches (table[i].pattern, table[i].name), ==, table[i].matches);
    }
  g_assert_true (tbus_pattern_is_glob ("a\\\\*"));
  g_assert_false (tbus_pattern_is_glob ("a\\*"));
  g_assert_false (tbus_pattern_is_glob ("a\\"));
}

/* What would take longer than anybody waits, if every star were tried with every rest. */
static void
a_hostile_pattern_is_cheap (void)
{
  g_autofree char *name = g_strnfill (255, 'a');
  g_autoptr(GString) pattern = g_string_new (NULL);

  while (pattern->len < 250)
    g_string_append (pattern, "*a");
  g_string_append (pattern, "*b");
  g_assert_false (tbus_pattern_matches (pattern->str, name));
}

static TbusEventRule *
make_rule (const char *pattern, const char *filter)
{
  g_autoptr(GError) error = NULL;
  TbusEventRule *rule = tbus_event_rule_new (pattern, TBUS_LOGLEVEL_ALL, -1, &error);

  g_assert_no_error (error);
  if (filter != NULL)
    tbus_event_rule_set_filter (rule, filter, &error);
  g_assert_no_error (error);
  return rule;
}

static void
exclusions_and_levels_narrow_a_pattern (void)
{
  static const char *const exclusions[] = { "a:b", "a:c*", NULL };
  g_autoptr(TbusEventRule) rule = make_rule ("a:*", NULL);
  g_autoptr(TbusEventRule) severe = tbus_event_rule_new ("*", TBUS_LOGLEVEL_AT_LEAST, 4, NULL);
  g_autoptr(TbusEventRule) exact = tbus_event_rule_new ("*", TBUS_LOGLEVEL_EXACTLY, 4, NULL);

  g_assert_true (tbus_event_rule_set_exclusions (rule, exclusions, NULL));
  g_assert_true (tbus_event_rule_matches (rule, "a:bb", 13));
  g_assert_true (tbus_event_rule_matches (rule, "a:", 13));
  g_assert_false (tbus_event_rule_matches (rule, "a:b", 13));
  g_assert_false (tbus_event_rule_matches (rule, "a:cd", 13));
  g_assert_false (tbus_event_rule_matches (rule, "b:b", 13));
  g_assert_true (tbus_event_rule_matches (severe, "a", 4));
  g_assert_false (tbus_event_rule_matches (severe, "a", 5));
  g_assert_true (tbus_event_rule_matches (exact, "a", 4));
  g_assert_false (tbus_event_rule_matches (exact, "a", 3));
}

static void
rules_differ_by_filter_and_exclusions (void)
{
  static const char *const exclusions[] = { "a:b", NULL };
  g_autoptr(TbusEventRule) plain = make_rule ("a:*", NULL);
  g_autoptr(TbusEventRule) one = make_rule ("a:*", "x == 1");
  g_autoptr(TbusEventRule) same = make_rule ("a:*", "x == 1");
  g_autoptr(TbusEventRule) other = make_rule ("a:*", "x==1");
  g_autoptr(TbusEventRule) without = make_rule ("a:*", NULL);

  g_assert_true (tbus_event_rule_set_exclusions (without, exclusions, NULL));
  g_assert_true (tbus_event_rule_equal (one, same));
  g_assert_false (tbus_event_rule_equal (one, plain));
  g_assert_false (tbus_event_rule_equal (one, other));
  g_assert_false (tbus_event_rule_equal (plain, without));
}

/* "p:e i=1,s=4" */
static TbusTracepoint *
make_tracepoint (const char *text)
{
  TbusTracepoint *tracepoint = g_new0 (TbusTracepoint, 1);
  g_auto(GStrv) words = g_strsplit (text, " ", 2);
  g_auto(GStrv) fields = g_strsplit (words[1] != NULL ? words[1] : "", ",", -1);

  tracepoint->name = g_strdup (words[0]);
  tracepoint->loglevel = 13;
  tracepoint->fields = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracepoint_field_free);
  for (guint i = 0; fields[i] != NULL; i++)
    {
      TbusTracepointField *field = g_new0 (TbusTracepointField, 1);
      char *type = strchr (fields[i], '=');

      *type = '\0';
      field->name = g_strdup (fields[i]);
      field->type = type[1] - '0';
      g_ptr_array_add (tracepoint->fields, field);
    }
  return tracepoint;
}

/* An app that lists @texts, separated by ;. */
static TbusTracee *
add_app (Fixture *f, pid_t pid, const char *texts)
{
  g_autoptr(GPtrArray) tracepoints = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracepoint_free);
  g_auto(GStrv) rows = g_strsplit (texts, ";", -1);
  TbusTracee *app = fixture_app (f, pid);

  for (guint i = 0; rows[i] != NULL; i++)
    g_ptr_array_add (tracepoints, make_tracepoint (rows[i]));
  fake_tracer_set_tracepoints (f->tracer, app, g_steal_pointer (&tracepoints));
  return app;
}

static void
enable (TbusSession *session, const char *pattern, const char *filter, Call *call)
{
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_event_rule_unref);

  g_ptr_array_add (rules, make_rule (pattern, filter));
  tbus_session_enable_events_async (session, "", rules, NULL, call_done, call);
}

/* The problem of the first rule of channel0. */
static const char *
problem_of (TbusSession *session)
{
  TbusChannel *channel = tbus_session_find_channel (session, "channel0");

  return g_array_index (tbus_channel_get_rules (channel), TbusChannelRule, 0).problem;
}

static void
a_filter_that_no_app_can_match_is_an_error (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { 0 };
  const char *message;

  add_app (f, 100, "tick:one i=1,s=4;tick:two i=1;other:x x=1");
  add_app (f, 101, "other:x x=1");
  enable (session, "tick:*", "x == 1", &call);
  message = call_expect_error (&call, TBUS_ERROR_FILTER_SYNTAX);
  g_assert_nonnull (strstr (message, "tick:*"));
  g_assert_nonnull (strstr (message, "tick:one has no field x"));
  g_assert_null (tbus_session_find_channel (session, "channel0"));
}

static void
a_filter_that_some_apps_cannot_match_is_a_problem (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) some = { 0 }, all = { 0 };

  add_app (f, 100, "tick:one i=4");
  add_app (f, 101, "tick:one i=1");
  add_app (f, 102, "other:x");
  enable (session, "tick:*", "i == 1", &some);
  call_expect (&some, "applied 0, failed 0, pending 0");
  g_assert_nonnull (strstr (call_get_warning (&some), "can never match in 1 of 2 apps, such as \"app\" (pid 100)"));
  g_assert_cmpstr (problem_of (session), ==, call_get_warning (&some));
  fake_tracer_hang_up_all (f->tracer);
  fixture_settle ();
  enable (session, "tick:*", "i == 1", &all);
  call_expect (&all, "applied 0, failed 0, pending 0");
  g_assert_cmpstr (problem_of (session), ==, NULL);
}

static void
a_filter_that_some_event_can_match_is_fine (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { 0 };

  add_app (f, 100, "tick:one i=1;tick:two s=4;tick:three list=0,e=2,f=3");
  enable (session, "tick:*", "s == 'x' || s == 'y'", &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
  call_clear (&call);
  enable (session, "tick:*", "list[9] == 1 && e == 2 && f > 0.5", &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
  g_assert_cmpstr (problem_of (session), ==, NULL);
}

static void
an_app_that_is_not_there_yet_may_match (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { 0 };

  add_app (f, 100, "other:x x=1");
  fake_tracer_register (f->tracer, &(FakeApp){ .pid = 101, .uid = BOB });
  fixture_settle ();
  enable (session, "tick:*", "y == 1", &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
}

/* It has more tracepoints than it could be asked for. */
static void
an_app_that_is_not_known_in_full_may_match (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_auto(Call) call = { 0 };

  fake_tracer_refuse (f->tracer, add_app (f, 100, "tick:one i=1"), TBUS_OP_LIST, -ENOSPC);
  add_app (f, 101, "tick:one i=1");
  enable (session, "tick:*", "y == 1", &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
  g_assert_nonnull (strstr (call_get_warning (&call), "can never match in 1 of 2 apps, such as \"app\" (pid 101)"));
}

static void
an_app_that_does_not_answer_is_not_waited_for (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  TbusTracee *frozen = add_app (f, 100, "tick:one i=1");
  TbusTracee *mute = fixture_app (f, 101);
  g_auto(Call) call = { 0 };

  fake_tracer_refuse (f->tracer, mute, TBUS_OP_LIST, -EINVAL);
  fake_tracer_freeze (f->tracer, frozen);
  enable (session, "tick:*", "y == 1", &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
  fake_tracer_thaw (f->tracer, frozen);
}

static void
a_rule_without_filter_asks_no_app (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  TbusTracee *app = add_app (f, 100, "tick:one i=1");
  g_autofree char *before = NULL;
  g_auto(Call) call = { 0 };

  fixture_settle ();
  before = fake_tracer_take_log (f->tracer, app);
  enable (session, "tick:*", NULL, &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
  fixture_expect_asked (f, app, "");
}

/* More looks than the budget has: then nothing is said. */
static void
the_work_is_bounded (Fixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (f, "a");
  g_autoptr(GString) filter = g_string_new ("y");
  g_autoptr(GString) many = g_string_new ("tick:one i=1");
  g_auto(Call) call = { 0 };

  for (guint i = 0; i < 1000; i++)
    {
      g_string_append (filter, "||y");
      g_string_append (many, ";tick:one i=1");
    }
  add_app (f, 100, many->str);
  enable (session, "tick:*", filter->str, &call);
  call_expect (&call, "applied 0, failed 0, pending 0");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  g_test_add_func ("/core/rules/a-star-is-any-text", a_star_is_any_text);
  g_test_add_func ("/core/rules/a-hostile-pattern-is-cheap", a_hostile_pattern_is_cheap);
  g_test_add_func ("/core/rules/exclusions-and-levels-narrow-a-pattern", exclusions_and_levels_narrow_a_pattern);
  g_test_add_func ("/core/rules/rules-differ-by-filter-and-exclusions", rules_differ_by_filter_and_exclusions);
  FIXTURE_ADD ("/core/rules/a-filter-that-no-app-can-match-is-an-error", a_filter_that_no_app_can_match_is_an_error);
  FIXTURE_ADD ("/core/rules/a-filter-that-some-apps-cannot-match-is-a-problem",
               a_filter_that_some_apps_cannot_match_is_a_problem);
  FIXTURE_ADD ("/core/rules/a-filter-that-some-event-can-match-is-fine", a_filter_that_some_event_can_match_is_fine);
  FIXTURE_ADD ("/core/rules/an-app-that-is-not-there-yet-may-match", an_app_that_is_not_there_yet_may_match);
  FIXTURE_ADD ("/core/rules/an-app-that-is-not-known-in-full-may-match", an_app_that_is_not_known_in_full_may_match);
  FIXTURE_ADD ("/core/rules/an-app-that-does-not-answer-is-not-waited-for",
               an_app_that_does_not_answer_is_not_waited_for);
  FIXTURE_ADD ("/core/rules/a-rule-without-filter-asks-no-app", a_rule_without_filter_asks_no_app);
  FIXTURE_ADD ("/core/rules/the-work-is-bounded", the_work_is_bounded);
  return g_test_run ();
}
