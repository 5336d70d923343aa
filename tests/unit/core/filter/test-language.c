/* SPDX-License-Identifier: GPL-2.0-only */
/* The language: how operators bind, what is refused, and where the message says it is. */
#include "base/error.h"
#include "base/limits.h"
#include "unit/core/filter/machine.h"

#include <string.h>

static GBytes *
compile (const char *expression)
{
  g_autoptr(GError) error = NULL;
  GBytes *bytecode = NULL;
  guint32 offset;

  tst_compile (expression, &bytecode, &offset, &error);
  g_assert_no_error (error);
  return bytecode;
}

static gboolean
same (const char *one, const char *other)
{
  g_autoptr(GBytes) a = compile (one);
  g_autoptr(GBytes) b = compile (other);

  return g_bytes_equal (a, b);
}

static void
binds_as_its_table_says (void)
{
  static const struct {
    const char *expression, *meant, *not_meant;
  } table[] = {
    { "a || b && c", "a || (b && c)", "(a || b) && c" },
    { "a && b == c", "a && (b == c)", "(a && b) == c" },
    { "a == b < c", "a == (b < c)", "(a == b) < c" },
    { "a == b != c", "(a == b) != c", "a == (b != c)" },
    { "a < b >= c", "(a < b) >= c", "a < (b >= c)" },
    { "a & 1 == 1", "(a & 1) == 1", "a & (1 == 1)" },
    { "a < b | c", "a < (b | c)", "(a < b) | c" },
    { "a | b ^ c", "a | (b ^ c)", "(a | b) ^ c" },
    { "a ^ b & c", "a ^ (b & c)", "(a ^ b) & c" },
    { "a & b << c", "a & (b << c)", "(a & b) << c" },
    { "a << b >> c", "(a << b) >> c", "a << (b >> c)" },
    { "-a << b", "(-a) << b", "-(a << b)" },
    { "!a & b", "(!a) & b", "!(a & b)" },
    { "!a == b", "(!a) == b", "!(a == b)" },
    { "~a.b[1]", "~(a.b[1])", "(~a) | b" },
    { "a && b || c && d", "(a && b) || (c && d)", "a && (b || c) && d" },
    { "a > b && c <= d", "(a > b) && (c <= d)", "a > (b && c) <= d" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_test_message ("%s", table[i].expression);
      g_assert_true (same (table[i].expression, table[i].meant));
      g_assert_false (same (table[i].expression, table[i].not_meant));
    }
}

static void
writes_constants_in_several_ways (void)
{
  g_assert_true (same ("a == 26", "a == 0x1a"));
  g_assert_true (same ("a == 26", "a==0X1A"));
  g_assert_true (same ("a == 26", "a == 032"));
  g_assert_true (same ("a == 26", "a == 26uLL"));
  g_assert_true (same ("a == -1", "a ==\t-\n1"));
  g_assert_true (same ("a == 18446744073709551615", "a == 0xffffffffffffffff"));
  g_assert_true (same ("a == 0.5", "a == .5"));
  g_assert_true (same ("a == 0.5", "a == 5e-1"));
  g_assert_true (same ("a == 0.5", "a == 0x1p-1"));
  g_assert_true (same ("a == 2.", "a == 2.0f"));
  g_assert_true (same ("a == \"x'y\"", "a == 'x\\'y'"));
  g_assert_true (same ("a == \"x*y\"", "a == 'x***y'"));
  g_assert_false (same ("a == \"x*y\"", "a == \"x\\*y\""));
  g_assert_false (same ("a == 1", "a == 1.0"));
}

static void
takes_blanks_and_comments_anywhere (void)
{
  g_assert_true (same ("a.b[1]==$ctx.vpid&&c", " a . b [ 1 ] == $ctx . vpid /* so */ && c // and so on"));
  g_assert_true (same ("a&&b", "/**/a/* && c */&&b//"));
  g_assert_true (same ("a&&b", "a // c\n&& b"));
}

/* What is wrong, and the column of it, counted in characters. */
static const struct {
  const char *expression;
  guint column;
  const char *words;
} refusals[] = {
  { "", 1, "it ends where" },
  { " ", 2, "it ends where" },
  { "a + 1", 3, "+ is arithmetic" },
  { "a - 1 == 2", 3, "- is arithmetic" },
  { "a == b * 2", 8, "* is arithmetic" },
  { "a / 2", 3, "/ is arithmetic" },
  { "a % 2", 3, "% is arithmetic" },
  { "(a + 1) == 2", 4, "an operator, or the )" },
  { "a->b == 1", 2, "a member is written a.b" },
  { "a = 1", 3, "a comparison is written ==" },
  { "\"é\" == é", 8, "\"é\" means nothing" },
  { "a ? b : c", 3, "\"?\" means nothing" },
  { "$foo.bar == 1", 1, "after $ come ctx or app" },
  { "$ctx", 5, "a dot and a context's name" },
  { "$app.provider == 1", 1, "$app.PROVIDER:TYPE" },
  { "$app.:type == 1", 1, "$app.PROVIDER:TYPE" },
  { "$app.provider: == 1", 1, "$app.PROVIDER:TYPE" },
  { "a b", 3, "an operator" },
  { "a == ", 6, "it ends where" },
  { "a == )", 6, "not )" },
  { "(a == 1", 8, "the ) of a parenthesis" },
  { "a == 1)", 7, "closes nothing" },
  { "a[b]", 3, "an index" },
  { "a[-1]", 3, "an index" },
  { "a[1 == 2", 5, "the ] of this index" },
  { "a[4294967296]", 3, "4294967295 at most" },
  { "a..b", 3, "a name, not ." },
  { "a == 'b", 6, "has no end: ' closes it" },
  { "a == \"b\\", 8, "after a backslash" },
  { "a == \"b\\n\"", 8, "after a backslash" },
  { "a /* b", 3, "has no end: */ closes it" },
  { "a == 09", 6, "is no number" },
  { "a == 0x", 6, "is no number" },
  { "a == 1ulu", 6, "is no number" },
  { "a == 1e", 6, "is no number" },
  { "a == 18446744073709551616", 6, "too large" },
  { "a == 1e400", 6, "too large" },
  { "a == -9223372036854775809", 6, "too small" },
  { "a < 9223372036854775808", 5, "up to 9223372036854775807" },
  { "9223372036854775808 <= a", 1, "up to 9223372036854775807" },
  { "\"a\" == 1", 5, "a string with a number" },
  { "1.5 != 'a'", 5, "a string with a number" },
  { "'a' == (b && c)", 5, "a string with a number" },
  { "'a' == -b", 5, "a string with a number" },
  { "a == 'x' == 'y'", 10, "a string with a number" },
  { "'a*' == '*b'", 6, "two patterns" },
  { "a < 'b*'", 3, "no pattern" },
  { "!'a'", 1, "! takes a number" },
  { "b && -'a' == 1", 6, "- takes a number" },
  { "~1.5 == a", 1, "~ takes an integer, not a float" },
  { "a & 1.5", 3, "& takes integers, not floats" },
  { "a & 'b'", 3, "& takes integers, not strings" },
  { "a && 'b'", 3, "&& takes conditions" },
  { "'a' || b", 5, "|| takes conditions" },
  { "a << 64", 6, "by 0 to 63" },
  { "1 >> 64 == a", 6, "by 0 to 63" },
  { "'a'", 1, "a string alone" },
  { "1.5", 1, "a float alone" },
};

static void
refuses_and_says_where (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autofree char *where = g_strdup_printf ("Column %u of the filter: ", refusals[i].column);
      GBytes *bytecode = NULL;
      guint32 offset = 7;

      g_assert_false (tst_compile (refusals[i].expression, &bytecode, &offset, &error));
      g_assert_error (error, TBUS_ERROR, TBUS_ERROR_FILTER_SYNTAX);
      g_test_message ("%s: %s", refusals[i].expression, error->message);
      g_assert_true (g_str_has_prefix (error->message, where));
      g_assert_nonnull (strstr (error->message, refusals[i].words));
      g_assert_null (bytecode);
      g_assert_cmpuint (offset, ==, 7);
    }
}

static void
assert_length (const char *before, gsize n, const char *after, gboolean accepted)
{
  g_autofree char *middle = g_strnfill (n, 'a');
  g_autofree char *expression = g_strconcat (before, middle, after, NULL);
  g_autoptr(GBytes) bytecode = NULL;
  guint32 offset;

  g_assert_cmpint (tst_compile (expression, &bytecode, &offset, NULL), ==, accepted);
}

static void
has_limits (void)
{
  g_autofree char *open = g_strnfill (TBUS_MAX_FILTER_NESTING, '(');
  g_autofree char *close = g_strnfill (TBUS_MAX_FILTER_NESTING, ')');
  g_autofree char *prefixes = g_strnfill (TBUS_MAX_FILTER_NESTING, '!');
  g_autofree char *endless = g_strnfill (TBUS_MAX_FILTER, '(');

  assert_length (open, 1, close, TRUE);
  assert_length (prefixes, 1, "", TRUE);
  assert_length ("", TBUS_MAX_PATTERN, "", TRUE);
  assert_length ("", TBUS_MAX_PATTERN + 1, "", FALSE);
  assert_length ("a // ", TBUS_MAX_FILTER - 5, "", TRUE);
  assert_length ("a // ", TBUS_MAX_FILTER - 4, "", FALSE);
  assert_length (endless, 0, "", FALSE);
  open[0] = '!';
  open[1] = '~';
  close[TBUS_MAX_FILTER_NESTING - 2] = '\0';
  assert_length (open, 1, close, TRUE);
  g_free (g_steal_pointer (&prefixes));
  prefixes = g_strnfill (TBUS_MAX_FILTER_NESTING + 1, '-');
  assert_length (prefixes, 1, "", FALSE);
  assert_length ("\xff", 1, "", FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/filter/language/binds-as-its-table-says", binds_as_its_table_says);
  g_test_add_func ("/core/filter/language/writes-constants-in-several-ways", writes_constants_in_several_ways);
  g_test_add_func ("/core/filter/language/takes-blanks-and-comments-anywhere", takes_blanks_and_comments_anywhere);
  g_test_add_func ("/core/filter/language/refuses-and-says-where", refuses_and_says_where);
  g_test_add_func ("/core/filter/language/has-limits", has_limits);
  return g_test_run ();
}
