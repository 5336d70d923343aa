/* SPDX-License-Identifier: GPL-2.0-only */
/* What can never match: what the tracer refuses to link, told before. */
#include "core/filter/filter.h"

#include "base/error.h"

#include <string.h>

static const TbusFilterField fields[] = {
  { "i", TBUS_FILTER_FIELD_INTEGER },      { "f", TBUS_FILTER_FIELD_FLOAT },
  { "s", TBUS_FILTER_FIELD_STRING },       { "t", TBUS_FILTER_FIELD_STRING },
  { "array", TBUS_FILTER_FIELD_ARRAY, 3 }, { "sequence", TBUS_FILTER_FIELD_SEQUENCE },
  { "other", TBUS_FILTER_FIELD_OTHER },
};
static const TbusFilterEvent event = { "p:e", fields, G_N_ELEMENTS (fields) };

static TbusFilter *
parse (const char *expression)
{
  g_autoptr(GError) error = NULL;
  TbusFilter *filter = tbus_filter_parse (expression, &error);

  g_assert_no_error (error);
  return filter;
}

static void
assert_never (const char *expression, const TbusFilterEvent *for_event, guint column, const char *words)
{
  g_autoptr(TbusFilter) filter = parse (expression);
  g_autoptr(GError) error = NULL;
  g_autofree char *where = g_strdup_printf ("Column %u of the filter: ", column);

  g_assert_false (tbus_filter_check (filter, for_event, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_FILTER_SYNTAX);
  g_test_message ("%s: %s", expression, error->message);
  g_assert_true (g_str_has_prefix (error->message, where));
  g_assert_nonnull (strstr (error->message, words));
}

static void
finds_what_an_event_cannot_have (void)
{
  static const struct {
    const char *expression;
    guint column;
    const char *words;
  } table[] = {
    { "i == 1 || nosuch == 1", 11, "p:e has no field nosuch" },
    { "nosuch[1] == 1", 1, "p:e has no field nosuch" },
    { "i == 'a'", 3, "a string with a number" },
    { "s == 1", 3, "a string with a number" },
    { "s == i", 3, "a string with a number" },
    { "s == array[0]", 3, "a string with a number" },
    { "i < 'a'", 3, "a string with a number" },
    { "i == $ctx.procname", 3, "a string with a number" },
    { "f & 1", 3, "not floats" },
    { "~f", 1, "not a float" },
    { "s & 1", 3, "not strings" },
    { "!s", 1, "! takes a number" },
    { "s && i", 3, "not strings" },
    { "s", 1, "a string alone" },
    { "f", 1, "a float alone" },
    { "array == 1", 1, "array of p:e is an array: compare one of its elements, as array[0]" },
    { "other == 1", 1, "other of p:e is an array" },
    { "array[3] == 1", 7, "array of p:e has 3 elements" },
    { "i[0] == 1", 3, "i of p:e is no array" },
    { "s[0] == 97", 3, "s of p:e is no array" },
    { "f[0] == 1", 3, "f of p:e is no array" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    assert_never (table[i].expression, &event, table[i].column, table[i].words);
}

static void
finds_what_no_event_can_have (void)
{
  static const struct {
    const char *expression;
    guint column;
    const char *words;
  } table[] = {
    { "$ctx.ip > 0", 1, "$ctx.ip can be recorded, but no filter can read it" },
    { "i && $ctx.perf:thread:cycles > 0", 6, "no filter can read it" },
    { "$ctx.hostname == 'a'", 1, "there is no context $ctx.hostname: there are cgroup_ns" },
    { "$ctx.vpid.x == 1", 1, "there is no context $ctx.vpid.x" },
    { "$ctx.procname == 1", 15, "a string with a number" },
    { "$ctx.vpid == 'a'", 11, "a string with a number" },
    { "$ctx.vpid[0] == 1", 1, "no context is an array" },
    { "$app.a:b[0] == 1", 1, "no context is an array" },
    { "a.b == 1", 3, "no members" },
    { "a[1].b == 1", 3, "no members" },
    { "a[1][2] == 1", 3, "no members" },
    { "a[1] == 'b'", 6, "a string with a number" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr(TbusFilter) filter = parse (table[i].expression);

      assert_never (table[i].expression, NULL, table[i].column, table[i].words);
      g_assert_false (tbus_filter_check (filter, &event, NULL));
    }
}

static void
lets_pass_what_may_match (void)
{
  static const char *const table[] = {
    "i == 1 && -i < 0x10 && ~i & 1",
    "f > 0.5 && f < i && -f != 2",
    "s == 'a*' && s < 'b' && s == t && s != $ctx.procname",
    "array[0] == 1 || array[2] & 1",
    "sequence[4000] == 1 || other[4000] == 1",
    "f && i || !f",
    "$ctx.vpid == $ctx.vtid && $ctx.cpu_id < 4 && $ctx.time_ns",
    "$app.p:t == 'a' || $app.p:t == 1 || $app.p:t",
    "1",
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr(TbusFilter) filter = parse (table[i]);
      g_autoptr(GError) error = NULL;

      tbus_filter_check (filter, &event, &error);
      g_assert_no_error (error);
      g_assert_true (tbus_filter_check (filter, NULL, NULL));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/filter/check/finds-what-an-event-cannot-have", finds_what_an_event_cannot_have);
  g_test_add_func ("/core/filter/check/finds-what-no-event-can-have", finds_what_no_event_can_have);
  g_test_add_func ("/core/filter/check/lets-pass-what-may-match", lets_pass_what_may_match);
  return g_test_run ();
}
