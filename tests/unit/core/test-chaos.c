/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything at once, at random: apps come, freeze and go, sessions start, stop and are destroyed, consumers die. When
 * it has calmed down, every call was answered once, every app has what is active, and nothing is left over.
 */
#include "base/error.h"
#include "base/thread.h"
#include "core/core-private.h"
#include "fixture.h"

#include <string.h>

enum { STEPS = 400, RUNS = 20, MAX_APPS = 6, MAX_SESSIONS = 4 };

typedef struct {
  Fixture *f;
  GPtrArray *apps;     /* of TbusTracee, borrowed from the tracer */
  GPtrArray *sessions; /* of TbusSession, references */
  GHashTable *frozen;  /* of TbusTracee */
  guint calls, answers, names;
  pid_t next_pid;
  gboolean dead, held;
} Chaos;

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Chaos *self = data;
  g_autoptr(TbusOperation) operation = tbus_session_operation_finish (TBUS_SESSION (source), result, NULL);

  self->answers++;
}

static gpointer
any (GPtrArray *array)
{
  return array->len > 0 ? g_ptr_array_index (array, g_test_rand_int_range (0, array->len)) : NULL;
}

static void
app_comes (Chaos *self)
{
  if (self->apps->len < MAX_APPS)
    g_ptr_array_add (self->apps, fixture_app (self->f, self->next_pid++));
}

static void
app_goes (Chaos *self)
{
  TbusTracee *tracee = any (self->apps);

  if (tracee == NULL)
    return;
  g_hash_table_remove (self->frozen, tracee);
  g_ptr_array_remove (self->apps, tracee);
  fake_tracer_hang_up (self->f->tracer, tracee);
}

static void
app_freezes_or_thaws (Chaos *self)
{
  TbusTracee *tracee = any (self->apps);

  if (tracee == NULL)
    return;
  if (g_hash_table_remove (self->frozen, tracee))
    fake_tracer_thaw (self->f->tracer, tracee);
  else if (g_hash_table_add (self->frozen, tracee))
    fake_tracer_freeze (self->f->tracer, tracee);
}

static void
session_comes (Chaos *self)
{
  g_autofree char *name = g_strdup_printf ("s%u", self->names++);
  TbusSession *session;

  if (self->sessions->len >= MAX_SESSIONS || self->dead || self->held)
    return;
  session = fixture_create (self->f, name);
  fixture_add_channel (session, "channel0", g_test_rand_bit () ? TBUS_BUFFER_USER : TBUS_BUFFER_PROCESS);
  g_ptr_array_add (self->sessions, g_object_ref (session));
}

static void
session_goes (Chaos *self)
{
  TbusSession *session = any (self->sessions);

  if (session == NULL)
    return;
  self->calls++;
  tbus_session_destroy_async (session, g_test_rand_bit (), on_answer, self);
  g_ptr_array_remove (self->sessions, session);
}

static void
session_starts_or_stops (Chaos *self)
{
  TbusSession *session = any (self->sessions);

  if (session == NULL)
    return;
  self->calls++;
  if (g_test_rand_bit ())
    tbus_session_start_async (session, NULL, on_answer, self);
  else
    tbus_session_stop_async (session, g_test_rand_bit (), on_answer, self);
}

static void
session_is_flushed_or_pushed (Chaos *self)
{
  TbusSession *session = any (self->sessions);

  if (session == NULL)
    return;
  self->calls++;
  if (g_test_rand_bit ())
    tbus_session_flush_async (session, NULL, on_answer, self);
  else
    tbus_session_push_metadata_async (session, on_answer, self);
}

/* Tracked by an id that no app has, then by all again: each time all are given up and taken up. */
static void
trackers_change (Chaos *self)
{
  g_autoptr(GArray) values = g_array_new (FALSE, FALSE, sizeof (guint32));
  TbusTrackRequest request = { TBUS_TRACK_VGID, TRUE, values };
  TbusSession *session = any (self->sessions);
  guint32 nobody = 4;

  if (session == NULL)
    return;
  self->calls += 2;
  g_array_append_val (values, nobody);
  tbus_session_track_async (session, &request, NULL, on_answer, self);
  request.values = g_array_new (FALSE, FALSE, sizeof (guint32));
  tbus_session_track_async (session, &request, NULL, on_answer, self);
  g_array_unref (request.values);
}

static void
rules_change (Chaos *self)
{
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_event_rule_unref);
  TbusSession *session = any (self->sessions);

  if (session == NULL)
    return;
  self->calls++;
  g_ptr_array_add (rules, fixture_rule (g_test_rand_bit () ? "a:*" : "b:*"));
  if (g_test_rand_bit ())
    tbus_session_enable_events_async (session, "channel0", rules, NULL, on_answer, self);
  else
    tbus_session_disable_events_async (session, tbus_session_find_channel (session, "channel0"), "a:*", NULL, on_answer,
                                       self);
}

static void
consumer_dies_or_is_back (Chaos *self)
{
  if (self->dead)
    fake_consumer_come_back (fixture_consumer (self->f));
  else
    fake_consumer_die (fixture_consumer (self->f));
  self->dead = !self->dead;
}

static void
consumer_is_slow_or_not (Chaos *self)
{
  self->held = !self->held;
  fake_consumer_hold (fixture_consumer (self->f), self->held);
}

static void
time_passes (Chaos *self)
{
  for (int i = g_test_rand_int_range (0, 5); i > 0; i--)
    g_main_context_iteration (NULL, FALSE);
}

static void
step (Chaos *self)
{
  static void (*const steps[]) (Chaos *self) = {
    app_comes, app_comes, app_goes, app_freezes_or_thaws, session_comes, session_goes, session_starts_or_stops,
    session_starts_or_stops, rules_change, session_is_flushed_or_pushed, trackers_change, consumer_dies_or_is_back,
    consumer_is_slow_or_not, time_passes, time_passes, time_passes,
  };

  steps[g_test_rand_int_range (0, G_N_ELEMENTS (steps))](self);
}

static void
calm_down (Chaos *self)
{
  if (self->dead)
    consumer_dies_or_is_back (self);
  if (self->held)
    consumer_is_slow_or_not (self);
  for (guint i = 0; i < self->apps->len; i++)
    if (g_hash_table_remove (self->frozen, g_ptr_array_index (self->apps, i)))
      fake_tracer_thaw (self->f->tracer, g_ptr_array_index (self->apps, i));
  fixture_settle ();
  while (self->answers < self->calls)
    g_main_context_iteration (NULL, TRUE);
  fixture_settle ();
}

/* Of the sessions that an app has, those that run: "session(" behind nothing or a blank. */
static guint
count_running (const char *description)
{
  guint n = 0;

  for (const char *at = description; (at = strstr (at, "session(channel0")) != NULL; at++)
    n += at == description || at[-1] == ' ';
  return n;
}

static void
explain (Chaos *self, TbusTracee *tracee, const char *has)
{
  for (guint i = 0; i < self->sessions->len; i++)
    {
      TbusSession *session = g_ptr_array_index (self->sessions, i);
      TbusApp *app = tbus_app_set_find_id (self->f->apps, tracee->id);
      TbusAppSession *app_session = tbus_app_find_session (app, tbus_session_get_id (session));
      const char *why = app_session == NULL ? "never asked for" : app_session->error ? app_session->error->message : "";

      g_test_message ("%s is %s: %s", tbus_session_get_name (session),
                      tbus_session_state_to_string (tbus_session_get_state (session)), why);
    }
  g_error ("Process %d has %s", (int) tracee->pid, has);
}

static void
expect_what_is_active (Chaos *self)
{
  guint active = 0;

  g_assert_cmpuint (self->answers, ==, self->calls);
  for (guint i = 0; i < self->sessions->len; i++)
    {
      TbusSession *session = g_ptr_array_index (self->sessions, i);

      g_assert_true (tbus_session_set_find_id (self->f->sessions, tbus_session_get_id (session)) == session);
      active += tbus_session_get_state (session) == TBUS_SESSION_ACTIVE;
    }
  g_assert_cmpuint (tbus_session_set_count (self->f->sessions), ==, self->sessions->len);
  for (guint i = 0; i < self->apps->len; i++)
    {
      g_autofree char *has = fake_tracer_describe (self->f->tracer, g_ptr_array_index (self->apps, i));

      if (count_running (has) != active)
        explain (self, g_ptr_array_index (self->apps, i), has);
    }
}

static void
everything_comes_right_in_the_end (Fixture *f, gconstpointer data)
{
  Chaos self = { .f = f, .next_pid = 100 };

  self.apps = g_ptr_array_new ();
  self.sessions = g_ptr_array_new_with_free_func (g_object_unref);
  self.frozen = g_hash_table_new (NULL, NULL);
  for (guint run = 0; run < RUNS; run++)
    {
      for (guint i = 0; i < STEPS; i++)
        step (&self);
      calm_down (&self);
      expect_what_is_active (&self);
    }
  g_ptr_array_unref (self.apps);
  g_ptr_array_unref (self.sessions);
  g_hash_table_unref (self.frozen);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  g_test_add ("/core/chaos/everything-comes-right-in-the-end", Fixture, NULL, fixture_set_up,
              everything_comes_right_in_the_end, fixture_tear_down);
  return g_test_run ();
}
