/* SPDX-License-Identifier: GPL-2.0-only */
/* Field records and enumeration entries to trees: every type, and whatever else the bytes may be. */
#include "base/error.h"
#include "base/limits.h"
#include "records.h"
#include "ust/fields.h"

#include <string.h>

static GPtrArray *
decode (const TstRecord *records, guint n)
{
  g_autoptr(GError) error = NULL;
  GPtrArray *fields = tbus_fields_decode (records, n * sizeof *records, "event", &error);

  g_assert_no_error (error);
  g_assert_nonnull (fields);
  return fields;
}

static void
refuse (const TstRecord *records, guint n, TbusError code, const char *what)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (tbus_fields_decode (records, n * sizeof *records, "event", &error));
  g_assert_error (error, TBUS_ERROR, (int) code);
  if (strstr (error->message, what) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, what);
}

static const TbusCtfField *
at (const GPtrArray *fields, guint i)
{
  return g_ptr_array_index (fields, i);
}

static void
takes_an_event_without_fields (void)
{
  g_autoptr(GPtrArray) fields = decode (NULL, 0);

  g_assert_cmpuint (fields->len, ==, 0);
}

static void
reads_integers (void)
{
  TstRecord records[] = { tst_integer ("a", 64, TRUE), tst_integer ("b", 8, FALSE) };
  g_autoptr(GPtrArray) fields = NULL;

  records[1].type.u.integer.reverse_byte_order = 1;
  records[1].type.u.integer.base = 16;
  records[1].type.u.integer.encoding = lttng_ust_ctl_encode_UTF8;
  records[1].type.u.integer.alignment = 16;
  fields = decode (records, G_N_ELEMENTS (records));
  g_assert_cmpuint (fields->len, ==, 2);
  g_assert_cmpstr (at (fields, 0)->name, ==, "a");
  g_assert_cmpint (at (fields, 0)->kind, ==, TBUS_CTF_INTEGER);
  g_assert_cmpuint (at (fields, 0)->size, ==, 64);
  g_assert_true (at (fields, 0)->is_signed);
  g_assert_false (at (fields, 0)->reverse);
  g_assert_false (at (fields, 1)->is_signed);
  g_assert_true (at (fields, 1)->reverse);
  g_assert_cmpuint (at (fields, 1)->base, ==, 16);
  g_assert_cmpint (at (fields, 1)->encoding, ==, TBUS_CTF_ENCODING_UTF8);
  g_assert_cmpuint (at (fields, 1)->alignment, ==, 16);
}

static void
reads_floats_and_strings (void)
{
  TstRecord records[] = { tst_record ("f", lttng_ust_ctl_atype_float), tst_record ("s", lttng_ust_ctl_atype_string) };
  g_autoptr(GPtrArray) fields = NULL;

  records[0].type.u._float = (struct lttng_ust_ctl_float_type){ .exp_dig = 11, .mant_dig = 53, .alignment = 8 };
  records[1].type.u.string.encoding = lttng_ust_ctl_encode_ASCII;
  fields = decode (records, G_N_ELEMENTS (records));
  g_assert_cmpint (at (fields, 0)->kind, ==, TBUS_CTF_FLOAT);
  g_assert_cmpuint (at (fields, 0)->mantissa_digits, ==, 53);
  g_assert_cmpint (at (fields, 1)->kind, ==, TBUS_CTF_STRING);
  g_assert_cmpint (at (fields, 1)->encoding, ==, TBUS_CTF_ENCODING_ASCII);
}

static void
reads_arrays_sequences_and_enumerations (void)
{
  TstRecord records[] = {
    tst_array ("a", 4), tst_integer ("ignored", 16, FALSE),
    tst_integer ("n", 32, FALSE),
    tst_sequence ("s", "n"), tst_integer ("", 8, FALSE),
    tst_integer ("m", 32, FALSE),
    tst_sequence ("t", ""), tst_integer ("", 8, FALSE),
    tst_record ("e", lttng_ust_ctl_atype_enum_nestable), tst_integer ("", 32, TRUE),
  };
  g_autoptr(GPtrArray) fields = NULL;

  records[8].type.u.enum_nestable.id = G_GUINT64_CONSTANT (1) << 40;
  fields = decode (records, G_N_ELEMENTS (records));
  g_assert_cmpuint (fields->len, ==, 6);
  g_assert_cmpint (at (fields, 0)->kind, ==, TBUS_CTF_ARRAY);
  g_assert_cmpuint (at (fields, 0)->length, ==, 4);
  g_assert_cmpuint (at (at (fields, 0)->children, 0)->size, ==, 16);
  g_assert_null (at (at (fields, 0)->children, 0)->name);
  g_assert_cmpstr (at (fields, 2)->reference, ==, "n");
  g_assert_cmpstr (at (fields, 4)->reference, ==, "m");
  g_assert_cmpint (at (fields, 5)->kind, ==, TBUS_CTF_ENUM);
  g_assert_cmpuint (at (fields, 5)->enum_id, ==, G_GUINT64_CONSTANT (1) << 40);
  g_assert_true (at (at (fields, 5)->children, 0)->is_signed);
}

static void
reads_variants_and_structs (void)
{
  TstRecord records[] = {
    tst_variant ("v", "tag", 2), tst_integer ("one", 8, FALSE), tst_struct ("two", 0),
    tst_struct ("s", 1), tst_struct ("inner", 1), tst_integer ("x", 8, FALSE),
  };
  g_autoptr(GPtrArray) fields = decode (records, G_N_ELEMENTS (records));

  g_assert_cmpuint (fields->len, ==, 2);
  g_assert_cmpint (at (fields, 0)->kind, ==, TBUS_CTF_VARIANT);
  g_assert_cmpstr (at (fields, 0)->reference, ==, "tag");
  g_assert_cmpuint (at (fields, 0)->children->len, ==, 2);
  g_assert_cmpstr (at (at (at (fields, 1)->children, 0)->children, 0)->name, ==, "x");
}

/* The application contexts of 2.13 still come so. */
static void
reads_legacy_types (void)
{
  TstRecord records[] = {
    tst_record ("a", lttng_ust_ctl_atype_array), tst_record ("s", lttng_ust_ctl_atype_sequence),
    tst_record ("e", lttng_ust_ctl_atype_enum), tst_record ("v", lttng_ust_ctl_atype_variant),
    tst_integer ("choice", 8, FALSE), tst_record ("t", lttng_ust_ctl_atype_struct),
  };
  g_autoptr(GPtrArray) fields = NULL;

  records[0].type.u.legacy.array.length = 7;
  records[0].type.u.legacy.array.elem_type.atype = lttng_ust_ctl_atype_integer;
  records[0].type.u.legacy.array.elem_type.u.basic.integer = tst_integer_type (8, TRUE);
  records[1].type.u.legacy.sequence.length_type.atype = lttng_ust_ctl_atype_integer;
  records[1].type.u.legacy.sequence.length_type.u.basic.integer = tst_integer_type (16, FALSE);
  records[1].type.u.legacy.sequence.elem_type.atype = lttng_ust_ctl_atype_integer;
  records[1].type.u.legacy.sequence.elem_type.u.basic.integer = tst_integer_type (64, FALSE);
  records[2].type.u.legacy.basic.enumeration.container_type = tst_integer_type (8, TRUE);
  records[2].type.u.legacy.basic.enumeration.id = 3;
  records[3].type.u.legacy.variant.nr_choices = 1;
  strcpy (records[3].type.u.legacy.variant.tag_name, "e");
  fields = decode (records, G_N_ELEMENTS (records));
  g_assert_cmpuint (fields->len, ==, 6); /* a sequence is two: its length comes first */
  g_assert_cmpuint (at (fields, 0)->length, ==, 7);
  g_assert_cmpstr (at (fields, 1)->name, ==, "_s_length");
  g_assert_cmpuint (at (fields, 1)->size, ==, 16);
  g_assert_cmpstr (at (fields, 2)->reference, ==, "_s_length");
  g_assert_cmpuint (at (fields, 3)->enum_id, ==, 3);
  g_assert_cmpstr (at (fields, 4)->reference, ==, "e");
  g_assert_cmpint (at (fields, 5)->kind, ==, TBUS_CTF_STRUCT);
}

static void
ends_names_that_do_not_end (void)
{
  TstRecord record = tst_integer ("", 8, FALSE);
  g_autoptr(GPtrArray) fields = NULL;

  memset (record.name, 'x', sizeof record.name);
  fields = decode (&record, 1);
  g_assert_cmpuint (strlen (at (fields, 0)->name), ==, 255);
}

static void
refuses_sizes_that_ctf_does_not_have (void)
{
  TstRecord integer = tst_integer ("i", 24, FALSE), base = tst_integer ("b", 8, FALSE);
  TstRecord alignment = tst_integer ("a", 8, FALSE), encoding = tst_integer ("e", 8, FALSE);
  TstRecord number = tst_record ("f", lttng_ust_ctl_atype_float);

  refuse (&integer, 1, TBUS_ERROR_INVALID_ARGS, "\"i\"");
  base.type.u.integer.base = 3;
  refuse (&base, 1, TBUS_ERROR_INVALID_ARGS, "base");
  alignment.type.u.integer.alignment = 12;
  refuse (&alignment, 1, TBUS_ERROR_INVALID_ARGS, "power of two");
  encoding.type.u.integer.encoding = -1;
  refuse (&encoding, 1, TBUS_ERROR_INVALID_ARGS, "encoding");
  number.type.u._float = (struct lttng_ust_ctl_float_type){ .exp_dig = 11, .alignment = 8 };
  refuse (&number, 1, TBUS_ERROR_INVALID_ARGS, "floating");
}

static void
refuses_parts_that_were_not_sent (void)
{
  TstRecord structure[] = { tst_struct ("s", 2), tst_integer ("x", 8, FALSE) };
  TstRecord nested[] = { tst_struct ("s", 2), tst_struct ("t", 1), tst_integer ("x", 8, FALSE) };
  TstRecord huge = tst_struct ("h", G_MAXUINT32), array = tst_array ("a", 1);
  TstRecord sequence[] = { tst_sequence ("q", ""), tst_integer ("x", 8, FALSE) };

  refuse (structure, 2, TBUS_ERROR_INVALID_ARGS, "more parts");
  refuse (nested, 3, TBUS_ERROR_INVALID_ARGS, "more parts");
  refuse (&huge, 1, TBUS_ERROR_INVALID_ARGS, "more parts");
  refuse (&array, 1, TBUS_ERROR_INVALID_ARGS, "more parts");
  refuse (sequence, 2, TBUS_ERROR_INVALID_ARGS, "without a length");
}

static void
refuses_elements_that_cannot_be (void)
{
  TstRecord legacy = tst_record ("a", lttng_ust_ctl_atype_array);
  TstRecord two[] = { tst_array ("a", 1), tst_record ("s", lttng_ust_ctl_atype_sequence) };
  TstRecord text[] = { tst_record ("e", lttng_ust_ctl_atype_enum_nestable),
                       tst_record ("s", lttng_ust_ctl_atype_string) };
  TstRecord unknown = tst_record ("u", NR_LTTNG_UST_CTL_ABSTRACT_TYPES);

  legacy.type.u.legacy.array.elem_type.atype = lttng_ust_ctl_atype_variant;
  refuse (&legacy, 1, TBUS_ERROR_INVALID_ARGS, "elements");
  two[1].type.u.legacy.sequence.length_type.u.basic.integer = tst_integer_type (8, FALSE);
  two[1].type.u.legacy.sequence.elem_type.u.basic.integer = tst_integer_type (8, FALSE);
  refuse (two, 2, TBUS_ERROR_INVALID_ARGS, "elements");
  refuse (text, 2, TBUS_ERROR_INVALID_ARGS, "no integer");
  refuse (&unknown, 1, TBUS_ERROR_INVALID_ARGS, "unknown type");
}

static void
bounds_nesting (void)
{
  TstRecord records[TBUS_MAX_NESTING + 2];
  g_autoptr(GPtrArray) fields = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (records) - 1; i++)
    records[i] = tst_struct ("s", 1);
  records[G_N_ELEMENTS (records) - 1] = tst_integer ("x", 8, FALSE);
  refuse (records, G_N_ELEMENTS (records), TBUS_ERROR_INVALID_ARGS, "too deep");
  fields = decode (records + 1, G_N_ELEMENTS (records) - 1);
  g_assert_cmpuint (fields->len, ==, 1);
}

static void
bounds_the_count (void)
{
  g_autofree TstRecord *records = g_new (TstRecord, TBUS_MAX_FIELDS + 1);
  g_autoptr(GPtrArray) fields = NULL;
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i <= TBUS_MAX_FIELDS; i++)
    records[i] = tst_integer ("x", 8, FALSE);
  fields = decode (records, TBUS_MAX_FIELDS);
  g_assert_cmpuint (fields->len, ==, TBUS_MAX_FIELDS);
  refuse (records, TBUS_MAX_FIELDS + 1, TBUS_ERROR_EXHAUSTED, "1024");
  g_assert_null (tbus_fields_decode (records, sizeof *records - 1, NULL, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
}

/* Random bytes, biased to what leads deeper; also at an odd address. Nothing but an answer may come of it. */
static void
survives_random_records (void)
{
  enum { MAX_RECORDS = 24 };
  g_autofree guint8 *bytes = g_malloc (MAX_RECORDS * sizeof (TstRecord) + 1);
  guint decoded = 0;

  for (guint round = 0; round < 4000; round++)
    {
      guint n = g_test_rand_int_range (1, MAX_RECORDS + 1);
      TstRecord *records = (TstRecord *) (bytes + 1);
      g_autoptr(GError) error = NULL;
      g_autoptr(GPtrArray) fields = NULL;

      for (gsize i = 0; i < n * sizeof *records; i += 4)
        memcpy (bytes + 1 + i, &(guint32){ g_test_rand_int () }, 4);
      for (guint i = 0; i < n; i++)
        {
          guint32 atype = g_test_rand_int_range (0, NR_LTTNG_UST_CTL_ABSTRACT_TYPES + 1);

          if (g_test_rand_bit ())
            records[i].type.u.integer = tst_integer_type (8 << g_test_rand_int_range (0, 4), TRUE);
          if (g_test_rand_bit ())
            records[i].type.u.struct_nestable.nr_fields = g_test_rand_int_range (0, 4);
          records[i].type.u.struct_nestable.alignment = 8 * g_test_rand_int_range (0, 3);
          memcpy (&records[i].type.atype, &atype, sizeof atype);
        }
      fields = tbus_fields_decode (records, n * sizeof *records, "random", &error);
      g_assert_true ((fields != NULL) == (error == NULL));
      decoded += fields != NULL;
    }
  g_assert_cmpuint (decoded, >, 0);
}

static TbusCtfEnum *
decode_enum (const TstEntry *entries, guint n)
{
  g_autoptr(GError) error = NULL;
  TbusCtfEnum *result = tbus_enum_decode (entries, n * sizeof *entries, "map", &error);

  g_assert_no_error (error);
  return result;
}

static const TbusCtfEnumEntry *
entry_at (const TbusCtfEnum *map, guint i)
{
  return &g_array_index (map->entries, TbusCtfEnumEntry, i);
}

static void
reads_entries (void)
{
  TstEntry entries[] = { tst_entry ("minus", -5, -1), tst_entry ("auto", 9, 3), tst_entry ("huge", 0, -1) };
  g_autoptr(TbusCtfEnum) map = NULL;

  entries[1].u.extra.options = LTTNG_UST_CTL_UST_ENUM_ENTRY_OPTION_IS_AUTO;
  entries[2].end.signedness = FALSE; /* 0 to the largest number there is */
  memset (entries[2].string, 'y', sizeof entries[2].string);
  map = decode_enum (entries, G_N_ELEMENTS (entries));
  g_assert_cmpstr (map->name, ==, "map");
  g_assert_cmpuint (map->entries->len, ==, 3);
  g_assert_true (entry_at (map, 0)->is_signed);
  g_assert_cmpint ((gint64) entry_at (map, 0)->start, ==, -5);
  g_assert_true (entry_at (map, 1)->automatic);
  g_assert_false (entry_at (map, 2)->is_signed);
  g_assert_cmpuint (entry_at (map, 2)->end, ==, G_MAXUINT64);
  g_assert_cmpuint (strlen (entry_at (map, 2)->label), ==, 255);
}

static void
refuses_ranges_that_end_before_they_start (void)
{
  TstEntry entries[] = { tst_entry ("back", 2, 1), tst_entry ("mixed", -1, -1) };
  g_autoptr(GError) error = NULL;

  entries[1].end.signedness = FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      g_assert_null (tbus_enum_decode (&entries[i], sizeof entries[i], "map", &error));
      g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
      g_clear_error (&error);
    }
  g_assert_null (tbus_enum_decode (entries, sizeof entries - 1, "map", &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
}

static void
bounds_entries (void)
{
  gsize size = (TBUS_MAX_ENUM_ENTRIES + 1) * sizeof (TstEntry);
  g_autofree TstEntry *entries = g_malloc0 (size);
  g_autoptr(GError) error = NULL;

  g_assert_null (tbus_enum_decode (entries, size, "map", &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ust/fields/takes-an-event-without-fields", takes_an_event_without_fields);
  g_test_add_func ("/ust/fields/reads-integers", reads_integers);
  g_test_add_func ("/ust/fields/reads-floats-and-strings", reads_floats_and_strings);
  g_test_add_func ("/ust/fields/reads-arrays-sequences-and-enumerations", reads_arrays_sequences_and_enumerations);
  g_test_add_func ("/ust/fields/reads-variants-and-structs", reads_variants_and_structs);
  g_test_add_func ("/ust/fields/reads-legacy-types", reads_legacy_types);
  g_test_add_func ("/ust/fields/ends-names-that-do-not-end", ends_names_that_do_not_end);
  g_test_add_func ("/ust/fields/refuses-sizes-that-ctf-does-not-have", refuses_sizes_that_ctf_does_not_have);
  g_test_add_func ("/ust/fields/refuses-parts-that-were-not-sent", refuses_parts_that_were_not_sent);
  g_test_add_func ("/ust/fields/refuses-elements-that-cannot-be", refuses_elements_that_cannot_be);
  g_test_add_func ("/ust/fields/bounds-nesting", bounds_nesting);
  g_test_add_func ("/ust/fields/bounds-the-count", bounds_the_count);
  g_test_add_func ("/ust/fields/survives-random-records", survives_random_records);
  g_test_add_func ("/ust/fields/reads-entries", reads_entries);
  g_test_add_func ("/ust/fields/refuses-ranges-that-end-before-they-start", refuses_ranges_that_end_before_they_start);
  g_test_add_func ("/ust/fields/bounds-entries", bounds_entries);
  return g_test_run ();
}
