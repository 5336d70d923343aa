/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytecode: byte by byte what LTTng's compiler makes, but for what is listed with its reason.
 *
 * peer.txt is what lttng-sessiond 2.13.9 sent for each expression, recorded with trace/capture-filters.py:
 * "OFFSET HEX EXPRESSION", or "refused EXPRESSION". ours.txt is where we differ on purpose, under the reason.
 */
#include "base/error.h"
#include "base/limits.h"
#include "unit/core/filter/machine.h"

/* "OFFSET HEX", or "refused" */
static char *
outcome_of (const char *expression)
{
  g_autoptr(GBytes) bytecode = NULL;
  g_autoptr(GError) error = NULL;
  GString *outcome;
  const guint8 *data;
  guint32 offset;
  gsize size;

  if (!tst_compile (expression, &bytecode, &offset, &error))
    {
      g_assert_error (error, TBUS_ERROR, TBUS_ERROR_FILTER_SYNTAX);
      return g_strdup ("refused");
    }
  g_assert_cmpstr (tst_machine_refuses (bytecode, offset), ==, NULL);
  outcome = g_string_new (NULL);
  g_string_printf (outcome, "%u ", offset);
  data = g_bytes_get_data (bytecode, &size);
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (outcome, "%02x", data[i]);
  return g_string_free (outcome, FALSE);
}

/* Expression to outcome. */
static GHashTable *
load (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "unit", "core", "filter", name, NULL);
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto(GStrv) words = NULL;
      gboolean refused = g_str_has_prefix (lines[i], "refused ");

      if (lines[i][0] == '#' || lines[i][0] == '\0')
        continue;
      words = g_strsplit (lines[i], " ", refused ? 2 : 3);
      g_assert_cmpuint (g_strv_length (words), ==, refused ? 2 : 3);
      if (refused)
        g_assert_true (g_hash_table_insert (table, g_strdup (words[1]), g_strdup ("refused")));
      else
        g_assert_true (g_hash_table_insert (table, g_strdup (words[2]), g_strjoin (" ", words[0], words[1], NULL)));
    }
  return table;
}

static void
is_what_lttng_makes (void)
{
  g_autoptr(GHashTable) peer = load ("peer.txt");
  g_autoptr(GHashTable) ours = load ("ours.txt");
  GHashTableIter iter;
  gpointer expression, theirs;

  if (G_BYTE_ORDER != G_LITTLE_ENDIAN)
    {
      g_test_skip ("recorded on a little-endian machine");
      return;
    }
  g_assert_cmpuint (g_hash_table_size (peer), >, 400);
  g_hash_table_iter_init (&iter, peer);
  while (g_hash_table_iter_next (&iter, &expression, &theirs))
    {
      const char *different = g_hash_table_lookup (ours, expression);
      g_autofree char *outcome = outcome_of (expression);

      if (!g_str_equal (outcome, different != NULL ? different : theirs))
        g_test_message ("of the filter %s", (char *) expression);
      g_assert_cmpstr (outcome, ==, different != NULL ? different : theirs);
      g_assert_cmpstr (different, !=, theirs);
      g_hash_table_remove (ours, expression);
    }
  g_assert_cmpuint (g_hash_table_size (ours), ==, 0);
}

/* By hand, from the opcodes: i 1 & 1 == "a*" s == && */
static void
is_what_the_opcodes_say (void)
{
  static const guint8 expected[] = {
    59, 255, 255, 65, 1, 0, 0, 0, 0, 0, 0, 0, 9, /* 0: i & 1 */
    67, 57, 25, 0,                               /* 13: as a signed integer; where it is 0, skip to 25 */
    64, 'a', '*', 0, 59, 255, 255, 12,           /* 17: "a*" == s */
    1,
    0, 0, 'i', 0, 21, 0, 's', 0,
  };
  g_autoptr(GBytes) bytecode = NULL;
  g_autoptr(GBytes) wanted = g_bytes_new_static (expected, sizeof expected);
  guint32 offset;

  if (G_BYTE_ORDER != G_LITTLE_ENDIAN)
    {
      g_test_skip ("written for a little-endian machine");
      return;
    }
  g_assert_true (tst_compile ("i & 1 && \"a*\" == s", &bytecode, &offset, NULL));
  g_assert_cmpuint (offset, ==, 26);
  g_assert_true (g_bytes_equal (bytecode, wanted));
}

static char *
repeat (const char *before, guint n, const char *middle, const char *after)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append (text, before);
  g_string_append (text, middle);
  for (guint i = 0; i < n; i++)
    g_string_append (text, after);
  return g_string_free (text, FALSE);
}

static void
assert_outcome (const char *expression, gboolean accepted)
{
  g_autofree char *outcome = outcome_of (expression);

  g_assert_cmpint (!g_str_equal (outcome, "refused"), ==, accepted);
}

/* One more would end the traced program: its interpreter asserts. */
static void
never_needs_more_than_8_values (void)
{
  g_autofree char *deepest = repeat ("1 == (", 7, "1", ")");
  g_autofree char *deeper = repeat ("1 == (", 8, "1", ")");
  g_autofree char *negated = repeat ("1 == (", 7, "!f", ")");
  g_autofree char *flat = repeat ("(", 100, "1", " == 1)");
  g_autofree char *logical = repeat ("a || (", 100, "a", ")");

  assert_outcome (deepest, TRUE);
  assert_outcome (deeper, FALSE);
  assert_outcome (negated, FALSE);
  assert_outcome (flat, TRUE);
  assert_outcome (logical, TRUE);
}

/* Each ||a takes 3 bytes for the skip, 3 for the field, 1 for its cast and 4 in the table; what is around them, 9. */
static void
is_never_longer_than_its_offsets_count (void)
{
  g_autofree char *longest = repeat ("", 5956, "a", "||a");
  g_autofree char *longer = repeat ("", 5957, "a", "||a");
  g_autofree char *text = g_strnfill (G_MAXUINT16 - 11, 'a');
  g_autofree char *longest_string = g_strdup_printf ("a=='%s'", text);
  g_autofree char *longer_string = g_strdup_printf ("a=='%sa'", text);

  assert_outcome (longest, TRUE);
  assert_outcome (longer, FALSE);
  assert_outcome (longest_string, TRUE);
  assert_outcome (longer_string, FALSE);
}

static void
counts_the_elements_of_arrays (void)
{
  g_autofree char *most = repeat ("", TBUS_MAX_FILTER_STEPS / 2 - 1, "a[0]", "||a[0]");
  g_autofree char *more = repeat ("", TBUS_MAX_FILTER_STEPS / 2, "a[0]", "||a[0]");

  assert_outcome (most, TRUE);
  assert_outcome (more, FALSE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/filter/bytecode/is-what-lttng-makes", is_what_lttng_makes);
  g_test_add_func ("/core/filter/bytecode/is-what-the-opcodes-say", is_what_the_opcodes_say);
  g_test_add_func ("/core/filter/bytecode/never-needs-more-than-8-values", never_needs_more_than_8_values);
  g_test_add_func ("/core/filter/bytecode/is-never-longer-than-its-offsets-count",
                   is_never_longer_than_its_offsets_count);
  g_test_add_func ("/core/filter/bytecode/counts-the-elements-of-arrays", counts_the_elements_of_arrays);
  return g_test_run ();
}
