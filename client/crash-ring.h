/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Crash ring: the file of a ring buffer that nobody fills or empties any more, read with nothing but what it says of
 * itself: a record at its beginning, which the tracer puts there for this. Packets come out that readers of traces
 * take; one that was not finished is closed behind its last whole event.
 *
 * Whatever the file holds, nothing outside of it is read, and no packet is larger than a sub-buffer: it may have been
 * written by a program gone wild, or be half of what it was.
 * Owner:   the caller.
 * Threads: one.
 */
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct CtlCrashRing CtlCrashRing;

/* @fd is borrowed and must stay open. %G_IO_ERROR_NOT_SUPPORTED: it is no ring. */
CtlCrashRing *ctl_crash_ring_new (int fd, GError **error);
void ctl_crash_ring_free (CtlCrashRing *self);
/*
 * The next packet, oldest first, until NULL: then all have been told, or @error says what ended it. *@torn: it was not
 * finished. (transfer full)
 */
GBytes *ctl_crash_ring_next (CtlCrashRing *self, gboolean *torn, GError **error);
/* Packets so far of which not even the beginning was whole. */
guint ctl_crash_ring_count_lost (CtlCrashRing *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CtlCrashRing, ctl_crash_ring_free)

G_END_DECLS
