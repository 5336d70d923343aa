/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs come, go and change while sessions record; every event that was emitted is in the trace, once. */
#include "support/recording.h"

#include <signal.h>


typedef struct {
  TstService *service;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new ();
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_service_free (self->service);
}

static void
stop (Fixture *self, const char *session)
{
  TstResult result = tst_session_run (self->service, session, "Stop");

  g_assert_cmpuint (result.failed, ==, 0);
  g_assert_cmpuint (result.pending, ==, 0);
  g_assert_cmpuint (result.discarded, ==, 0);
  g_assert_cmpuint (result.lost, ==, 0);
  g_assert_cmpuint (result.dropped, ==, 0);
}

static void
assert_ticks (Fixture *self, const char *name, guint n)
{
  g_autoptr(GPtrArray) events = tst_events (self->service, name);

  g_assert_cmpuint (events->len, ==, n);
  g_assert_cmpuint (tst_trace_count (events, "tbtest:tick"), ==, n);
}

/* B24 */
static void
a_program_that_starts_after_the_session (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "late", options);

  tst_app_run (self->service, "app-tiny", "one", NULL);
  tst_app_run (self->service, "app-threads", "3", "100", NULL);
  stop (self, session);
  assert_ticks (self, "late", 301);
}

static void
a_program_that_was_there_before_the_session (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *object = tst_wait_app (self->service, tst_child_pid (app), "ready");
  g_autofree char *session = NULL;

  tst_app_go (app, 5);
  session = tst_start_recording (self->service, "early", options);
  tst_app_go (app, 7);
  stop (self, session);
  tst_app_go (app, 5);
  assert_ticks (self, "early", 7);
}

/* B1, B3: the tracer knows each session apart from the others. */
static void
twenty_sessions_over_one_program (Fixture *self, gconstpointer options)
{
  enum { N = 20 };
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  char *sessions[N];

  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("s%u", i);

      sessions[i] = tst_start_recording (self->service, name, options);
      tst_app_go (app, 1);
    }
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("s%u", i);

      stop (self, sessions[i]);
      assert_ticks (self, name, N);
      tst_app_go (app, 1);
    }
  for (guint i = 0; i < N; i++)
    {
      tst_session_run (self->service, sessions[i], "Destroy");
      g_free (sessions[i]);
    }
}

/* B20: also of programs that are gone before anybody looks. */
static void
fifty_programs_at_once (Fixture *self, gconstpointer options)
{
  enum { N = 50 };
  g_autofree char *session = tst_start_recording (self->service, "many", options);
  g_autoptr(GPtrArray) events = NULL;
  TstChild *apps[N];

  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("app-%u", i);

      apps[i] = tst_app_start (self->service, "app-tiny", name, NULL);
    }
  for (guint i = 0; i < N; i++)
    {
      tst_child_finish (apps[i]);
      tst_child_free (apps[i]);
    }
  stop (self, session);
  events = tst_events (self->service, "many");
  g_assert_cmpuint (events->len, ==, N);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *event = g_strdup_printf ("tbtest:tick: { seq = 0, who = \"app-%u\" }", i);

      g_assert_true (g_ptr_array_find_with_equal_func (events, event, g_str_equal, NULL));
    }
}

/* B26 */
static void
start_and_stop_ten_times (Fixture *self, gconstpointer options)
{
  enum { ROUNDS = 10 };
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *session = tst_start_recording (self->service, "rounds", options);
  guint expected = 0;

  for (guint i = 1; i <= ROUNDS; i++)
    {
      if (i > 1)
        tst_session_run (self->service, session, "Start");
      tst_app_go (app, i);
      stop (self, session);
      expected += i;
      assert_ticks (self, "rounds", expected);
      tst_app_go (app, 1);
      assert_ticks (self, "rounds", expected);
    }
}

/* B12, B13: classes and enumerations that are not known at the start. */
static void
a_provider_that_is_opened_late (Fixture *self, gconstpointer options)
{
  g_autofree char *provider = tst_build_path ("tests/support/apps/late-provider.so");
  g_autofree char *session = tst_start_recording (self->service, "late", options);
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-dlopen", provider, NULL);
  g_autoptr(GPtrArray) events = NULL;
  static const char *const lines[] = { "open", "go 3", "close", "open", "go 2" };

  tst_enable (self->service, session, "events", "tbtest_late:*");
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      tst_child_say (app, "%s", lines[i]);
      g_free (tst_child_wait_line (app, "done"));
    }
  stop (self, session);
  events = tst_events (self->service, "late");
  g_assert_cmpuint (events->len, ==, 5);
  g_assert_cmpstr (events->pdata[0], ==, "tbtest_late:tick: { seq = 0, mood = ( \"calm\" : container = 0 ) }");
  g_assert_cmpstr (events->pdata[4], ==, "tbtest_late:tick: { seq = 4, mood = ( \"busy\" : container = 4 ) }");
}

/* B27 */
static void
a_program_that_becomes_another (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "exec", options);
  g_autofree char *program = tst_build_path ("tests/support/apps/app-exec");
  g_autoptr(GPtrArray) events = NULL;

  tst_app_run (self->service, "app-exec", "3", "2", NULL);
  stop (self, session);
  events = tst_events (self->service, "exec");
  g_assert_cmpuint (events->len, ==, 8);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *event = g_strdup_printf ("tbtest:tick: { seq = 1, who = \"image-%u\" }", i);

      g_assert_true (g_ptr_array_find_with_equal_func (events, event, g_str_equal, NULL));
    }
}

static void
a_program_that_forks (Fixture *self, gconstpointer options)
{
  g_autofree char *session = tst_start_recording (self->service, "fork", options);
  g_autoptr(GPtrArray) events = NULL;

  tst_app_run (self->service, "app-fork", "hooks", "2", NULL);
  tst_app_run (self->service, "app-fork", "plain", "2", NULL);
  stop (self, session);
  events = tst_events (self->service, "fork");
  g_assert_cmpuint (events->len, ==, 12);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/trace/recording", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (a_program_that_starts_after_the_session);
  ADD (a_program_that_was_there_before_the_session);
  ADD (twenty_sessions_over_one_program);
  ADD (fifty_programs_at_once);
  ADD (start_and_stop_ten_times);
  ADD (a_provider_that_is_opened_late);
  ADD (a_program_that_becomes_another);
  ADD (a_program_that_forks);
  return g_test_run ();
}
