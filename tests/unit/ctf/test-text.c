/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/text.h"

#include <string.h>

typedef void (*Append) (GString *out, const char *text);

static void
assert_text (Append append, const char *text, const char *expected)
{
  g_autoptr(GString) out = g_string_new ("<");

  append (out, text);
  g_assert_cmpstr (out->str + 1, ==, expected);
  g_assert_true (out->str[0] == '<');
}

static void
identifiers_begin_with_an_underscore (void)
{
  assert_text (tbus_ctf_append_identifier, "name", "_name");
  assert_text (tbus_ctf_append_identifier, "_name", "__name");
  assert_text (tbus_ctf_append_identifier, "9lives", "_9lives");
  assert_text (tbus_ctf_append_identifier, "struct", "_struct");
  assert_text (tbus_ctf_append_identifier, "", "_");
}

static void
identifiers_hold_letters_and_digits_only (void)
{
  assert_text (tbus_ctf_append_identifier, "$app.prov:ty-pe x", "__app_prov_ty_pe_x");
  assert_text (tbus_ctf_append_identifier, "a;}\n\"\\/*", "_a_______");
  assert_text (tbus_ctf_append_identifier, "\xc3\xa9t\xff", "___t_");
}

static void
strings_escape_quotes_and_backslashes (void)
{
  assert_text (tbus_ctf_append_string, "plain", "\"plain\"");
  assert_text (tbus_ctf_append_string, "", "\"\"");
  assert_text (tbus_ctf_append_string, "a\"b\\", "\"a\\\"b\\\\\"");
}

static void
strings_escape_control_characters (void)
{
  assert_text (tbus_ctf_append_string, "a\nb\tc", "\"a\\nb\\tc\"");
  assert_text (tbus_ctf_append_string, "\r\x01" "7\x1b\x7f", "\"\\015\\0017\\033\\177\"");
}

static void
strings_are_valid_utf8 (void)
{
  assert_text (tbus_ctf_append_string, "\xc3\xa9\xe2\x82\xac", "\"\xc3\xa9\xe2\x82\xac\"");
  assert_text (tbus_ctf_append_string, "a\xff" "b\xc3", "\"a\xef\xbf\xbd" "b\xef\xbf\xbd\"");
}

static void
numbers_are_decimal (void)
{
  const guint64 numbers[] = { 0, 9, 10, 4294967296, G_MAXUINT64 };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      g_autofree char *expected = g_strdup_printf ("%" G_GUINT64_FORMAT, numbers[i]);
      g_autoptr(GString) out = g_string_new (NULL);

      tbus_ctf_append_uint (out, numbers[i]);
      g_assert_cmpstr (out->str, ==, expected);
    }
}

static void
assert_scope (const char *const *names, const char *expected)
{
  g_autoptr(GHashTable) scope = tbus_ctf_scope_new ();
  g_autoptr(GString) out = g_string_new (NULL);

  for (; *names != NULL; names++)
    {
      tbus_ctf_scope_append (scope, out, *names);
      g_string_append_c (out, ' ');
    }
  g_assert_cmpstr (out->str, ==, expected);
}

static void
scopes_number_what_is_alike (void)
{
  const char *const names[] = { "a", "a", "a", "b", NULL };

  assert_scope (names, "_a _a_2 _a_3 _b ");
}

static void
scopes_compare_what_is_written (void)
{
  const char *const names[] = { "a-b", "a.b", "a_b", "A_b", NULL };

  assert_scope (names, "_a_b _a_b_2 _a_b_3 _A_b ");
}

static void
scopes_step_over_numbers_that_are_names (void)
{
  const char *const names[] = { "a_2", "a", "a", "a_2", "a", NULL };

  assert_scope (names, "_a_2 _a _a_3 _a_2_2 _a_4 ");
}

static void
scopes_tell_apart_what_readers_show_alike (void)
{
  const char *const before[] = { "_a", "a", "_a", NULL };
  const char *const after[] = { "a", "_a", NULL };
  const char *const reserved[] = { "a", "_a", "a", "_a", NULL };

  assert_scope (before, "__a _a_2 __a_2 ");
  assert_scope (after, "_a __a ");
  assert_scope (reserved, "_a __a _a_2 __a_2 ");
}

static void
scopes_keep_what_is_reserved (void)
{
  g_autoptr(GHashTable) scope = tbus_ctf_scope_new ();
  g_autoptr(GString) out = g_string_new (NULL);

  tbus_ctf_scope_reserve (scope, "_a");
  tbus_ctf_scope_append (scope, out, "a");
  g_assert_cmpstr (out->str, ==, "_a_2");
}

static void
scopes_take_a_thousand_equal_names (void)
{
  g_autoptr(GHashTable) scope = tbus_ctf_scope_new ();
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr(GString) out = g_string_new (NULL);

      tbus_ctf_scope_append (scope, out, i % 2 ? "x y" : "x");
      g_assert_true (g_hash_table_add (seen, g_strdup (out->str)));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctf/text/identifiers-begin-with-an-underscore", identifiers_begin_with_an_underscore);
  g_test_add_func ("/ctf/text/identifiers-hold-letters-and-digits-only", identifiers_hold_letters_and_digits_only);
  g_test_add_func ("/ctf/text/strings-escape-quotes-and-backslashes", strings_escape_quotes_and_backslashes);
  g_test_add_func ("/ctf/text/strings-escape-control-characters", strings_escape_control_characters);
  g_test_add_func ("/ctf/text/strings-are-valid-utf8", strings_are_valid_utf8);
  g_test_add_func ("/ctf/text/numbers-are-decimal", numbers_are_decimal);
  g_test_add_func ("/ctf/scope/numbers-what-is-alike", scopes_number_what_is_alike);
  g_test_add_func ("/ctf/scope/compares-what-is-written", scopes_compare_what_is_written);
  g_test_add_func ("/ctf/scope/steps-over-numbers-that-are-names", scopes_step_over_numbers_that_are_names);
  g_test_add_func ("/ctf/scope/tells-apart-what-readers-show-alike", scopes_tell_apart_what_readers_show_alike);
  g_test_add_func ("/ctf/scope/keeps-what-is-reserved", scopes_keep_what_is_reserved);
  g_test_add_func ("/ctf/scope/takes-a-thousand-equal-names", scopes_take_a_thousand_equal_names);
  return g_test_run ();
}
