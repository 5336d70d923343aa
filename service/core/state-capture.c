/* SPDX-License-Identifier: GPL-2.0-only */
/* What core knows, as plain data. */
#include "core/app-private.h"
#include "core/session-private.h"
#include "core/state-private.h"

#include "base/hash.h"
#include "base/marks.h"

#include <string.h>

/* Sessions. */

static TbusSavedChannel *
capture_channel (TbusChannel *channel)
{
  TbusSavedChannel *self = tbus_saved_channel_new ();
  GArray *rules = tbus_channel_get_rules (channel);
  GPtrArray *contexts = tbus_channel_get_contexts (channel);

  self->id = tbus_channel_get_id (channel);
  self->name = g_strdup (tbus_channel_get_name (channel));
  self->enabled = tbus_channel_get_enabled (channel);
  self->config = *tbus_channel_get_config (channel);
  self->events_discarded = tbus_channel_get_events_discarded (channel);
  self->packets_lost = tbus_channel_get_packets_lost (channel);
  self->bytes_written = tbus_channel_get_bytes_written (channel);
  for (guint i = 0; i < rules->len; i++)
    {
      const TbusChannelRule *rule = &g_array_index (rules, TbusChannelRule, i);
      TbusSavedRule *saved = g_new (TbusSavedRule, 1);

      *saved = (TbusSavedRule){ tbus_event_rule_ref (rule->rule), rule->enabled, g_strdup (rule->problem) };
      g_ptr_array_add (self->rules, saved);
    }
  for (guint i = 0; i < contexts->len; i++)
    g_ptr_array_add (self->contexts, tbus_context_ref (g_ptr_array_index (contexts, i)));
  return self;
}

static TbusSavedSetChannel *
capture_set_channel (const TbusSetChannel *channel)
{
  TbusSavedSetChannel *self = g_new0 (TbusSavedSetChannel, 1);
  const TbusRing *ring = channel->ring;

  self->channel_id = channel->channel_id;
  self->key = channel->key;
  self->chan_id = channel->chan_id;
  self->name = g_strdup (channel->name);
  self->hung_up = channel->hung_up;
  self->counters = channel->counters;
  self->counters.channel = channel->key;
  self->memory_size = ring != NULL ? ring->memory_size : 0;
  self->n_streams = ring != NULL ? ring->n_streams : 0;
  self->header = ring != NULL ? g_bytes_new (ring->header, ring->header_len) : g_bytes_new (NULL, 0);
  return self;
}

static TbusSavedSet *
capture_set (TbusBufferSet *set)
{
  TbusSavedSet *self = tbus_saved_set_new ();

  self->key = set->key;
  memcpy (self->uuid, set->uuid, sizeof self->uuid);
  self->id = set->id;
  self->consumer = tbus_consumer_get_id (set->consumer);
  self->metadata_sent = tbus_metadata_push_get_sent (set->push);
  self->metadata_length = tbus_metadata_log_length (set->log);
  self->directory = g_strdup (set->directory);
  self->mark = set->mark;
  self->closing = set->state == TBUS_SET_CLOSING;
  for (guint i = 0; i < set->channels->len; i++)
    g_ptr_array_add (self->channels, capture_set_channel (&g_array_index (set->channels, TbusSetChannel, i)));
  self->set = tbus_buffer_set_ref (set);
  return self;
}

/* One that is being made has no answer yet: whoever comes next knows as little of it as its consumer's next life. */
static gboolean
is_there (const TbusBufferSet *set)
{
  return set->state == TBUS_SET_READY || set->state == TBUS_SET_CLOSING;
}

static void
capture_clock (const TbusCtfClock *clock, TbusCtfClock *copy)
{
  *copy = *clock;
  copy->name = g_strdup (clock->name);
  copy->description = g_strdup (clock->description);
}

static TbusSavedSession *
capture_session (TbusSession *session, TbusStateScope scope)
{
  TbusSavedSession *self = tbus_saved_session_new ();

  self->id = session->id;
  self->name = g_strdup (session->name);
  self->owner = session->owner;
  self->group = session->group;
  g_array_append_vals (self->uids, session->uids->data, session->uids->len);
  self->all_users = session->all_users;
  for (guint i = 0; i < TBUS_N_TRACKED; i++)
    tbus_tracker_copy (&session->trackers[i], &self->trackers[i]);
  g_array_append_vals (self->partings, session->partings->data, session->partings->len);
  self->output = g_strdup (session->output);
  self->mount = g_strdup (session->mount);
  self->by_descriptor = session->directory != NULL;
  self->shm_path = g_strdup (session->shm_path != NULL ? session->shm_path : "");
  self->ephemeral = session->ephemeral;
  self->created_at = session->created_at;
  self->state = session->state;
  self->ever_started = session->ever_started;
  self->ownership_known = session->ownership_known;
  self->ownership = session->ownership;
  self->rebuilds = session->rebuilds;
  self->bytes_dropped = session->bytes_dropped;
  self->apps_late = session->apps_late;
  self->gap_told = tbus_session_has_problem (session, TBUS_PROBLEM_SERVICE_RESTARTED);
  self->torn = g_strdup (tbus_session_look_up_problem (session, TBUS_PROBLEM_TORN_STREAM));
  self->buffers_lost = g_strdup (tbus_session_look_up_problem (session, TBUS_PROBLEM_BUFFERS_LOST));
  capture_clock (&session->clock, &self->clock);
  for (guint i = 0; i < session->channels->len; i++)
    g_ptr_array_add (self->channels, capture_channel (g_ptr_array_index (session->channels, i)));
  for (guint i = 0; scope == TBUS_STATE_ALL && i < session->sets->len; i++)
    if (is_there (g_ptr_array_index (session->sets, i)))
      g_ptr_array_add (self->sets, capture_set (g_ptr_array_index (session->sets, i)));
  return self;
}

/* Apps. */

static TbusSavedAppChannel *
capture_app_channel (const TbusAppChannel *channel)
{
  TbusSavedAppChannel *self = tbus_saved_app_channel_new ();

  self->handle = channel->handle;
  self->there = channel->there;
  self->failed = channel->failed;
  self->enabled = channel->enabled;
  self->n_contexts = channel->n_contexts;
  for (guint i = 0; i < channel->events->len; i++)
    {
      const TbusAppEvent *event = &g_array_index (channel->events, TbusAppEvent, i);
      TbusSavedEvent *saved = g_new (TbusSavedEvent, 1);

      *saved = (TbusSavedEvent){ event->rule != NULL ? event->rule->id : 0, event->handle, event->enabled,
                                 event->failed };
      g_ptr_array_add (self->events, saved);
    }
  return self;
}

static TbusSavedAppSession *
capture_app_session (const TbusAppSession *app_session)
{
  TbusSavedAppSession *self = tbus_saved_app_session_new ();

  self->id = app_session->id;
  self->session_id = app_session->session_id;
  self->traced_uid = app_session->traced_uid;
  self->traced_gid = app_session->traced_gid;
  self->owner_uid = app_session->owner_uid;
  self->owner_gid = app_session->owner_gid;
  self->set = app_session->set != NULL ? app_session->set->id : 0;
  self->there = app_session->there;
  self->active = app_session->active;
  self->ending = app_session->ending;
  self->handle = app_session->handle;
  for (guint i = 0; i < app_session->channels->len; i++)
    g_ptr_array_add (self->channels, capture_app_channel (&g_array_index (app_session->channels, TbusAppChannel, i)));
  return self;
}

static TbusSavedApp *
capture_app (TbusApp *app)
{
  TbusSavedApp *self = tbus_saved_app_new ();
  const TbusTracee *tracee = app->tracee;

  self->id = tracee->id;
  self->changes = app->changes;
  if (app->words != NULL && app->words_changes == app->changes)
    {
      self->words = g_variant_ref (app->words);
      return self;
    }
  self->pid = tracee->pid;
  self->parent_pid = tracee->parent_pid;
  self->uid = tracee->uid;
  self->gid = tracee->gid;
  self->name = g_strdup (tracee->name);
  self->abi_major = tracee->abi_major;
  self->abi_minor = tracee->abi_minor;
  self->abi = tracee->abi;
  self->registered_at = tracee->registered_at;
  memcpy (self->version, app->version, sizeof self->version);
  self->registering = app->registering;
  self->busy = app->job != NULL;
  self->mark = tracee->mark;
  self->commands = tbus_mark_get (tracee->mark, TBUS_MARK_COMMANDS);
  for (guint i = 0; i < app->sessions->len; i++)
    g_ptr_array_add (self->sessions, capture_app_session (g_ptr_array_index (app->sessions, i)));
  return self;
}

void
tbus_core_keep_words (TbusCore *core, TbusState *state)
{
  for (guint i = 0; i < state->apps->len; i++)
    {
      TbusSavedApp *saved = g_ptr_array_index (state->apps, i);
      TbusApp *app = tbus_app_set_find_id (tbus_core_get_apps (core), saved->id);

      if (app == NULL || saved->words == NULL || app->words == saved->words || app->changes != saved->changes)
        continue;
      g_clear_pointer (&app->words, g_variant_unref);
      app->words = g_variant_ref (saved->words);
      app->words_changes = saved->changes;
    }
}

/* "" where the kernel does not say. It never changes, and each write of the state asks for it. */
static const char *
get_boot (void)
{
  static char *id;

  if (id != NULL)
    return id;
  if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &id, NULL, NULL))
    id = g_strdup ("");
  return g_strstrip (id);
}

gboolean
tbus_state_is_of_this_boot (const TbusState *self)
{
  const char *boot = get_boot ();

  tbus_thread_assert_main ();
  return boot[0] != '\0' && g_str_equal (self->boot, boot);
}

TbusState *
tbus_core_capture (TbusCore *core, TbusStateScope scope)
{
  TbusState *self = tbus_state_new ();
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (tbus_core_get_sessions (core));
  g_autoptr(GPtrArray) apps = tbus_app_set_list (tbus_core_get_apps (core));
  GPtrArray *consumers = tbus_core_get_consumers (core);

  tbus_thread_assert_main ();
  self->ended = tbus_core_get_hub (core)->closed;
  g_free (self->boot);
  self->boot = g_strdup (get_boot ());
  for (TbusIdKind kind = 0; kind < TBUS_N_IDS; kind++)
    self->ids[kind] = tbus_id_last (kind);
  tbus_hash_get_key (self->hash_key);
  for (guint i = 0; i < consumers->len; i++)
    {
      TbusConsumer *consumer = g_ptr_array_index (consumers, i);
      TbusSavedConsumer *saved = g_new (TbusSavedConsumer, 1);

      *saved = (TbusSavedConsumer){ tbus_consumer_get_id (consumer), tbus_consumer_get_uid (consumer),
                                    tbus_consumer_get_bits (consumer), tbus_consumer_get_pid (consumer) };
      g_ptr_array_add (self->consumers, saved);
    }
  for (guint i = 0; i < sessions->len; i++)
    g_ptr_array_add (self->sessions, capture_session (g_ptr_array_index (sessions, i), scope));
  for (guint i = 0; scope == TBUS_STATE_ALL && i < apps->len; i++)
    g_ptr_array_add (self->apps, capture_app (g_ptr_array_index (apps, i)));
  return self;
}

gboolean
tbus_state_has_sets (const TbusState *self)
{
  for (guint i = 0; i < self->sessions->len; i++)
    if (((const TbusSavedSession *) g_ptr_array_index (self->sessions, i))->sets->len > 0)
      return TRUE;
  return FALSE;
}

void
tbus_state_capture_classes (TbusState *self)
{
  for (guint i = 0; i < self->sessions->len; i++)
    {
      TbusSavedSession *session = g_ptr_array_index (self->sessions, i);

      for (guint j = 0; j < session->sets->len; j++)
        {
          TbusSavedSet *set = g_ptr_array_index (session->sets, j);

          set->classes = tbus_class_registry_capture (set->set->classes);
          set->metadata_length = tbus_metadata_log_length (set->set->log); /* the text that goes with them */
        }
    }
}
