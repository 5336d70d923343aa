/* SPDX-License-Identifier: GPL-2.0-only */
/* A consumer says that it has nothing to do: core lets go of it, unless a session still needs it. */
#include "base/thread.h"
#include "fixture.h"

typedef struct {
  Fixture base;
  guint added, removed;
} IdleFixture;

static void
count_added (IdleFixture *f, TbusConsumer *consumer)
{
  f->added++;
}

/* Who hears of it finds it neither in the list nor in what core hears. */
static void
count_removed (IdleFixture *f, TbusConsumer *consumer)
{
  f->removed++;
  g_assert_false (g_ptr_array_find (tbus_core_get_consumers (f->base.core), consumer, NULL));
}

static void
set_up (IdleFixture *f, gconstpointer data)
{
  fixture_set_up (&f->base, data);
  g_signal_connect_swapped (f->base.core, "consumer-added", G_CALLBACK (count_added), f);
  g_signal_connect_swapped (f->base.core, "consumer-removed", G_CALLBACK (count_removed), f);
}

static void
tear_down (IdleFixture *f, gconstpointer data)
{
  g_signal_handlers_disconnect_by_data (f->base.core, f);
  fixture_tear_down (&f->base, data);
}

/* As it does when it has held nothing for a while. */
static void
say_idle (IdleFixture *f)
{
  g_signal_emit_by_name (fixture_consumer (&f->base), "idle");
}

static void
expect_known (IdleFixture *f, gboolean known)
{
  g_assert_cmpuint (tbus_core_get_consumers (f->base.core)->len, ==, known);
  g_assert_cmpuint (f->added - f->removed, ==, known);
}

static void
one_that_held_a_session_goes_after_it (IdleFixture *f, gconstpointer data)
{
  TbusSession *session;

  fixture_app (&f->base, 100);
  session = fixture_start_simple (&f->base, "a", TBUS_BUFFER_USER);
  say_idle (f);
  expect_known (f, TRUE);
  fixture_stop (session);
  say_idle (f);
  expect_known (f, TRUE);
  fixture_destroy (session);
  expect_known (f, TRUE);
  say_idle (f);
  expect_known (f, FALSE);
}

/* It has only looked at the output. */
static void
a_session_that_was_never_started_needs_none (IdleFixture *f, gconstpointer data)
{
  TbusSession *session = fixture_create (&f->base, "a");

  expect_known (f, TRUE);
  say_idle (f);
  expect_known (f, FALSE);
  fixture_add_channel (session, "channel0", TBUS_BUFFER_USER);
  fixture_start (session);
  expect_known (f, TRUE);
  say_idle (f);
  expect_known (f, TRUE);
}

/* What a session says of it ends when it runs again: who would hear that? */
static void
one_that_a_problem_speaks_of_stays (IdleFixture *f, gconstpointer data)
{
  FakeConsumer *consumer = fixture_consumer (&f->base);
  TbusSession *session;

  fixture_app (&f->base, 100);
  session = fixture_start_simple (&f->base, "a", TBUS_BUFFER_USER);
  fixture_expect_warning ("Session \"a\": the consumer of user 1000 (64-bit) died; *");
  fake_consumer_die (consumer);
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 1);
  say_idle (f);
  expect_known (f, TRUE);
  fake_consumer_come_back (consumer);
  fixture_settle ();
  g_assert_cmpuint (tbus_session_get_problems (session)->len, ==, 0);
}

/* It is not core's any more, whatever it says then. */
static void
what_one_says_that_has_gone_is_not_heard (IdleFixture *f, gconstpointer data)
{
  g_autoptr(FakeConsumer) consumer = g_object_ref (fixture_consumer (&f->base));

  fixture_destroy (fixture_create (&f->base, "a"));
  say_idle (f);
  say_idle (f);
  g_signal_emit_by_name (consumer, "died");
  g_assert_cmpuint (f->removed, ==, 1);
}

#define ADD(path, func) g_test_add ("/core/idle/" path, IdleFixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  tbus_thread_init ();
  g_test_init (&argc, &argv, NULL);
  ADD ("one-that-held-a-session-goes-after-it", one_that_held_a_session_goes_after_it);
  ADD ("a-session-that-was-never-started-needs-none", a_session_that_was_never_started_needs_none);
  ADD ("one-that-a-problem-speaks-of-stays", one_that_a_problem_speaks_of_stays);
  ADD ("what-one-says-that-has-gone-is-not-heard", what_one_says_that_has_gone_is_not_heard);
  return g_test_run ();
}
