/* SPDX-License-Identifier: GPL-2.0-only */
#include "client/units.h"

#include <string.h>

static void
takes_sizes_as_lttng_users_write_them (void)
{
  static const struct {
    const char *text;
    guint64 bytes;
  } cases[] = {
    { "0", 0 },
    { "4096", 4096 },
    { "0x1000", 4096 },
    { "512k", 524288 },
    { "512K", 524288 },
    { "1M", 1048576 },
    { "1m", 1048576 },
    { "2G", G_GUINT64_CONSTANT (2147483648) },
    { "18446744073709551615", G_MAXUINT64 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      guint64 bytes = 1;

      g_assert_true (ctl_parse_size (cases[i].text, &bytes, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (bytes, ==, cases[i].bytes);
    }
}

static void
refuses_what_is_no_size (void)
{
  static const char *const cases[] = { "", "k", "-1", "+1", " 1", "1 k", "1kB", "1T", "x", "1.5M", "0x",
                                       "18446744073709551616", "18446744073709551615k", "17179869184G" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      guint64 bytes = 77;

      g_assert_false (ctl_parse_size (cases[i], &bytes, &error));
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED);
      g_assert_nonnull (strstr (error->message, cases[i]));
      g_assert_cmpuint (bytes, ==, 77);
    }
}

static void
takes_periods_with_and_without_a_unit (void)
{
  static const struct {
    const char *text;
    guint32 microseconds;
  } cases[] = {
    { "0", 0 },          { "250", 250 },        { "250us", 250 },     { "20ms", 20000 },
    { "5s", 5000000 },   { "2m", 120000000 },   { "1h", 3600000000u }, { "4294967295", G_MAXUINT32 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      guint32 microseconds = 1;

      g_assert_true (ctl_parse_time (cases[i].text, &microseconds, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (microseconds, ==, cases[i].microseconds);
    }
}

static void
refuses_what_is_no_period (void)
{
  static const char *const cases[] = { "", "s", "-5s", "5 s", "5S", "2h", "4294967296", "5295s", "1d" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(GError) error = NULL;
      guint32 microseconds = 77;

      g_assert_false (ctl_parse_time (cases[i], &microseconds, &error));
      g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED);
      g_assert_cmpuint (microseconds, ==, 77);
    }
}

static void
rounds_up_to_powers_of_two (void)
{
  g_assert_cmpuint (ctl_round_up (1), ==, 1);
  g_assert_cmpuint (ctl_round_up (2), ==, 2);
  g_assert_cmpuint (ctl_round_up (3), ==, 4);
  g_assert_cmpuint (ctl_round_up (4097), ==, 8192);
  g_assert_cmpuint (ctl_round_up (G_GUINT64_CONSTANT (1) << 63), ==, G_GUINT64_CONSTANT (1) << 63);
  g_assert_cmpuint (ctl_round_up ((G_GUINT64_CONSTANT (1) << 63) + 1), ==, 0);
}

static void
shows_sizes_in_their_own_unit (void)
{
  static const struct {
    guint64 bytes;
    const char *text;
  } cases[] = { { 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1 KiB" }, { 1536, "1.5 KiB" }, { 524288, "512 KiB" },
                { G_MAXUINT64, "16 EiB" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = ctl_format_size (cases[i].bytes);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/units/takes-sizes-as-lttng-users-write-them", takes_sizes_as_lttng_users_write_them);
  g_test_add_func ("/client/units/refuses-what-is-no-size", refuses_what_is_no_size);
  g_test_add_func ("/client/units/takes-periods-with-and-without-a-unit", takes_periods_with_and_without_a_unit);
  g_test_add_func ("/client/units/refuses-what-is-no-period", refuses_what_is_no_period);
  g_test_add_func ("/client/units/rounds-up-to-powers-of-two", rounds_up_to_powers_of_two);
  g_test_add_func ("/client/units/shows-sizes-in-their-own-unit", shows_sizes_in_their_own_unit);
  return g_test_run ();
}
