/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Build: descriptions of fields in a line, and their text.
 *
 * Owner:   every field returned belongs to the caller, or to the list or field that it is given to.
 * Threads: main.
 */
#include "ctf/trace.h"

G_BEGIN_DECLS

#define TST_LIST_END ((TbusCtfField *) NULL)

TbusCtfField *tst_int (const char *name, guint32 size, gboolean is_signed);
TbusCtfField *tst_float (const char *name);
TbusCtfField *tst_double (const char *name);
TbusCtfField *tst_string (const char *name);
TbusCtfField *tst_enum (const char *name, guint64 id, TbusCtfField *integer);
TbusCtfField *tst_array (const char *name, guint32 length, TbusCtfField *element);
TbusCtfField *tst_sequence (const char *name, const char *length_name, TbusCtfField *element);
/* Children end with TST_LIST_END. */
TbusCtfField *tst_struct (const char *name, ...) G_GNUC_NULL_TERMINATED;
TbusCtfField *tst_variant (const char *name, const char *tag, ...) G_GNUC_NULL_TERMINATED;
TbusCtfField *tst_aligned (TbusCtfField *field, guint32 alignment);
GPtrArray *tst_list (TbusCtfField *first, ...) G_GNUC_NULL_TERMINATED;
/* What an app's context is: a tag and a variant of twelve choices; its enumeration is @enum_id. */
void tst_add_app_context (GPtrArray *fields, const char *name, guint64 enum_id);

/* A registry of enumerations: ids count from 0. */
GPtrArray *tst_enums_new (void);
/* Entries "label" (automatic), "label=1", "label=-1..5" (signed), "label=1u", "label=1u..9u". Returns: the id. */
guint64 tst_enums_add (GPtrArray *enums, const char *const *entries);
/* The labels of an app's context. */
guint64 tst_enums_add_app_tag (GPtrArray *enums);
const TbusCtfEnum *tst_find_enum (guint64 id, gpointer enums);

/* Returns: (transfer full): @fields at no indent. Takes @fields. Ends the test where they are refused. */
char *tst_text (GPtrArray *fields, GPtrArray *enums);
/* Ends the test unless @fields are refused, with @code and a message that holds @words. Takes @fields. */
void tst_assert_refused (GPtrArray *fields, GPtrArray *enums, int code, const char *words);

extern const TbusCtfTrace tst_trace;

G_END_DECLS
