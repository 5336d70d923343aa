/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/log-rate.h"

#include "base/limits.h"

typedef struct {
  guint lines;
  guint left_out;
} User;

static GMutex lock;
static GHashTable *users; /* uid to User, of the period that runs; NULL: none does */

static void
say_left_out (gpointer uid, gpointer value, gpointer data)
{
  const User *user = value;
  uid_t id = GPOINTER_TO_UINT (uid);
  g_autofree char *who = id == TBUS_UNKNOWN_USER ? g_strdup ("users that are not known")
                                                 : g_strdup_printf ("user %u", (guint) id);

  if (user->left_out > 0)
    tbus_log_warning (TBUS_MSG_LINES_LEFT_OUT, "TRACEBUS_USER", who,
                      "%u more lines because of %s were left out in the last %u s", user->left_out, who,
                      TBUS_LOG_PERIOD_MS / 1000);
}

void
tbus_log_rate_flush (void)
{
  GHashTable *past;

  g_mutex_lock (&lock);
  past = g_steal_pointer (&users);
  g_mutex_unlock (&lock);
  if (past == NULL)
    return;
  g_hash_table_foreach (past, say_left_out, NULL);
  g_hash_table_unref (past);
}

static gboolean
on_period_over (gpointer data)
{
  tbus_log_rate_flush ();
  return G_SOURCE_REMOVE;
}

static void
begin_period (void)
{
  g_autoptr(GSource) timer = g_timeout_source_new (TBUS_LOG_PERIOD_MS);

  users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  g_source_set_static_name (timer, "tracebus-log-rate");
  g_source_set_callback (timer, on_period_over, NULL, NULL);
  g_source_attach (timer, NULL);
}

gboolean
tbus_log_rate_admit (uid_t uid)
{
  gboolean admitted;
  User *user;

  g_mutex_lock (&lock);
  if (users == NULL)
    begin_period ();
  user = g_hash_table_lookup (users, GUINT_TO_POINTER (uid));
  if (user == NULL)
    {
      user = g_new0 (User, 1);
      g_hash_table_insert (users, GUINT_TO_POINTER (uid), user);
    }
  admitted = user->lines < TBUS_MAX_LOG_LINES;
  if (admitted)
    user->lines++;
  else
    user->left_out++;
  g_mutex_unlock (&lock);
  return admitted;
}
