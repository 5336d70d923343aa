/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Class cache: descriptions of events as they were written last, for the next buffer set that needs the same ones.
 *
 * Where each process has its buffers, each instance of a program describes the same events in the same order; the first
 * has them decoded, checked and put into words, the others have those words copied. Nothing depends on what is found:
 * who does not find it makes it anew. What names an enumeration means another one in another set, and is not kept here.
 *
 * Owner:   the process.
 * Threads: notify.
 * Limit:   TBUS_CLASS_CACHE_SLOTS descriptions of TBUS_CLASS_CACHE_LONGEST bytes; a new one takes an old one's place.
 */
#include "base/hash.h"
#include "base/thread.h"

G_BEGIN_DECLS

enum {
  TBUS_CLASS_CACHE_SLOTS = 512,
  TBUS_CLASS_CACHE_LONGEST = 2048,
};

typedef struct {
  TbusHash raw;          /* of all that the app sent */
  TbusHash text;         /* of its fields in words, and of the rest */
  guint32 id, stream_id; /* which the words contain */
  const char *block;     /* borrowed */
  gsize length;
} TbusCachedClass;

/* Returns: (transfer none) (nullable): good until the next call. */
const TbusCachedClass *tbus_class_cache_find (const TbusHash *raw, guint32 stream_id, guint32 id) TBUS_NOTIFY_ONLY;
/* Copies @class. */
void tbus_class_cache_put (const TbusCachedClass *class) TBUS_NOTIFY_ONLY;
/* When notify has ended. */
void tbus_class_cache_clear (void);

G_END_DECLS
