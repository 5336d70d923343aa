/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Types: fields as TSDL text, the way readers of LTTng traces know it.
 *
 * Threads: any; pure.
 * Limit:   nesting is bounded by TBUS_MAX_NESTING, the text by TBUS_MAX_CLASS_TEXT (Exhausted); what cannot be
 *          written is an error, and @out is as before.
 */
#include "ctf/field.h"

G_BEGIN_DECLS

/* Returns: (transfer none) (nullable): the enumeration with @id in the registry. */
typedef const TbusCtfEnum *(*TbusCtfEnumFunc) (guint64 id, gpointer data);

/*
 * Appends one line a field, at @indent tabs: "\t\tinteger { ... } _name;\n".
 * Fields refer to each other (a sequence to its length) by name within @fields.
 * InvalidArgs names the field: an unknown enumeration, a size that CTF does not have, a length or a tag
 * that is not there before, a choice that no label of its tag selects.
 */
gboolean tbus_ctf_append_fields (GString *out, guint indent, const GPtrArray *fields, TbusCtfEnumFunc find_enum,
                                 gpointer data, GError **error);

G_END_DECLS
