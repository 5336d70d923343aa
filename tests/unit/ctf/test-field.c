/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/field.h"

#include "unit/ctf/build.h"

static void
owns_what_is_added (void)
{
  g_autoptr(TbusCtfField) outer = tst_struct ("outer", tst_int ("inner", 8, TRUE), TST_LIST_END);
  TbusCtfField *added = tst_string ("later");

  g_assert_cmpuint (outer->children->len, ==, 1);
  tbus_ctf_field_add (outer, added);
  g_assert_cmpuint (outer->children->len, ==, 2);
  g_assert_true (g_ptr_array_index (outer->children, 1) == added);
}

static void
keeps_names_as_they_came (void)
{
  g_autoptr(TbusCtfField) field = tbus_ctf_field_new (TBUS_CTF_STRING, "a-b\xff");
  g_autoptr(TbusCtfField) element = tbus_ctf_field_new (TBUS_CTF_STRING, NULL);

  g_assert_cmpstr (field->name, ==, "a-b\xff");
  g_assert_null (element->name);
  g_assert_null (element->children);
}

static TbusCtfEnum *
enum_of (const char *name, const TbusCtfEnumEntry *entry)
{
  TbusCtfEnum *type = tbus_ctf_enum_new (name);

  tbus_ctf_enum_add (type, entry);
  return type;
}

static void
copies_entries (void)
{
  char label[] = "label";
  TbusCtfEnumEntry entry = { .label = label, .start = 1, .end = 2 };
  g_autoptr(TbusCtfEnum) type = enum_of ("e", &entry);

  label[0] = 'X';
  g_assert_cmpstr (g_array_index (type->entries, TbusCtfEnumEntry, 0).label, ==, "label");
  g_assert_cmpuint (g_array_index (type->entries, TbusCtfEnumEntry, 0).end, ==, 2);
}

static void
automatic_entries_have_no_value (void)
{
  TbusCtfEnumEntry entry = { .label = (char *) "a", .automatic = TRUE, .start = 7, .end = 9, .is_signed = TRUE };
  g_autoptr(TbusCtfEnum) type = enum_of ("e", &entry);
  const TbusCtfEnumEntry *kept = &g_array_index (type->entries, TbusCtfEnumEntry, 0);

  g_assert_true (kept->automatic);
  g_assert_false (kept->is_signed);
  g_assert_cmpuint (kept->start, ==, 0);
  g_assert_cmpuint (kept->end, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctf/field/owns-what-is-added", owns_what_is_added);
  g_test_add_func ("/ctf/field/keeps-names-as-they-came", keeps_names_as_they_came);
  g_test_add_func ("/ctf/enum/copies-entries", copies_entries);
  g_test_add_func ("/ctf/enum/automatic-entries-have-no-value", automatic_entries_have_no_value);
  return g_test_run ();
}
