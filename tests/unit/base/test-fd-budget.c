/* SPDX-License-Identifier: GPL-2.0-only */
/* B6: descriptors are budgeted, and exhaustion is an answer. */
#include "base/error.h"
#include "base/fd-budget.h"

#include <sys/resource.h>

enum { THREADS = 4, ROUNDS = 20000 };

static void
counts_what_is_taken_and_given (void)
{
  tbus_fd_budget_set_total (10);
  g_assert_true (tbus_fd_budget_take (3, "A ring", NULL));
  g_assert_true (tbus_fd_budget_take (7, "A ring", NULL));
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 10);
  tbus_fd_budget_give (10);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
}

static void
refuses_one_more_than_there_is_and_takes_nothing (void)
{
  g_autoptr(GError) error = NULL;

  tbus_fd_budget_set_total (10);
  g_assert_true (tbus_fd_budget_take (8, "A ring", NULL));
  g_assert_false (tbus_fd_budget_take (3, "An app's connection", &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_cmpstr (error->message, ==,
                   "An app's connection needs 3 descriptors, but 8 of 10 are in use; raise LimitNOFILE");
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 8);
  g_assert_true (tbus_fd_budget_take (2, "A log", NULL));
  tbus_fd_budget_give (10);
}

static gpointer
take_and_give (gpointer data)
{
  gint *refused = data;

  for (guint i = 0; i < ROUNDS; i++)
    if (tbus_fd_budget_take (1, "A thread", NULL))
      {
        g_assert_cmpuint (tbus_fd_budget_used (), >=, 1);
        tbus_fd_budget_give (1);
      }
    else
      g_atomic_int_inc (refused);
  return NULL;
}

static void
threads_leave_it_as_it_was (void)
{
  GThread *threads[THREADS];
  gint refused = 0;

  tbus_fd_budget_set_total (THREADS);
  for (guint i = 0; i < THREADS; i++)
    threads[i] = g_thread_new ("taker", take_and_give, &refused);
  for (guint i = 0; i < THREADS; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (refused, ==, 0);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
}

static void
raises_the_soft_limit_to_the_hard_one (void)
{
  struct rlimit limit;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }
  limit = (struct rlimit){ .rlim_cur = 100, .rlim_max = 200 };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  tbus_fd_budget_init (50);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_cmpuint (limit.rlim_cur, ==, 200);
  g_assert_cmpuint (tbus_fd_budget_total (), ==, 150);
  tbus_fd_budget_init (150); /* a reserve that leaves hardly anything is half of it */
  g_assert_cmpuint (tbus_fd_budget_total (), ==, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/fd-budget/counts-what-is-taken-and-given", counts_what_is_taken_and_given);
  g_test_add_func ("/base/fd-budget/refuses-one-more-than-there-is-and-takes-nothing",
                   refuses_one_more_than_there_is_and_takes_nothing);
  g_test_add_func ("/base/fd-budget/threads-leave-it-as-it-was", threads_leave_it_as_it_was);
  g_test_add_func ("/base/fd-budget/raises-the-soft-limit-to-the-hard-one", raises_the_soft_limit_to_the_hard_one);
  return g_test_run ();
}
