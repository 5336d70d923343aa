/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service is killed, or restarted, while programs emit as fast as they can, and the descriptor store has its
 * sockets and buffers: programs stay what they are, no event is lost, and nothing piles up in the store.
 */
#include "support/recording.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SMALL ", 'subbuf-size': <uint64 4096>, 'num-subbuf': <uint64 4>"

enum { N_APPS = 2 };

typedef struct {
  TstService *service;
  TstStore *store;
  TstChild *apps[N_APPS];
  char *objects[N_APPS];
  guint emitted;
} Fixture;

static void
set_up (Fixture *self, gconstpointer ownership)
{
  self->service = tst_service_new_idle ();
  self->store = tst_service_use_store (self->service);
  tst_service_start (self->service, NULL);
}

static void
tear_down (Fixture *self, gconstpointer ownership)
{
  for (guint i = 0; i < N_APPS; i++)
    {
      g_clear_pointer (&self->apps[i], tst_child_free);
      g_free (self->objects[i]);
    }
  tst_service_free (self->service);
}

static char *
start (Fixture *self, gconstpointer ownership, const char *options)
{
  g_autofree char *all = g_strconcat (ownership, options, NULL);

  return tst_start_recording (self->service, "trace", all);
}

/* A call that changes something is answered when the state is written: so what went before it is, too. */
static void
wait_written (Fixture *self, const char *session)
{
  tst_do (self->service, session, "Session.EnableEvents", "('events', [('tbtest:nothing', @a{sv} {})], @a{sv} {})");
}

static void
start_apps (Fixture *self, const char *session)
{
  for (guint i = 0; i < N_APPS; i++)
    {
      self->apps[i] = tst_app_start (self->service, "app-idle", NULL);
      self->objects[i] = tst_wait_app (self->service, tst_child_pid (self->apps[i]), "ready");
    }
  if (session != NULL)
    wait_written (self, session);
}

static void
begin_to_emit (Fixture *self, guint n)
{
  for (guint i = 0; i < N_APPS; i++)
    tst_child_say (self->apps[i], "go %u", n);
  self->emitted += N_APPS * n;
}

static void
wait_emitted (Fixture *self)
{
  for (guint i = 0; i < N_APPS; i++)
    g_free (tst_child_wait_line (self->apps[i], "done"));
}

/* They are the objects that they were: nobody has registered anew. */
static void
assert_same_apps (Fixture *self)
{
  g_auto(GStrv) objects = tst_objects (self->service, "App");

  g_assert_cmpuint (g_strv_length (objects), ==, N_APPS);
  for (guint i = 0; i < N_APPS; i++)
    {
      g_autofree char *object = tst_wait_app (self->service, tst_child_pid (self->apps[i]), "ready");

      g_assert_cmpstr (object, ==, self->objects[i]);
    }
}

static void
assert_complete (Fixture *self, TstResult result)
{
  TstMissing missing;
  g_autoptr(GPtrArray) events = tst_events_lossy (self->service, "trace", &missing);

  g_test_message ("%u emitted, %u recorded, %" G_GUINT64_FORMAT " discarded", self->emitted, events->len,
                  result.discarded);
  g_assert_cmpuint (result.failed, ==, 0);
  g_assert_cmpuint (events->len + result.discarded, ==, self->emitted);
  g_assert_cmpuint (missing.events, ==, result.discarded);
  g_assert_cmpuint (missing.packets, ==, 0);
  g_assert_cmpuint (result.lost, ==, 0);
  g_assert_cmpuint (result.dropped, ==, 0);
}

static void
crash (Fixture *self)
{
  tst_service_kill (self->service);
  tst_service_start (self->service, NULL);
}

static void
restart (Fixture *self)
{
  tst_service_stop (self->service);
  tst_service_start (self->service, NULL);
}

/* At any moment of what programs do. */
static void
go_on_in_spite_of (Fixture *self, gconstpointer ownership, void (*end) (Fixture *))
{
  const char *wanted = g_getenv ("TRACEBUS_HANDOVERS");
  guint times = wanted != NULL ? (guint) g_ascii_strtoull (wanted, NULL, 10) : 20;
  g_autofree char *session = start (self, ownership, "");
  g_autoptr(GRand) random = g_rand_new_with_seed (7);
  pid_t consumer;
  guint kept;

  start_apps (self, session);
  consumer = tst_service_consumer_pid (self->service);
  kept = tst_store_count (self->store, "");
  for (guint i = 0; i < times; i++)
    {
      gint64 began;

      begin_to_emit (self, 5000);
      g_usleep ((gulong) g_rand_int_range (random, 0, 3000)); /* any moment will do */
      began = g_get_monotonic_time ();
      end (self);
      g_test_message ("back after %.1f ms", (double) (g_get_monotonic_time () - began) / 1000);
      assert_same_apps (self);
      g_assert_cmpuint (tst_get_length (self->service, session, "Session.Problems"), ==, 0);
      wait_emitted (self);
    }
  g_assert_cmpint (tst_service_consumer_pid (self->service), ==, consumer);
  g_assert_cmpuint (tst_store_count (self->store, ""), ==, kept);
  assert_complete (self, tst_session_run (self->service, session, "Stop"));
}

static void
killed_again_and_again (Fixture *self, gconstpointer ownership)
{
  go_on_in_spite_of (self, ownership, crash);
}

static void
restarted_again_and_again (Fixture *self, gconstpointer ownership)
{
  go_on_in_spite_of (self, ownership, restart);
}

static gboolean
has_another_consumer (Fixture *self, pid_t former)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");
  g_autofree char *state = tst_get_string (self->service, consumers[0], "Consumer.State");

  return g_str_equal (state, "running") && tst_service_consumer_pid (self->service) != former;
}

/* Nobody is left but the programs and the store: another consumer takes the buffers over. */
static void
killed_with_its_consumer (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, "");

  start_apps (self, session);
  for (guint i = 0; i < 5; i++)
    {
      pid_t consumer = tst_service_consumer_pid (self->service);

      begin_to_emit (self, 5000);
      tst_service_kill (self->service);
      g_assert_cmpint (kill (consumer, SIGKILL), ==, 0);
      tst_service_start (self->service, NULL);
      assert_same_apps (self);
      tst_wait_until (self->service, has_another_consumer (self, consumer));
      wait_emitted (self);
    }
  assert_complete (self, tst_session_run (self->service, session, "Stop"));
}

/* It has nobody to register with, and waits. */
static void
killed_before_a_program_comes (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, "");
  g_autoptr(TstChild) late = NULL;

  start_apps (self, session);
  tst_service_kill (self->service);
  late = tst_app_start (self->service, "app-idle", NULL);
  begin_to_emit (self, 1000);
  wait_emitted (self);
  tst_service_start (self->service, NULL);
  tst_app_go (late, 1000);
  self->emitted += 1000;
  assert_complete (self, tst_session_run (self->service, session, "Stop"));
}

static void
killed_while_the_session_is_stopped (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, "");

  start_apps (self, session);
  for (guint i = 0; i < 3; i++)
    {
      begin_to_emit (self, 1000);
      wait_emitted (self);
      assert_complete (self, tst_session_run (self->service, session, "Stop"));
      crash (self);
      assert_same_apps (self);
      tst_session_run (self->service, session, "Start");
    }
  begin_to_emit (self, 1000);
  wait_emitted (self);
  crash (self);
  assert_complete (self, tst_session_run (self->service, session, "Destroy"));
}

/* More discarded than recorded: what the rings count goes on, too. */
static void
killed_while_buffers_are_full (Fixture *self, gconstpointer ownership)
{
  g_autofree char *session = start (self, ownership, SMALL);

  start_apps (self, session);
  for (guint i = 0; i < 5; i++)
    {
      begin_to_emit (self, 50000);
      crash (self);
      assert_same_apps (self);
      wait_emitted (self);
    }
  assert_complete (self, tst_session_run (self->service, session, "Stop"));
}

/* As many descriptors are kept after fifty sessions as after the first. */
static void
nothing_piles_up_in_the_store (Fixture *self, gconstpointer ownership)
{
  guint kept = 0;

  start_apps (self, NULL);
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *session = start (self, ownership, "");

      if (i % 10 == 5)
        crash (self);
      tst_session_run (self->service, session, "Destroy");
      tst_wait_until (self->service, tst_store_count (self->store, "ring-") == 0);
      tst_wait_until (self->service, tst_store_count (self->store, "log-") == 0);
      if (i == 0)
        kept = tst_store_count (self->store, "");
    }
  g_assert_cmpuint (tst_store_count (self->store, ""), <=, kept);
  for (guint i = 0; i < N_APPS; i++)
    tst_child_finish (self->apps[i]);
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.AppCount") == 0);
  g_assert_cmpuint (tst_store_count (self->store, "app-"), ==, 0);
}

/* Something that takes the service a while, and may be half done when it dies. */
static TstAnswer *
ask_anything (Fixture *self, const char *session, GRand *random, guint round)
{
  switch (g_rand_int_range (random, 0, 4))
    {
    case 0:
      return tst_ask (self->service, session, "Session.Stop", "(@a{sv} {},)");
    case 1:
      return tst_ask (self->service, session, "Session.Start", "(@a{sv} {},)");
    case 2:
      return tst_ask (self->service, session, "Session.EnableEvents", "('events', [(%s, @a{sv} {})], @a{sv} {})",
                      round % 2 == 0 ? "tbtest:ti*" : "tbtest:bu*");
    default:
      return tst_ask (self->service, TST_ROOT, "Manager.CreateSession", "('other', {'output': <%s>})",
                      tst_dir_path (tst_service_dir (self->service)));
    }
}

static void
destroy_others (Fixture *self, const char *session)
{
  g_auto(GStrv) sessions = tst_objects (self->service, "Session");

  for (guint i = 0; sessions[i] != NULL; i++)
    if (!g_str_equal (sessions[i], session))
      tst_session_run (self->service, sessions[i], "Destroy");
}

/* Which events those are that are missing nobody can say, but all that there is can be read, and goes on. */
static void
killed_in_the_middle_of_anything (Fixture *self, gconstpointer ownership)
{
  enum { ROUNDS = 8, PROGRAMS = 3, N = 100 };
  g_autofree char *session = start (self, ownership, "");
  g_autoptr(GRand) random = g_rand_new_with_seed (11);
  g_autoptr(GPtrArray) programs = g_ptr_array_new_with_free_func ((GDestroyNotify) tst_child_free);
  g_autoptr(GPtrArray) events = NULL;
  TstMissing missing;
  TstResult result;

  for (guint i = 0; i < ROUNDS; i++)
    {
      TstAnswer *answer = ask_anything (self, session, random, i);

      for (guint j = 0; j < PROGRAMS; j++)
        g_ptr_array_add (programs, tst_app_start (self->service, "app-threads", "1", "100", NULL));
      g_usleep ((gulong) g_rand_int_range (random, 0, 20000)); /* any moment will do */
      crash (self);
      tst_answer_ignore (answer);
    }
  for (guint i = 0; i < programs->len; i++)
    tst_child_finish (g_ptr_array_index (programs, i));
  tst_answer_ignore (tst_ask (self->service, session, "Session.Start", "(@a{sv} {},)")); /* it may be active */
  tst_app_run (self->service, "app-threads", "1", "100", NULL);
  result = tst_session_run (self->service, session, "Stop");
  events = tst_events_lossy (self->service, "trace", &missing);
  g_test_message ("%u of %u recorded, %" G_GUINT64_FORMAT " discarded", events->len,
                  (ROUNDS * PROGRAMS + 1) * N, result.discarded);
  g_assert_cmpuint (events->len, >=, N);
  g_assert_cmpuint (events->len, <=, (ROUNDS * PROGRAMS + 1) * N);
  tst_wait_until (self->service, tst_get_number (self->service, TST_ROOT, "Manager.AppCount") == 0);
  destroy_others (self, session);
  tst_session_run (self->service, session, "Destroy");
  tst_wait_until (self->service, tst_store_count (self->store, "ring-") == 0);
  tst_wait_until (self->service, tst_store_count (self->store, "log-") == 0);
  tst_wait_until (self->service, tst_store_count (self->store, "app-") == 0);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/trace/handover", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (killed_again_and_again);
  ADD (restarted_again_and_again);
  ADD (killed_with_its_consumer);
  ADD (killed_before_a_program_comes);
  ADD (killed_while_the_session_is_stopped);
  ADD (killed_while_buffers_are_full);
  ADD (nothing_piles_up_in_the_store);
  ADD (killed_in_the_middle_of_anything);
  return g_test_run ();
}
