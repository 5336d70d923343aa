/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wall clock is set forward and back by an hour while programs are recorded: timers go on, events are in the order
 * in which they came, nobody counts as stuck, and calls are answered.
 */
#include "support/recording.h"
#include "support/wall-clock.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { HOUR = 3600, BURST = 500 };

#define SWITCHED ", 'switch-timer-us': <uint32 20000>"

typedef struct {
  TstService *service;
  TstWallClock *clock;
  TstStore *store;
  guint emitted;
} Fixture;

static void
set_up (Fixture *self, gconstpointer scheme)
{
  self->service = tst_service_new_idle ();
  self->clock = tst_wall_clock_new (self->service);
  tst_wall_clock_start_service (self->clock);
}

/* The same where descriptors are kept while the service does not run. */
static void
set_up_with_store (Fixture *self, gconstpointer scheme)
{
  self->service = tst_service_new_idle ();
  self->store = tst_service_use_store (self->service);
  self->clock = tst_wall_clock_new (self->service);
  tst_wall_clock_start_service (self->clock);
}

static void
tear_down (Fixture *self, gconstpointer scheme)
{
  tst_wall_clock_free (self->clock);
  tst_service_free (self->service);
}

/* What has another clock would not notice. */
static void
assert_has_clock (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/maps", pid);
  g_autofree char *maps = NULL;

  g_assert_true (g_file_get_contents (path, &maps, NULL, NULL));
  g_assert_nonnull (strstr (maps, "shifted-clock.so"));
}

static char *
start (Fixture *self, const char *name, gconstpointer scheme)
{
  g_autofree char *options = g_strconcat (scheme, SWITCHED, NULL);
  char *session = tst_start_recording (self->service, name, options);

  assert_has_clock (tst_service_pid (self->service));
  if (geteuid () == 0) /* the consumer lets nobody else look */
    assert_has_clock (tst_service_consumer_pid (self->service));
  return session;
}

/* @session: (nullable): records it from its first event on. */
static TstChild *
start_app (Fixture *self, const char *session, const char *name)
{
  TstChild *app = tst_app_start (self->service, "app-idle", name, NULL);

  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  assert_has_clock (tst_child_pid (app));
  if (session != NULL)
    tst_enable (self->service, session, "events", "tbtest:*"); /* a program waits no second for its buffers: we do */
  return app;
}

static void
emit (Fixture *self, TstChild *app)
{
  tst_app_go (app, BURST);
  self->emitted += BURST;
}

/* Emits, and waits until it is on disk and told: by the consumer's timers alone. */
static void
emit_and_wait (Fixture *self, const char *session, TstChild *app)
{
  guint64 before = tst_get_number (self->service, session, "Session.BytesWritten");

  emit (self, app);
  tst_wait_until (self->service, tst_get_number (self->service, session, "Session.BytesWritten") > before);
}

/* Time stamps of this clock, and of no other. */
static void
assert_now (Fixture *self, guint64 time)
{
  guint64 now = tst_wall_clock_read (self->clock);

  g_assert_cmpuint (time, <=, now + G_USEC_PER_SEC); /* Health computes it of two clocks */
  g_assert_cmpuint (time, >, now - HOUR / 2 * G_USEC_PER_SEC);
}

static void
assert_healthy (Fixture *self)
{
  g_autoptr(GVariant) health = tst_get (self->service, TST_ROOT, "Manager.Health");
  GVariantIter parts;
  const char *part;
  GVariant *state;

  g_variant_iter_init (&parts, health);
  while (g_variant_iter_next (&parts, "{&s@a{sv}}", &part, &state))
    {
      gboolean alive = FALSE;
      guint64 since = 0;

      g_assert_true (g_variant_lookup (state, "alive", "b", &alive));
      g_assert_true (g_variant_lookup (state, "since", "t", &since));
      if (!alive)
        g_error ("%s counts as stuck", part);
      assert_now (self, since);
      g_variant_unref (state);
    }
}

/* The program of each burst of @events, in their order: "first second ". */
static char *
list_bursts (GPtrArray *events)
{
  GString *list = g_string_new (NULL);

  g_assert_cmpuint (events->len % BURST, ==, 0);
  for (guint i = 0; i < events->len; i++)
    {
      g_autofree char *who = tst_trace_field (events->pdata[i], "who");
      g_autofree char *word = g_strconcat (who, " ", NULL);

      if (i % BURST == 0)
        g_string_append (list, word);
      else
        g_assert_true (g_str_has_suffix (list->str, word));
    }
  return g_string_free (list, FALSE);
}

static void
assert_bursts (Fixture *self, const char *name, TstResult result, const char *bursts)
{
  g_autoptr(GPtrArray) events = tst_events (self->service, name);
  g_autofree char *found = list_bursts (events);

  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  g_assert_cmpuint (result.discarded + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (events->len, ==, self->emitted);
  g_assert_cmpstr (found, ==, bursts);
}

/* Programs that come between the jumps have buffers of their own, or share those of the first. */
static void
events_stay_in_their_order (Fixture *self, gconstpointer scheme)
{
  g_autofree char *session = start (self, "trace", scheme);
  g_autoptr(TstChild) first = start_app (self, session, "first");
  g_autoptr(TstChild) second = NULL;
  g_autoptr(TstChild) third = NULL;

  emit (self, first);
  tst_wall_clock_jump (self->clock, HOUR);
  assert_healthy (self);
  second = start_app (self, session, "second");
  emit (self, first);
  emit_and_wait (self, session, second);
  tst_wall_clock_jump (self->clock, -2 * HOUR);
  assert_healthy (self);
  third = start_app (self, session, "third");
  emit (self, third);
  emit (self, second);
  emit_and_wait (self, session, first);
  assert_bursts (self, "trace", tst_session_run (self->service, session, "Stop"),
                 "\"first\" \"first\" \"second\" \"third\" \"second\" \"first\" ");
  assert_healthy (self);
}

/* Between a stop and the next start, and before the end. */
static void
sessions_start_and_end (Fixture *self, gconstpointer scheme)
{
  g_autofree char *session = start (self, "trace", scheme);
  g_autoptr(TstChild) first = start_app (self, session, "first");
  g_autoptr(TstChild) second = NULL;
  gint64 began;

  emit (self, first);
  tst_wall_clock_jump (self->clock, -HOUR);
  tst_session_run (self->service, session, "Stop");
  tst_wall_clock_jump (self->clock, 2 * HOUR);
  tst_session_run (self->service, session, "Start");
  second = start_app (self, session, "second");
  emit (self, second);
  emit_and_wait (self, session, first);
  tst_wall_clock_jump (self->clock, -2 * HOUR);
  began = g_get_monotonic_time ();
  assert_bursts (self, "trace", tst_session_run (self->service, session, "Destroy"), "\"first\" \"second\" \"first\" ");
  g_test_message ("Destroy took %.1f ms", (double) (g_get_monotonic_time () - began) / 1000);
}

static guint64
first_problem_since (Fixture *self, const char *session)
{
  g_autoptr(GVariant) problems = tst_get (self->service, session, "Session.Problems");
  g_autoptr(GVariant) problem = NULL;
  guint64 since = 0;

  if (g_variant_n_children (problems) == 0)
    return 0;
  problem = g_variant_get_child_value (problems, 0);
  g_assert_true (g_variant_lookup (problem, "since", "t", &since));
  return since;
}

/* What waits for a time, and what says one. */
static void
a_consumer_is_replaced_as_ever (Fixture *self, gconstpointer scheme)
{
  g_autofree char *session = start (self, "trace", scheme);
  g_autoptr(TstChild) first = start_app (self, session, "first");
  g_autofree char *app = tst_wait_app (self->service, tst_child_pid (first), "ready");
  g_autofree char *consumer = NULL;
  const int jumps[] = { HOUR, -2 * HOUR };

  assert_now (self, tst_get_number (self->service, session, "Session.CreatedAt"));
  assert_now (self, tst_get_number (self->service, app, "App.RegisteredAt"));
  for (guint i = 0; i < G_N_ELEMENTS (jumps); i++)
    {
      guint64 since = 0;

      emit (self, first);
      tst_wall_clock_jump (self->clock, jumps[i]);
      g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
      tst_wait_until (self->service, (since = MAX (since, first_problem_since (self, session))) > 0);
      assert_now (self, since);
      tst_wait_until (self->service, tst_get_length (self->service, session, "Session.Problems") == 0);
      emit_and_wait (self, session, first);
    }
  assert_bursts (self, "trace", tst_session_run (self->service, session, "Stop"),
                 "\"first\" \"first\" \"first\" \"first\" ");
}

/* It goes on with what the state says of times that have not come yet. */
static void
a_service_is_restarted_as_ever (Fixture *self, gconstpointer scheme)
{
  g_autofree char *session = start (self, "trace", scheme);
  g_autoptr(TstChild) first = start_app (self, session, "first");
  guint64 created = tst_get_number (self->service, session, "Session.CreatedAt");

  emit (self, first);
  tst_wall_clock_jump (self->clock, -HOUR);
  tst_enable (self->service, session, "events", "tbtest:tick"); /* an answer that is a promise: the state is written */
  tst_service_kill (self->service);
  emit (self, first);
  tst_wall_clock_start_service (self->clock);
  g_assert_cmpuint (tst_get_number (self->service, session, "Session.CreatedAt"), ==, created);
  emit_and_wait (self, session, first);
  assert_bursts (self, "trace", tst_session_run (self->service, session, "Stop"), "\"first\" \"first\" \"first\" ");
}

/* As many sessions as it takes until two of them were made in what the clock says is the same second. */
static char *
make_twice_in_a_second (Fixture *self, gconstpointer scheme, TstChild *app)
{
  g_autofree char *before = NULL;

  for (;;)
    {
      g_autofree char *session = NULL;
      g_autofree char *output = NULL;
      guint64 created;
      g_autoptr(GVariant) reply = tst_call (self->service, TST_ROOT, "Manager.CreateSession", "('named', @a{sv} {})");

      g_variant_get (reply, "(o)", &session);
      g_free (tst_channel (self->service, session, "events", scheme));
      tst_enable (self->service, session, "events", "tbtest:*");
      tst_session_run (self->service, session, "Start");
      output = tst_get_string (self->service, session, "Session.Output");
      created = tst_get_number (self->service, session, "Session.CreatedAt");
      tst_app_go (app, BURST);
      tst_session_run (self->service, session, "Destroy");
      if (g_strcmp0 (before, output) == 0)
        return g_steal_pointer (&output);
      g_free (before);
      before = g_steal_pointer (&output);
      /* The second comes again that it was made in. */
      created -= created % G_USEC_PER_SEC;
      tst_wall_clock_jump (self->clock, ((double) created - (double) tst_wall_clock_read (self->clock)) / 1e6);
    }
}

static void
a_name_that_comes_again_overwrites_nothing (Fixture *self, gconstpointer scheme)
{
  g_autoptr(TstChild) app = start_app (self, NULL, "first");
  g_autofree char *output = make_twice_in_a_second (self, scheme, app);
  g_autoptr(GPtrArray) events = tst_babeltrace (output);

  g_assert_cmpuint (events->len, ==, 2 * BURST);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/process/clock-jumps", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (events_stay_in_their_order);
  ADD (sessions_start_and_end);
  TST_ADD ("/process/clock-jumps/per-process", TST_PER ("process"), a_consumer_is_replaced_as_ever);
  g_test_add ("/process/clock-jumps/per-user/a-service-is-restarted-as-ever", Fixture, TST_PER ("user"),
              set_up_with_store, a_service_is_restarted_as_ever, tear_down);
  g_test_add ("/process/clock-jumps/per-user/a-name-that-comes-again-overwrites-nothing", Fixture, TST_PER ("user"),
              set_up, a_name_that_comes_again_overwrites_nothing, tear_down);
  return g_test_run ();
}
