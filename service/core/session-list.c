/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/session-private.h"

static void
registry_info_free (gpointer data)
{
  TbusRegistryInfo *info = data;

  g_array_unref (info->channels);
  g_free (info);
}

/* The pid of the app that owns a per-process set: apps are told apart by pid, sets by app-session id. */
static guint64
owner_of (TbusSession *self, const TbusBufferSet *set)
{
  g_autoptr(GPtrArray) apps = NULL;

  if (set->key.ownership == TBUS_BUFFER_USER)
    return set->key.owner;
  apps = tbus_app_set_list (self->hub->apps);
  for (guint i = 0; i < apps->len; i++)
    {
      TbusAppSession *app_session = tbus_app_find_session (g_ptr_array_index (apps, i), self->id);

      if (app_session != NULL && app_session->id == set->key.owner)
        return tbus_app_get_tracee (g_ptr_array_index (apps, i))->pid;
    }
  return 0;
}

static TbusRegistryInfo *
describe_set (TbusSession *self, const TbusBufferSet *set)
{
  TbusRegistryInfo *info = g_new0 (TbusRegistryInfo, 1);

  info->ownership = set->key.ownership;
  info->owner = owner_of (self, set);
  info->bits = set->key.bits;
  info->metadata_key = set->metadata_key;
  info->metadata_length = tbus_metadata_log_length (set->log);
  info->metadata_sent = set->push != NULL ? tbus_metadata_push_get_sent (set->push) : 0;
  info->metadata_closed = set->push == NULL || tbus_metadata_push_is_closed (set->push);
  info->channels = g_array_new (FALSE, TRUE, sizeof (TbusRegistryChannelInfo));
  for (guint i = 0; i < set->channels->len; i++)
    {
      const TbusSetChannel *made = &g_array_index (set->channels, TbusSetChannel, i);
      TbusRegistryChannelInfo channel = {
        .name = made->name,
        .key = made->key,
        .id = made->chan_id,
        .streams = made->ring != NULL ? made->ring->n_streams : 0,
      };

      tbus_class_registry_get_channel (set->classes, i, &channel.header, &channel.events);
      g_array_append_val (info->channels, channel);
    }
  return info;
}

GPtrArray *
tbus_session_list_registries (TbusSession *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (registry_info_free);

  for (guint i = 0; i < self->sets->len; i++)
    g_ptr_array_add (list, describe_set (self, g_ptr_array_index (self->sets, i)));
  return list;
}
