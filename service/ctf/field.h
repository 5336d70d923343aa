/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fields: the description of what an event or a context records, as a tree.
 *
 * Built by whoever decodes an app's message (ust/fields), written as text by ctf/type.
 * Names are kept as the app gave them: making them safe is the writer's work.
 *
 * Owner:   one; plain data. Threads: whoever owns it.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_CTF_INTEGER,
  TBUS_CTF_FLOAT,
  TBUS_CTF_STRING,
  TBUS_CTF_ENUM,     /* children[0]: the integer that holds it */
  TBUS_CTF_ARRAY,    /* children[0]: the element */
  TBUS_CTF_SEQUENCE, /* children[0]: the element; @reference: the length field's name, NULL or "": the field before */
  TBUS_CTF_STRUCT,   /* children: the members */
  TBUS_CTF_VARIANT,  /* children: the choices; @reference: the tag field's name */
} TbusCtfKind;

typedef enum {
  TBUS_CTF_ENCODING_NONE,
  TBUS_CTF_ENCODING_UTF8,
  TBUS_CTF_ENCODING_ASCII,
} TbusCtfEncoding;

typedef struct TbusCtfField TbusCtfField;
struct TbusCtfField {
  char *name; /* owned; NULL: an array's element or an enumeration's integer */
  TbusCtfKind kind;
  guint32 alignment; /* bits; of an array, a sequence, a struct or a variant: before its elements, 0 for none */
  gboolean reverse;  /* integer, float: not the machine's byte order */

  guint32 size; /* integer: bits (8, 16, 32, 64) */
  gboolean is_signed;
  guint32 base; /* integer: 2, 8, 10 or 16 */
  TbusCtfEncoding encoding; /* integer, string */

  guint32 exponent_digits; /* float: bits */
  guint32 mantissa_digits;

  guint64 enum_id;  /* enum: what the registry answered to its registration */
  guint32 length;   /* array: elements */
  char *reference;  /* owned; sequence, variant */
  GPtrArray *children; /* owned, of TbusCtfField; NULL where there are none */
};

TbusCtfField *tbus_ctf_field_new (TbusCtfKind kind, const char *name);
/* @child (transfer full) */
void tbus_ctf_field_add (TbusCtfField *self, TbusCtfField *child);
void tbus_ctf_field_free (TbusCtfField *self);

/* An array that owns its fields. (transfer full) */
GPtrArray *tbus_ctf_fields_new (void);

typedef struct {
  char *label; /* owned, as the app gave it */
  gboolean automatic; /* no value of its own: one more than the entry before */
  gboolean is_signed;
  guint64 start, end; /* inclusive; read as gint64 where signed */
} TbusCtfEnumEntry;

typedef struct {
  char *name;      /* owned */
  GArray *entries; /* owned, of TbusCtfEnumEntry */
} TbusCtfEnum;

TbusCtfEnum *tbus_ctf_enum_new (const char *name);
/* @entry is copied, its label too. */
void tbus_ctf_enum_add (TbusCtfEnum *self, const TbusCtfEnumEntry *entry);
void tbus_ctf_enum_free (TbusCtfEnum *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusCtfField, tbus_ctf_field_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusCtfEnum, tbus_ctf_enum_free)

G_END_DECLS
