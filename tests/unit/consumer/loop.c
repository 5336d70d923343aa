/* SPDX-License-Identifier: GPL-2.0-only */
/* The loop: timers in their order, mail in its order, and nothing delivered to what has gone. */
#define _GNU_SOURCE
#include "consumer/loop.h"

#include "consumer/table.h"

#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef struct {
  TcTimer timer;
  TcMail mail;
  TcWatch watch;
  guint number;
} Item;

static TcLoop *loop;
static GArray *order; /* numbers of what was called */
static guint expected;

static void
note (guint number)
{
  g_array_append_val (order, number);
  if (order->len == expected)
    tc_loop_quit (loop);
}

static void
set_up (guint calls)
{
  loop = tc_loop_new ();
  g_assert_nonnull (loop);
  order = g_array_new (FALSE, FALSE, sizeof (guint));
  expected = calls;
}

static void
tear_down (void)
{
  tc_loop_free (loop);
  g_array_unref (order);
}

static void
on_timer (TcTimer *timer)
{
  note (TC_CONTAINER (timer, Item, timer)->number);
}

static void
fires_timers_in_the_order_of_their_time (void)
{
  enum { N = 500 };
  g_autofree Item *items = g_new0 (Item, N);
  g_autoptr(GRand) random = g_rand_new_with_seed (3);
  guint disarmed = 0;

  set_up (0);
  for (guint i = 0; i < N; i++)
    {
      items[i].timer.fire = on_timer;
      items[i].number = (guint) g_rand_int_range (random, 0, 100000);
      g_assert_cmpint (tc_loop_arm (loop, &items[i].timer, 1 + (guint64) items[i].number), ==, 0);
    }
  for (guint i = 0; i < N; i += 7)
    {
      tc_loop_disarm (loop, &items[i].timer);
      tc_loop_disarm (loop, &items[i].timer);
      disarmed++;
    }
  for (guint i = 1; i < N; i += 7)
    {
      items[i].number = 100000 - items[i].number;
      g_assert_cmpint (tc_loop_arm (loop, &items[i].timer, 1 + (guint64) items[i].number), ==, 0);
    }
  expected = N - disarmed;
  tc_loop_run (loop);
  g_assert_cmpuint (order->len, ==, N - disarmed);
  for (guint i = 1; i < order->len; i++)
    g_assert_cmpuint (g_array_index (order, guint, i - 1), <=, g_array_index (order, guint, i));
  tear_down ();
}

static void
on_mail (TcMail *mail)
{
  note (TC_CONTAINER (mail, Item, mail)->number);
}

static void *
post_all (void *data)
{
  Item *items = data;

  for (guint i = 0; i < 1000; i++)
    tc_loop_post (loop, &items[i].mail);
  return NULL;
}

static void
runs_mail_of_another_thread_in_its_order (void)
{
  g_autofree Item *items = g_new0 (Item, 1000);
  pthread_t thread;

  set_up (1000);
  for (guint i = 0; i < 1000; i++)
    {
      items[i].mail.run = on_mail;
      items[i].number = i;
    }
  g_assert_cmpint (pthread_create (&thread, NULL, post_all, items), ==, 0);
  tc_loop_run (loop);
  pthread_join (thread, NULL);
  for (guint i = 0; i < 1000; i++)
    g_assert_cmpuint (g_array_index (order, guint, i), ==, i);
  tear_down ();
}

static Item letters[5];

/* Of what is running and of what was posted since; what comes behind still finds its place. */
static void
on_first_letter (TcMail *mail)
{
  note (0);
  tc_loop_take_back (loop, &letters[1].mail);
  tc_loop_post (loop, &letters[3].mail);
  tc_loop_take_back (loop, &letters[3].mail);
  tc_loop_post (loop, &letters[4].mail);
}

static void
runs_no_mail_that_was_taken_back (void)
{
  set_up (3);
  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    letters[i] = (Item) { .mail.run = i == 0 ? on_first_letter : on_mail, .number = i };
  for (guint i = 0; i < 3; i++)
    tc_loop_post (loop, &letters[i].mail);
  tc_loop_run (loop);
  g_assert_cmpuint (order->len, ==, 3);
  g_assert_cmpuint (g_array_index (order, guint, 1), ==, 2);
  g_assert_cmpuint (g_array_index (order, guint, 2), ==, 4);
  tear_down ();
}

static Item pair[2];

/* The first of the two that is called ends both. */
static void
on_ready (TcWatch *watch, uint32_t events)
{
  for (guint i = 0; i < 2; i++)
    {
      tc_loop_unwatch (loop, &pair[i].watch);
      pair[i].watch.ready = NULL; /* a call of it would crash */
    }
  note (1);
}

static void
delivers_nothing_to_a_watch_that_was_removed (void)
{
  int fds[2][2];

  set_up (1);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (pipe2 (fds[i], O_CLOEXEC), ==, 0);
      g_assert_cmpint (write (fds[i][1], "x", 1), ==, 1);
      pair[i].watch = (TcWatch) { .fd = fds[i][0], .ready = on_ready };
      g_assert_cmpint (tc_loop_watch (loop, &pair[i].watch, EPOLLIN), ==, 0);
    }
  tc_loop_run (loop);
  g_assert_cmpuint (order->len, ==, 1);
  for (guint i = 0; i < 4; i++)
    close (fds[i / 2][i % 2]);
  tear_down ();
}

static void
on_timer_again (TcTimer *timer)
{
  g_assert_cmpint (tc_loop_arm (loop, timer, tc_now ()), ==, 0);
}

/* A stream that always has more must not keep the others from their turn. */
static void
looks_at_descriptors_between_timers_that_are_due (void)
{
  Item busy = { .timer.fire = on_timer_again };
  int fds[2];

  set_up (1);
  g_assert_cmpint (pipe2 (fds, O_CLOEXEC), ==, 0);
  g_assert_cmpint (write (fds[1], "x", 1), ==, 1);
  pair[0].watch = (TcWatch) { .fd = fds[0], .ready = on_ready };
  pair[1].watch = (TcWatch) { .fd = -1 };
  g_assert_cmpint (tc_loop_arm (loop, &busy.timer, 1), ==, 0);
  g_assert_cmpint (tc_loop_watch (loop, &pair[0].watch, EPOLLIN), ==, 0);
  tc_loop_run (loop);
  g_assert_cmpuint (order->len, ==, 1);
  close (fds[0]);
  close (fds[1]);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/consumer/loop/fires-timers-in-the-order-of-their-time", fires_timers_in_the_order_of_their_time);
  g_test_add_func ("/consumer/loop/runs-mail-of-another-thread-in-its-order", runs_mail_of_another_thread_in_its_order);
  g_test_add_func ("/consumer/loop/runs-no-mail-that-was-taken-back", runs_no_mail_that_was_taken_back);
  g_test_add_func ("/consumer/loop/delivers-nothing-to-a-watch-that-was-removed",
                   delivers_nothing_to_a_watch_that_was_removed);
  g_test_add_func ("/consumer/loop/looks-at-descriptors-between-timers-that-are-due",
                   looks_at_descriptors_between_timers_that_are_due);
  return g_test_run ();
}
