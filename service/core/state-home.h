/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * State home: the directory of a service's state, which is its own alone.
 *
 * Owner: none. Threads: main, before anybody is served: all of it waits for the disk.
 */
#include "core/state.h"

G_BEGIN_DECLS

/*
 * Which directory: @given; or the one that systemd made for us; or @rundir/state of an instance that has a place of
 * its own; or that of the system's service, or the user's. (transfer full)
 */
char *tbus_state_home_find (const char *given, const char *rundir, gboolean system);
/* Makes @directory where it is not there. (transfer full): the file's path; NULL where it cannot be kept there. */
char *tbus_state_home_open (const char *directory, GError **error);
/*
 * What @path says. NULL where there is nothing, or nothing that can be read: that is put aside beside it, so that it
 * stops no start, and is said in the journal.
 */
TbusState *tbus_state_home_read (const char *path);
/* Removes what writes to @path left half done when they were killed. Nobody else may be writing. */
void tbus_state_home_sweep (const char *path);

G_END_DECLS
