/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Quota: what each user holds of what has a limit for each user (base/limits.h).
 *
 * Root, and the user that the service runs as, are counted and never refused: they could take all of the machine
 * without the service. What they are refused by is what there is: descriptors, memory, the totals.
 *
 * Threads: any; one lock, inside.
 */
#include "base/limits.h"

#include <sys/types.h>

G_BEGIN_DECLS

/* @n more for @uid, a whole or nothing; Exhausted. Who takes gives back, sooner or later. */
gboolean tbus_quota_take (TbusLimit limit, uid_t uid, guint64 n, GError **error);
void tbus_quota_give (TbusLimit limit, uid_t uid, guint64 n);
guint64 tbus_quota_used (TbusLimit limit, uid_t uid);
/* Whether @uid may be refused. */
gboolean tbus_quota_binds (uid_t uid);

/* What one thing has taken of its user's quota, and gives back with itself. Zeroed: of nobody, counts nothing. */
typedef struct {
  TbusLimit limit;
  gboolean counted;
  uid_t uid;
  guint64 n;
} TbusCharge;

/* From now on to @uid. Once. */
void tbus_charge_init (TbusCharge *self, TbusLimit limit, uid_t uid);
gboolean tbus_charge_add (TbusCharge *self, guint64 n, GError **error);
/* What is there already is counted whatever the limit. */
void tbus_charge_force (TbusCharge *self, guint64 n);
void tbus_charge_sub (TbusCharge *self, guint64 n);
/* Gives all back. */
void tbus_charge_clear (TbusCharge *self);

/* For tests: who the service is taken to run as; (uid_t) -1: as it does. */
void tbus_quota_set_service_uid (uid_t uid);

G_END_DECLS
