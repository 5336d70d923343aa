/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Staging: the memory that each process of a consumer gives on to the next: packets that are out of their rings, and
 * not in files yet.
 *
 * The descriptor store keeps it, too, since service and process may die at once. The service never looks into it.
 *
 * Owner:   a consumer. Threads: main.
 * Limit:   one a consumer: another takes its place.
 */
#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
  guint64 consumer;
  uid_t uid;
  int fd; /* -1: there is none */
} TbusStaging;

/* That of @consumer, which is @uid's, if a former life has kept it. */
void tbus_staging_init (TbusStaging *self, guint64 consumer, uid_t uid);
/* Takes what a process gave, unless it is there already. FALSE: its size could change. */
gboolean tbus_staging_take (TbusStaging *self, int *fd);
/* It is of no use any more. */
void tbus_staging_drop (TbusStaging *self);
/* The next life may still have use for it. */
void tbus_staging_leave (TbusStaging *self);

G_END_DECLS
