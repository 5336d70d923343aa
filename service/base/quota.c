/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/quota.h"

#include <unistd.h>

static GMutex lock;
static GHashTable *held[TBUS_N_LIMITS]; /* uid to guint64 *; NULL: nobody has any */
static uid_t service_uid = (uid_t) -1;

gboolean
tbus_quota_binds (uid_t uid)
{
  return uid != 0 && uid != (service_uid != (uid_t) -1 ? service_uid : geteuid ());
}

void
tbus_quota_set_service_uid (uid_t uid)
{
  service_uid = uid;
}

static guint64 *
find_held (TbusLimit limit, uid_t uid)
{
  return held[limit] != NULL ? g_hash_table_lookup (held[limit], GUINT_TO_POINTER (uid)) : NULL;
}

static void
add_held (TbusLimit limit, uid_t uid, guint64 n)
{
  guint64 *known = find_held (limit, uid);

  if (known != NULL)
    {
      *known += n;
      return;
    }
  if (held[limit] == NULL)
    held[limit] = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_hash_table_insert (held[limit], GUINT_TO_POINTER (uid), g_memdup2 (&n, sizeof n));
}

gboolean
tbus_quota_take (TbusLimit limit, uid_t uid, guint64 n, GError **error)
{
  guint64 most = tbus_quota_binds (uid) ? tbus_limit (limit) : G_MAXUINT64, before;
  gboolean room;

  if (n == 0)
    return TRUE;
  g_mutex_lock (&lock);
  before = find_held (limit, uid) != NULL ? *find_held (limit, uid) : 0;
  room = before <= most && n <= most - before;
  if (room)
    add_held (limit, uid, n);
  g_mutex_unlock (&lock);
  return room || tbus_limit_refuse (limit, error);
}

void
tbus_quota_give (TbusLimit limit, uid_t uid, guint64 n)
{
  guint64 *known;

  if (n == 0)
    return;
  g_mutex_lock (&lock);
  known = find_held (limit, uid);
  g_assert (known != NULL && n <= *known);
  *known -= n;
  if (*known == 0)
    g_hash_table_remove (held[limit], GUINT_TO_POINTER (uid));
  if (g_hash_table_size (held[limit]) == 0)
    g_clear_pointer (&held[limit], g_hash_table_unref);
  g_mutex_unlock (&lock);
}

guint64
tbus_quota_used (TbusLimit limit, uid_t uid)
{
  const guint64 *known;
  guint64 n;

  g_mutex_lock (&lock);
  known = find_held (limit, uid);
  n = known != NULL ? *known : 0;
  g_mutex_unlock (&lock);
  return n;
}

void
tbus_charge_init (TbusCharge *self, TbusLimit limit, uid_t uid)
{
  *self = (TbusCharge){ limit, TRUE, uid, 0 };
}

gboolean
tbus_charge_add (TbusCharge *self, guint64 n, GError **error)
{
  if (!self->counted)
    return TRUE;
  if (!tbus_quota_take (self->limit, self->uid, n, error))
    return FALSE;
  self->n += n;
  return TRUE;
}

void
tbus_charge_force (TbusCharge *self, guint64 n)
{
  if (!self->counted || n == 0)
    return;
  g_mutex_lock (&lock);
  add_held (self->limit, self->uid, n);
  g_mutex_unlock (&lock);
  self->n += n;
}

void
tbus_charge_sub (TbusCharge *self, guint64 n)
{
  n = MIN (n, self->n);
  tbus_quota_give (self->limit, self->uid, n);
  self->n -= n;
}

void
tbus_charge_clear (TbusCharge *self)
{
  tbus_charge_sub (self, self->n);
}
