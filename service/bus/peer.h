/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Peer: a caller on the bus, by unique name: who it is, as the bus says, how many calls it has in flight, and
 * whether it has left.
 *
 * Owner:   references; the peer set holds those that it remembers. Threads: main.
 * Limit:   TBUS_LIMIT_CALLS in flight a peer, TBUS_MAX_PEERS remembered; one that asks nothing now is forgotten first.
 */
#include "bus/turns.h"

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

#define TBUS_MAX_PEERS 256 /* each costs a match rule, of which the bus gives a connection 512 */

#define TBUS_TYPE_PEER (tbus_peer_get_type ())
G_DECLARE_FINAL_TYPE (TbusPeer, tbus_peer, TBUS, PEER, GObject)

const char *tbus_peer_get_name (TbusPeer *self);
/* Once it is identified. */
uid_t tbus_peer_get_uid (TbusPeer *self);
/* Fires when it leaves the bus. */
GCancellable *tbus_peer_get_cancellable (TbusPeer *self);

/* The order of its calls. */
TbusTurns *tbus_peer_get_turns (TbusPeer *self);

/* One more call in flight, until tbus_peer_leave(); Exhausted. */
gboolean tbus_peer_enter (TbusPeer *self, GError **error);
void tbus_peer_leave (TbusPeer *self);

gboolean tbus_peer_is_identified (TbusPeer *self);
/* Asks the bus who it is, once for all calls. Fails with NotAuthorized where the bus does not know, or it has left. */
void tbus_peer_identify_async (TbusPeer *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean tbus_peer_identify_finish (TbusPeer *self, GAsyncResult *result, GError **error);

typedef struct TbusPeerSet TbusPeerSet;

TbusPeerSet *tbus_peer_set_new (GDBusConnection *connection);
void tbus_peer_set_free (TbusPeerSet *self);
/* The peer called @name, as remembered or new. (transfer full) NULL with Exhausted. */
TbusPeer *tbus_peer_set_get (TbusPeerSet *self, const char *name, GError **error);
guint tbus_peer_set_count (TbusPeerSet *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusPeerSet, tbus_peer_set_free)

G_END_DECLS
