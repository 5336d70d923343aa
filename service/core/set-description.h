/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * What the metadata and the directory of a buffer set say about where its events come from.
 *
 * Owner: none. Threads: main.
 */
#include "core/session-private.h"

G_BEGIN_DECLS

/* A new set for @key, described by @app, the first that needs it; it has no channels yet. (transfer full) */
TbusBufferSet *tbus_set_description_make (TbusSession *session, TbusApp *app, const TbusBufferKey *key, GError **error);

G_END_DECLS
