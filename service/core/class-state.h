/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Class state: what a class registry knows, as plain data that can be written out and read back.
 *
 * Classes are known by their hashes (base/hash), so the state is worth something only with the hash key.
 *
 * Owner: one. Threads: whoever owns it; a captured one borrows its enumerations from the registry, which only grows.
 */
#include "base/hash.h"
#include "ctf/trace.h"

G_BEGIN_DECLS

typedef struct {
  TbusHash hash;
  guint64 id;
} TbusClassId;

typedef struct {
  guint32 id;     /* what apps call it */
  guint32 header; /* TbusCtfHeader; 0: not registered yet */
  guint32 n_events;
  TbusHash context_raw, context_text;
  GArray *events;   /* of TbusClassId: several hashes may stand for one id */
  GString *pending; /* event blocks that wait for their stream block */
} TbusChannelClasses;

typedef struct {
  GPtrArray *channels; /* of TbusChannelClasses; index = number */
  GArray *enum_ids;    /* of TbusClassId */
  GPtrArray *enums;    /* of TbusCtfEnum; index = id */
  guint64 held;        /* bytes that count against the registry's own limit */
} TbusClassState;

TbusClassState *tbus_class_state_new (void);
/* Appends a channel and returns it. */
TbusChannelClasses *tbus_class_state_add_channel (TbusClassState *self);
void tbus_class_state_free (TbusClassState *self);

/* (transfer floating) */
GVariant *tbus_class_state_encode (const TbusClassState *self);
/* InvalidArgs where @variant does not hold together: an id beyond the count, a missing enumeration. */
TbusClassState *tbus_class_state_decode (GVariant *variant, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusClassState, tbus_class_state_free)

G_END_DECLS
