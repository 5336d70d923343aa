/* SPDX-License-Identifier: GPL-2.0-only */
#include "ctf/labels.h"

#include "ctf/text.h"

/* Walks the entries that are written. */
typedef struct {
  const GArray *entries;
  gboolean is_signed;
  guint position;
  guint64 next;        /* what an automatic entry has here */
  guint64 reader_next; /* what a reader gives an entry without a value here: it does not see what is left out */
} Cursor;

typedef struct {
  const char *label;
  gboolean is_signed; /* how to write the values */
  gboolean implied;   /* a reader finds the value itself */
  guint64 start, end;
} Range;

static gboolean
is_backwards (guint64 start, guint64 end, gboolean is_signed)
{
  return is_signed ? (gint64) start > (gint64) end : start > end;
}

/* Returns: FALSE if no value of the integer can have the label. */
static gboolean
range_resolve (const Cursor *cursor, const TbusCtfEnumEntry *entry, Range *range)
{
  range->label = entry->label != NULL ? entry->label : "";
  range->is_signed = entry->automatic ? cursor->is_signed : entry->is_signed;
  range->implied = entry->automatic && cursor->next == cursor->reader_next;
  range->start = entry->automatic ? cursor->next : entry->start;
  range->end = entry->automatic ? cursor->next : entry->end;
  if (!is_backwards (range->start, range->end, cursor->is_signed))
    return TRUE;
  if (is_backwards (range->start, range->end, entry->is_signed))
    return FALSE;
  if (cursor->is_signed)
    range->end = G_MAXINT64;
  else
    range->start = 0;
  return TRUE;
}

static gboolean
cursor_next (Cursor *cursor, Range *range)
{
  while (cursor->position < cursor->entries->len)
    {
      const TbusCtfEnumEntry *entry = &g_array_index (cursor->entries, TbusCtfEnumEntry, cursor->position++);
      gboolean written = range_resolve (cursor, entry, range);

      cursor->next = (entry->automatic ? cursor->next : entry->end) + 1;
      if (written)
        {
          cursor->reader_next = range->end + 1;
          return TRUE;
        }
    }
  return FALSE;
}

TbusCtfLabels *
tbus_ctf_labels_new (const TbusCtfEnum *type, gboolean is_signed)
{
  TbusCtfLabels *labels = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr(GHashTable) scope = tbus_ctf_scope_new ();
  g_autoptr(GString) identifier = g_string_new (NULL);
  Cursor cursor = { .entries = type->entries, .is_signed = is_signed };
  Range range;

  while (cursor_next (&cursor, &range))
    {
      g_autofree char *shown_alike = NULL;

      if (range.label[0] != '_' || g_hash_table_contains (labels, range.label))
        continue;
      g_string_truncate (identifier, 0);
      tbus_ctf_scope_append (scope, identifier, range.label + 1);
      g_hash_table_insert (labels, g_strdup (range.label), g_strdup (identifier->str));
      /* Choices need not come in the order of their labels: neither of "_a" and "__a" may come first. */
      shown_alike = g_strconcat ("_", identifier->str, NULL);
      tbus_ctf_scope_reserve (scope, shown_alike);
    }
  return labels;
}

static int
compare_unsigned (gconstpointer a, gconstpointer b)
{
  const Range *x = a, *y = b;

  return (x->start > y->start) - (x->start < y->start);
}

static int
compare_signed (gconstpointer a, gconstpointer b)
{
  const Range *x = a, *y = b;

  return ((gint64) x->start > (gint64) y->start) - ((gint64) x->start < (gint64) y->start);
}

gboolean
tbus_ctf_labels_overlap (const TbusCtfEnum *type, gboolean is_signed)
{
  g_autoptr(GArray) ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  Cursor cursor = { .entries = type->entries, .is_signed = is_signed };
  Range range;

  while (cursor_next (&cursor, &range))
    g_array_append_val (ranges, range);
  g_array_sort (ranges, is_signed ? compare_signed : compare_unsigned);
  for (guint i = 1; i < ranges->len; i++)
    {
      const Range *before = &g_array_index (ranges, Range, i - 1);

      if (!is_backwards (g_array_index (ranges, Range, i).start, before->end, is_signed))
        return TRUE;
    }
  return FALSE;
}

static void
append_value (GString *out, guint64 value, gboolean is_signed)
{
  if (is_signed && (gint64) value < 0)
    {
      g_string_append_c (out, '-');
      value = -value;
    }
  tbus_ctf_append_uint (out, value);
}

gboolean
tbus_ctf_append_labels (GString *out, guint indent, const TbusCtfEnum *type, gboolean is_signed,
                        TbusCtfLabels *labels)
{
  Cursor cursor = { .entries = type->entries, .is_signed = is_signed };
  gsize at = out->len;
  Range range;

  while (cursor_next (&cursor, &range))
    {
      const char *identifier = labels != NULL ? g_hash_table_lookup (labels, range.label) : NULL;

      tbus_ctf_append_tabs (out, indent);
      tbus_ctf_append_string (out, identifier != NULL ? identifier : range.label);
      if (!range.implied)
        {
          g_string_append (out, " = ");
          append_value (out, range.start, range.is_signed);
        }
      if (range.start != range.end)
        {
          g_string_append (out, " ... ");
          append_value (out, range.end, range.is_signed);
        }
      g_string_append (out, ",\n");
    }
  return out->len > at;
}
