/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Former: a consumer's process that outlives the service, and how the next one finds it.
 *
 * The descriptor store keeps the service's end of the link, so the process does not see the service go. The name in the
 * store says whose it is, and which process has the other end: its pid and when it was started, which no other has.
 *
 * Threads: main.
 */
#include "supervise/child.h"

G_BEGIN_DECLS

/* Keeps @link_fd, which stays the caller's, to process @pid. Returns: (transfer full) (nullable): its name there. */
char *tbus_former_keep (guint64 consumer, uid_t uid, pid_t pid, int link_fd);
/*
 * The process of @consumer, if it lives and its link was kept; other links of it are ended. @name is what it is kept
 * under, (transfer full). NULL: there is none. (transfer full)
 */
TbusChild *tbus_former_find (guint64 consumer, char **name);

G_END_DECLS
