/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/log-rate.h"

#include "base/limits.h"

/* Lines of one kind because of one user. */
typedef struct {
  uid_t uid;
  const char *id;
  guint n;
} Lines;

static GMutex lock;
static GHashTable *period; /* set of Lines, since it began; NULL: none runs */

static guint
lines_hash (gconstpointer key)
{
  const Lines *lines = key;

  return g_str_hash (lines->id) ^ lines->uid * 31;
}

static gboolean
lines_equal (gconstpointer a, gconstpointer b)
{
  const Lines *left = a, *right = b;

  return left->uid == right->uid && g_str_equal (left->id, right->id);
}

static void
say_left_out (gpointer key, gpointer value, gpointer data)
{
  const Lines *lines = key;
  g_autofree char *who = lines->uid == TBUS_UNKNOWN_USER ? g_strdup ("users that are not known")
                                                         : g_strdup_printf ("user %u", (guint) lines->uid);

  if (lines->n > TBUS_MAX_LOG_LINES)
    tbus_log_warning (TBUS_MSG_LINES_LEFT_OUT, "TRACEBUS_MESSAGE_ID", lines->id,
                      "%u more such lines because of %s were left out in the last %u s",
                      lines->n - TBUS_MAX_LOG_LINES, who, TBUS_LOG_PERIOD_MS / 1000);
}

void
tbus_log_rate_flush (void)
{
  GHashTable *past;

  g_mutex_lock (&lock);
  past = g_steal_pointer (&period);
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

  period = g_hash_table_new_full (lines_hash, lines_equal, g_free, NULL);
  g_source_set_static_name (timer, "tracebus-log-rate");
  g_source_set_callback (timer, on_period_over, NULL, NULL);
  g_source_attach (timer, NULL);
}

gboolean
tbus_log_rate_admit (uid_t uid, const char *id)
{
  const Lines key = { uid, id, 0 };
  gboolean admitted;
  Lines *lines;

  g_mutex_lock (&lock);
  if (period == NULL)
    begin_period ();
  lines = g_hash_table_lookup (period, &key);
  if (lines == NULL)
    {
      lines = g_memdup2 (&key, sizeof key);
      g_hash_table_add (period, lines);
    }
  admitted = ++lines->n <= TBUS_MAX_LOG_LINES;
  g_mutex_unlock (&lock);
  return admitted;
}
