/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/hash.h"

#include <string.h>

static TbusHash
hash_of (const char *bytes, gsize length)
{
  TbusHash hash = tbus_hash_start ();

  tbus_hash_add (&hash, bytes, length);
  return hash;
}

static gboolean
alike (TbusHash a, TbusHash b)
{
  return tbus_hash_table_equal (&a, &b);
}

static void
equal_bytes_have_equal_hashes (void)
{
  const char text[] = "tick:tock and some more bytes";

  for (gsize length = 0; length < sizeof text; length++)
    {
      g_autofree char *copy = g_memdup2 (text, length + 1);

      g_assert_true (alike (hash_of (text, length), hash_of (copy, length)));
    }
}

static void
every_byte_counts (void)
{
  char text[33];

  memset (text, 'x', sizeof text);
  for (gsize length = 1; length <= sizeof text; length++)
    for (gsize i = 0; i < length; i++)
      {
        TbusHash before = hash_of (text, length);

        text[i] ^= 1;
        g_assert_false (alike (before, hash_of (text, length)));
        text[i] ^= 1;
      }
}

static void
lengths_count_where_bytes_are_zero (void)
{
  static const char zeros[40];

  for (gsize a = 0; a < sizeof zeros; a++)
    for (gsize b = 0; b < a; b++)
      g_assert_false (alike (hash_of (zeros, a), hash_of (zeros, b)));
}

static void
strings_do_not_run_into_each_other (void)
{
  TbusHash a = tbus_hash_start (), b = tbus_hash_start ();

  tbus_hash_add_string (&a, "ab");
  tbus_hash_add_string (&a, "c");
  tbus_hash_add_string (&b, "a");
  tbus_hash_add_string (&b, "bc");
  g_assert_false (alike (a, b));
}

static void
numbers_and_their_order_count (void)
{
  TbusHash a = tbus_hash_start (), b = tbus_hash_start ();

  tbus_hash_add_number (&a, 1);
  tbus_hash_add_number (&a, 2);
  tbus_hash_add_number (&b, 2);
  tbus_hash_add_number (&b, 1);
  g_assert_false (alike (a, b));
}

/* 2^17 keys in 128 bits: one collision would be a defect, not bad luck. */
static void
serves_as_key_of_a_table (void)
{
  g_autoptr(GHashTable) table = g_hash_table_new_full (tbus_hash_table_hash, tbus_hash_table_equal, g_free, NULL);

  for (guint i = 0; i < 1 << 17; i++)
    {
      TbusHash hash = tbus_hash_start ();

      tbus_hash_add (&hash, &i, sizeof i);
      g_assert_true (g_hash_table_insert (table, g_memdup2 (&hash, sizeof hash), NULL));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/hash/equal-bytes-have-equal-hashes", equal_bytes_have_equal_hashes);
  g_test_add_func ("/base/hash/every-byte-counts", every_byte_counts);
  g_test_add_func ("/base/hash/lengths-count-where-bytes-are-zero", lengths_count_where_bytes_are_zero);
  g_test_add_func ("/base/hash/strings-do-not-run-into-each-other", strings_do_not_run_into_each_other);
  g_test_add_func ("/base/hash/numbers-and-their-order-count", numbers_and_their_order_count);
  g_test_add_func ("/base/hash/serves-as-key-of-a-table", serves_as_key_of_a_table);
  return g_test_run ();
}
