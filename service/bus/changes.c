/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/changes.h"

#include "base/thread.h"

enum { COUNTERS_PERIOD_MS = 1000 };

struct TbusChanges {
  TbusChangesFunc emit;
  GPtrArray *now;
  GPtrArray *counters;
  guint idle;
  guint timer;
};

TbusChanges *
tbus_changes_new (TbusChangesFunc emit)
{
  TbusChanges *self = g_new0 (TbusChanges, 1);

  self->emit = emit;
  self->now = g_ptr_array_new_with_free_func (g_object_unref);
  self->counters = g_ptr_array_new_with_free_func (g_object_unref);
  return self;
}

void
tbus_changes_drop (TbusChanges *self)
{
  g_clear_handle_id (&self->idle, g_source_remove);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_ptr_array_set_size (self->now, 0);
  g_ptr_array_set_size (self->counters, 0);
}

void
tbus_changes_free (TbusChanges *self)
{
  tbus_changes_drop (self);
  g_ptr_array_unref (self->now);
  g_ptr_array_unref (self->counters);
  g_free (self);
}

static void
changes_emit (TbusChanges *self, GPtrArray **waiting, gboolean counters)
{
  g_autoptr(GPtrArray) objects = g_steal_pointer (waiting);

  *waiting = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < objects->len; i++)
    self->emit (g_ptr_array_index (objects, i), counters);
}

void
tbus_changes_flush (TbusChanges *self)
{
  tbus_thread_assert_main ();
  g_clear_handle_id (&self->idle, g_source_remove);
  if (self->now->len > 0)
    changes_emit (self, &self->now, FALSE);
}

static gboolean
on_idle (gpointer data)
{
  TbusChanges *self = data;

  self->idle = 0;
  tbus_changes_flush (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_second (gpointer data)
{
  TbusChanges *self = data;

  tbus_thread_assert_main ();
  self->timer = 0;
  changes_emit (self, &self->counters, TRUE);
  return G_SOURCE_REMOVE;
}

void
tbus_changes_add (TbusChanges *self, GObject *object, gboolean counters)
{
  if (counters)
    {
      g_ptr_array_add (self->counters, g_object_ref (object));
      if (self->timer == 0)
        self->timer = g_timeout_add (COUNTERS_PERIOD_MS, on_second, self);
      return;
    }
  g_ptr_array_add (self->now, g_object_ref (object));
  if (self->idle == 0)
    self->idle = g_idle_add_full (G_PRIORITY_DEFAULT, on_idle, self, NULL); /* a busy main must not starve it */
}
