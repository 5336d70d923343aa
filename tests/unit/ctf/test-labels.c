/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/labels.h"

#include "unit/ctf/build.h"

static void
assert_labels (gboolean is_signed, const char *const *entries, const char *expected)
{
  g_autoptr(GPtrArray) enums = tst_enums_new ();
  const TbusCtfEnum *type = tst_find_enum (tst_enums_add (enums, entries), enums);
  g_autoptr(GString) out = g_string_new (NULL);

  g_assert_cmpint (tbus_ctf_append_labels (out, 0, type, is_signed, NULL), ==, *expected != '\0');
  g_assert_cmpstr (out->str, ==, expected);
}

static void
values_ranges_and_automatic_entries (void)
{
  const char *const entries[] = { "zero=0", "range=2..5", "auto", "next", "neg=-4", NULL };

  assert_labels (TRUE, entries, "\"zero\" = 0,\n\"range\" = 2 ... 5,\n\"auto\",\n\"next\",\n\"neg\" = -4,\n");
}

static void
labels_are_escaped (void)
{
  const char *const entries[] = { "a\"\\\n};=1", NULL };

  assert_labels (TRUE, entries, "\"a\\\"\\\\\\n};\" = 1,\n");
}

static void
keeps_all_64_bits (void)
{
  const char *const wide[] = { "max=18446744073709551615u", "half=9223372036854775808u..18446744073709551614u", NULL };
  const char *const deep[] = { "min=-9223372036854775808", NULL };

  assert_labels (FALSE, wide, "\"max\" = 18446744073709551615,\n"
                              "\"half\" = 9223372036854775808 ... 18446744073709551614,\n");
  assert_labels (TRUE, deep, "\"min\" = -9223372036854775808,\n");
}

static void
keeps_labels_that_are_alike_or_overlap (void)
{
  const char *const entries[] = { "a=1", "a=1", "b=0..3", NULL };

  assert_labels (FALSE, entries, "\"a\" = 1,\n\"a\" = 1,\n\"b\" = 0 ... 3,\n");
}

static void
leaves_out_ranges_that_end_before_they_start (void)
{
  const char *const entries[] = { "back=5..2", "also=5u..2u", NULL };

  assert_labels (TRUE, entries, "");
  assert_labels (FALSE, entries, "");
}

static void
counts_on_from_what_is_left_out (void)
{
  const char *const entries[] = { "back=9..5", "six", "seven", NULL };

  assert_labels (FALSE, entries, "\"six\" = 6,\n\"seven\",\n");
}

static void
cuts_ranges_to_the_sign_of_the_integer (void)
{
  const char *const below[] = { "a=-4..3", "four", NULL };
  const char *const above[] = { "a=1u..18446744073709551615u", "zero", NULL };

  assert_labels (FALSE, below, "\"a\" = 0 ... 3,\n\"four\",\n");
  assert_labels (TRUE, above, "\"a\" = 1 ... 9223372036854775807,\n\"zero\" = 0,\n");
}

static gboolean
overlap (gboolean is_signed, const char *const *entries)
{
  g_autoptr(GPtrArray) enums = tst_enums_new ();

  return tbus_ctf_labels_overlap (tst_find_enum (tst_enums_add (enums, entries), enums), is_signed);
}

static void
sees_two_labels_for_one_value (void)
{
  const char *const apart[] = { "c=-1", "a=0..3", "b=4..6", NULL };
  const char *const inside[] = { "b=2", "a=0..3", NULL };
  const char *const equal[] = { "a=1", "a=1", NULL };
  const char *const automatic[] = { "a=1", "c=0", "b", NULL };

  g_assert_false (overlap (TRUE, apart));
  g_assert_false (overlap (FALSE, apart));
  g_assert_true (overlap (TRUE, inside));
  g_assert_true (overlap (TRUE, equal));
  g_assert_true (overlap (FALSE, automatic));
}

static void
names_choices_by_label (void)
{
  const char *const entries[] = { "_a-b=0", "_a b=1", "plain=2", "_gone=4..3", "_a-b=5", NULL };
  g_autoptr(GPtrArray) enums = tst_enums_new ();
  const TbusCtfEnum *type = tst_find_enum (tst_enums_add (enums, entries), enums);
  g_autoptr(GHashTable) labels = tbus_ctf_labels_new (type, FALSE);
  g_autoptr(GString) out = g_string_new (NULL);

  g_assert_cmpuint (g_hash_table_size (labels), ==, 2);
  g_assert_cmpstr (g_hash_table_lookup (labels, "_a-b"), ==, "_a_b");
  g_assert_cmpstr (g_hash_table_lookup (labels, "_a b"), ==, "_a_b_2");
  g_assert_true (tbus_ctf_append_labels (out, 0, type, FALSE, labels));
  g_assert_cmpstr (out->str, ==, "\"_a_b\" = 0,\n\"_a_b_2\" = 1,\n\"plain\" = 2,\n\"_a_b\" = 5,\n");
}

static void
choices_may_come_in_any_order (void)
{
  const char *const entries[] = { "_a=0", "__a=1", "___a=2", NULL };
  g_autoptr(GPtrArray) enums = tst_enums_new ();
  const TbusCtfEnum *type = tst_find_enum (tst_enums_add (enums, entries), enums);
  g_autoptr(GHashTable) labels = tbus_ctf_labels_new (type, FALSE);

  g_assert_cmpstr (g_hash_table_lookup (labels, "_a"), ==, "_a");
  g_assert_cmpstr (g_hash_table_lookup (labels, "__a"), ==, "__a_2");
  g_assert_cmpstr (g_hash_table_lookup (labels, "___a"), ==, "___a");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctf/labels/values-ranges-and-automatic-entries", values_ranges_and_automatic_entries);
  g_test_add_func ("/ctf/labels/are-escaped", labels_are_escaped);
  g_test_add_func ("/ctf/labels/keep-all-64-bits", keeps_all_64_bits);
  g_test_add_func ("/ctf/labels/stay-where-they-are-alike-or-overlap", keeps_labels_that_are_alike_or_overlap);
  g_test_add_func ("/ctf/labels/of-ranges-that-end-before-they-start-are-left-out",
                   leaves_out_ranges_that_end_before_they_start);
  g_test_add_func ("/ctf/labels/count-on-from-what-is-left-out", counts_on_from_what_is_left_out);
  g_test_add_func ("/ctf/labels/are-cut-to-the-sign-of-the-integer", cuts_ranges_to_the_sign_of_the_integer);
  g_test_add_func ("/ctf/labels/sees-two-for-one-value", sees_two_labels_for_one_value);
  g_test_add_func ("/ctf/labels/name-the-choices-of-a-variant", names_choices_by_label);
  g_test_add_func ("/ctf/labels/leave-choices-in-any-order", choices_may_come_in_any_order);
  return g_test_run ();
}
