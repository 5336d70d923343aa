/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules with filters over programs that run: what is said of them at once, and what they record. */
#include "support/recording.h"

#include <signal.h>
#include <sys/wait.h>

typedef struct {
  TstService *service;
  TstChild *app; /* app-idle, whose events are tbtest:tick (seq, who) and tbtest:burst (seq, payload) */
  char *session;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *object = NULL;
  g_autofree char *channel = NULL;

  self->service = tst_service_new ();
  self->app = tst_app_start (self->service, "app-idle", NULL);
  object = tst_wait_app (self->service, tst_child_pid (self->app), "ready");
  self->session = tst_session (self->service, "rules");
  channel = tst_channel (self->service, self->session, "events", "");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  tst_child_free (self->app);
  g_free (self->session);
  tst_service_free (self->service);
}

/* @options: of the rule, as text. Returns: (transfer full): its warnings, joined */
static char *
enable (Fixture *self, const char *pattern, const char *options)
{
  g_autoptr(GVariant) dictionary = g_variant_new_parsed (options);
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GVariant) result = NULL;
  g_auto(GStrv) warnings = NULL;

  g_variant_ref_sink (dictionary);
  answer = tst_call (self->service, self->session, "Session.EnableEvents", "('events', [(%s, %@a{sv})], @a{sv} {})",
                     pattern, dictionary);
  result = g_variant_get_child_value (answer, 0);
  g_assert_true (g_variant_lookup (result, "warnings", "^as", &warnings));
  return g_strjoinv ("; ", warnings);
}

static void
enable_well (Fixture *self, const char *pattern, const char *options)
{
  g_autofree char *warnings = enable (self, pattern, options);

  g_assert_cmpstr (warnings, ==, "");
}

static void
assert_refused (Fixture *self, const char *pattern, const char *filter, const char *why)
{
  g_autofree char *said = tst_refused (self->service, self->session, "Session.EnableEvents",
                                       "('events', [('tbtest:tick', {}), (%s, {'filter': <%s>})], @a{sv} {})", pattern,
                                       filter);

  g_test_message ("%s", said);
  g_assert_true (g_str_has_prefix (said, "FilterSyntax: "));
  g_assert_nonnull (strstr (said, why));
}

static void
assert_recorded (Fixture *self, guint n)
{
  g_autoptr(GPtrArray) events = NULL;
  TstResult result = tst_session_run (self->service, self->session, "Stop");

  g_assert_cmpuint (result.discarded, ==, 0);
  events = tst_events (self->service, "rules");
  g_assert_cmpuint (events->len, ==, n);
}

static void
what_no_program_can_match_is_refused (Fixture *self, gconstpointer data)
{
  g_autofree char *channel = NULL;
  g_autoptr(GVariant) reply = tst_call (self->service, self->session, "Session.GetChannel", "('events',)");

  g_variant_get (reply, "(o)", &channel);
  assert_refused (self, "tbtest:*", "nosuch == 1", "Column 1 of the filter: tbtest:");
  assert_refused (self, "tbtest:tick", "seq == 1 && who == 1", "Column 17 of the filter: == compares a string");
  assert_refused (self, "tbtest:burst", "payload == 1", "payload of tbtest:burst is an array");
  assert_refused (self, "tbtest:tick", "seq[0] == 1", "seq of tbtest:tick is no array");
  assert_refused (self, "tbtest:tick", "$ctx.ip == 1", "no filter can read it");
  g_assert_cmpuint (tst_get_number (self->service, channel, "Channel.EventRuleCount"), ==, 0);
  enable_well (self, "tbtest:*", "{'filter': <'who == \"idle\"'>}");
  enable_well (self, "other:*", "{'filter': <'nosuch == 1'>}");
  g_assert_cmpuint (tst_get_number (self->service, channel, "Channel.EventRuleCount"), ==, 2);
}

static void
what_some_program_cannot_match_is_told (Fixture *self, gconstpointer data)
{
  const char *build = g_getenv ("TRACEBUS_BUILD");
  g_autofree char *library = g_build_filename (build, "tests", "support", "apps", "late-provider.so", NULL);
  g_autoptr(TstChild) other = tst_app_start (self->service, "app-dlopen", library, NULL);
  g_autofree char *object = NULL;
  g_autofree char *who = g_strdup_printf ("in 1 of 2 apps, such as \"app-idle\" (pid %d)",
                                          (int) tst_child_pid (self->app));
  g_autofree char *warnings = NULL;

  tst_child_say (other, "open");
  g_free (tst_child_wait_line (other, "done"));
  object = tst_wait_app (self->service, tst_child_pid (other), "ready");
  warnings = enable (self, "tbtest*:tick", "{'filter': <'mood == 1'>}");
  g_test_message ("%s", warnings);
  g_assert_nonnull (strstr (warnings, who));
  g_assert_nonnull (strstr (warnings, "tbtest:tick has no field mood"));
}

static void
a_stopped_program_is_not_waited_for (Fixture *self, gconstpointer data)
{
  siginfo_t stopped;

  tst_child_signal (self->app, SIGSTOP);
  /* The signal is sent, which does not mean that all its threads have heard of it. */
  g_assert_cmpint (waitid (P_PID, tst_child_pid (self->app), &stopped, WSTOPPED | WNOWAIT), ==, 0);
  enable_well (self, "tbtest:*", "{'filter': <'nosuch == 1'>}");
  tst_child_signal (self->app, SIGCONT);
}

/* Rules come while the session records; where several let an event pass, it is there once. */
static void
filters_of_one_event_add_up (Fixture *self, gconstpointer data)
{
  enable_well (self, "tbtest:tick", "{'filter': <'seq < 2'>}");
  tst_session_run (self->service, self->session, "Start");
  tst_app_go (self->app, 10);
  enable_well (self, "tbtest:tick", "{'filter': <'seq & 1 && seq < 14'>}");
  tst_app_go (self->app, 10);
  enable_well (self, "tbtest:t*", "{'exclude': <['tbtest:b*']>}");
  tst_app_go (self->app, 10);
  assert_recorded (self, 2 + 2 + 10);
}

static void
an_exclusion_is_of_its_rule_only (Fixture *self, gconstpointer data)
{
  enable_well (self, "tbtest:*", "{'exclude': <['*:tick']>}");
  tst_session_run (self->service, self->session, "Start");
  tst_app_go (self->app, 3);
  enable_well (self, "tbtest:*", "{'exclude': <['*:burst']>}");
  tst_app_go (self->app, 4);
  assert_recorded (self, 4);
}

#define ADD(path, func) g_test_add ("/trace/rules/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("what-no-program-can-match-is-refused", what_no_program_can_match_is_refused);
  ADD ("what-some-program-cannot-match-is-told", what_some_program_cannot_match_is_told);
  ADD ("a-stopped-program-is-not-waited-for", a_stopped_program_is_not_waited_for);
  ADD ("filters-of-one-event-add-up", filters_of_one_event_add_up);
  ADD ("an-exclusion-is-of-its-rule-only", an_exclusion_is_of_its_rule_only);
  return g_test_run ();
}
