/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Tracee index: how many are registered, and what an app's own handles stand for.
 *
 * An app speaks of its session and channel by the handles that it gave out itself (B14). The link
 * thread binds them before the app is started; the notify thread looks them up with every message.
 *
 * Owner:   one, made in main.c; emptied before it is freed (B27).
 * Threads: any; lookups are RCU read-side sections that end with a reference (B28).
 */
#include "core/buffer-set.h"
#include "core/tracee.h"

G_BEGIN_DECLS

typedef struct TbusTraceeIndex TbusTraceeIndex;

TbusTraceeIndex *tbus_tracee_index_new (void);
void tbus_tracee_index_free (TbusTraceeIndex *self);

void tbus_tracee_index_add (TbusTraceeIndex *self, TbusTracee *tracee);
/* Takes @tracee and its handles out, and drops the index's reference. FALSE where it was out already. */
gboolean tbus_tracee_index_remove (TbusTraceeIndex *self, TbusTracee *tracee);

/* What a handle stands for: a session (its @set, @channel is TBUS_NO_CHANNEL) or a channel of it. */
enum { TBUS_NO_CHANNEL = G_MAXUINT32 };
typedef struct {
  TbusBufferSet *set; /* a reference: tbus_buffer_set_unref() */
  guint32 channel;    /* the class registry's number of the channel */
} TbusBinding;

/* Binds @handle of @tracee; an earlier binding of the number is replaced. Refused (FALSE) once it is unregistered. */
gboolean tbus_tracee_index_bind (TbusTraceeIndex *self, TbusTracee *tracee, guint32 handle, TbusBufferSet *set,
                                 guint32 channel);
/* The app's session was released, or its set is going: late messages are then answered with an error. */
void tbus_tracee_index_unbind (TbusTraceeIndex *self, TbusTracee *tracee, guint32 handle);
gboolean tbus_tracee_index_lookup (TbusTraceeIndex *self, TbusTracee *tracee, guint32 handle, TbusBinding *binding);

guint tbus_tracee_index_count (TbusTraceeIndex *self);
/* Those of @uid. */
guint tbus_tracee_index_count_user (TbusTraceeIndex *self, uid_t uid);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusTraceeIndex, tbus_tracee_index_free)

G_END_DECLS
