/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/break-offs.h"

typedef struct {
  gint64 last;
  guint n;
} Record;

struct TbusBreakOffs {
  GHashTable *records; /* of Record, by pid */
  gint64 tidied;
};

TbusBreakOffs *
tbus_break_offs_new (void)
{
  TbusBreakOffs *self = g_new0 (TbusBreakOffs, 1);

  self->records = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
tbus_break_offs_free (TbusBreakOffs *self)
{
  g_hash_table_unref (self->records);
  g_free (self);
}

static gboolean
is_old (const Record *record, gint64 now)
{
  return now - record->last > TBUS_BREAK_OFF_MS * G_TIME_SPAN_MILLISECOND;
}

static gboolean
record_is_old (gpointer pid, gpointer record, gpointer now)
{
  return is_old (record, *(const gint64 *) now);
}

/* So seldom that a crowd costs each of its members the same. */
static void
tidy (TbusBreakOffs *self, gint64 now)
{
  if (now - self->tidied <= TBUS_BREAK_OFF_MS * G_TIME_SPAN_MILLISECOND)
    return;
  g_hash_table_foreach_remove (self->records, record_is_old, &now);
  self->tidied = now;
}

void
tbus_break_offs_add (TbusBreakOffs *self, pid_t pid, gint64 now)
{
  Record *record;

  tidy (self, now);
  record = g_hash_table_lookup (self->records, GINT_TO_POINTER (pid));
  if (record == NULL)
    {
      record = g_new0 (Record, 1);
      g_hash_table_insert (self->records, GINT_TO_POINTER (pid), record);
    }
  record->n = is_old (record, now) ? 1 : record->n + 1;
  record->last = now;
}

guint
tbus_break_offs_count (TbusBreakOffs *self, pid_t pid, gint64 now)
{
  const Record *record = g_hash_table_lookup (self->records, GINT_TO_POINTER (pid));

  return record != NULL && !is_old (record, now) ? record->n : 0;
}
