/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * State codec: plain structs to dictionaries (a{sv}) and back, by tables of their members.
 *
 * What is read is checked for presence and type, and errors name the place: "sessions[2].name is missing".
 * Keys that are not known are left alone: a later version may have written them.
 *
 * Owner: none. Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

/* Of a member: 'b' gboolean, 'i' gint32, 'u' guint32 or an enum, 'x' gint64, 't' guint64, 's' char *, 'S' nullable. */
typedef struct {
  const char *key;
  char type;
  guint16 offset;
} TbusStateField;

#define TBUS_STATE_FIELD(record, member, type) { #member, type, G_STRUCT_OFFSET (record, member) }
#define TBUS_STATE_END { NULL, 0, 0 }

void tbus_state_put (GVariantBuilder *dict, const TbusStateField *fields, gconstpointer record);
/* Strings are owned by @record afterwards, also those that were read before an error. */
gboolean tbus_state_get (GVariant *dict, const TbusStateField *fields, gpointer record, GError **error);

/* Lists of records. */
typedef void (*TbusStatePutFunc) (gconstpointer element, GVariantBuilder *dict);
typedef gpointer (*TbusStateGetFunc) (GVariant *dict, GError **error);
void tbus_state_put_list (GVariantBuilder *dict, const char *key, const GPtrArray *list, TbusStatePutFunc put);
/* (transfer full): at most @limit elements, each (transfer full) of @get and freed with @destroy. */
GPtrArray *tbus_state_get_list (GVariant *dict, const char *key, guint limit, TbusStateGetFunc get,
                                GDestroyNotify destroy, GError **error);

/* Bytes, exactly @length of them. */
void tbus_state_put_bytes (GVariantBuilder *dict, const char *key, gconstpointer bytes, gsize length);
gboolean tbus_state_get_bytes (GVariant *dict, const char *key, gpointer bytes, gsize length, GError **error);

/* The value of @key. (transfer full) */
GVariant *tbus_state_lookup (GVariant *dict, const char *key, const char *type, GError **error);
/* InvalidArgs: "@key @what". */
gboolean tbus_state_refuse (GError **error, const char *key, const char *what);

G_END_DECLS
