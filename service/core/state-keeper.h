/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * State keeper: keeps the state file as core is. What changed is written soon; who has promised something to a caller
 * waits until it is written, and all who wait are served by one write.
 *
 * A file that cannot be written is said once, in the journal, and so is the end of that; nobody waits for it.
 *
 * Owner:   the core that it was given to. Threads: main; see tbus_core_save_async() for who does the work.
 */
#include "base/thread.h"
#include "core/state.h"

G_BEGIN_DECLS

/* Writes to @path what has changed. */
TbusStateKeeper *tbus_state_keeper_new (TbusCore *core, TbusStateScope scope, const char *path);
/* Writes nothing more. Who waits goes on. */
void tbus_state_keeper_free (TbusStateKeeper *self);
/* Something that outlives the service has changed. */
void tbus_state_keeper_touch (TbusStateKeeper *self);
/* Calls @func from the main loop when what core is now is in the file, or cannot be written. */
void tbus_state_keeper_await (TbusStateKeeper *self, TbusPostFunc func, gpointer data);
/* What is in the file then stays in it, whatever happens to core. For the service's end. */
void tbus_state_keeper_close (TbusStateKeeper *self, TbusPostFunc func, gpointer data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusStateKeeper, tbus_state_keeper_free)

G_END_DECLS
