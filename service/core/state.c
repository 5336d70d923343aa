/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/state-private.h"

/* Records: their lists are there from the start. */

TbusSavedChannel *
tbus_saved_channel_new (void)
{
  TbusSavedChannel *self = g_new0 (TbusSavedChannel, 1);

  self->rules = g_ptr_array_new_with_free_func (tbus_saved_rule_free);
  self->contexts = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_context_unref);
  return self;
}

void
tbus_saved_channel_free (gpointer data)
{
  TbusSavedChannel *self = data;

  g_clear_pointer (&self->rules, g_ptr_array_unref);
  g_clear_pointer (&self->contexts, g_ptr_array_unref);
  g_free (self->name);
  g_free (self);
}

void
tbus_saved_rule_free (gpointer data)
{
  TbusSavedRule *self = data;

  g_clear_pointer (&self->rule, tbus_event_rule_unref);
  g_free (self->problem);
  g_free (self);
}

TbusSavedSet *
tbus_saved_set_new (void)
{
  TbusSavedSet *self = g_new0 (TbusSavedSet, 1);

  self->channels = g_ptr_array_new_with_free_func (tbus_saved_set_channel_free);
  return self;
}

void
tbus_saved_set_free (gpointer data)
{
  TbusSavedSet *self = data;

  g_clear_pointer (&self->channels, g_ptr_array_unref);
  g_clear_pointer (&self->classes, tbus_class_state_free); /* before the set, which it borrows from */
  g_clear_pointer (&self->set, tbus_buffer_set_unref);
  g_free (self->directory);
  g_free (self);
}

void
tbus_saved_set_channel_free (gpointer data)
{
  TbusSavedSetChannel *self = data;

  g_clear_pointer (&self->header, g_bytes_unref);
  g_free (self->name);
  g_free (self);
}

TbusSavedSession *
tbus_saved_session_new (void)
{
  TbusSavedSession *self = g_new0 (TbusSavedSession, 1);

  self->uids = g_array_new (FALSE, FALSE, sizeof (uid_t));
  self->partings = g_array_new (FALSE, FALSE, sizeof (guint64));
  for (guint i = 0; i < TBUS_N_TRACKED; i++)
    tbus_tracker_init (&self->trackers[i]);
  self->channels = g_ptr_array_new_with_free_func (tbus_saved_channel_free);
  self->sets = g_ptr_array_new_with_free_func (tbus_saved_set_free);
  return self;
}

void
tbus_saved_session_free (gpointer data)
{
  TbusSavedSession *self = data;

  g_array_unref (self->uids);
  g_array_unref (self->partings);
  for (guint i = 0; i < TBUS_N_TRACKED; i++)
    tbus_tracker_clear (&self->trackers[i]);
  g_clear_pointer (&self->channels, g_ptr_array_unref);
  g_clear_pointer (&self->sets, g_ptr_array_unref);
  tbus_ctf_clock_clear (&self->clock);
  g_free (self->name);
  g_free (self->output);
  g_free (self->mount);
  g_free (self->torn);
  g_free (self->buffers_lost);
  g_free (self->shm_path);
  g_free (self);
}

TbusSavedAppChannel *
tbus_saved_app_channel_new (void)
{
  TbusSavedAppChannel *self = g_new0 (TbusSavedAppChannel, 1);

  self->events = g_ptr_array_new_with_free_func (g_free);
  return self;
}

void
tbus_saved_app_channel_free (gpointer data)
{
  TbusSavedAppChannel *self = data;

  g_clear_pointer (&self->events, g_ptr_array_unref);
  g_free (self);
}

TbusSavedAppSession *
tbus_saved_app_session_new (void)
{
  TbusSavedAppSession *self = g_new0 (TbusSavedAppSession, 1);

  self->channels = g_ptr_array_new_with_free_func (tbus_saved_app_channel_free);
  return self;
}

void
tbus_saved_app_session_free (gpointer data)
{
  TbusSavedAppSession *self = data;

  g_clear_pointer (&self->channels, g_ptr_array_unref);
  g_free (self);
}

TbusSavedApp *
tbus_saved_app_new (void)
{
  TbusSavedApp *self = g_new0 (TbusSavedApp, 1);

  self->sessions = g_ptr_array_new_with_free_func (tbus_saved_app_session_free);
  return self;
}

void
tbus_saved_app_free (gpointer data)
{
  TbusSavedApp *self = data;

  g_clear_pointer (&self->sessions, g_ptr_array_unref);
  g_clear_pointer (&self->words, g_variant_unref);
  g_free (self->name);
  g_free (self);
}

TbusState *
tbus_state_new (void)
{
  TbusState *self = g_new0 (TbusState, 1);

  self->boot = g_strdup ("");
  self->consumers = g_ptr_array_new_with_free_func (g_free);
  self->sessions = g_ptr_array_new_with_free_func (tbus_saved_session_free);
  self->apps = g_ptr_array_new_with_free_func (tbus_saved_app_free);
  return self;
}

void
tbus_state_free (TbusState *self)
{
  g_clear_pointer (&self->consumers, g_ptr_array_unref);
  g_clear_pointer (&self->sessions, g_ptr_array_unref);
  g_clear_pointer (&self->apps, g_ptr_array_unref);
  g_free (self->boot);
  g_free (self);
}
