/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Buffer key: which apps share buffers and a class registry (B3).
 *
 *   user     (session, uid, bits): every app of that user and bitness in that session
 *   process  (session, app session, bits): one app in one session
 *
 * Owner: none; a value.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_BUFFER_USER,
  TBUS_BUFFER_PROCESS,
} TbusBufferOwnership;

typedef struct {
  guint64 session;
  TbusBufferOwnership ownership;
  guint64 owner; /* the uid, or the app-session id */
  guint32 bits;
} TbusBufferKey;

guint32 tbus_buffer_key_hash (const TbusBufferKey *self);
gboolean tbus_buffer_key_equal (const TbusBufferKey *a, const TbusBufferKey *b);
const char *tbus_buffer_ownership_to_string (TbusBufferOwnership ownership); /* "user", "process" */

G_END_DECLS
