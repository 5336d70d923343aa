/* SPDX-License-Identifier: GPL-2.0-only */
/* What is unfinished is bounded for each user, and at the cost of its oldest. */
#include "ust/notice-budget.h"

enum { USER = 1000, OTHER = 1001, LIMIT = 100 };

typedef struct {
  TbusNoticeBudget *budget;
  TbusNoticeDebt debts[3];
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  tbus_limit_set (TBUS_LIMIT_NOTICE_MEMORY, LIMIT);
  f->budget = tbus_notice_budget_new ();
  for (guint i = 0; i < G_N_ELEMENTS (f->debts); i++)
    f->debts[i].uid = USER;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (f->debts); i++)
    g_assert_null (tbus_notice_budget_set (f->budget, &f->debts[i], 0));
  tbus_notice_budget_free (f->budget);
  tbus_limits_reset ();
}

static TbusNoticeDebt *
hold (Fixture *f, guint i, gsize held)
{
  return tbus_notice_budget_set (f->budget, &f->debts[i], held);
}

static void
names_the_oldest_of_who_holds_too_much (Fixture *f, gconstpointer data)
{
  g_assert_null (hold (f, 0, 10));
  g_assert_null (hold (f, 1, 60));
  g_assert_null (hold (f, 2, 30));
  g_assert_true (hold (f, 2, 31) == &f->debts[0]);
  g_assert_null (hold (f, 0, 0));
  g_assert_true (hold (f, 2, 41) == &f->debts[1]);
}

static void
counts_an_end_as_a_new_beginning (Fixture *f, gconstpointer data)
{
  g_assert_null (hold (f, 0, 10));
  g_assert_null (hold (f, 1, 10));
  g_assert_null (hold (f, 0, 0));
  g_assert_null (hold (f, 0, 10));
  g_assert_true (hold (f, 0, 91) == &f->debts[1]);
}

static void
leaves_other_users_and_root_alone (Fixture *f, gconstpointer data)
{
  f->debts[1].uid = OTHER;
  f->debts[2].uid = 0;
  g_assert_null (hold (f, 0, LIMIT));
  g_assert_null (hold (f, 1, LIMIT));
  g_assert_null (hold (f, 2, 1000 * LIMIT));
  g_assert_true (hold (f, 1, LIMIT + 1) == &f->debts[1]);
}

#define BUDGET_TEST(path, func) g_test_add ("/ust/notice-budget/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  BUDGET_TEST ("names-the-oldest-of-who-holds-too-much", names_the_oldest_of_who_holds_too_much);
  BUDGET_TEST ("counts-an-end-as-a-new-beginning", counts_an_end_as_a_new_beginning);
  BUDGET_TEST ("leaves-other-users-and-root-alone", leaves_other_users_and_root_alone);
  return g_test_run ();
}
