/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/state-keeper.h"

#include "base/log.h"
#include "core/state.h"

/* A write for a change that nobody awaits comes so many times as long after the last as that took. */
enum { PAUSES = 5, MAX_PAUSE_MS = 500 };

typedef struct {
  TbusPostFunc func;
  gpointer data;
} Waiter;

struct TbusStateKeeper {
  TbusCore *core; /* borrowed: it owns this */
  TbusStateScope scope;
  char *path;
  GArray *waiting; /* of Waiter: for the write that comes next */
  GArray *served;  /* of Waiter: by the write that runs */
  gboolean writing;
  gboolean touched; /* since the write that runs began */
  gboolean failing;
  gboolean closed; /* nothing is written after what waits now */
  gboolean dead;   /* freed once the write that runs is over */
  gint64 begun;    /* the write that runs; monotonic, microseconds */
  guint pause_ms;  /* before the next one that nobody awaits */
  guint settling;  /* source */
};

static void begin_write (TbusStateKeeper *self);

TbusStateKeeper *
tbus_state_keeper_new (TbusCore *core, TbusStateScope scope, const char *path)
{
  TbusStateKeeper *self = g_new0 (TbusStateKeeper, 1);

  self->core = core;
  self->scope = scope;
  self->path = g_strdup (path);
  self->waiting = g_array_new (FALSE, FALSE, sizeof (Waiter));
  self->served = g_array_new (FALSE, FALSE, sizeof (Waiter));
  return self;
}

/* @waiters are nobody else's by now: they may wait again. */
static void
release (const GArray *waiters)
{
  for (guint i = 0; i < waiters->len; i++)
    g_array_index (waiters, Waiter, i).func (g_array_index (waiters, Waiter, i).data);
}

static void
destroy (TbusStateKeeper *self)
{
  g_array_unref (self->waiting);
  g_array_unref (self->served);
  g_free (self->path);
  g_free (self);
}

void
tbus_state_keeper_free (TbusStateKeeper *self)
{
  self->closed = TRUE;
  self->dead = TRUE;
  g_clear_handle_id (&self->settling, g_source_remove);
  release (self->served);
  release (self->waiting);
  if (!self->writing)
    destroy (self);
}

static void
say (TbusStateKeeper *self, const GError *error)
{
  if (error != NULL && !self->failing)
    tbus_log_warning (TBUS_MSG_STATE_NOT_WRITTEN, "TRACEBUS_STATE", self->path,
                      "%s; what sessions there are would be forgotten if the service ended now", error->message);
  else if (error == NULL && self->failing)
    tbus_log_message (TBUS_MSG_STATE_NOT_WRITTEN, "TRACEBUS_STATE", self->path, "The state is written again to %s",
                      self->path);
  self->failing = error != NULL;
}

static gboolean
on_settled (gpointer data)
{
  TbusStateKeeper *self = data;

  self->settling = 0;
  begin_write (self);
  return G_SOURCE_REMOVE;
}

static void
write_soon (TbusStateKeeper *self)
{
  if (!self->writing && self->settling == 0 && !self->closed)
    self->settling = g_timeout_add (self->pause_ms, on_settled, self);
}

static void
on_written (GObject *core, GAsyncResult *result, gpointer data)
{
  TbusStateKeeper *self = data;
  g_autoptr(GArray) served = NULL;
  g_autoptr(GError) error = NULL;

  tbus_core_save_finish (TBUS_CORE (core), result, &error);
  self->writing = FALSE;
  self->pause_ms = MIN (PAUSES * (g_get_monotonic_time () - self->begun) / G_TIME_SPAN_MILLISECOND, MAX_PAUSE_MS);
  if (self->dead)
    {
      destroy (self);
      return;
    }
  say (self, error);
  served = g_steal_pointer (&self->served);
  self->served = g_array_new (FALSE, FALSE, sizeof (Waiter));
  if (self->waiting->len > 0)
    begin_write (self);
  else if (self->touched)
    write_soon (self);
  release (served);
}

/* Who waits by now is served by this one: the state is captured before it returns. */
static void
begin_write (TbusStateKeeper *self)
{
  g_array_append_vals (self->served, self->waiting->data, self->waiting->len);
  g_array_set_size (self->waiting, 0);
  self->writing = TRUE;
  self->begun = g_get_monotonic_time ();
  self->touched = FALSE;
  g_clear_handle_id (&self->settling, g_source_remove);
  tbus_core_save_async (self->core, self->scope, self->path, on_written, self);
}

void
tbus_state_keeper_touch (TbusStateKeeper *self)
{
  tbus_thread_assert_main ();
  self->touched = TRUE;
  write_soon (self);
}

void
tbus_state_keeper_await (TbusStateKeeper *self, TbusPostFunc func, gpointer data)
{
  Waiter waiter = { func, data };

  tbus_thread_assert_main ();
  if (self->closed)
    {
      tbus_post (TBUS_THREAD_MAIN, func, data, NULL);
      return;
    }
  g_array_append_val (self->waiting, waiter);
  if (!self->writing)
    begin_write (self);
}

void
tbus_state_keeper_close (TbusStateKeeper *self, TbusPostFunc func, gpointer data)
{
  tbus_state_keeper_await (self, func, data);
  self->closed = TRUE;
  g_clear_handle_id (&self->settling, g_source_remove);
}
