/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Records: what an app would send as the description of its fields, built one by one.
 *
 * Owner: the test; each is a plain value. Threads: main.
 */
#include "ust/protocol.h"

G_BEGIN_DECLS

typedef struct lttng_ust_ctl_field TstRecord;
typedef struct lttng_ust_ctl_enum_entry TstEntry;

struct lttng_ust_ctl_integer_type tst_integer_type (guint bits, gboolean is_signed);
TstRecord tst_record (const char *name, guint32 atype);
TstRecord tst_integer (const char *name, guint bits, gboolean is_signed);
TstRecord tst_array (const char *name, guint32 length);
TstRecord tst_sequence (const char *name, const char *length_name);
TstRecord tst_struct (const char *name, guint32 n_fields);
TstRecord tst_variant (const char *name, const char *tag, guint32 n_choices);
TstEntry tst_entry (const char *label, gint64 start, gint64 end);

G_END_DECLS
