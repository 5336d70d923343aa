/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Labels: the entries of an enumeration as text, and the names that they give a variant's choices.
 *
 * What a reader would stop at is left out: a range that ends before it starts matches no value. A range that
 * only its integer's sign turns round keeps the part that the integer can hold.
 *
 * Threads: any; pure.
 */
#include "ctf/field.h"

G_BEGIN_DECLS

/* Label to identifier, both strings: what a tag's labels that begin with "_" are written as. */
typedef GHashTable TbusCtfLabels;

/* @is_signed: the integer that holds the enumeration. Entries that are left out have no label. */
TbusCtfLabels *tbus_ctf_labels_new (const TbusCtfEnum *type, gboolean is_signed);

/* Whether some value has two labels: it would select two choices of a variant. */
gboolean tbus_ctf_labels_overlap (const TbusCtfEnum *type, gboolean is_signed);

/*
 * Appends one line an entry at @indent tabs; @labels (nullable): of a variant's tag.
 * Returns: whether there was any.
 */
gboolean tbus_ctf_append_labels (GString *out, guint indent, const TbusCtfEnum *type, gboolean is_signed,
                                 TbusCtfLabels *labels);

G_END_DECLS
