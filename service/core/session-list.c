/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/session-private.h"

static void
registry_info_free (gpointer data)
{
  TbusRegistryInfo *info = data;

  g_array_unref (info->channels);
  g_free (info);
}

/* Whose the per-process sets are: apps are told apart by pid, sets by app-session id (which maps to the TbusApp). */
static GHashTable *
map_owners (TbusSession *self)
{
  GHashTable *owners = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_object_unref);
  g_autoptr(GPtrArray) apps = tbus_app_set_list (self->hub->apps);

  for (guint i = 0; i < apps->len; i++)
    {
      TbusApp *app = g_ptr_array_index (apps, i);
      TbusAppSession *app_session = tbus_app_find_session (app, self->id);

      if (app_session != NULL)
        g_hash_table_insert (owners, &app_session->id, g_object_ref (app));
    }
  return owners;
}

static guint64
owner_of (const TbusBufferSet *set, GHashTable *owners)
{
  TbusApp *app;

  if (set->key.ownership == TBUS_BUFFER_USER)
    return set->key.owner;
  app = g_hash_table_lookup (owners, &set->key.owner);
  return app != NULL ? tbus_app_get_tracee (app)->pid : 0;
}

static TbusRegistryInfo *
describe_set (const TbusBufferSet *set, GHashTable *owners)
{
  TbusRegistryInfo *info = g_new0 (TbusRegistryInfo, 1);

  info->ownership = set->key.ownership;
  info->owner = owner_of (set, owners);
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
  g_autoptr(GHashTable) owners = map_owners (self);

  for (guint i = 0; i < self->sets->len; i++)
    g_ptr_array_add (list, describe_set (g_ptr_array_index (self->sets, i), owners));
  return list;
}
