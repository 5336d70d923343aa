/* SPDX-License-Identifier: GPL-2.0-only */
/* Backoff, CPU lists and holdings: the pure parts. */
#include "supervise/backoff.h"
#include "base/cpus.h"
#include "supervise/holdings.h"

static void
first_death_is_made_good_at_once (void)
{
  TbusBackoff backoff = { .first_ms = TBUS_BACKOFF_MS };

  g_assert_cmpint (tbus_backoff_died (&backoff, 5), ==, 0);
}

static void
waits_twice_as_long_each_time_and_then_gives_up (void)
{
  TbusBackoff backoff = { .first_ms = TBUS_BACKOFF_MS };
  const gint64 delays[] = { 0, 100, 200, 400, 800, 1600, 3200, -1, -1 };

  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    g_assert_cmpint (tbus_backoff_died (&backoff, TBUS_BACKOFF_LIFE_MS - 1), ==, delays[i]);
}

static void
a_long_life_forgives_the_deaths_before (void)
{
  TbusBackoff backoff = { .first_ms = TBUS_BACKOFF_MS };

  for (guint i = 0; i < 20; i++)
    tbus_backoff_died (&backoff, 0);
  g_assert_cmpint (tbus_backoff_died (&backoff, TBUS_BACKOFF_LIFE_MS), ==, 0);
  g_assert_cmpint (tbus_backoff_died (&backoff, 0), ==, 100);
}

static void
counts_cpus_up_to_the_highest (void)
{
  g_assert_cmpuint (tbus_cpus_parse ("0\n"), ==, 1);
  g_assert_cmpuint (tbus_cpus_parse ("0-7\n"), ==, 8);
  g_assert_cmpuint (tbus_cpus_parse ("0-3,8,10-11"), ==, 12);
  g_assert_cmpuint (tbus_cpus_parse ("5,2"), ==, 6);
}

static void
takes_no_list_that_is_none (void)
{
  const char *const bad[] = { "", "\n", "-1", "0-", "0,", "0;1", "x", "0-99999999999999999999" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_cmpuint (tbus_cpus_parse (bad[i]), ==, 0);
  g_assert_cmpuint (tbus_cpus_possible (), >, 0);
}

static void
a_set_takes_its_own_channels_along (void)
{
  TbusHoldings held;

  tbus_holdings_init (&held);
  tbus_holdings_add (&held, TBUS_HELD_SET, 5, 0);
  tbus_holdings_add (&held, TBUS_HELD_SET, 6, 0);
  tbus_holdings_add (&held, TBUS_HELD_CHANNEL, 50, 5);
  tbus_holdings_add (&held, TBUS_HELD_CHANNEL, 60, 6);
  g_assert_false (tbus_holdings_has (&held, TBUS_HELD_OUTPUT, 5));
  tbus_holdings_remove (&held, TBUS_HELD_SET, 5);
  g_assert_false (tbus_holdings_has (&held, TBUS_HELD_SET, 5));
  g_assert_false (tbus_holdings_has (&held, TBUS_HELD_CHANNEL, 50));
  g_assert_true (tbus_holdings_has (&held, TBUS_HELD_CHANNEL, 60));
  tbus_holdings_forget (&held);
  g_assert_false (tbus_holdings_has (&held, TBUS_HELD_CHANNEL, 60));
  tbus_holdings_clear (&held);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/supervise/backoff/first-death-is-made-good-at-once", first_death_is_made_good_at_once);
  g_test_add_func ("/supervise/backoff/waits-twice-as-long-each-time-and-then-gives-up",
                   waits_twice_as_long_each_time_and_then_gives_up);
  g_test_add_func ("/supervise/backoff/a-long-life-forgives-the-deaths-before", a_long_life_forgives_the_deaths_before);
  g_test_add_func ("/supervise/cpus/counts-cpus-up-to-the-highest", counts_cpus_up_to_the_highest);
  g_test_add_func ("/supervise/cpus/takes-no-list-that-is-none", takes_no_list_that_is_none);
  g_test_add_func ("/supervise/holdings/a-set-takes-its-own-channels-along", a_set_takes_its_own_channels_along);
  return g_test_run ();
}
