/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Child: a consumer's process as its supervisor sees it: a link, a pid, and an event when it ends.
 *
 * Nothing above it knows where the process came from: it is a GSubprocess of ours, or one that outlived a former
 * service and is known by its pidfd and its link.
 *
 * Owner:   references; itself, until the process has ended and is reaped.
 * Threads: main.
 * Signal:  ended (): tbus_child_get_end() tells how. Comes once, never from within a call.
 */
#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

#define TBUS_TYPE_CHILD (tbus_child_get_type ())
G_DECLARE_FINAL_TYPE (TbusChild, tbus_child, TBUS, CHILD, GObject)

/* Takes @link_fd; runs until @process ends. */
TbusChild *tbus_child_new (GSubprocess *process, int link_fd);
/* Takes @pidfd, of @pid, and @link_fd. */
TbusChild *tbus_child_adopt (pid_t pid, int pidfd, int link_fd);
pid_t tbus_child_get_pid (TbusChild *self);
/* Once: the service's end of the link, the caller's from now on. Unclaimed, it is closed with the child. */
int tbus_child_take_link (TbusChild *self);
/* Ends it at once; "ended" follows. */
void tbus_child_kill (TbusChild *self);
/* Its link is closed: it ends by itself, or within @ms is killed, which is said. Does nothing where it has ended. */
void tbus_child_end_within (TbusChild *self, guint ms);
/* What that comes to. */
void tbus_child_kill_late (TbusChild *self, guint ms);
/* A file system keeps it waiting: when the service stops, nobody ends it, or waits for it. It ends by itself. */
void tbus_child_let_be (TbusChild *self);
gboolean tbus_child_is_let_be (TbusChild *self);
/* NULL while it runs; then what ends a sentence: "was killed by signal 9". */
const char *tbus_child_get_end (TbusChild *self);

G_END_DECLS
