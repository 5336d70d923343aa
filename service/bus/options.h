/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Options: the a{sv} that methods take last, read by a table.
 *
 * An unknown key, a key given twice or a wrong type is InvalidArgs and names the key and what is wanted. An
 * option of the contract that this version does not have yet is a row without a field: its default is accepted,
 * anything else is Unsupported.
 *
 * Owner:   what is stored borrows from the dictionary. Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_OPTION_BOOLEAN,  /* gboolean */
  TBUS_OPTION_UINT32,   /* guint32 */
  TBUS_OPTION_UINT64,   /* guint64 */
  TBUS_OPTION_INT64,    /* gint64 */
  TBUS_OPTION_STRING,   /* const char * */
  TBUS_OPTION_PATH,     /* const char *: an object's */
  TBUS_OPTION_STRINGS,  /* const char **: the array is whoever's the store is, what it holds is borrowed */
  TBUS_OPTION_UINT32S,  /* TbusUint32s */
  TBUS_OPTION_HANDLE,   /* gint32: an index; see tbus_call_dup_handle() */
  TBUS_OPTION_LOGLEVEL, /* TbusLoglevelOption */
} TbusOptionKind;

typedef struct {
  const guint32 *values;
  gsize n;
} TbusUint32s;

typedef struct {
  const char *text; /* given as s; else NULL */
  gint32 number;    /* given as i */
  gboolean given;
} TbusLoglevelOption;

#define TBUS_OPTION_RESERVED G_MAXSIZE

/* Tables end with a NULL key. */
typedef struct {
  const char *key;
  TbusOptionKind kind;
  gsize field; /* offset in the store, or TBUS_OPTION_RESERVED */
} TbusOption;

/*
 * Reads @dict (a{sv}, in serialised form: see tbus_call_parse_options()) into @store, which holds the defaults;
 * it is left in part changed on failure.
 */
gboolean tbus_options_parse (GVariant *dict, const TbusOption *table, gpointer store, GError **error);

G_END_DECLS
