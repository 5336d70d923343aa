/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/type.h"

#include "unit/ctf/build.h"

#include <string.h>

#define OTHER (G_BYTE_ORDER == G_LITTLE_ENDIAN ? "be" : "le")
#define INT_8 "integer { size = 8; align = 8; signed = 1; encoding = none; base = 10; }"
#define UINT_8 "integer { size = 8; align = 8; signed = 0; encoding = none; base = 10; }"

static void
assert_written (GPtrArray *fields, GPtrArray *enums, const char *expected)
{
  g_autofree char *text = tst_text (fields, enums);

  g_assert_cmpstr (text, ==, expected);
}

static void
writes_integers (void)
{
  TbusCtfField *hex = tst_int ("hex", 64, FALSE);
  TbusCtfField *text = tst_int ("text", 8, TRUE);
  TbusCtfField *ascii = tst_int ("ascii", 16, FALSE);

  hex->base = 16;
  text->encoding = TBUS_CTF_ENCODING_UTF8;
  ascii->encoding = TBUS_CTF_ENCODING_ASCII;
  ascii->alignment = 32;
  assert_written (tst_list (hex, text, ascii, NULL), NULL,
                  "integer { size = 64; align = 8; signed = 0; encoding = none; base = 16; } _hex;\n"
                  "integer { size = 8; align = 8; signed = 1; encoding = UTF8; base = 10; } _text;\n"
                  "integer { size = 16; align = 32; signed = 0; encoding = ASCII; base = 10; } _ascii;\n");
}

static void
writes_the_other_byte_order (void)
{
  TbusCtfField *integer = tst_int ("net", 32, TRUE);
  TbusCtfField *real = tst_float ("real");
  g_autofree char *expected = g_strdup_printf (
    "integer { size = 32; align = 8; signed = 1; encoding = none; base = 10; byte_order = %s; } _net;\n"
    "floating_point { exp_dig = 8; mant_dig = 24; align = 8; byte_order = %s; } _real;\n", OTHER, OTHER);

  integer->reverse = TRUE;
  real->reverse = TRUE;
  assert_written (tst_list (integer, real, NULL), NULL, expected);
}

static void
writes_floats_and_strings (void)
{
  TbusCtfField *ascii = tst_string ("ascii");

  ascii->encoding = TBUS_CTF_ENCODING_ASCII;
  assert_written (tst_list (tst_float ("f"), tst_double ("d"), tst_string ("s"), ascii, NULL), NULL,
                  "floating_point { exp_dig = 8; mant_dig = 24; align = 8; } _f;\n"
                  "floating_point { exp_dig = 11; mant_dig = 53; align = 8; } _d;\n"
                  "string _s;\n"
                  "string { encoding = ASCII; } _ascii;\n");
}

static void
writes_arrays_and_sequences (void)
{
  assert_written (tst_list (tst_array ("a", 3, tst_int (NULL, 8, TRUE)), tst_int ("_s_length", 8, FALSE),
                            tst_sequence ("s", "_s_length", tst_int (NULL, 8, TRUE)), NULL), NULL,
                  INT_8 " _a[3];\n"
                  UINT_8 " __s_length;\n"
                  INT_8 " _s[ __s_length ];\n");
}

static void
a_sequence_without_a_name_for_it_has_the_field_before_as_length (void)
{
  assert_written (tst_list (tst_int ("n", 8, FALSE), tst_sequence ("s", NULL, tst_int (NULL, 8, TRUE)), NULL), NULL,
                  UINT_8 " _n;\n" INT_8 " _s[ _n ];\n");
  assert_written (tst_list (tst_int ("n", 8, FALSE), tst_sequence ("s", "", tst_int (NULL, 8, TRUE)), NULL), NULL,
                  UINT_8 " _n;\n" INT_8 " _s[ _n ];\n");
}

static void
writes_dimensions_outermost_first (void)
{
  TbusCtfField *inner = tst_sequence (NULL, "n", tst_int (NULL, 8, TRUE));

  assert_written (tst_list (tst_int ("n", 8, FALSE), tst_array ("a", 3, inner), NULL), NULL,
                  UINT_8 " _n;\n" INT_8 " _a[3][ _n ];\n");
}

static void
pads_what_cannot_say_its_alignment (void)
{
  assert_written (tst_list (tst_aligned (tst_array ("a", 3, tst_int (NULL, 8, TRUE)), 32),
                            tst_aligned (tst_struct ("s", TST_LIST_END), 64), NULL), NULL,
                  "struct { } align(32) _a_padding;\n"
                  INT_8 " _a[3];\n"
                  "struct { } align(64) _s_padding;\n"
                  "struct {} _s;\n");
}

static void
padding_takes_no_name_from_a_field (void)
{
  TbusCtfField *aligned = tst_aligned (tst_struct ("a", TST_LIST_END), 8);

  assert_written (tst_list (tst_int ("a_padding", 8, TRUE), aligned, NULL), NULL,
                  INT_8 " _a_padding;\n"
                  "struct { } align(8) _a_padding_2;\n"
                  "struct {} _a;\n");
}

static void
aligns_each_struct_of_an_array (void)
{
  TbusCtfField *element = tst_aligned (tst_struct (NULL, tst_int ("x", 8, TRUE), TST_LIST_END), 32);

  assert_written (tst_list (tst_array ("a", 2, element), NULL), NULL,
                  "struct {\n\t" INT_8 " _x;\n} align(32) _a[2];\n");
}

static void
each_struct_is_a_scope (void)
{
  TbusCtfField *inner = tst_struct ("s", tst_int ("n", 8, FALSE), tst_sequence ("x", "n", tst_int (NULL, 8, TRUE)),
                                    TST_LIST_END);

  assert_written (tst_list (tst_int ("n", 8, FALSE), inner, NULL), NULL,
                  UINT_8 " _n;\n"
                  "struct {\n\t" UINT_8 " _n;\n\t" INT_8 " _x[ _n ];\n} _s;\n");
}

static void
references_follow_the_renaming (void)
{
  assert_written (tst_list (tst_int ("n-x", 8, FALSE), tst_int ("n x", 8, FALSE),
                            tst_sequence ("s", "n x", tst_int (NULL, 8, TRUE)),
                            tst_sequence ("s", "n-x", tst_int (NULL, 8, TRUE)), NULL), NULL,
                  UINT_8 " _n_x;\n"
                  UINT_8 " _n_x_2;\n"
                  INT_8 " _s[ _n_x_2 ];\n"
                  INT_8 " _s_2[ _n_x ];\n");
}

static void
references_mean_the_nearest_before (void)
{
  assert_written (tst_list (tst_int ("n", 8, FALSE), tst_int ("n", 8, FALSE),
                            tst_sequence ("s", "n", tst_int (NULL, 8, TRUE)), NULL), NULL,
                  UINT_8 " _n;\n" UINT_8 " _n_2;\n" INT_8 " _s[ _n_2 ];\n");
}

static void
writes_enumerations (void)
{
  const char *const entries[] = { "a-b=0", "auto", NULL };
  g_autoptr(GPtrArray) enums = tst_enums_new ();

  tst_enums_add (enums, entries);
  assert_written (tst_list (tst_enum ("e", 0, tst_int (NULL, 8, TRUE)), NULL), enums,
                  "enum : " INT_8 " {\n\t\"a-b\" = 0,\n\t\"auto\",\n} _e;\n");
}

static void
an_enumeration_without_labels_is_its_integer (void)
{
  const char *const none[] = { NULL };
  const char *const backwards[] = { "a=2..1", NULL };
  g_autoptr(GPtrArray) enums = tst_enums_new ();

  tst_enums_add (enums, none);
  tst_enums_add (enums, backwards);
  assert_written (tst_list (tst_enum ("e", 0, tst_int (NULL, 8, TRUE)), tst_enum ("f", 1, tst_int (NULL, 8, TRUE)),
                            NULL), enums, INT_8 " _e;\n" INT_8 " _f;\n");
}

static void
writes_app_contexts (void)
{
  g_autoptr(GPtrArray) enums = tst_enums_new ();
  GPtrArray *fields = tbus_ctf_fields_new ();
  g_autofree char *text = NULL;

  tst_add_app_context (fields, "_app_prov_type", tst_enums_add_app_tag (enums));
  text = tst_text (fields, enums);
  g_assert_true (g_str_has_prefix (text, "enum : " INT_8 " {\n\t\"_none\" = 0,\n\t\"_int8\" = 1,\n"));
  g_assert_nonnull (strstr (text, "\t\"_string\" = 11,\n} __app_prov_type_tag;\n"
                                  "variant <__app_prov_type_tag> {\n\tstruct {} _none;\n\t" INT_8 " _int8;\n"));
  g_assert_true (g_str_has_suffix (text, "\tfloating_point { exp_dig = 11; mant_dig = 53; align = 8; } _double;\n"
                                         "\tstring _string;\n} __app_prov_type;\n"));
}

static void
choices_are_named_like_their_labels (void)
{
  const char *const entries[] = { "_a-b=0", "_a b=1", NULL };
  g_autoptr(GPtrArray) enums = tst_enums_new ();
  TbusCtfField *variant;

  tst_enums_add (enums, entries);
  variant = tst_variant ("v", "t-g", tst_string ("a b"), tst_int ("a-b", 8, TRUE), TST_LIST_END);
  assert_written (tst_list (tst_enum ("t-g", 0, tst_int (NULL, 8, TRUE)), variant, NULL), enums,
                  "enum : " INT_8 " {\n\t\"_a_b\" = 0,\n\t\"_a_b_2\" = 1,\n} _t_g;\n"
                  "variant <_t_g> {\n\tstring _a_b_2;\n\t" INT_8 " _a_b;\n} _v;\n");
}

static void
only_tags_have_labels_that_are_names (void)
{
  const char *const entries[] = { "_a-b=0", NULL };
  g_autoptr(GPtrArray) enums = tst_enums_new ();
  TbusCtfField *variant = tst_variant ("v", "t", tst_string ("a-b"), TST_LIST_END);

  tst_enums_add (enums, entries);
  assert_written (tst_list (tst_enum ("x", 0, tst_int (NULL, 8, TRUE)), tst_enum ("t", 0, tst_int (NULL, 8, TRUE)),
                            variant, NULL), enums,
                  "enum : " INT_8 " {\n\t\"_a-b\" = 0,\n} _x;\n"
                  "enum : " INT_8 " {\n\t\"_a_b\" = 0,\n} _t;\n"
                  "variant <_t> {\n\tstring _a_b;\n} _v;\n");
}

static void
indents_every_line (void)
{
  const char *const entries[] = { "a=0", NULL };
  g_autoptr(GPtrArray) enums = tst_enums_new ();
  g_autoptr(GPtrArray) fields = tst_list (tst_enum ("e", 0, tst_int (NULL, 8, TRUE)), NULL);
  g_autoptr(GString) out = g_string_new (NULL);

  tst_enums_add (enums, entries);
  g_assert_true (tbus_ctf_append_fields (out, 2, fields, tst_find_enum, enums, NULL));
  g_assert_cmpstr (out->str, ==, "\t\tenum : " INT_8 " {\n\t\t\t\"a\" = 0,\n\t\t} _e;\n");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctf/type/writes-integers", writes_integers);
  g_test_add_func ("/ctf/type/writes-the-other-byte-order", writes_the_other_byte_order);
  g_test_add_func ("/ctf/type/writes-floats-and-strings", writes_floats_and_strings);
  g_test_add_func ("/ctf/type/writes-arrays-and-sequences", writes_arrays_and_sequences);
  g_test_add_func ("/ctf/type/a-sequence-without-a-name-for-it-has-the-field-before-as-length",
                   a_sequence_without_a_name_for_it_has_the_field_before_as_length);
  g_test_add_func ("/ctf/type/writes-dimensions-outermost-first", writes_dimensions_outermost_first);
  g_test_add_func ("/ctf/type/pads-what-cannot-say-its-alignment", pads_what_cannot_say_its_alignment);
  g_test_add_func ("/ctf/type/padding-takes-no-name-from-a-field", padding_takes_no_name_from_a_field);
  g_test_add_func ("/ctf/type/aligns-each-struct-of-an-array", aligns_each_struct_of_an_array);
  g_test_add_func ("/ctf/type/each-struct-is-a-scope", each_struct_is_a_scope);
  g_test_add_func ("/ctf/type/references-follow-the-renaming", references_follow_the_renaming);
  g_test_add_func ("/ctf/type/references-mean-the-nearest-before", references_mean_the_nearest_before);
  g_test_add_func ("/ctf/type/writes-enumerations", writes_enumerations);
  g_test_add_func ("/ctf/type/an-enumeration-without-labels-is-its-integer",
                   an_enumeration_without_labels_is_its_integer);
  g_test_add_func ("/ctf/type/writes-app-contexts", writes_app_contexts);
  g_test_add_func ("/ctf/type/choices-are-named-like-their-labels", choices_are_named_like_their_labels);
  g_test_add_func ("/ctf/type/only-tags-have-labels-that-are-names", only_tags_have_labels_that_are_names);
  g_test_add_func ("/ctf/type/indents-every-line", indents_every_line);
  return g_test_run ();
}
