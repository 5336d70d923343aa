/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/context.h"

TbusBusContext *
tbus_bus_context_new (void)
{
  return g_rc_box_new0 (TbusBusContext);
}

TbusBusContext *
tbus_bus_context_ref (TbusBusContext *self)
{
  return g_rc_box_acquire (self);
}

static void
context_clear (gpointer data)
{
  TbusBusContext *self = data;

  g_clear_pointer (&self->ephemerals, tbus_ephemerals_free);
  g_clear_object (&self->core);
  g_clear_object (&self->gate);
  g_clear_pointer (&self->peers, tbus_peer_set_free);
  g_clear_pointer (&self->changes, tbus_changes_free);
  g_free (self->version);
  g_free (self->tracer_version);
  g_free (self->registration_socket);
}

void
tbus_bus_context_unref (TbusBusContext *self)
{
  g_rc_box_release_full (self, context_clear);
}
