/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/session-private.h"

#include "base/cpus.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/quota.h"
#include "core/ids.h"
#include "core/kept.h"
#include "core/names.h"

enum {
  PROP_STATE = 1,
  PROP_OUTPUT,
  PROP_BUFFER_OWNERSHIP,
  PROP_CHANNELS,
  PROP_BYTES_WRITTEN,
  PROP_EVENTS_DISCARDED,
  PROP_PACKETS_LOST,
  PROP_APPS_LATE,
  PROP_DATA_PENDING,
  PROP_PROBLEMS,
  PROP_TRACKERS,
  N_PROPS
};
static GParamSpec *props[N_PROPS];

enum { CHANNEL_ADDED, CHANNEL_REMOVED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (TbusSession, tbus_session, G_TYPE_OBJECT)

/* The values are the getters'; the properties exist to be notified. */
static void
tbus_session_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TbusSession *self = TBUS_SESSION (object);

  switch (id)
    {
    case PROP_STATE:
      g_value_set_int (value, self->state);
      break;
    case PROP_OUTPUT:
      g_value_set_string (value, self->output);
      break;
    case PROP_BUFFER_OWNERSHIP:
      g_value_set_int (value, self->ownership);
      break;
    case PROP_CHANNELS:
      g_value_set_pointer (value, self->channels);
      break;
    case PROP_BYTES_WRITTEN:
      g_value_set_uint64 (value, tbus_session_get_bytes_written (self));
      break;
    case PROP_EVENTS_DISCARDED:
      g_value_set_uint64 (value, tbus_session_get_events_discarded (self));
      break;
    case PROP_PACKETS_LOST:
      g_value_set_uint64 (value, tbus_session_get_packets_lost (self));
      break;
    case PROP_APPS_LATE:
      g_value_set_uint64 (value, self->apps_late);
      break;
    case PROP_DATA_PENDING:
      g_value_set_boolean (value, tbus_session_get_data_pending (self));
      break;
    case PROP_PROBLEMS:
      g_value_set_pointer (value, self->problems);
      break;
    case PROP_TRACKERS:
      g_value_set_pointer (value, self->trackers);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
output_free (gpointer data)
{
  TbusSessionOutput *output = data;

  g_object_unref (output->consumer);
  g_clear_error (&output->error);
  g_free (output);
}

static void
tbus_session_finalize (GObject *object)
{
  TbusSession *self = TBUS_SESSION (object);

  g_assert (g_queue_is_empty (&self->works));
  g_ptr_array_unref (self->channels);
  g_ptr_array_unref (self->sets);
  g_ptr_array_unref (self->outputs);
  g_ptr_array_unref (self->problems);
  g_array_unref (self->uids);
  g_array_unref (self->partings);
  for (guint i = 0; i < TBUS_N_TRACKED; i++)
    tbus_tracker_clear (&self->trackers[i]);
  tbus_ctf_clock_clear (&self->clock);
  g_free (self->name);
  g_free (self->output);
  g_free (self->mount);
  g_free (self->shm_path);
  g_clear_pointer (&self->directory, tbus_handle_unref);
  G_OBJECT_CLASS (tbus_session_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  props[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, 0, G_MAXINT, 0, flags);
  props[PROP_OUTPUT] = g_param_spec_string ("output", NULL, NULL, NULL, flags);
  props[PROP_BUFFER_OWNERSHIP] = g_param_spec_int ("buffer-ownership", NULL, NULL, 0, G_MAXINT, 0, flags);
  props[PROP_CHANNELS] = g_param_spec_pointer ("channels", NULL, NULL, flags);
  props[PROP_BYTES_WRITTEN] = g_param_spec_uint64 ("bytes-written", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_EVENTS_DISCARDED] = g_param_spec_uint64 ("events-discarded", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_PACKETS_LOST] = g_param_spec_uint64 ("packets-lost", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_APPS_LATE] = g_param_spec_uint64 ("apps-late", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  props[PROP_DATA_PENDING] = g_param_spec_boolean ("data-pending", NULL, NULL, FALSE, flags);
  props[PROP_PROBLEMS] = g_param_spec_pointer ("problems", NULL, NULL, flags);
  props[PROP_TRACKERS] = g_param_spec_pointer ("trackers", NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tbus_session_class_init (TbusSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tbus_session_get_property;
  object_class->finalize = tbus_session_finalize;
  install_properties (object_class);
  signals[CHANNEL_ADDED] = g_signal_new ("channel-added", TBUS_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, TBUS_TYPE_CHANNEL);
  signals[CHANNEL_REMOVED] = g_signal_new ("channel-removed", TBUS_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 1, TBUS_TYPE_CHANNEL);
}

static void
tbus_session_init (TbusSession *self)
{
  self->uids = g_array_new (FALSE, FALSE, sizeof (uid_t));
  self->partings = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->channels = g_ptr_array_new_with_free_func (g_object_unref);
  self->sets = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_buffer_set_unref);
  self->outputs = g_ptr_array_new_with_free_func (output_free);
  self->problems = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_problem_free);
  for (guint i = 0; i < TBUS_N_TRACKED; i++)
    tbus_tracker_init (&self->trackers[i]);
  self->created_at = g_get_real_time ();
  g_queue_init (&self->works);
}

/* The next session of that name has another. (transfer full) (nullable) */
static char *
name_shm_path (const TbusSessionRequest *request, gint64 now)
{
  g_autofree char *when = tbus_name_time (now);
  g_autofree char *name = g_strconcat (request->name, "-", when, NULL);

  return request->shm_path != NULL ? g_build_filename (request->shm_path, name, NULL) : NULL;
}

TbusSession *
tbus_session_new (TbusHub *hub, const TbusSessionRequest *request, const char *output)
{
  TbusSession *self = g_object_new (TBUS_TYPE_SESSION, NULL);

  self->hub = hub;
  self->id = tbus_id_next (TBUS_ID_SESSION);
  self->name = g_strdup (request->name);
  self->owner = request->owner;
  self->group = request->group;
  self->output = g_strdup (output);
  self->directory = request->directory != NULL ? tbus_handle_ref (request->directory) : NULL;
  if (self->directory != NULL)
    tbus_kept_put_output (self->id, self->owner, self->directory);
  self->shm_path = name_shm_path (request, self->created_at);
  self->ephemeral = request->ephemeral;
  self->all_users = request->all_users;
  if (request->n_uids > 0)
    g_array_append_vals (self->uids, request->uids, request->n_uids);
  else
    g_array_append_val (self->uids, request->owner);
  tbus_ctf_clock_init (&self->clock);
  return self;
}

void
tbus_session_changed (TbusSession *self, const char *property)
{
  g_object_notify (G_OBJECT (self), property);
}

void
tbus_session_set_state (TbusSession *self, TbusSessionState state)
{
  if (self->state == state)
    return;
  self->state = state;
  tbus_session_changed (self, "state");
  tbus_session_changed (self, "data-pending");
  tbus_hub_touch (self->hub);
}

static gboolean
expect_new_channel (TbusSession *self, const char *name, TbusBufferOwnership ownership, gboolean metadata,
                    GError **error)
{
  if (self->state == TBUS_SESSION_DESTROYING || self->ever_started)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_STATE,
                   "Session \"%s\" was started already: channels are made before the first Start", self->name);
      return FALSE;
    }
  if (tbus_session_find_channel (self, name) != NULL)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS, "Session \"%s\" has a channel \"%s\" already",
                   self->name, name);
      return FALSE;
    }
  if (!metadata && self->ownership_known && self->ownership != ownership)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_STATE,
                   "The buffers of session \"%s\" belong to the %s: one buffer-ownership goes for all its channels",
                   self->name, tbus_buffer_ownership_to_string (self->ownership));
      return FALSE;
    }
  return self->channels->len < tbus_limit (TBUS_LIMIT_CHANNELS) || tbus_limit_refuse (TBUS_LIMIT_CHANNELS, error);
}

/* Of one buffer set, with a channel like @more (nullable) as well. @largest: of one stream. */
static guint64
count_memory (TbusSession *self, const TbusChannelConfig *more, guint64 *largest)
{
  guint64 sum = more != NULL ? tbus_channel_config_stream_memory (more) : 0;

  *largest = sum;

  for (guint i = 0; i < self->channels->len; i++)
    {
      TbusChannel *channel = g_ptr_array_index (self->channels, i);
      guint64 bytes = tbus_channel_config_stream_memory (tbus_channel_get_config (channel));

      if (tbus_channel_is_metadata (channel))
        continue;
      *largest = MAX (*largest, bytes);
      sum += bytes;
    }
  return sum * tbus_cpus_possible ();
}

guint64
tbus_session_get_memory (TbusSession *self)
{
  guint64 largest;

  return count_memory (self, NULL, &largest);
}

gboolean
tbus_session_expect_memory (TbusSession *self, const char *what, const TbusChannelConfig *more, GError **error)
{
  guint64 largest, sum = count_memory (self, more, &largest);

  if (tbus_quota_binds (self->owner) && sum > tbus_limit (TBUS_LIMIT_BUFFER_MEMORY))
    {
      tbus_limit_refuse (TBUS_LIMIT_BUFFER_MEMORY, error);
      g_prefix_error (error, "%s would take %" G_GUINT64_FORMAT " bytes: ", what, sum);
      return FALSE;
    }
  return tbus_memory_expect (what, sum, largest, error);
}

/* One set of buffers must fit, at least; that of each user, or process, is looked at when it is made. */
static gboolean
expect_memory (TbusSession *self, const char *name, const TbusChannelConfig *config, GError **error)
{
  g_autofree char *what = g_strdup_printf ("The buffers of session \"%s\" with channel \"%s\"", self->name, name);

  return tbus_session_expect_memory (self, what, config, error);
}

TbusChannel *
tbus_session_add_channel (TbusSession *self, const char *name, const TbusChannelConfig *config, GError **error)
{
  TbusChannelConfig checked = *config;
  gboolean metadata = g_str_equal (name, TBUS_METADATA_CHANNEL);
  TbusChannel *channel;

  if (!tbus_name_check (name, "channel", error) || !tbus_channel_config_check (&checked, error)
      || !expect_new_channel (self, name, checked.ownership, metadata, error)
      || (!metadata && !expect_memory (self, name, &checked, error)))
    return NULL;
  channel = tbus_channel_new (self->id, name, &checked);
  g_ptr_array_add (self->channels, channel);
  if (!metadata && !self->ownership_known)
    {
      self->ownership_known = TRUE;
      self->ownership = checked.ownership;
      tbus_session_changed (self, "buffer-ownership");
    }
  g_signal_emit (self, signals[CHANNEL_ADDED], 0, channel);
  tbus_session_changed (self, "channels");
  return channel;
}

TbusWanted *
tbus_session_describe (TbusSession *self)
{
  TbusWanted *wanted = tbus_wanted_new ();

  wanted->active = self->state == TBUS_SESSION_ACTIVE;
  for (guint i = 0; i < self->channels->len; i++)
    {
      TbusChannel *channel = g_ptr_array_index (self->channels, i);
      GArray *rules = tbus_channel_get_rules (channel);
      TbusWantedChannel *to;

      if (tbus_channel_is_metadata (channel))
        continue;
      to = tbus_wanted_add_channel (wanted);
      to->enabled = tbus_channel_get_enabled (channel);
      to->contexts = tbus_channel_get_contexts (channel);
      for (guint j = 0; j < rules->len; j++)
        {
          const TbusChannelRule *rule = &g_array_index (rules, TbusChannelRule, j);
          TbusWantedRule add = { rule->rule, rule->enabled };

          g_array_append_val (to->rules, add);
        }
    }
  return wanted;
}

guint64
tbus_session_get_id (TbusSession *self)
{
  return self->id;
}

const char *
tbus_session_get_name (TbusSession *self)
{
  return self->name;
}

uid_t
tbus_session_get_owner (TbusSession *self)
{
  return self->owner;
}

gid_t
tbus_session_get_group (TbusSession *self)
{
  return self->group;
}

const uid_t *
tbus_session_get_uids (TbusSession *self, gsize *n)
{
  *n = self->all_users ? 0 : self->uids->len;
  return self->all_users ? NULL : (const uid_t *) (gpointer) self->uids->data;
}

gboolean
tbus_session_get_ephemeral (TbusSession *self)
{
  return self->ephemeral;
}

TbusSessionState
tbus_session_get_state (TbusSession *self)
{
  return self->state;
}

const char *
tbus_session_state_to_string (TbusSessionState state)
{
  static const char *const names[] = { "inactive", "active", "destroying" };

  return names[state];
}

const char *
tbus_session_get_output (TbusSession *self)
{
  return self->output;
}

const char *
tbus_session_get_shm_path (TbusSession *self)
{
  return self->shm_path;
}

gint64
tbus_session_get_created_at (TbusSession *self)
{
  return self->created_at;
}

gboolean
tbus_session_get_ownership (TbusSession *self, TbusBufferOwnership *ownership)
{
  *ownership = self->ownership;
  return self->ownership_known;
}

GPtrArray *
tbus_session_get_channels (TbusSession *self)
{
  return self->channels;
}

TbusChannel *
tbus_session_find_channel (TbusSession *self, const char *name)
{
  for (guint i = 0; i < self->channels->len; i++)
    if (g_str_equal (tbus_channel_get_name (g_ptr_array_index (self->channels, i)), name))
      return g_ptr_array_index (self->channels, i);
  return NULL;
}

TbusChannel *
tbus_session_find_channel_id (TbusSession *self, guint64 id)
{
  for (guint i = 0; i < self->channels->len; i++)
    if (tbus_channel_get_id (g_ptr_array_index (self->channels, i)) == id)
      return g_ptr_array_index (self->channels, i);
  return NULL;
}

static guint64
sum_channels (TbusSession *self, guint64 (*get) (TbusChannel *channel))
{
  guint64 sum = 0;

  for (guint i = 0; i < self->channels->len; i++)
    sum += get (g_ptr_array_index (self->channels, i));
  return sum;
}

guint64
tbus_session_get_bytes_written (TbusSession *self)
{
  return sum_channels (self, tbus_channel_get_bytes_written);
}

guint64
tbus_session_get_events_discarded (TbusSession *self)
{
  return sum_channels (self, tbus_channel_get_events_discarded);
}

guint64
tbus_session_get_packets_lost (TbusSession *self)
{
  return sum_channels (self, tbus_channel_get_packets_lost);
}

guint64
tbus_session_get_apps_late (TbusSession *self)
{
  return self->apps_late;
}

gboolean
tbus_session_get_data_pending (TbusSession *self)
{
  return self->state != TBUS_SESSION_INACTIVE || !g_queue_is_empty (&self->works);
}

GPtrArray *
tbus_session_get_problems (TbusSession *self)
{
  return self->problems;
}
