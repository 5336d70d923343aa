/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Notice budget: how much of unfinished notifications the apps of one user make the service keep, and whose must go.
 *
 * Owner:   the notify side. Threads: notify.
 * Limit:   TBUS_LIMIT_NOTICE_MEMORY for each user that base/quota.h binds.
 */
#include "base/quota.h"

G_BEGIN_DECLS

typedef struct TbusNoticeBudget TbusNoticeBudget;

/* What one connection holds. Whoever has it sets @uid and @owner. */
typedef struct {
  uid_t uid;
  gpointer owner;
  gsize held;
  GList node; /* of those of its user that hold something: who began first is first */
} TbusNoticeDebt;

TbusNoticeBudget *tbus_notice_budget_new (void);
/* No debt may be left. */
void tbus_notice_budget_free (TbusNoticeBudget *self);
/*
 * From now on @debt holds @held; 0 before it goes. Returns: (transfer none) (nullable): while the user holds too much,
 * the debt that is the oldest: end it.
 */
TbusNoticeDebt *tbus_notice_budget_set (TbusNoticeBudget *self, TbusNoticeDebt *debt, gsize held);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusNoticeBudget, tbus_notice_budget_free)

G_END_DECLS
