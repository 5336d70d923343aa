/* SPDX-License-Identifier: GPL-2.0-only */
/* Plain data as what core works with. */
#include "core/session-private.h"
#include "core/state-private.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/limits.h"
#include "core/kept.h"

#include <string.h>

static TbusChannel *
restore_channel (guint64 session_id, const TbusSavedChannel *saved)
{
  TbusChannel *channel = tbus_channel_new_with_id (saved->id, session_id, saved->name, &saved->config);
  const TbusCounters before = { 0 };
  const TbusCounters now = {
    .events_discarded = saved->events_discarded,
    .packets_lost = saved->packets_lost,
    .bytes_written = saved->bytes_written,
  };

  tbus_channel_set_enabled (channel, saved->enabled);
  tbus_channel_count (channel, &before, &now);
  for (guint i = 0; i < saved->rules->len; i++)
    {
      const TbusSavedRule *rule = g_ptr_array_index (saved->rules, i);

      tbus_channel_enable_rule (channel, rule->rule, rule->problem);
      tbus_channel_find_rule (channel, rule->rule)->enabled = rule->enabled;
    }
  for (guint i = 0; i < saved->contexts->len; i++)
    tbus_channel_add_context (channel, g_ptr_array_index (saved->contexts, i));
  return channel;
}

/* Buffers that were there before are in their directories: what is made from now on goes elsewhere. */
static TbusSession *
restore_session (TbusHub *hub, const TbusSavedSession *saved, gboolean same_boot)
{
  TbusSession *self = g_object_new (TBUS_TYPE_SESSION, NULL);

  self->hub = hub;
  self->id = saved->id;
  self->name = g_strdup (saved->name);
  self->owner = saved->owner;
  self->group = saved->group;
  g_array_append_vals (self->uids, saved->uids->data, saved->uids->len);
  self->all_users = saved->all_users;
  for (guint i = 0; i < TBUS_N_TRACKED; i++)
    tbus_tracker_copy (&saved->trackers[i], &self->trackers[i]);
  self->output = g_strdup (saved->output);
  self->mount = g_strdup (saved->mount);
  self->shm_path = saved->shm_path[0] != '\0' ? g_strdup (saved->shm_path) : NULL;
  self->directory = saved->by_descriptor && same_boot ? tbus_kept_take_output (saved->id) : NULL;
  self->created_at = saved->created_at;
  self->state = same_boot ? saved->state : TBUS_SESSION_INACTIVE;
  self->ever_started = saved->ever_started;
  self->ownership_known = saved->ownership_known;
  self->ownership = saved->ownership;
  self->rebuilds = saved->rebuilds + (saved->ever_started ? 1 : 0);
  self->bytes_dropped = saved->bytes_dropped;
  self->apps_late = saved->apps_late;
  self->clock = saved->clock;
  self->clock_known = same_boot && saved->ever_started;
  self->clock.name = g_strdup (saved->clock.name);
  self->clock.description = g_strdup (saved->clock.description);
  for (guint i = 0; i < saved->channels->len; i++)
    g_ptr_array_add (self->channels, restore_channel (saved->id, g_ptr_array_index (saved->channels, i)));
  return self;
}

static void
say_gap (TbusSession *session)
{
  tbus_session_set_problem (session, TBUS_PROBLEM_SERVICE_RESTARTED,
                            "the service was restarted; what programs did until they registered anew is not recorded, "
                            "and is not counted; recording goes on in new buffers", 0);
}

/* Whose consumer it was nobody knows any more, and it is the session that has it. */
static void
say_lost (TbusSession *session, const TbusSavedSession *saved)
{
  if (saved->torn != NULL)
    tbus_session_set_problem (session, TBUS_PROBLEM_TORN_STREAM, saved->torn, 0);
  if (saved->buffers_lost != NULL)
    tbus_session_set_problem (session, TBUS_PROBLEM_BUFFERS_LOST, saved->buffers_lost, 0);
}

/*
 * After a crash: what may have been given out since the last save. Those of what callers make were saved before they
 * were told.
 */
static guint64
count_unsaved (TbusIdKind kind)
{
  enum { UNSAVED = 4096, UNSAVED_KEYS = 1 << 20 };

  switch (kind)
    {
    case TBUS_ID_APP:
    case TBUS_ID_CONSUMER:
      return UNSAVED;
    case TBUS_ID_APP_SESSION:
    case TBUS_ID_KEY:
      return UNSAVED_KEYS;
    default:
      return 0;
    }
}

void
tbus_core_restore (TbusCore *core, const TbusState *state)
{
  TbusHub *hub = tbus_core_get_hub (core);
  gboolean same_boot = tbus_state_is_of_this_boot (state);

  tbus_thread_assert_main ();
  for (TbusIdKind kind = 0; kind < TBUS_N_IDS; kind++)
    tbus_id_raise (kind, state->ids[kind] + (state->ended ? 0 : count_unsaved (kind)));
  tbus_hash_set_key (state->hash_key);
  for (guint i = 0; i < state->sessions->len; i++)
    {
      const TbusSavedSession *saved = g_ptr_array_index (state->sessions, i);
      g_autoptr(TbusSession) session = NULL;

      if (saved->state == TBUS_SESSION_DESTROYING || saved->ephemeral)
        continue;
      session = restore_session (hub, saved, same_boot);
      tbus_session_set_add (hub->sessions, session);
      session->gap = saved->state == TBUS_SESSION_ACTIVE;
    }
}

void
tbus_core_resume (TbusCore *core, const TbusState *state)
{
  TbusHub *hub = tbus_core_get_hub (core);
  g_autoptr(GPtrArray) apps = tbus_app_set_list (hub->apps);

  tbus_thread_assert_main ();
  for (guint i = 0; i < apps->len; i++)
    tbus_app_kick (g_ptr_array_index (apps, i));
  for (guint i = 0; i < state->sessions->len; i++)
    {
      const TbusSavedSession *saved = g_ptr_array_index (state->sessions, i);
      TbusSession *session = tbus_session_set_find_id (hub->sessions, saved->id);

      if (session == NULL)
        continue;
      if (session->gap || saved->gap_told)
        say_gap (session);
      say_lost (session, saved);
      if (saved->state == TBUS_SESSION_ACTIVE && session->state == TBUS_SESSION_INACTIVE)
        tbus_session_resume (session);
    }
}

static TbusSetChannel
restore_set_channel (const TbusSavedSetChannel *saved)
{
  return (TbusSetChannel){
    .channel_id = saved->channel_id,
    .key = saved->key,
    .chan_id = saved->chan_id,
    .name = g_strdup (saved->name),
    .hung_up = saved->hung_up,
    .counters = saved->counters,
  };
}

TbusBufferSet *
tbus_state_restore_set (const TbusSavedSet *saved, int log_fd, GError **error)
{
  gsize limit = MAX (tbus_limit (TBUS_LIMIT_METADATA), TBUS_MAX_METADATA);
  g_autoptr(TbusMetadataLog) log = tbus_metadata_log_adopt (log_fd, limit, error);
  TbusClassRegistry *classes;
  TbusBufferSet *self;

  if (log == NULL)
    return NULL;
  if (tbus_metadata_log_length (log) < saved->metadata_length)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "The metadata log of set %" G_GUINT64_FORMAT " is another's", saved->id);
      return NULL;
    }
  classes = tbus_class_registry_restore (saved->classes, log);
  self = tbus_buffer_set_adopt (&saved->key, g_steal_pointer (&log), classes);
  memcpy (self->uuid, saved->uuid, sizeof self->uuid);
  self->id = saved->id;
  self->metadata_key = saved->id;
  self->mark = saved->mark;
  self->directory = g_strdup (saved->directory);
  self->state = saved->closing ? TBUS_SET_CLOSING : TBUS_SET_READY;
  for (guint i = 0; i < saved->channels->len; i++)
    {
      TbusSetChannel channel = restore_set_channel (g_ptr_array_index (saved->channels, i));

      g_array_append_val (self->channels, channel);
    }
  return self;
}

/* (transfer full) (nullable) */
static TbusEventRule *
find_rule (TbusSession *session, guint64 id)
{
  for (guint i = 0; session != NULL && i < session->channels->len; i++)
    {
      GArray *rules = tbus_channel_get_rules (g_ptr_array_index (session->channels, i));

      for (guint j = 0; j < rules->len; j++)
        if (g_array_index (rules, TbusChannelRule, j).rule->id == id)
          return tbus_event_rule_ref (g_array_index (rules, TbusChannelRule, j).rule);
    }
  return NULL;
}

static void
restore_app_channel (const TbusSavedAppChannel *saved, TbusSession *session, TbusAppChannel *channel)
{
  channel->handle = saved->handle;
  channel->there = saved->there;
  channel->failed = saved->failed;
  channel->enabled = saved->enabled;
  channel->n_contexts = saved->n_contexts;
  for (guint i = 0; i < saved->events->len; i++)
    {
      const TbusSavedEvent *event = g_ptr_array_index (saved->events, i);
      TbusAppEvent restored = { find_rule (session, event->rule), event->handle, event->enabled, event->failed };

      g_array_append_val (channel->events, restored);
    }
}

TbusAppSession *
tbus_state_restore_app_session (const TbusSavedAppSession *saved, TbusBufferSet *set, TbusSession *session)
{
  TbusAppSession *self = tbus_app_session_new_with_id (saved->id, saved->session_id);

  self->traced_uid = saved->traced_uid;
  self->traced_gid = saved->traced_gid;
  self->owner_uid = saved->owner_uid;
  self->owner_gid = saved->owner_gid;
  self->there = saved->there;
  self->active = saved->active;
  self->ending = saved->ending || session == NULL;
  self->handle = saved->handle;
  if (set != NULL)
    tbus_app_session_set_set (self, set);
  for (guint i = 0; i < MIN (self->channels->len, saved->channels->len); i++)
    restore_app_channel (g_ptr_array_index (saved->channels, i), session,
                         &g_array_index (self->channels, TbusAppChannel, i));
  return self;
}

TbusTracee *
tbus_state_restore_tracee (const TbusSavedApp *saved, int command_fd, int notify_fd)
{
  TbusTracee *self = tbus_tracee_new_with_mark (command_fd, notify_fd, saved->mark);

  self->id = saved->id;
  self->pid = saved->pid;
  self->uid = saved->uid;
  self->gid = saved->gid;
  self->parent_pid = saved->parent_pid;
  g_strlcpy (self->name, saved->name, sizeof self->name);
  self->abi_major = saved->abi_major;
  self->abi_minor = saved->abi_minor;
  self->abi = saved->abi;
  self->registered_at = saved->registered_at;
  tbus_charge_init (&self->descriptors, TBUS_LIMIT_DESCRIPTORS, saved->uid);
  tbus_charge_force (&self->descriptors, 2);
  return self;
}
