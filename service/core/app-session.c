/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/app-session.h"

#include "core/ids.h"

#include <glib-object.h>

static void
event_clear (gpointer data)
{
  g_clear_pointer (&((TbusAppEvent *) data)->rule, tbus_event_rule_unref);
}

static void
channel_clear (gpointer data)
{
  g_clear_pointer (&((TbusAppChannel *) data)->events, g_array_unref);
}

TbusAppSession *
tbus_app_session_new_with_id (guint64 id, guint64 session_id)
{
  TbusAppSession *self = g_new0 (TbusAppSession, 1);

  self->id = id;
  self->session_id = session_id;
  self->channels = g_array_new (FALSE, TRUE, sizeof (TbusAppChannel));
  g_array_set_clear_func (self->channels, channel_clear);
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  return self;
}

TbusAppSession *
tbus_app_session_new (guint64 session_id)
{
  return tbus_app_session_new_with_id (tbus_id_next (TBUS_ID_APP_SESSION), session_id);
}

void
tbus_app_session_free (TbusAppSession *self)
{
  g_array_unref (self->channels);
  g_ptr_array_unref (self->warnings);
  g_clear_pointer (&self->set, tbus_buffer_set_unref);
  g_clear_error (&self->error);
  g_free (self);
}

void
tbus_app_session_set_set (TbusAppSession *self, TbusBufferSet *set)
{
  g_return_if_fail (self->set == NULL);
  self->set = tbus_buffer_set_ref (set);
  g_array_set_size (self->channels, set->channels->len);
  for (guint i = 0; i < self->channels->len; i++)
    {
      TbusAppChannel *channel = &g_array_index (self->channels, TbusAppChannel, i);

      channel->events = g_array_new (FALSE, TRUE, sizeof (TbusAppEvent));
      g_array_set_clear_func (channel->events, event_clear);
    }
}

void
tbus_app_session_reset (TbusAppSession *self)
{
  g_array_set_size (self->channels, 0);
  g_clear_pointer (&self->set, tbus_buffer_set_unref);
  self->there = FALSE;
  self->active = FALSE;
  self->statedump_due = FALSE;
}

/* It has no handle: it is made anew, in its place. */
static void
forget_failed (TbusAppEvent *event)
{
  if (!event->failed)
    return;
  event_clear (event);
  *event = (TbusAppEvent){ NULL };
}

void
tbus_app_session_retry (TbusAppSession *self)
{
  g_clear_error (&self->error);
  if (self->set != NULL && self->set->state == TBUS_SET_FAILED)
    tbus_app_session_reset (self); /* no plan has seen that yet */
  for (guint i = 0; i < self->channels->len; i++)
    {
      TbusAppChannel *channel = &g_array_index (self->channels, TbusAppChannel, i);

      channel->failed = FALSE;
      for (guint j = 0; j < channel->events->len; j++)
        forget_failed (&g_array_index (channel->events, TbusAppEvent, j));
    }
}
