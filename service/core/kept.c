/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/kept.h"

#include "base/fd-budget.h"
#include "base/fd-store.h"

#include <sys/socket.h>
#include <unistd.h>

#define ID "%" G_GUINT64_FORMAT

/* (transfer full): a printed name, kept or dropped. */
static void
keep (char *name, int fd)
{
  if (fd >= 0)
    (void) tbus_fd_store_keep (name, fd); /* the store says when it is full */
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
  keep (log_name (set->id, FALSE), tbus_metadata_log_get_fd (set->log));
}

void
tbus_kept_put_next_log (const TbusBufferSet *set)
{
  keep (log_name (set->id, TRUE), tbus_metadata_log_get_next_fd (set->log));
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

/* Rings. */

static char *
ring_name (guint64 key)
{
  return g_strdup_printf ("ring-" ID "-wakeup", key);
}

static char *
stream_name (guint64 key, guint stream, const char *what)
{
  return g_strdup_printf ("ring-" ID "-%u-%s", key, stream, what);
}

void
tbus_kept_put_ring (const TbusBufferSet *set, const TbusSetChannel *channel)
{
  gboolean shared = set->key.ownership == TBUS_BUFFER_USER;
  const TbusRing *ring = channel->ring;

  if (!tbus_fd_store_is_there ())
    return;
  if (shared)
    keep (ring_name (channel->key), ring->wakeup_fd);
  for (guint i = 0; i < ring->n_streams; i++)
    {
      keep (stream_name (channel->key, i, "memory"), ring->streams[i].memory_fd);
      keep (stream_name (channel->key, i, "wait"), ring->streams[i].wait_fd);
      if (shared)
        keep (stream_name (channel->key, i, "wakeup"), ring->streams[i].wakeup_fd);
    }
}

static void
drop_ring (guint64 key, guint n_streams, gboolean shared)
{
  if (shared)
    drop (ring_name (key));
  for (guint i = 0; i < n_streams; i++)
    {
      drop (stream_name (key, i, "memory"));
      drop (stream_name (key, i, "wait"));
      if (shared)
        drop (stream_name (key, i, "wakeup"));
    }
}

void
tbus_kept_drop_set (const TbusBufferSet *set)
{
  if (!tbus_fd_store_is_there ())
    return;
  drop (log_name (set->id, FALSE));
  drop (log_name (set->id, TRUE));
  for (guint i = 0; i < set->channels->len; i++)
    {
      const TbusSetChannel *channel = &g_array_index (set->channels, TbusSetChannel, i);

      if (channel->ring != NULL)
        drop_ring (channel->key, channel->ring->n_streams, set->key.ownership == TBUS_BUFFER_USER);
    }
}

void
tbus_kept_drop_saved_set (const TbusSavedSet *set)
{
  drop (log_name (set->id, FALSE));
  drop (log_name (set->id, TRUE));
  for (guint i = 0; i < set->channels->len; i++)
    {
      const TbusSavedSetChannel *channel = g_ptr_array_index (set->channels, i);

      drop_ring (channel->key, channel->n_streams, set->key.ownership == TBUS_BUFFER_USER);
    }
}

static gboolean
all_there (const int *fds, guint n)
{
  for (guint i = 0; i < n; i++)
    if (fds[i] < 0)
      return FALSE;
  return TRUE;
}

static void
close_all (const int *fds, guint n)
{
  for (guint i = 0; i < n; i++)
    if (fds[i] >= 0)
      close (fds[i]);
}

TbusRing *
tbus_kept_take_ring (const TbusSavedSet *set, const TbusSavedSetChannel *channel)
{
  gboolean shared = set->key.ownership == TBUS_BUFFER_USER;
  guint n = channel->n_streams;
  g_autofree int *memory_fds = g_new (int, n);
  g_autofree int *fds = g_new (int, 1 + 2 * n);
  g_autofree int *needed = g_new (int, 1 + 3 * n);
  guint n_needed = 0;

  fds[0] = shared ? take (ring_name (channel->key)) : -1;
  if (shared)
    needed[n_needed++] = fds[0];
  for (guint i = 0; i < n; i++)
    {
      needed[n_needed++] = memory_fds[i] = take (stream_name (channel->key, i, "memory"));
      fds[1 + 2 * i] = shared ? take (stream_name (channel->key, i, "wakeup")) : -1;
      needed[n_needed++] = fds[2 + 2 * i] = take (stream_name (channel->key, i, "wait"));
      if (shared)
        needed[n_needed++] = fds[1 + 2 * i];
    }
  if (n > 0 && all_there (needed, n_needed) && tbus_fd_budget_take (n_needed, "Buffers of another life", NULL))
    {
      const TbusRingParts parts = {
        .header = g_bytes_get_data (channel->header, NULL),
        .header_len = g_bytes_get_size (channel->header),
        .memory_size = channel->memory_size,
        .n_streams = n,
        .memory_fds = memory_fds,
        .fds = fds,
      };

      return tbus_ring_new (&parts);
    }
  close_all (needed, n_needed);
  return NULL;
}

/* Outputs. */

static char *
output_name (guint64 session)
{
  return g_strdup_printf ("output-" ID, session);
}

void
tbus_kept_put_output (guint64 session, TbusHandle *directory)
{
  keep (output_name (session), tbus_handle_get_fd (directory));
}

void
tbus_kept_drop_output (guint64 session)
{
  drop (output_name (session));
}

TbusHandle *
tbus_kept_take_output (guint64 session)
{
  int fd = take (output_name (session));

  return fd >= 0 ? tbus_handle_new (fd, "The output of a session", NULL) : NULL;
}

/* Apps. */

static char *
app_name (guint64 app, const char *what)
{
  return g_strdup_printf ("app-" ID "-%s", app, what);
}

void
tbus_kept_end_app (guint64 app)
{
  g_autofree char *command = app_name (app, "command");
  g_autofree char *notify = app_name (app, "notify");

  tbus_fd_store_end (command);
  tbus_fd_store_end (notify);
}

gboolean
tbus_kept_take_app (guint64 app, int *command_fd, int *notify_fd)
{
  int fds[] = { take (app_name (app, "command")), take (app_name (app, "notify")) };

  if (all_there (fds, G_N_ELEMENTS (fds)) && tbus_fd_budget_take (G_N_ELEMENTS (fds), "An app of another life", NULL))
    {
      *command_fd = fds[0];
      *notify_fd = fds[1];
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    if (fds[i] >= 0)
      shutdown (fds[i], SHUT_RDWR); /* whoever else has it */
  close_all (fds, G_N_ELEMENTS (fds));
  tbus_kept_end_app (app);
  return FALSE;
}

void
tbus_kept_sweep (void)
{
  static const char *const prefixes[] = { "app-", "ring-", "log-", "output-" };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      g_auto(GStrv) names = tbus_fd_store_list (prefixes[i]);

      for (guint j = 0; names[j] != NULL; j++)
        tbus_fd_store_end (names[j]);
    }
}
