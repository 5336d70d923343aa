/* SPDX-License-Identifier: GPL-2.0-only */
/* Options: a dictionary by a table. */
#include "base/error.h"
#include "bus/options.h"

#include <string.h>

typedef struct {
  gboolean boolean;
  guint32 u;
  guint64 t;
  gint64 x;
  const char *s;
  const char *o;
  TbusUint32s au;
  TbusLoglevelOption level;
} Store;

static const TbusOption table[] = {
  { "boolean", TBUS_OPTION_BOOLEAN, G_STRUCT_OFFSET (Store, boolean) },
  { "u", TBUS_OPTION_UINT32, G_STRUCT_OFFSET (Store, u) },
  { "t", TBUS_OPTION_UINT64, G_STRUCT_OFFSET (Store, t) },
  { "x", TBUS_OPTION_INT64, G_STRUCT_OFFSET (Store, x) },
  { "s", TBUS_OPTION_STRING, G_STRUCT_OFFSET (Store, s) },
  { "o", TBUS_OPTION_PATH, G_STRUCT_OFFSET (Store, o) },
  { "au", TBUS_OPTION_UINT32S, G_STRUCT_OFFSET (Store, au) },
  { "level", TBUS_OPTION_LOGLEVEL, G_STRUCT_OFFSET (Store, level) },
  { "later-b", TBUS_OPTION_BOOLEAN, TBUS_OPTION_RESERVED },
  { "later-u", TBUS_OPTION_UINT32, TBUS_OPTION_RESERVED },
  { "later-t", TBUS_OPTION_UINT64, TBUS_OPTION_RESERVED },
  { "later-s", TBUS_OPTION_STRING, TBUS_OPTION_RESERVED },
  { "later-as", TBUS_OPTION_STRINGS, TBUS_OPTION_RESERVED },
  { "later-h", TBUS_OPTION_HANDLE, TBUS_OPTION_RESERVED },
  { NULL },
};

/* The dictionary written as text: @{sv}... (transfer full) */
static GVariant *
dict (const char *text)
{
  g_autoptr(GError) error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  (void) g_variant_get_data (value); /* flat, as calls have it */
  return value;
}

static void
assert_refused (const char *text, TbusError code, const char *part)
{
  g_autoptr(GVariant) options = dict (text);
  g_autoptr(GError) error = NULL;
  Store store = { 0 };

  g_assert_false (tbus_options_parse (options, table, &store, &error));
  g_assert_error (error, TBUS_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, part));
}

static void
stores_every_type (void)
{
  g_autoptr(GVariant) options = dict ("{'boolean': <true>, 'u': <uint32 7>, 't': <uint64 8>, 'x': <int64 -9>,"
                                      " 's': <'text'>, 'o': <objectpath '/a'>, 'au': <[uint32 1, 2]>, 'level': <3>}");
  g_autoptr(GError) error = NULL;
  Store store = { 0 };

  tbus_options_parse (options, table, &store, &error);
  g_assert_no_error (error);
  g_assert_true (store.boolean);
  g_assert_cmpuint (store.u, ==, 7);
  g_assert_cmpuint (store.t, ==, 8);
  g_assert_cmpint (store.x, ==, -9);
  g_assert_cmpstr (store.s, ==, "text");
  g_assert_cmpstr (store.o, ==, "/a");
  g_assert_cmpuint (store.au.n, ==, 2);
  g_assert_cmpuint (store.au.values[1], ==, 2);
  g_assert_true (store.level.given);
  g_assert_null (store.level.text);
  g_assert_cmpint (store.level.number, ==, 3);
}

static void
keeps_defaults_of_what_is_not_given (void)
{
  g_autoptr(GVariant) options = dict ("{'level': <'info'>}");
  Store store = { .u = 5, .s = "default" };

  g_assert_true (tbus_options_parse (options, table, &store, NULL));
  g_assert_cmpuint (store.u, ==, 5);
  g_assert_cmpstr (store.s, ==, "default");
  g_assert_cmpstr (store.level.text, ==, "info");
}

static void
refuses_an_unknown_key_by_name (void)
{
  g_autofree char *huge = g_strnfill (1 << 20, 'k');
  g_autofree char *text = g_strdup_printf ("{'%s': <true>}", huge);

  assert_refused ("{'colour': <true>}", TBUS_ERROR_INVALID_ARGS, "\"colour\"");
  assert_refused ("{'colour': <true>}", TBUS_ERROR_INVALID_ARGS, "known are boolean, u, t,");
  assert_refused ("{'': <true>}", TBUS_ERROR_INVALID_ARGS, "\"\"");
  assert_refused ("{'BOOLEAN': <true>}", TBUS_ERROR_INVALID_ARGS, "\"BOOLEAN\"");
  assert_refused (text, TBUS_ERROR_INVALID_ARGS, "kkkk");
}

static void
says_where_there_are_no_options_at_all (void)
{
  const TbusOption none[] = { { NULL } };
  g_autoptr(GVariant) options = dict ("{'u': <uint32 1>}");
  g_autoptr(GVariant) empty = dict ("{}");
  g_autoptr(GError) error = NULL;

  g_assert_true (tbus_options_parse (empty, none, NULL, NULL));
  g_assert_false (tbus_options_parse (options, none, NULL, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
}

static void
refuses_a_wrong_type_and_names_the_right_one (void)
{
  assert_refused ("{'boolean': <'true'>}", TBUS_ERROR_INVALID_ARGS, "\"boolean\" takes a boolean (b), not s");
  assert_refused ("{'u': <1>}", TBUS_ERROR_INVALID_ARGS, "\"u\" takes a 32-bit unsigned number (u), not i");
  assert_refused ("{'t': <uint32 1>}", TBUS_ERROR_INVALID_ARGS, "(t), not u");
  assert_refused ("{'x': <uint64 1>}", TBUS_ERROR_INVALID_ARGS, "(x), not t");
  assert_refused ("{'s': <['a']>}", TBUS_ERROR_INVALID_ARGS, "(s), not as");
  assert_refused ("{'s': <<'variant'>>}", TBUS_ERROR_INVALID_ARGS, "(s), not v");
  assert_refused ("{'o': <'/a'>}", TBUS_ERROR_INVALID_ARGS, "(o), not s");
  assert_refused ("{'au': <[1, 2]>}", TBUS_ERROR_INVALID_ARGS, "(au), not ai");
  assert_refused ("{'level': <uint32 3>}", TBUS_ERROR_INVALID_ARGS, "(s) or a 32-bit number (i), not u");
  assert_refused ("{'later-b': <1>}", TBUS_ERROR_INVALID_ARGS, "(b), not i");
}

static void
refuses_a_key_that_is_given_twice (void)
{
  assert_refused ("{'u': <uint32 1>, 'u': <uint32 1>}", TBUS_ERROR_INVALID_ARGS, "\"u\" is given twice");
}

static void
takes_only_the_default_of_a_reserved_option (void)
{
  g_autoptr(GVariant) options = dict ("{'later-b': <false>, 'later-u': <uint32 0>, 'later-t': <uint64 0>,"
                                      " 'later-s': <''>, 'later-as': <@as []>}");
  g_autoptr(GError) error = NULL;
  Store store = { 0 };

  tbus_options_parse (options, table, &store, &error);
  g_assert_no_error (error);
  assert_refused ("{'later-b': <true>}", TBUS_ERROR_UNSUPPORTED, "\"later-b\"");
  assert_refused ("{'later-u': <uint32 1>}", TBUS_ERROR_UNSUPPORTED, "\"later-u\"");
  assert_refused ("{'later-t': <uint64 1>}", TBUS_ERROR_UNSUPPORTED, "\"later-t\"");
  assert_refused ("{'later-s': <'x'>}", TBUS_ERROR_UNSUPPORTED, "\"later-s\"");
  assert_refused ("{'later-as': <['']>}", TBUS_ERROR_UNSUPPORTED, "\"later-as\"");
  assert_refused ("{'later-h': <handle 0>}", TBUS_ERROR_UNSUPPORTED, "\"later-h\"");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/options/stores-every-type", stores_every_type);
  g_test_add_func ("/bus/options/keeps-defaults-of-what-is-not-given", keeps_defaults_of_what_is_not_given);
  g_test_add_func ("/bus/options/refuses-an-unknown-key-by-name", refuses_an_unknown_key_by_name);
  g_test_add_func ("/bus/options/says-where-there-are-no-options-at-all", says_where_there_are_no_options_at_all);
  g_test_add_func ("/bus/options/refuses-a-wrong-type-and-names-the-right-one",
                   refuses_a_wrong_type_and_names_the_right_one);
  g_test_add_func ("/bus/options/refuses-a-key-that-is-given-twice", refuses_a_key_that_is_given_twice);
  g_test_add_func ("/bus/options/takes-only-the-default-of-a-reserved-option",
                   takes_only_the_default_of_a_reserved_option);
  return g_test_run ();
}
