/* SPDX-License-Identifier: GPL-2.0-only */
#include "client/json.h"

static void
assert_json (const char *variant, const char *expected)
{
  g_autoptr(GVariant) value = g_variant_new_parsed (variant);
  g_autoptr(GString) out = g_string_new (NULL);

  ctl_json_append (out, value);
  g_assert_cmpstr (out->str, ==, expected);
}

static void
writes_every_kind_of_value (void)
{
  assert_json ("true", "true");
  assert_json ("byte 0xff", "255");
  assert_json ("int64 -9223372036854775808", "-9223372036854775808");
  assert_json ("uint64 18446744073709551615", "18446744073709551615");
  assert_json ("1.5", "1.5");
  assert_json ("'text'", "\"text\"");
  assert_json ("objectpath '/a/b'", "\"/a/b\"");
  assert_json ("@as []", "[]");
  assert_json ("@a{sv} {}", "{}");
  assert_json ("(1, 'two', [3.5])", "[1,\"two\",[3.5]]");
  assert_json ("{'a': <uint32 1>, 'b': <['x', 'y']>}", "{\"a\":1,\"b\":[\"x\",\"y\"]}");
  assert_json ("{objectpath '/a': {'i': {'p': <true>}}}", "{\"/a\":{\"i\":{\"p\":true}}}");
  assert_json ("{uint32 7: 'seven'}", "{\"7\":\"seven\"}");
}

static void
escapes_what_json_does_not_take (void)
{
  g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new_string ("a\"b\\c\nd\x7f\xc3\xa9"));
  g_autoptr(GString) out = g_string_new (NULL);

  ctl_json_append (out, value);
  g_assert_cmpstr (out->str, ==, "\"a\\\"b\\\\c\\u000ad\\u007f\xc3\xa9\"");
}

static void
has_no_infinity (void)
{
  g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new_double (1e308 * 10));
  g_autoptr(GString) out = g_string_new (NULL);

  ctl_json_append (out, value);
  g_assert_cmpstr (out->str, ==, "null");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/json/writes-every-kind-of-value", writes_every_kind_of_value);
  g_test_add_func ("/client/json/escapes-what-json-does-not-take", escapes_what_json_does_not_take);
  g_test_add_func ("/client/json/has-no-infinity", has_no_infinity);
  return g_test_run ();
}
