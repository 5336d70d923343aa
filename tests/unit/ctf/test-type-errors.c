/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/type.h"

#include "base/error.h"
#include "base/limits.h"
#include "unit/ctf/build.h"

static void
assert_invalid (TbusCtfField *field, const char *words)
{
  tst_assert_refused (tst_list (tst_int ("before", 8, FALSE), field, NULL), NULL, TBUS_ERROR_INVALID_ARGS, words);
}

static void
integers_have_sizes_and_bases_that_readers_know (void)
{
  const guint32 sizes[] = { 0, 1, 24, 128 };
  const guint32 bases[] = { 0, 3, 36 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    assert_invalid (tst_int ("bad-name", sizes[i], TRUE), "\"bad-name\"");
  for (guint i = 0; i < G_N_ELEMENTS (bases); i++)
    {
      TbusCtfField *field = tst_int ("odd", 8, TRUE);

      field->base = bases[i];
      assert_invalid (field, "base");
    }
}

static void
alignments_are_powers_of_two (void)
{
  assert_invalid (tst_aligned (tst_int ("x", 8, TRUE), 0), "aligned to 0 bits");
  assert_invalid (tst_aligned (tst_int ("x", 8, TRUE), 12), "aligned to 12 bits");
  assert_invalid (tst_aligned (tst_double ("x"), 24), "aligned to 24 bits");
  assert_invalid (tst_aligned (tst_array ("x", 1, tst_int (NULL, 8, TRUE)), 3), "aligned to 3 bits");
}

static void
floats_are_single_or_double (void)
{
  TbusCtfField *extended = tst_double ("x");
  TbusCtfField *nothing = tst_float ("y");

  extended->exponent_digits = 15;
  extended->mantissa_digits = 64;
  nothing->mantissa_digits = 0;
  assert_invalid (extended, "15 and 64 bits");
  assert_invalid (nothing, "8 and 0 bits");
}

static void
lengths_are_unsigned_integers_before (void)
{
  TbusCtfField *late = tst_sequence ("s", "n", tst_int (NULL, 8, TRUE));

  assert_invalid (tst_sequence ("s", "nowhere", tst_int (NULL, 8, TRUE)), "\"s\" has no unsigned integer");
  assert_invalid (tst_sequence ("s", "s", tst_int (NULL, 8, TRUE)), "no unsigned integer");
  tst_assert_refused (tst_list (late, tst_int ("n", 8, FALSE), NULL), NULL, TBUS_ERROR_INVALID_ARGS, "before");
  tst_assert_refused (tst_list (tst_sequence ("s", NULL, tst_int (NULL, 8, TRUE)), NULL), NULL,
                      TBUS_ERROR_INVALID_ARGS, "before");
  tst_assert_refused (tst_list (tst_int ("n", 8, TRUE), tst_sequence ("s", "n", tst_int (NULL, 8, TRUE)), NULL), NULL,
                      TBUS_ERROR_INVALID_ARGS, "unsigned");
  tst_assert_refused (tst_list (tst_string ("n"), tst_sequence ("s", "n", tst_int (NULL, 8, TRUE)), NULL), NULL,
                      TBUS_ERROR_INVALID_ARGS, "unsigned");
}

static void
lengths_are_in_the_same_struct (void)
{
  TbusCtfField *inner = tst_sequence ("s", "before", tst_int (NULL, 8, TRUE));

  assert_invalid (tst_struct ("outer", inner, TST_LIST_END), "\"s\"");
}

static void
enumerations_are_known_and_held_by_an_integer (void)
{
  TbusCtfField *bare = tbus_ctf_field_new (TBUS_CTF_ENUM, "bare");

  assert_invalid (tst_enum ("e", 7, tst_int (NULL, 8, TRUE)), "\"e\" refers to enumeration 7");
  assert_invalid (tst_enum ("e", 0, tst_float (NULL)), "no integer holds");
  assert_invalid (bare, "no integer holds");
}

static void
arrays_have_one_type_of_element (void)
{
  TbusCtfField *two = tst_array ("two", 2, tst_int (NULL, 8, TRUE));

  tbus_ctf_field_add (two, tst_int (NULL, 8, TRUE));
  assert_invalid (two, "2 types of element");
  assert_invalid (tbus_ctf_field_new (TBUS_CTF_SEQUENCE, "none"), "0 types of element");
}

static void
plain_values_have_no_fields (void)
{
  TbusCtfField *field = tst_string ("s");

  tbus_ctf_field_add (field, tst_string ("below"));
  assert_invalid (field, "fields below");
  assert_invalid (tbus_ctf_field_new ((TbusCtfKind) 99, "kind"), "99");
}

static void
assert_variant_refused (const char *const *entries, TbusCtfField *variant, const char *words)
{
  g_autoptr(GPtrArray) enums = tst_enums_new ();

  tst_enums_add (enums, entries);
  tst_assert_refused (tst_list (tst_enum ("t", 0, tst_int (NULL, 8, TRUE)), variant, NULL), enums,
                      TBUS_ERROR_INVALID_ARGS, words);
}

static void
tags_are_enumerations_before (void)
{
  const char *const entries[] = { "_a=0", NULL };

  assert_variant_refused (entries, tst_variant ("v", "nowhere", tst_string ("a"), TST_LIST_END), "\"v\" has no enum");
  assert_variant_refused (entries, tst_variant ("v", NULL, tst_string ("a"), TST_LIST_END), "\"v\" has no enum");
  assert_variant_refused (entries, tst_variant ("v", "t", TST_LIST_END), "without a choice");
  assert_invalid (tst_variant ("v", "before", tst_string ("a"), TST_LIST_END), "\"v\" has no enum");
}

static void
each_choice_has_a_label_of_its_own (void)
{
  const char *const entries[] = { "_a=0", "b=1", "_gone=3..2", NULL };

  assert_variant_refused (entries, tst_variant ("v", "t", tst_string ("c"), TST_LIST_END), "\"c\" is a choice");
  assert_variant_refused (entries, tst_variant ("v", "t", tst_string ("b"), TST_LIST_END), "\"b\" is a choice");
  assert_variant_refused (entries, tst_variant ("v", "t", tst_string ("gone"), TST_LIST_END), "\"gone\" is a choice");
  assert_variant_refused (entries, tst_variant ("v", "t", tst_string ("a"), tst_string ("a"), TST_LIST_END), "\"a\"");
}

static void
a_tag_selects_one_choice (void)
{
  const char *const overlapping[] = { "_a=0..3", "_b=2", NULL };

  assert_variant_refused (overlapping, tst_variant ("v", "t", tst_string ("a"), TST_LIST_END), "two labels");
}

static void
choices_stand_alone (void)
{
  const char *const entries[] = { "_a=0", NULL };
  TbusCtfField *aligned = tst_aligned (tst_array ("a", 1, tst_int (NULL, 8, TRUE)), 16);
  TbusCtfField *refers = tst_sequence ("a", "t", tst_int (NULL, 8, TRUE));

  assert_variant_refused (entries, tst_variant ("v", "t", aligned, TST_LIST_END), "cannot be aligned");
  assert_variant_refused (entries, tst_variant ("v", "t", refers, TST_LIST_END), "no unsigned integer");
}

static void
nesting_has_a_limit (void)
{
  TbusCtfField *fits = tst_struct ("x", TST_LIST_END);
  TbusCtfField *deep;

  for (guint i = 1; i < TBUS_MAX_NESTING; i++)
    fits = tst_struct ("x", fits, TST_LIST_END);
  g_free (tst_text (tst_list (fits, NULL), NULL));

  deep = tst_struct ("x", TST_LIST_END);
  for (guint i = 0; i < TBUS_MAX_NESTING; i++)
    deep = tst_struct ("x", deep, TST_LIST_END);
  assert_invalid (deep, "deeper than 16");
}

static void
the_text_has_a_limit (void)
{
  g_autoptr(GPtrArray) enums = tst_enums_new ();
  TbusCtfEnum *type = tbus_ctf_enum_new ("many");
  GPtrArray *fields = tbus_ctf_fields_new ();
  TbusCtfEnumEntry entry = { .label = (char *) "a label of some length", .automatic = TRUE };

  for (guint i = 0; i < 4096; i++)
    tbus_ctf_enum_add (type, &entry);
  g_ptr_array_add (enums, type);
  for (guint i = 0; i < TBUS_MAX_FIELDS; i++)
    g_ptr_array_add (fields, tst_enum ("e", 0, tst_int (NULL, 16, FALSE)));
  tst_assert_refused (fields, enums, TBUS_ERROR_EXHAUSTED, "bytes of metadata");
}

static void
the_labels_of_a_tag_have_a_limit (void)
{
  g_autoptr(GPtrArray) enums = tst_enums_new ();
  TbusCtfEnum *type = tbus_ctf_enum_new ("many");
  TbusCtfEnumEntry entry = { .label = (char *) "_a", .automatic = TRUE };

  for (guint i = 0; i <= TBUS_MAX_FIELDS; i++)
    tbus_ctf_enum_add (type, &entry);
  g_ptr_array_add (enums, type);
  tst_assert_refused (tst_list (tst_enum ("t", 0, tst_int (NULL, 16, FALSE)),
                                tst_variant ("v", "t", tst_string ("a"), TST_LIST_END), NULL),
                      enums, TBUS_ERROR_INVALID_ARGS, "\"t\" is a tag");
}

static void
messages_are_utf8_whatever_the_name (void)
{
  assert_invalid (tst_int ("\xff\n\"", 3, TRUE), "Field \"\xef\xbf\xbd\\n\\\"\" has");
}

static void
a_name_above_stands_for_an_element (void)
{
  assert_invalid (tst_array ("outer", 1, tst_int (NULL, 3, TRUE)), "\"outer\"");
  assert_invalid (tst_array ("outer", 1, tst_enum (NULL, 3, tst_int (NULL, 8, TRUE))), "\"outer\" refers");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctf/type/integers-have-sizes-and-bases-that-readers-know",
                   integers_have_sizes_and_bases_that_readers_know);
  g_test_add_func ("/ctf/type/alignments-are-powers-of-two", alignments_are_powers_of_two);
  g_test_add_func ("/ctf/type/floats-are-single-or-double", floats_are_single_or_double);
  g_test_add_func ("/ctf/type/lengths-are-unsigned-integers-before", lengths_are_unsigned_integers_before);
  g_test_add_func ("/ctf/type/lengths-are-in-the-same-struct", lengths_are_in_the_same_struct);
  g_test_add_func ("/ctf/type/enumerations-are-known-and-held-by-an-integer",
                   enumerations_are_known_and_held_by_an_integer);
  g_test_add_func ("/ctf/type/arrays-have-one-type-of-element", arrays_have_one_type_of_element);
  g_test_add_func ("/ctf/type/plain-values-have-no-fields", plain_values_have_no_fields);
  g_test_add_func ("/ctf/type/tags-are-enumerations-before", tags_are_enumerations_before);
  g_test_add_func ("/ctf/type/each-choice-has-a-label-of-its-own", each_choice_has_a_label_of_its_own);
  g_test_add_func ("/ctf/type/a-tag-selects-one-choice", a_tag_selects_one_choice);
  g_test_add_func ("/ctf/type/choices-stand-alone", choices_stand_alone);
  g_test_add_func ("/ctf/type/nesting-has-a-limit", nesting_has_a_limit);
  g_test_add_func ("/ctf/type/the-text-has-a-limit", the_text_has_a_limit);
  g_test_add_func ("/ctf/type/the-labels-of-a-tag-have-a-limit", the_labels_of_a_tag_have_a_limit);
  g_test_add_func ("/ctf/type/messages-are-utf8-whatever-the-name", messages_are_utf8_whatever_the_name);
  g_test_add_func ("/ctf/type/a-name-above-stands-for-an-element", a_name_above_stands_for_an_element);
  return g_test_run ();
}
