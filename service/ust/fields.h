/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fields: what an app sent as the description of an event, a context or an enumeration, checked and as a tree.
 *
 * Both have the signature of TbusClassBody.decode. @name (nullable) is for messages.
 * Threads: any; pure.
 * Limit:   TBUS_MAX_FIELDS, TBUS_MAX_NESTING, TBUS_MAX_ENUM_ENTRIES; InvalidArgs or Exhausted says which field and why.
 */
#include "ctf/field.h"

G_BEGIN_DECLS

/* A GPtrArray of TbusCtfField, from 920-byte records. (transfer full) */
gpointer tbus_fields_decode (gconstpointer raw, gsize raw_len, const char *name, GError **error);
/* A TbusCtfEnum, from 336-byte records. (transfer full) */
gpointer tbus_enum_decode (gconstpointer raw, gsize raw_len, const char *name, GError **error);

/* A text of at most @size bytes that may lack its end. (transfer full) */
char *tbus_ust_text (const char *text, gsize size);

G_END_DECLS
