/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/notice-budget.h"

typedef struct {
  guint64 held;
  GQueue debts;
} User;

struct TbusNoticeBudget {
  GHashTable *users; /* uid to User, of those that hold something */
};

TbusNoticeBudget *
tbus_notice_budget_new (void)
{
  TbusNoticeBudget *self = g_new0 (TbusNoticeBudget, 1);

  self->users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

void
tbus_notice_budget_free (TbusNoticeBudget *self)
{
  g_assert (g_hash_table_size (self->users) == 0);
  g_hash_table_unref (self->users);
  g_free (self);
}

TbusNoticeDebt *
tbus_notice_budget_set (TbusNoticeBudget *self, TbusNoticeDebt *debt, gsize held)
{
  User *user;

  if (held == debt->held)
    return NULL;
  user = g_hash_table_lookup (self->users, GUINT_TO_POINTER (debt->uid));
  if (user == NULL)
    {
      user = g_new0 (User, 1);
      g_hash_table_insert (self->users, GUINT_TO_POINTER (debt->uid), user);
    }
  user->held += held;
  user->held -= debt->held;
  if (debt->held == 0)
    {
      debt->node.data = debt;
      g_queue_push_tail_link (&user->debts, &debt->node);
    }
  else if (held == 0)
    g_queue_unlink (&user->debts, &debt->node);
  debt->held = held;
  if (user->held > 0)
    return user->held > tbus_limit (TBUS_LIMIT_NOTICE_MEMORY) && tbus_quota_binds (debt->uid) ? user->debts.head->data
                                                                                               : NULL;
  g_hash_table_remove (self->users, GUINT_TO_POINTER (debt->uid));
  return NULL;
}
