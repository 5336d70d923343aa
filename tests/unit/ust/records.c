/* SPDX-License-Identifier: GPL-2.0-only */
#include "records.h"

struct lttng_ust_ctl_integer_type
tst_integer_type (guint bits, gboolean is_signed)
{
  return (struct lttng_ust_ctl_integer_type){
    .size = bits,
    .signedness = is_signed,
    .base = 10,
    .alignment = 8,
  };
}

TstRecord
tst_record (const char *name, guint32 atype)
{
  TstRecord record = { .type.atype = atype };

  g_strlcpy (record.name, name, sizeof record.name);
  return record;
}

TstRecord
tst_integer (const char *name, guint bits, gboolean is_signed)
{
  TstRecord record = tst_record (name, lttng_ust_ctl_atype_integer);

  record.type.u.integer = tst_integer_type (bits, is_signed);
  return record;
}

TstRecord
tst_array (const char *name, guint32 length)
{
  TstRecord record = tst_record (name, lttng_ust_ctl_atype_array_nestable);

  record.type.u.array_nestable.length = length;
  return record;
}

TstRecord
tst_sequence (const char *name, const char *length_name)
{
  TstRecord record = tst_record (name, lttng_ust_ctl_atype_sequence_nestable);

  g_strlcpy (record.type.u.sequence_nestable.length_name, length_name,
             sizeof record.type.u.sequence_nestable.length_name);
  return record;
}

TstRecord
tst_struct (const char *name, guint32 n_fields)
{
  TstRecord record = tst_record (name, lttng_ust_ctl_atype_struct_nestable);

  record.type.u.struct_nestable.nr_fields = n_fields;
  return record;
}

TstRecord
tst_variant (const char *name, const char *tag, guint32 n_choices)
{
  TstRecord record = tst_record (name, lttng_ust_ctl_atype_variant_nestable);

  record.type.u.variant_nestable.nr_choices = n_choices;
  g_strlcpy (record.type.u.variant_nestable.tag_name, tag, sizeof record.type.u.variant_nestable.tag_name);
  return record;
}

TstEntry
tst_entry (const char *label, gint64 start, gint64 end)
{
  TstEntry entry = { .start = { .value = start, .signedness = TRUE }, .end = { .value = end, .signedness = TRUE } };

  g_strlcpy (entry.string, label, sizeof entry.string);
  return entry;
}
