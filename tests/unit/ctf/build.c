/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/ctf/build.h"

#include "base/error.h"

#include <string.h>

TbusCtfField *
tst_int (const char *name, guint32 size, gboolean is_signed)
{
  TbusCtfField *field = tbus_ctf_field_new (TBUS_CTF_INTEGER, name);

  field->size = size;
  field->is_signed = is_signed;
  field->alignment = 8;
  field->base = 10;
  return field;
}

static TbusCtfField *
real (const char *name, guint32 exponent, guint32 mantissa)
{
  TbusCtfField *field = tbus_ctf_field_new (TBUS_CTF_FLOAT, name);

  field->exponent_digits = exponent;
  field->mantissa_digits = mantissa;
  field->alignment = 8;
  return field;
}

TbusCtfField *
tst_float (const char *name)
{
  return real (name, 8, 24);
}

TbusCtfField *
tst_double (const char *name)
{
  return real (name, 11, 53);
}

TbusCtfField *
tst_string (const char *name)
{
  TbusCtfField *field = tbus_ctf_field_new (TBUS_CTF_STRING, name);

  field->encoding = TBUS_CTF_ENCODING_UTF8;
  return field;
}

TbusCtfField *
tst_enum (const char *name, guint64 id, TbusCtfField *integer)
{
  TbusCtfField *field = tbus_ctf_field_new (TBUS_CTF_ENUM, name);

  field->enum_id = id;
  tbus_ctf_field_add (field, integer);
  return field;
}

TbusCtfField *
tst_array (const char *name, guint32 length, TbusCtfField *element)
{
  TbusCtfField *field = tbus_ctf_field_new (TBUS_CTF_ARRAY, name);

  field->length = length;
  tbus_ctf_field_add (field, element);
  return field;
}

TbusCtfField *
tst_sequence (const char *name, const char *length_name, TbusCtfField *element)
{
  TbusCtfField *field = tbus_ctf_field_new (TBUS_CTF_SEQUENCE, name);

  field->reference = g_strdup (length_name);
  tbus_ctf_field_add (field, element);
  return field;
}

TbusCtfField *
tst_struct (const char *name, ...)
{
  TbusCtfField *field = tbus_ctf_field_new (TBUS_CTF_STRUCT, name);
  TbusCtfField *child;
  va_list args;

  va_start (args, name);
  while ((child = va_arg (args, TbusCtfField *)) != NULL)
    tbus_ctf_field_add (field, child);
  va_end (args);
  return field;
}

TbusCtfField *
tst_variant (const char *name, const char *tag, ...)
{
  TbusCtfField *field = tbus_ctf_field_new (TBUS_CTF_VARIANT, name);
  TbusCtfField *child;
  va_list args;

  field->reference = g_strdup (tag);
  va_start (args, tag);
  while ((child = va_arg (args, TbusCtfField *)) != NULL)
    tbus_ctf_field_add (field, child);
  va_end (args);
  return field;
}

TbusCtfField *
tst_aligned (TbusCtfField *field, guint32 alignment)
{
  field->alignment = alignment;
  return field;
}

GPtrArray *
tst_list (TbusCtfField *first, ...)
{
  GPtrArray *fields = tbus_ctf_fields_new ();
  va_list args;

  va_start (args, first);
  for (TbusCtfField *field = first; field != NULL; field = va_arg (args, TbusCtfField *))
    g_ptr_array_add (fields, field);
  va_end (args);
  return fields;
}

void
tst_add_app_context (GPtrArray *fields, const char *name, guint64 enum_id)
{
  g_autofree char *tag = g_strconcat (name, "_tag", NULL);

  g_ptr_array_add (fields, tst_enum (tag, enum_id, tst_int (NULL, 8, TRUE)));
  g_ptr_array_add (fields, tst_variant (name, tag, tst_struct ("none", TST_LIST_END),
                                        tst_int ("int8", 8, TRUE), tst_int ("int16", 16, TRUE),
                                        tst_int ("int32", 32, TRUE), tst_int ("int64", 64, TRUE),
                                        tst_int ("uint8", 8, FALSE), tst_int ("uint16", 16, FALSE),
                                        tst_int ("uint32", 32, FALSE), tst_int ("uint64", 64, FALSE),
                                        tst_float ("float"), tst_double ("double"), tst_string ("string"),
                                        TST_LIST_END));
}

GPtrArray *
tst_enums_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_ctf_enum_free);
}

static guint64
read_value (const char *text, const char **end, gboolean *is_signed)
{
  gboolean negative = *text == '-';
  char *after;
  guint64 value = g_ascii_strtoull (negative ? text + 1 : text, &after, 10);

  *is_signed = *after != 'u';
  *end = after + (*after == 'u');
  return negative ? -value : value;
}

static void
add_entry (TbusCtfEnum *type, const char *text)
{
  const char *equals = strrchr (text, '=');
  g_autofree char *label = equals != NULL ? g_strndup (text, equals - text) : g_strdup (text);
  TbusCtfEnumEntry entry = { .label = label, .automatic = equals == NULL };
  const char *rest;

  if (equals != NULL)
    {
      entry.start = entry.end = read_value (equals + 1, &rest, &entry.is_signed);
      if (g_str_has_prefix (rest, ".."))
        entry.end = read_value (rest + 2, &rest, &entry.is_signed);
      g_assert_cmpstr (rest, ==, "");
    }
  tbus_ctf_enum_add (type, &entry);
}

guint64
tst_enums_add (GPtrArray *enums, const char *const *entries)
{
  TbusCtfEnum *type = tbus_ctf_enum_new ("test");

  for (; *entries != NULL; entries++)
    add_entry (type, *entries);
  g_ptr_array_add (enums, type);
  return enums->len - 1;
}

guint64
tst_enums_add_app_tag (GPtrArray *enums)
{
  static const char *const labels[] = {
    "_none=0", "_int8=1", "_int16=2", "_int32=3", "_int64=4", "_uint8=5", "_uint16=6", "_uint32=7", "_uint64=8",
    "_float=9", "_double=10", "_string=11", NULL
  };

  return tst_enums_add (enums, labels);
}

const TbusCtfEnum *
tst_find_enum (guint64 id, gpointer enums)
{
  GPtrArray *array = enums;

  return array != NULL && id < array->len ? g_ptr_array_index (array, id) : NULL;
}

char *
tst_text (GPtrArray *fields, GPtrArray *enums)
{
  g_autoptr(GString) out = g_string_new (NULL);
  g_autoptr(GError) error = NULL;

  tbus_ctf_append_fields (out, 0, fields, tst_find_enum, enums, &error);
  g_assert_no_error (error);
  g_ptr_array_unref (fields);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

void
tst_assert_refused (GPtrArray *fields, GPtrArray *enums, int code, const char *words)
{
  g_autoptr(GString) out = g_string_new ("before");
  g_autoptr(GError) error = NULL;

  g_assert_false (tbus_ctf_append_fields (out, 0, fields, tst_find_enum, enums, &error));
  g_assert_error (error, TBUS_ERROR, code);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, words);
  g_assert_cmpstr (out->str, ==, "before");
  g_ptr_array_unref (fields);
}

static const TbusCtfClock machine_clock = {
  .uuid = { 0xc0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
  .name = (char *) "monotonic",
  .description = (char *) "Monotonic Clock",
  .frequency = 1000000000,
  .offset = G_GINT64_CONSTANT (1700000000123456789),
};

static const TbusCtfEnv machine_env[] = {
  { "domain", "ust", 0 },
  { "tracer_major", NULL, 2 },
  { "trace_name", "a \"quoted\\\nname", 0 },
  { NULL, NULL, 0 }
};

const TbusCtfTrace tst_trace = {
  .uuid = { 0x70, 0xf1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
  .abi = { 64, 8, 8, 8, 8, 8, G_BYTE_ORDER == G_LITTLE_ENDIAN },
  .clock = &machine_clock,
  .env = machine_env,
};
