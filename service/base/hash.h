/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Hash: 128 keyed bits of a byte string, so that equal hashes mean equal bytes for all that is not aimed at it,
 * and the key, random per process, leaves nothing to aim at.
 *
 * Threads: any; pure once there is a key, which the first use makes.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint64 low, high;
} TbusHash;

TbusHash tbus_hash_start (void);
void tbus_hash_add (TbusHash *self, gconstpointer data, gsize length);
/* With its NUL, so that two strings never run into each other. */
void tbus_hash_add_string (TbusHash *self, const char *text);
void tbus_hash_add_number (TbusHash *self, guint64 number);

/*
 * The key goes with hashes that outlive the process. It is a secret: who knows it can make two texts look alike.
 * Setting it comes before the first hash, and before there are other threads.
 */
void tbus_hash_get_key (guint64 key[2]);
void tbus_hash_set_key (const guint64 key[2]);

/* For GHashTable, with a TbusHash as key. */
guint tbus_hash_table_hash (gconstpointer hash);
gboolean tbus_hash_table_equal (gconstpointer a, gconstpointer b);

G_END_DECLS
