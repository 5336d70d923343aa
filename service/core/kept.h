/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Kept: the descriptors of buffers and outputs in the descriptor store, by the names that the next life of the service
 * finds them under.
 *
 *   log-SET, log-SET-next              the metadata log, and the version that is to replace it
 *   ring-KEY                           a channel's buffers: each stream's memory and pipe
 *   output-SESSION                     a directory that a caller gave as a descriptor
 *   app-ID                             both sockets: ust/'s, which keeps and drops them; here they are taken
 *
 * Write ends are kept of buffers that programs share. Of a process's own the last writer is the process.
 *
 * Owner: the store. Threads: main. All of it is of no effect where there is no store.
 */
#include "core/buffer-set.h"
#include "core/state.h"

G_BEGIN_DECLS

void tbus_kept_put_log (const TbusBufferSet *set);
/* The other version of it that is on its way to the consumer, and its end. */
void tbus_kept_put_next_log (const TbusBufferSet *set);
void tbus_kept_drop_next_log (const TbusBufferSet *set);
void tbus_kept_put_ring (const TbusBufferSet *set, const TbusSetChannel *channel);
/* The log and all rings of @set. */
void tbus_kept_drop_set (const TbusBufferSet *set);
void tbus_kept_put_output (guint64 session, uid_t owner, TbusHandle *directory);
void tbus_kept_drop_output (guint64 session);

/* Of another life, each once. -1 or NULL: it was not kept. */
int tbus_kept_take_log (guint64 set, gboolean next);
/* (transfer full): NULL where a descriptor is missing. */
TbusRing *tbus_kept_take_ring (const TbusSavedSet *set, const TbusSavedSetChannel *channel);
/* Of one that is not taken over, or not as a whole. */
void tbus_kept_drop_saved_set (const TbusSavedSet *set);
TbusHandle *tbus_kept_take_output (guint64 session);
/* FALSE where one is missing: then it has ended. Both count in the budget. */
gboolean tbus_kept_take_app (guint64 app, int *command_fd, int *notify_fd);
/* Ends both connections of an app that cannot be taken over: it registers anew. */
void tbus_kept_end_app (guint64 app);
/* Lets go of all buffers and apps that nobody has taken. */
void tbus_kept_sweep (void);

G_END_DECLS
