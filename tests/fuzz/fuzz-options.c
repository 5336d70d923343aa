/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes as the dictionary of options of a call: read by a table with an option of each kind, and by that of event
 * rules, which are made of them and can be given back as they are. What is refused is told in a sentence.
 */
#include "bytes.h"

#include "base/error.h"
#include "bus/options.h"
#include "bus/rule-options.h"

#include <string.h>

enum { MAX_TEXT = 120, MAX_DEPTH = 5, MAX_ITEMS = 5 };

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

typedef struct {
  gboolean boolean;
  guint32 number;
  guint64 large;
  gint64 negative;
  const char *text, *path;
  const char **texts;
  TbusUint32s numbers;
  gint32 handle;
  TbusLoglevelOption loglevel;
} Store;

static const TbusOption every_kind[] = {
  { "boolean", TBUS_OPTION_BOOLEAN, G_STRUCT_OFFSET (Store, boolean) },
  { "number", TBUS_OPTION_UINT32, G_STRUCT_OFFSET (Store, number) },
  { "large", TBUS_OPTION_UINT64, G_STRUCT_OFFSET (Store, large) },
  { "negative", TBUS_OPTION_INT64, G_STRUCT_OFFSET (Store, negative) },
  { "text", TBUS_OPTION_STRING, G_STRUCT_OFFSET (Store, text) },
  { "path", TBUS_OPTION_PATH, G_STRUCT_OFFSET (Store, path) },
  { "texts", TBUS_OPTION_STRINGS, G_STRUCT_OFFSET (Store, texts) },
  { "numbers", TBUS_OPTION_UINT32S, G_STRUCT_OFFSET (Store, numbers) },
  { "handle", TBUS_OPTION_HANDLE, G_STRUCT_OFFSET (Store, handle) },
  { "loglevel", TBUS_OPTION_LOGLEVEL, G_STRUCT_OFFSET (Store, loglevel) },
  { "reserved", TBUS_OPTION_UINT32, TBUS_OPTION_RESERVED },
  { "reserved-text", TBUS_OPTION_STRING, TBUS_OPTION_RESERVED },
  { NULL },
};

static char *
take_utf8 (Bytes *bytes)
{
  g_autofree char *raw = bytes_take_text (bytes, MAX_TEXT);

  return g_utf8_make_valid (raw, -1);
}

static GVariant *
take_strings (Bytes *bytes)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint n = bytes_take (bytes) % MAX_ITEMS; n > 0; n--)
    g_variant_builder_add_value (&list, g_variant_new_take_string (take_utf8 (bytes)));
  return g_variant_builder_end (&list);
}

static GVariant *
take_numbers (Bytes *bytes)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("au"));
  for (guint n = bytes_take (bytes) % MAX_ITEMS; n > 0; n--)
    g_variant_builder_add (&list, "u", (guint32) bytes_take_number (bytes));
  return g_variant_builder_end (&list);
}

/* Returns: floating */
static GVariant *
take_value (Bytes *bytes, guint depth)
{
  switch (bytes_take (bytes) % 11)
    {
    case 0:
      return g_variant_new_boolean (bytes_take (bytes) & 1);
    case 1:
      return g_variant_new_uint32 (bytes_take_number (bytes));
    case 2:
      return g_variant_new_uint64 (bytes_take_number (bytes));
    case 3:
      return g_variant_new_int64 (bytes_take_number (bytes));
    case 4:
      return g_variant_new_int32 (bytes_take_number (bytes));
    case 5:
      return g_variant_new_take_string (take_utf8 (bytes));
    case 6:
      return g_variant_new_object_path (bytes_take (bytes) & 1 ? "/" : "/org/tracebus1/app/1");
    case 7:
      return take_strings (bytes);
    case 8:
      return take_numbers (bytes);
    case 9:
      return g_variant_new_handle (bytes_take_number (bytes));
    default:
      return depth < MAX_DEPTH ? g_variant_new_variant (take_value (bytes, depth + 1)) : g_variant_new_double (0.5);
    }
}

/* As the bus gives it: in serialised form. @table: whose keys most of them are */
static GVariant *
take_dictionary (Bytes *bytes, const TbusOption *table)
{
  GVariantBuilder dict;
  GVariant *flat;
  guint rows = 0;

  while (table[rows].key != NULL)
    rows++;
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  for (guint n = bytes_take (bytes) % MAX_ITEMS; n > 0; n--)
    {
      guint row = bytes_take (bytes) % (rows + 1);
      g_autofree char *other = row == rows ? take_utf8 (bytes) : NULL;

      g_variant_builder_add (&dict, "{sv}", other != NULL ? other : table[row].key, take_value (bytes, 0));
    }
  flat = g_variant_ref_sink (g_variant_builder_end (&dict));
  (void) g_variant_get_data (flat);
  return flat;
}

static void
check_refusal (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == TBUS_ERROR);
  g_assert_cmpuint (strlen (error->message), >, 10);
  g_assert_cmpuint (strlen (error->message), <, 1024);
}

static void
check_every_kind (Bytes *bytes)
{
  g_autoptr(GVariant) dict = take_dictionary (bytes, every_kind);
  g_autoptr(GError) error = NULL;
  Store store = { 0 };

  if (!tbus_options_parse (dict, every_kind, &store, &error))
    check_refusal (error);
  else
    for (gsize i = 0; i < store.numbers.n; i++)
      g_assert_cmpuint (store.numbers.values[i], <=, G_MAXUINT32); /* it can be read */
  g_free (store.texts);
}

static void
check_rule (Bytes *bytes)
{
  g_autofree char *pattern = take_utf8 (bytes);
  g_autoptr(GVariant) dict = take_dictionary (bytes, tbus_rule_options);
  g_auto(TbusRuleOptions) options = { 0 };
  g_autoptr(GError) error = NULL;
  g_autoptr(TbusEventRule) rule = NULL;

  if (tbus_options_parse (dict, tbus_rule_options, &options, &error))
    rule = tbus_rule_options_make (&options, pattern, &error);
  if (rule == NULL)
    check_refusal (error);
  else
    g_variant_unref (g_variant_ref_sink (tbus_rule_value (rule, TRUE, NULL)));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  Bytes bytes = { data, data + size };

  check_every_kind (&bytes);
  check_rule (&bytes);
  return 0;
}
