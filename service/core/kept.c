/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/kept.h"

#include "base/fd-budget.h"
#include "base/fd-store.h"

#define ID "%" G_GUINT64_FORMAT

/* (transfer full): a printed name, kept or dropped. */
static void
keep (char *name, uid_t uid, int fd)
{
  if (fd >= 0)
    (void) tbus_fd_store_keep (name, uid, fd); /* the store says when it is full */
  g_free (name);
}

static void
drop (char *name)
{
  tbus_fd_store_drop (name);
  g_free (name);
}

static int
take (char *name)
{
  int fd = tbus_fd_store_take (name);

  g_free (name);
  return fd;
}

/* Of a set: whose programs write there, whoever records them. */
static uid_t
find_user (const TbusBufferSet *set)
{
  return tbus_class_registry_get_user (set->classes);
}

/* Logs. */

static char *
log_name (guint64 set, gboolean next)
{
  return g_strdup_printf ("log-" ID "%s", set, next ? "-next" : "");
}

void
tbus_kept_put_log (const TbusBufferSet *set)
{
  drop (log_name (set->id, FALSE)); /* of a version before */
  keep (log_name (set->id, FALSE), find_user (set), tbus_metadata_log_get_fd (set->log));
}

void
tbus_kept_put_next_log (const TbusBufferSet *set)
{
  keep (log_name (set->id, TRUE), find_user (set), tbus_metadata_log_get_next_fd (set->log));
}

void
tbus_kept_drop_next_log (const TbusBufferSet *set)
{
  drop (log_name (set->id, TRUE));
}

int
tbus_kept_take_log (guint64 set, gboolean next)
{
  return take (log_name (set, next));
}

/* Rings: all descriptors of one are kept together. */

static char *
ring_name (guint64 key)
{
  return g_strdup_printf ("ring-" ID, key);
}

static guint
count_ring (guint n_streams, gboolean shared)
{
  return shared ? 1 + 3 * n_streams : 2 * n_streams;
}

void
tbus_kept_put_ring (const TbusBufferSet *set, const TbusSetChannel *channel)
{
  gboolean shared = set->key.ownership == TBUS_BUFFER_USER;
  const TbusRing *ring = channel->ring;
  g_autofree char *name = ring_name (channel->key);
  g_autofree int *fds = g_new (int, count_ring (ring->n_streams, shared));
  guint n = 0;

  if (!tbus_fd_store_is_there ())
    return;
  for (guint i = 0; i < ring->n_streams; i++)
    {
      fds[n++] = ring->streams[i].memory_fd;
      fds[n++] = ring->streams[i].wait_fd;
    }
  for (guint i = 0; shared && i < ring->n_streams; i++)
    fds[n++] = ring->streams[i].wakeup_fd;
  if (shared)
    fds[n++] = ring->wakeup_fd;
  (void) tbus_fd_store_keep_all (name, find_user (set), fds, n); /* the store says when it is full */
}

void
tbus_kept_drop_set (const TbusBufferSet *set)
{
  if (!tbus_fd_store_is_there ())
    return;
  drop (log_name (set->id, FALSE));
  drop (log_name (set->id, TRUE));
  for (guint i = 0; i < set->channels->len; i++)
    drop (ring_name (g_array_index (set->channels, TbusSetChannel, i).key));
}

void
tbus_kept_drop_saved_set (const TbusSavedSet *set)
{
  drop (log_name (set->id, FALSE));
  drop (log_name (set->id, TRUE));
  for (guint i = 0; i < set->channels->len; i++)
    drop (ring_name (((TbusSavedSetChannel *) g_ptr_array_index (set->channels, i))->key));
}

/* As TbusRingParts wants them: the wake-up pipe's write end, then each stream's two ends. */
static TbusRing *
make_ring (const TbusSavedSetChannel *channel, const int *kept, gboolean shared)
{
  guint n = channel->n_streams;
  g_autofree int *memory_fds = g_new (int, n);
  g_autofree int *fds = g_new (int, 1 + 2 * n);
  const TbusRingParts parts = {
    .header = g_bytes_get_data (channel->header, NULL),
    .header_len = g_bytes_get_size (channel->header),
    .memory_size = channel->memory_size,
    .n_streams = n,
    .memory_fds = memory_fds,
    .fds = fds,
  };

  fds[0] = shared ? kept[3 * n] : -1;
  for (guint i = 0; i < n; i++)
    {
      memory_fds[i] = kept[2 * i];
      fds[1 + 2 * i] = shared ? kept[2 * n + i] : -1;
      fds[2 + 2 * i] = kept[2 * i + 1];
    }
  return tbus_ring_new (&parts);
}

TbusRing *
tbus_kept_take_ring (const TbusSavedSet *set, const TbusSavedSetChannel *channel)
{
  gboolean shared = set->key.ownership == TBUS_BUFFER_USER;
  guint n = count_ring (channel->n_streams, shared);
  g_autofree char *name = ring_name (channel->key);
  g_autofree int *fds = g_new (int, n);

  if (!tbus_fd_budget_take (n, "Buffers of another life", NULL))
    return NULL;
  if (tbus_fd_store_take_all (name, fds, n))
    return make_ring (channel, fds, shared);
  tbus_fd_budget_give (n);
  return NULL;
}

/* Outputs. */

static char *
output_name (guint64 session)
{
  return g_strdup_printf ("output-" ID, session);
}

/* As a parcel of one: several sessions may have the same directory, and what is open once would be kept once. */
void
tbus_kept_put_output (guint64 session, uid_t owner, TbusHandle *directory)
{
  g_autofree char *name = output_name (session);
  int fd = tbus_handle_get_fd (directory);

  (void) tbus_fd_store_keep_all (name, owner, &fd, 1); /* the store says when it is full */
}

void
tbus_kept_drop_output (guint64 session)
{
  drop (output_name (session));
}

TbusHandle *
tbus_kept_take_output (guint64 session)
{
  g_autofree char *name = output_name (session);
  int fd;

  return tbus_fd_store_take_all (name, &fd, 1) ? tbus_handle_new (fd, "The output of a session", NULL) : NULL;
}

/* Apps. */

static char *
app_name (guint64 app)
{
  return g_strdup_printf ("app-" ID, app);
}

void
tbus_kept_end_app (guint64 app)
{
  g_autofree char *name = app_name (app);

  tbus_fd_store_end (name);
}

gboolean
tbus_kept_take_app (guint64 app, int *command_fd, int *notify_fd)
{
  g_autofree char *name = app_name (app);
  int fds[2];

  if (!tbus_fd_budget_take (G_N_ELEMENTS (fds), "An app of another life", NULL))
    {
      tbus_fd_store_end (name);
      return FALSE;
    }
  if (!tbus_fd_store_take_all (name, fds, G_N_ELEMENTS (fds)))
    {
      tbus_fd_budget_give (G_N_ELEMENTS (fds));
      tbus_fd_store_drop (name);
      return FALSE;
    }
  *command_fd = fds[0];
  *notify_fd = fds[1];
  return TRUE;
}

void
tbus_kept_sweep (void)
{
  static const char *const prefixes[] = { "app-", "ring-", "log-", "output-", "consumer-", "staging-" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      g_auto(GStrv) names = tbus_fd_store_list (prefixes[i]);

      for (guint j = 0; names[j] != NULL; j++)
        tbus_fd_store_end (names[j]);
    }
}
