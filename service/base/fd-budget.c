/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/fd-budget.h"

#include "base/error.h"

#include <sys/resource.h>

static guint total = G_MAXINT;
static guint used;
static guint kept = G_MAXINT;

void
tbus_fd_budget_init (guint reserve)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  if (limit.rlim_cur < limit.rlim_max)
    {
      limit.rlim_cur = limit.rlim_max;
      if (setrlimit (RLIMIT_NOFILE, &limit) < 0)
        getrlimit (RLIMIT_NOFILE, &limit);
    }
  total = MIN (limit.rlim_cur, (rlim_t) G_MAXINT);
  kept = MIN (reserve, total / 2);
  total -= kept;
}

gboolean
tbus_fd_budget_take (guint n, const char *what, GError **error)
{
  guint before = g_atomic_int_add ((gint *) &used, n);

  if (before + n <= total)
    return TRUE;
  g_atomic_int_add ((gint *) &used, -(gint) n);
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED,
               "%s needs %u descriptors, but %u of %u are in use; raise LimitNOFILE", what, n, before, total);
  return FALSE;
}

void
tbus_fd_budget_give (guint n)
{
  g_atomic_int_add ((gint *) &used, -(gint) n);
}

guint
tbus_fd_budget_total (void)
{
  return total;
}

guint
tbus_fd_budget_reserve (void)
{
  return kept;
}

guint
tbus_fd_budget_used (void)
{
  return g_atomic_int_get ((gint *) &used);
}

void
tbus_fd_budget_set_total (guint new_total)
{
  total = new_total;
}
