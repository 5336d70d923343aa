/* SPDX-License-Identifier: GPL-2.0-only */
/* Each user has a share of its own, and who could take all of the machine anyway is only counted. */
#include "base/error.h"
#include "base/quota.h"

enum { SERVICE = 7, USER = 1000, OTHER = 1001 };

#define LIMIT TBUS_LIMIT_BUFFER_MEMORY

static void
begin (void)
{
  tbus_limits_reset ();
  tbus_limit_set (LIMIT, 10);
  tbus_quota_set_service_uid (SERVICE);
}

static void
refuses_one_more_than_the_share (void)
{
  g_autoptr(GError) error = NULL;

  begin ();
  g_assert_true (tbus_quota_take (LIMIT, USER, 4, NULL));
  g_assert_true (tbus_quota_take (LIMIT, USER, 6, NULL));
  g_assert_false (tbus_quota_take (LIMIT, USER, 1, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_false (tbus_quota_take (LIMIT, USER, G_MAXUINT64, NULL));
  g_assert_cmpuint (tbus_quota_used (LIMIT, USER), ==, 10);
  tbus_quota_give (LIMIT, USER, 6);
  g_assert_false (tbus_quota_take (LIMIT, USER, 7, NULL));
  g_assert_true (tbus_quota_take (LIMIT, USER, 6, NULL));
  tbus_quota_give (LIMIT, USER, 10);
  g_assert_cmpuint (tbus_quota_used (LIMIT, USER), ==, 0);
}

static void
keeps_users_and_limits_apart (void)
{
  begin ();
  g_assert_true (tbus_quota_take (LIMIT, USER, 10, NULL));
  g_assert_true (tbus_quota_take (LIMIT, OTHER, 10, NULL));
  g_assert_true (tbus_quota_take (TBUS_LIMIT_DESCRIPTORS, USER, 10, NULL));
  tbus_quota_give (LIMIT, OTHER, 10);
  g_assert_cmpuint (tbus_quota_used (LIMIT, USER), ==, 10);
  tbus_quota_give (LIMIT, USER, 10);
  tbus_quota_give (TBUS_LIMIT_DESCRIPTORS, USER, 10);
}

static void
counts_root_and_the_service_without_a_bound (void)
{
  static const uid_t trusted[] = { 0, SERVICE };

  begin ();
  for (guint i = 0; i < G_N_ELEMENTS (trusted); i++)
    {
      g_assert_false (tbus_quota_binds (trusted[i]));
      g_assert_true (tbus_quota_take (LIMIT, trusted[i], 1000, NULL));
      g_assert_cmpuint (tbus_quota_used (LIMIT, trusted[i]), ==, 1000);
      tbus_quota_give (LIMIT, trusted[i], 1000);
    }
  g_assert_true (tbus_quota_binds (USER));
}

static void
gives_a_charge_back_as_a_whole (void)
{
  TbusCharge charge = { 0 }, of_nobody = { 0 };

  begin ();
  tbus_charge_init (&charge, LIMIT, USER);
  g_assert_true (tbus_charge_add (&charge, 9, NULL));
  g_assert_false (tbus_charge_add (&charge, 2, NULL));
  tbus_charge_force (&charge, 5);
  g_assert_cmpuint (tbus_quota_used (LIMIT, USER), ==, 14);
  tbus_charge_sub (&charge, 4);
  g_assert_cmpuint (tbus_quota_used (LIMIT, USER), ==, 10);
  tbus_charge_clear (&charge);
  tbus_charge_clear (&charge);
  g_assert_cmpuint (tbus_quota_used (LIMIT, USER), ==, 0);
  g_assert_true (tbus_charge_add (&of_nobody, 1000, NULL));
  tbus_charge_force (&of_nobody, 1000);
  tbus_charge_clear (&of_nobody);
  g_assert_cmpuint (tbus_quota_used (LIMIT, 0), ==, 0);
}

static gpointer
take_and_give (gpointer data)
{
  guint taken = 0;

  for (guint i = 0; i < 20000; i++)
    if (tbus_quota_take (LIMIT, USER, 1, NULL))
      {
        g_assert_cmpuint (tbus_quota_used (LIMIT, USER), <=, 10);
        tbus_quota_give (LIMIT, USER, 1);
        taken++;
      }
  return GUINT_TO_POINTER (taken);
}

static void
never_passes_a_share_from_many_threads (void)
{
  GThread *threads[4];

  begin ();
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("taker", take_and_give, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (threads[i])), >, 0);
  g_assert_cmpuint (tbus_quota_used (LIMIT, USER), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/quota/refuses-one-more-than-the-share", refuses_one_more_than_the_share);
  g_test_add_func ("/base/quota/keeps-users-and-limits-apart", keeps_users_and_limits_apart);
  g_test_add_func ("/base/quota/counts-root-and-the-service-without-a-bound",
                   counts_root_and_the_service_without_a_bound);
  g_test_add_func ("/base/quota/gives-a-charge-back-as-a-whole", gives_a_charge_back_as_a_whole);
  g_test_add_func ("/base/quota/never-passes-a-share-from-many-threads", never_passes_a_share_from_many_threads);
  return g_test_run ();
}
