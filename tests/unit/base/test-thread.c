/* SPDX-License-Identifier: GPL-2.0-only */
/* Each test has a process of its own: roles run once. */
#include "base/thread.h"

#include <signal.h>

enum { SENDERS = 4, POSTS = 5000 };

typedef struct {
  GMutex lock;
  GCond changed;
  GArray *seen; /* of guint */
  gint freed;
} Inbox;

static Inbox inbox;

static void
inbox_init (void)
{
  g_mutex_init (&inbox.lock);
  g_cond_init (&inbox.changed);
  inbox.seen = g_array_new (FALSE, FALSE, sizeof (guint));
}

static void
on_post (gpointer data)
{
  guint number = GPOINTER_TO_UINT (data);

  g_assert_true (tbus_thread_is (TBUS_THREAD_NOTIFY));
  g_assert_false (tbus_thread_is (TBUS_THREAD_MAIN));
  g_mutex_lock (&inbox.lock);
  g_array_append_val (inbox.seen, number);
  g_cond_signal (&inbox.changed);
  g_mutex_unlock (&inbox.lock);
}

static void
count_freed (gpointer data)
{
  g_atomic_int_inc (&inbox.freed);
}

static void
wait_for (guint count)
{
  g_mutex_lock (&inbox.lock);
  while (inbox.seen->len < count)
    g_cond_wait (&inbox.changed, &inbox.lock);
  g_mutex_unlock (&inbox.lock);
}

static guint
seen (guint i)
{
  return g_array_index (inbox.seen, guint, i);
}

static void
posts_of_one_thread_arrive_in_order (void)
{
  tbus_thread_start (TBUS_THREAD_NOTIFY);
  for (guint i = 0; i < POSTS; i++)
    tbus_post (TBUS_THREAD_NOTIFY, on_post, GUINT_TO_POINTER (i), count_freed);
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
  g_assert_cmpuint (inbox.seen->len, ==, POSTS);
  for (guint i = 0; i < POSTS; i++)
    g_assert_cmpuint (seen (i), ==, i);
  g_assert_cmpint (inbox.freed, ==, POSTS);
}

/* The role sleeps between them: a post that wakes nobody would never be seen. */
static void
a_post_wakes_a_role_that_sleeps (void)
{
  tbus_thread_start (TBUS_THREAD_NOTIFY);
  for (guint i = 0; i < 200; i++)
    {
      tbus_post (TBUS_THREAD_NOTIFY, on_post, GUINT_TO_POINTER (i), NULL);
      wait_for (i + 1);
    }
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
}

static gpointer
send_many (gpointer data)
{
  guint first = GPOINTER_TO_UINT (data) * POSTS;

  for (guint i = 0; i < POSTS; i++)
    tbus_post (TBUS_THREAD_NOTIFY, on_post, GUINT_TO_POINTER (first + i), NULL);
  return NULL;
}

static void
posts_of_many_threads_all_arrive_each_in_its_order (void)
{
  GThread *senders[SENDERS];
  guint next[SENDERS] = { 0 };

  tbus_thread_start (TBUS_THREAD_NOTIFY);
  for (guint i = 0; i < SENDERS; i++)
    senders[i] = g_thread_new ("sender", send_many, GUINT_TO_POINTER (i));
  for (guint i = 0; i < SENDERS; i++)
    g_thread_join (senders[i]);
  wait_for (SENDERS * POSTS); /* woken for each, without being told to stop */
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
  for (guint i = 0; i < SENDERS * POSTS; i++)
    g_assert_cmpuint (seen (i) % POSTS, ==, next[seen (i) / POSTS]++);
}

static void
posts_made_before_it_runs_are_kept (void)
{
  tbus_post (TBUS_THREAD_NOTIFY, on_post, GUINT_TO_POINTER (7), NULL);
  g_assert_cmpuint (inbox.seen->len, ==, 0);
  tbus_thread_start (TBUS_THREAD_NOTIFY);
  wait_for (1);
  g_assert_cmpuint (seen (0), ==, 7);
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
}

static void
posts_made_after_it_stopped_are_freed_without_running (void)
{
  tbus_thread_start (TBUS_THREAD_NOTIFY);
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
  tbus_post (TBUS_THREAD_NOTIFY, on_post, NULL, count_freed);
  g_assert_cmpuint (inbox.seen->len, ==, 0);
  g_assert_cmpint (inbox.freed, ==, 1);
}

static void
posts_to_a_role_that_never_ran_are_freed_when_it_is_stopped (void)
{
  tbus_post (TBUS_THREAD_LINK, on_post, NULL, count_freed);
  tbus_thread_stop (TBUS_THREAD_LINK);
  g_assert_cmpint (inbox.freed, ==, 1);
}

/* An app that never stops to notify keeps its socket ready for ever. */
static gboolean
always_ready (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
a_source_that_is_always_ready_does_not_keep_it_from_stopping (void)
{
  GSource *source = g_idle_source_new ();

  g_source_set_callback (source, always_ready, NULL, NULL);
  g_source_attach (source, tbus_thread_context (TBUS_THREAD_NOTIFY));
  g_source_unref (source);
  tbus_thread_start (TBUS_THREAD_NOTIFY);
  tbus_post (TBUS_THREAD_NOTIFY, on_post, NULL, NULL);
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
  g_assert_cmpuint (inbox.seen->len, ==, 1);
}

static void
on_main (gpointer data)
{
  tbus_thread_assert_main ();
  g_main_loop_quit (data);
}

static void
post_back (gpointer data)
{
  tbus_post (TBUS_THREAD_MAIN, on_main, data, NULL);
}

static void
a_role_answers_to_main (void)
{
  g_autoptr(GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_assert_true (tbus_thread_is (TBUS_THREAD_MAIN));
  tbus_thread_start (TBUS_THREAD_LINK);
  tbus_post (TBUS_THREAD_LINK, post_back, loop, NULL);
  g_main_loop_run (loop);
  tbus_thread_stop (TBUS_THREAD_LINK);
}

static void
the_signals_of_the_tracer_library_are_blocked_in_every_thread (void)
{
  sigset_t blocked;
  struct sigaction pipe_action;

  pthread_sigmask (SIG_SETMASK, NULL, &blocked);
  for (int i = 0; i < 3; i++)
    g_assert_true (sigismember (&blocked, SIGRTMIN + i));
  g_assert_false (sigismember (&blocked, SIGRTMIN + 3));
  sigaction (SIGPIPE, NULL, &pipe_action);
  g_assert_true (pipe_action.sa_handler == SIG_IGN);
}

static GMutex stuck;

static void
get_stuck (gpointer data)
{
  tbus_thread_report (TBUS_THREAD_NOTIFY, "being stuck");
  on_post (data);
  g_mutex_lock (&stuck);
  g_mutex_unlock (&stuck);
  tbus_thread_report (TBUS_THREAD_NOTIFY, NULL);
  on_post (data);
}

static void
tells_which_part_is_stuck_since_when (void) /* B29 */
{
  gint64 before = g_get_monotonic_time ();
  TbusHealth health;

  g_assert_false (tbus_thread_health (TBUS_THREAD_NOTIFY).alive);
  g_mutex_lock (&stuck);
  tbus_thread_start (TBUS_THREAD_NOTIFY);
  tbus_post (TBUS_THREAD_NOTIFY, get_stuck, NULL, NULL);
  wait_for (1);
  health = tbus_thread_health (TBUS_THREAD_NOTIFY);
  g_assert_true (health.alive);
  g_assert_cmpstr (health.doing, ==, "being stuck");
  g_assert_cmpint (health.since, >=, before);
  g_assert_cmpint (health.since, <=, g_get_monotonic_time ());
  g_mutex_unlock (&stuck);
  wait_for (2);
  g_assert_null (tbus_thread_health (TBUS_THREAD_NOTIFY).doing);
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
  g_assert_false (tbus_thread_health (TBUS_THREAD_NOTIFY).alive);
  g_assert_cmpstr (tbus_thread_role_name (TBUS_THREAD_NOTIFY), ==, "notify");
}

static void
run_alone (gconstpointer func)
{
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 20 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }
  inbox_init ();
  tbus_thread_init ();
  ((GTestFunc) func) ();
}

#define ADD(name, func) g_test_add_data_func ("/base/thread/" name, (gconstpointer) func, run_alone)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("posts-of-one-thread-arrive-in-order", posts_of_one_thread_arrive_in_order);
  ADD ("a-post-wakes-a-role-that-sleeps", a_post_wakes_a_role_that_sleeps);
  ADD ("posts-of-many-threads-all-arrive-each-in-its-order", posts_of_many_threads_all_arrive_each_in_its_order);
  ADD ("posts-made-before-it-runs-are-kept", posts_made_before_it_runs_are_kept);
  ADD ("posts-made-after-it-stopped-are-freed-without-running", posts_made_after_it_stopped_are_freed_without_running);
  ADD ("posts-to-a-role-that-never-ran-are-freed-when-it-is-stopped",
       posts_to_a_role_that_never_ran_are_freed_when_it_is_stopped);
  ADD ("a-source-that-is-always-ready-does-not-keep-it-from-stopping",
       a_source_that_is_always_ready_does_not_keep_it_from_stopping);
  ADD ("a-role-answers-to-main", a_role_answers_to_main);
  ADD ("the-signals-of-the-tracer-library-are-blocked-in-every-thread",
       the_signals_of_the_tracer_library_are_blocked_in_every_thread);
  ADD ("tells-which-part-is-stuck-since-when", tells_which_part_is_stuck_since_when);
  return g_test_run ();
}
