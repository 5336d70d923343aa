/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/session-private.h"

#include "base/cpus.h"
#include "base/marks.h"
#include "core/ids.h"
#include "core/kept.h"
#include "core/room.h"
#include "core/set-description.h"
#include "core/set-watch.h"

#include <unistd.h>

/* Outputs: one directory, opened once by each consumer that writes below it. */

TbusSessionOutput *
tbus_session_find_output (TbusSession *self, TbusConsumer *consumer)
{
  for (guint i = 0; i < self->outputs->len; i++)
    {
      TbusSessionOutput *output = g_ptr_array_index (self->outputs, i);

      if (output->consumer == consumer)
        return output;
    }
  return NULL;
}

static void
add_output (TbusSession *self, TbusConsumer *consumer)
{
  TbusSessionOutput *output = g_new0 (TbusSessionOutput, 1);

  output->consumer = g_object_ref (consumer);
  g_ptr_array_add (self->outputs, output);
}

typedef struct {
  TbusSession *session;
  TbusSessionWork *work; /* nullable */
} OpenCall;

static void
take_place (TbusSession *self, const TbusOutputPlace *place)
{
  if (g_strcmp0 (self->output, place->path) == 0 && g_strcmp0 (self->mount, place->mount) == 0)
    return;
  g_free (self->output);
  self->output = g_strdup (place->path);
  g_free (self->mount);
  self->mount = g_strdup (place->mount);
  tbus_session_changed (self, "output");
  tbus_hub_touch (self->hub);
}

static void
on_output_opened (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  OpenCall *call = data;
  g_autoptr(TbusSession) self = call->session;
  TbusSessionOutput *output = tbus_session_find_output (self, consumer);

  if (error != NULL && output != NULL)
    output->error = g_error_copy (error);
  if (error == NULL)
    take_place (self, reply);
  if (call->work != NULL)
    tbus_work_release (call->work);
  g_free (call);
}

void
tbus_session_open_output (TbusSession *self, TbusConsumer *consumer, TbusSessionWork *work)
{
  TbusOutputRequest request = { self->id, self->output, self->directory, NULL };
  OpenCall *call;

  if (tbus_session_find_output (self, consumer) != NULL)
    return;
  add_output (self, consumer);
  call = g_new (OpenCall, 1);
  *call = (OpenCall){ g_object_ref (self), work };
  if (work != NULL)
    tbus_work_hold (work);
  TBUS_CONSUMER_GET_CLASS (consumer)->open_output (consumer, &request, on_output_opened, call);
}

/* Making. */

/* Those that wait for @set: where each app has its own, all others would plan in vain. */
static void
kick_waiting (TbusSession *self, const TbusBufferSet *set)
{
  g_autoptr(GPtrArray) apps = tbus_app_set_list (self->hub->apps);

  for (guint i = 0; i < apps->len; i++)
    {
      TbusAppSession *app_session = tbus_app_find_session (g_ptr_array_index (apps, i), self->id);

      if (app_session != NULL && app_session->set == set)
        tbus_app_buffers_changed (g_ptr_array_index (apps, i));
    }
}

static gint
count_streams (const TbusBufferSet *set)
{
  gint n = 0;

  for (guint i = 0; i < set->channels->len; i++)
    {
      const TbusRing *ring = g_array_index (set->channels, TbusSetChannel, i).ring;

      n += ring != NULL ? ring->n_streams : 0;
    }
  return n;
}

static void
forget_keys (TbusSession *self, TbusBufferSet *set)
{
  g_hash_table_remove (self->hub->sets, &set->id);
  for (guint i = 0; i < set->channels->len; i++)
    {
      TbusSetChannel *channel = &g_array_index (set->channels, TbusSetChannel, i);

      g_hash_table_remove (self->hub->channels, &channel->key);
      g_clear_pointer (&channel->ring, tbus_ring_unref);
    }
}

void
tbus_session_drop_set (TbusSession *self, TbusBufferSet *set, TbusSetState state)
{
  g_autoptr(TbusBufferSet) keep = tbus_buffer_set_ref (set);

  tbus_kept_drop_set (set);
  tbus_hub_touch_buffers (self->hub);
  if (set->consumer != NULL)
    tbus_consumer_add_load (set->consumer, -(gint) set->channels->len, -count_streams (set));
  forget_keys (self, set);
  g_clear_handle_id (&set->leave_guard, g_source_remove);
  g_clear_object ((GObject **) &set->consumer);
  set->state = state;
  set->metadata_key = 0;
  tbus_charge_clear (&set->descriptors);
  tbus_charge_clear (&set->memory);
  tbus_buffer_registry_remove (self->hub->registry, set);
  g_ptr_array_remove (self->sets, set);
  if (state == TBUS_SET_CLOSED)
    tbus_room_freed (self->hub->room);
  g_clear_pointer (&set->push, tbus_metadata_push_free); /* last: who waited for it goes on from here */
}

typedef struct {
  TbusSession *session;
  TbusBufferSet *set;
  guint channel;
} MakeCall;

static MakeCall *
make_call_new (TbusSession *self, TbusBufferSet *set, guint channel)
{
  MakeCall *call = g_new (MakeCall, 1);

  *call = (MakeCall){ g_object_ref (self), tbus_buffer_set_ref (set), channel };
  set->pending++;
  return call;
}

static void
on_undone (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
}

/* All answers are in: ready, or undone on both sides (B6). */
static void
making_ended (TbusSession *self, TbusBufferSet *set)
{
  if (set->state != TBUS_SET_MAKING)
    return; /* closed or given up meanwhile */
  if (set->error == NULL)
    {
      set->state = TBUS_SET_READY;
      tbus_hub_touch_buffers (self->hub);
    }
  else
    {
      TBUS_CONSUMER_GET_CLASS (set->consumer)->close_set (set->consumer, set->id, on_undone, NULL);
      tbus_session_drop_set (self, set, TBUS_SET_FAILED);
    }
  kick_waiting (self, set);
}

static void
make_call_ended (MakeCall *call, TbusConsumer *consumer, const GError *error)
{
  TbusSessionOutput *output = tbus_session_find_output (call->session, consumer);

  if (error != NULL && call->set->error == NULL)
    call->set->error = g_error_copy (output != NULL && output->error != NULL ? output->error : error);
  if (--call->set->pending == 0)
    making_ended (call->session, call->set);
  tbus_buffer_set_unref (call->set);
  g_object_unref (call->session);
  g_free (call);
}

/* Given up while the request waited for a consumer's successor: that one has it now, and nobody wants it. */
static void
on_set_added (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  MakeCall *call = data;

  if (error == NULL && call->set->state == TBUS_SET_CLOSED)
    TBUS_CONSUMER_GET_CLASS (consumer)->close_set (consumer, call->set->id, on_undone, NULL);
  make_call_ended (call, consumer, error);
}

static void
on_channel_added (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  MakeCall *call = data;
  TbusSetChannel *channel = &g_array_index (call->set->channels, TbusSetChannel, call->channel);

  if (error == NULL && call->set->state == TBUS_SET_MAKING)
    {
      channel->ring = tbus_ring_ref ((TbusRing *) reply);
      tbus_kept_put_ring (call->set, channel);
      tbus_consumer_add_load (consumer, 0, channel->ring->n_streams);
    }
  make_call_ended (call, consumer, error);
}

TbusChannelRequest
tbus_session_make_channel_request (TbusSession *self, const TbusBufferSet *set, guint number)
{
  const TbusSetChannel *made = &g_array_index (set->channels, TbusSetChannel, number);
  const TbusChannelConfig *config = tbus_channel_get_config (tbus_session_find_channel_id (self, made->channel_id));
  TbusChannelRequest request = {
    .channel = made->key,
    .set = set->id,
    .name = made->name,
    .chan_id = made->chan_id,
    .subbuf_size = config->subbuf_size,
    .num_subbuf = config->num_subbuf,
    .overwrite = config->overwrite,
    .switch_timer_us = config->switch_timer_us,
    .read_timer_us = config->read_timer_us,
    .monitor_timer_us = config->monitor_timer_us,
    .blocking_timeout_us = config->blocking_timeout_us,
    .tracefile_size = config->tracefile_size,
    .tracefile_count = config->tracefile_count,
    .in_files = self->shm_path != NULL,
  };

  memcpy (request.uuid, set->uuid, sizeof request.uuid);
  return request;
}

TbusSetRequest
tbus_session_make_set_request (TbusSession *self, const TbusBufferSet *set, int log_fd)
{
  TbusChannel *metadata = tbus_session_find_channel (self, TBUS_METADATA_CHANNEL);

  return (TbusSetRequest){
    .set = set->id,
    .session = self->id,
    .directory = set->directory,
    .shm_path = self->shm_path,
    .metadata_timer_us = metadata != NULL ? tbus_channel_get_config (metadata)->switch_timer_us : 0,
    .log_fd = log_fd,
  };
}

static void
request_channel (TbusSession *self, TbusBufferSet *set, guint number)
{
  TbusChannelRequest request = tbus_session_make_channel_request (self, set, number);

  TBUS_CONSUMER_GET_CLASS (set->consumer)
    ->add_channel (set->consumer, &request, on_channel_added, make_call_new (self, set, number));
}

/* Known to the session and to all who look it up; @consumer (transfer full) writes it. */
static void
take_in (TbusSession *self, TbusBufferSet *set, TbusConsumer *consumer)
{
  set->consumer = consumer;
  set->push = tbus_metadata_push_new (set, set->consumer);
  set->metadata_key = set->id; /* before the consumer can ask (B22) */
  set->in_files = self->shm_path != NULL;
  set->hub = self->hub;
  if (self->hub->keeps_buffers || set->in_files)
    tbus_set_watch_classes (set);
  g_hash_table_insert (self->hub->sets, &set->id, set);
  for (guint i = 0; i < set->channels->len; i++)
    g_hash_table_insert (self->hub->channels, &g_array_index (set->channels, TbusSetChannel, i).key, set);
  tbus_buffer_registry_add (self->hub->registry, set);
  g_ptr_array_add (self->sets, tbus_buffer_set_ref (set));
  tbus_consumer_add_load (set->consumer, set->channels->len, count_streams (set));
}

/* The requests follow each other on an ordered link: nothing waits for the answer before. */
static void
make_set (TbusSession *self, TbusBufferSet *set, int log_fd)
{
  TbusSetRequest request = tbus_session_make_set_request (self, set, log_fd);

  set->state = TBUS_SET_MAKING;
  tbus_session_open_output (self, set->consumer, NULL);
  set->pending++; /* no answer ends it before all is asked */
  TBUS_CONSUMER_GET_CLASS (set->consumer)->add_set (set->consumer, &request, on_set_added,
                                                    make_call_new (self, set, 0));
  for (guint i = 0; i < set->channels->len; i++)
    request_channel (self, set, i);
  if (--set->pending == 0)
    making_ended (self, set);
}

static void
add_set_channels (TbusSession *self, TbusBufferSet *set)
{
  for (guint i = 0; i < self->channels->len; i++)
    {
      TbusChannel *channel = g_ptr_array_index (self->channels, i);
      TbusSetChannel made = { .channel_id = tbus_channel_get_id (channel) };

      if (tbus_channel_is_metadata (channel))
        continue;
      made.key = tbus_id_next (TBUS_ID_KEY);
      made.chan_id = set->channels->len;
      made.name = g_strdup (tbus_channel_get_name (channel));
      g_array_append_val (set->channels, made);
      tbus_class_registry_add_channel (set->classes, made.chan_id);
    }
}

static gboolean
expect_memory (TbusSession *self, const TbusTracee *tracee, GError **error)
{
  g_autofree char *what = self->ownership == TBUS_BUFFER_PROCESS
                            ? g_strdup_printf ("The buffers of session \"%s\" for process %d", self->name,
                                               (int) tracee->pid)
                            : g_strdup_printf ("The buffers of session \"%s\" for user %u", self->name,
                                               (guint) tracee->uid);

  return tbus_session_expect_memory (self, what, NULL, error);
}

/* What the set takes of the share of the session's owner; returns how many descriptors that is. */
static guint
begin_charge (TbusSession *self, TbusBufferSet *set)
{
  guint n_fds = 1;

  for (guint i = 0; i < self->channels->len; i++)
    if (!tbus_channel_is_metadata (g_ptr_array_index (self->channels, i)))
      n_fds += tbus_ring_cost (tbus_cpus_possible ());
  tbus_charge_init (&set->descriptors, TBUS_LIMIT_DESCRIPTORS, self->owner);
  tbus_charge_init (&set->memory, TBUS_LIMIT_BUFFER_MEMORY, self->owner);
  return n_fds;
}

static gboolean
charge_set (TbusSession *self, TbusBufferSet *set, GError **error)
{
  return tbus_charge_add (&set->descriptors, begin_charge (self, set), error)
         && tbus_charge_add (&set->memory, tbus_session_get_memory (self), error);
}

void
tbus_session_take_set (TbusSession *self, TbusBufferSet *set, TbusConsumer *consumer)
{
  tbus_charge_force (&set->descriptors, begin_charge (self, set));
  tbus_charge_force (&set->memory, tbus_session_get_memory (self));
  take_in (self, set, g_object_ref (consumer));
  if (tbus_session_find_output (self, consumer) == NULL)
    add_output (self, consumer);
}

TbusBufferSet *
tbus_session_obtain_set (TbusSession *self, TbusApp *app, TbusAppSession *app_session, GError **error)
{
  const TbusTracee *tracee = tbus_app_get_tracee (app);
  gboolean process = self->ownership == TBUS_BUFFER_PROCESS;
  TbusBufferKey key = { self->id, self->ownership, process ? app_session->id : tracee->uid, tracee->abi.bits_per_long };
  g_autoptr(TbusBufferSet) set = tbus_buffer_registry_find (self->hub->registry, &key);
  TbusConsumer *consumer;
  GError *failure = NULL;
  int log_fd;

  if (set != NULL)
    return set; /* the teardown list holds it */
  if (!expect_memory (self, tracee, error))
    return NULL;
  set = tbus_set_description_make (self, app, &key, error);
  if (set == NULL || !charge_set (self, set, error))
    return NULL;
  log_fd = tbus_metadata_log_open_reader (set->log, error);
  if (log_fd < 0)
    return NULL;
  consumer = tbus_core_obtain_consumer (self->hub->core, self->owner, key.bits, &failure);
  if (consumer == NULL)
    {
      tbus_session_set_problem (self, TBUS_PROBLEM_NO_CONSUMER, failure->message, 0);
      g_propagate_error (error, failure);
      close (log_fd);
      return NULL;
    }
  set->mark = tbus_mark_take ();
  add_set_channels (self, set);
  take_in (self, set, consumer);
  tbus_kept_put_log (set);
  make_set (self, set, log_fd);
  close (log_fd);
  if (set->state != TBUS_SET_FAILED)
    return set;
  g_propagate_error (error, g_error_copy (set->error));
  return NULL;
}

/* Counting. */

void
tbus_session_counters (TbusSession *self, TbusBufferSet *set, const TbusCounters *counters)
{
  for (guint i = 0; i < set->channels->len; i++)
    {
      TbusSetChannel *made = &g_array_index (set->channels, TbusSetChannel, i);
      TbusChannel *channel;
      TbusCounters before = made->counters;

      if (made->key != counters->channel)
        continue;
      channel = tbus_session_find_channel_id (self, made->channel_id);
      made->counters = *counters;
      self->bytes_dropped += counters->bytes_dropped - before.bytes_dropped;
      tbus_channel_count (channel, &before, counters);
      if (set->consumer != NULL)
        tbus_consumer_add_bytes (set->consumer, counters->bytes_written - before.bytes_written);
      if (counters->events_discarded != before.events_discarded || counters->packets_lost != before.packets_lost
          || counters->bytes_dropped != before.bytes_dropped)
        tbus_hub_touch (self->hub);
      if (counters->bytes_written != before.bytes_written)
        tbus_session_changed (self, "bytes-written");
      if (counters->events_discarded != before.events_discarded)
        tbus_session_changed (self, "events-discarded");
      if (counters->packets_lost != before.packets_lost)
        tbus_session_changed (self, "packets-lost");
      return;
    }
}

void
tbus_session_take_counters (TbusSession *self, const TbusCountersList *list)
{
  for (guint i = 0; i < list->n; i++)
    {
      TbusBufferSet *set = g_hash_table_lookup (self->hub->channels, &list->counters[i].channel);

      if (set != NULL && set->key.session == self->id)
        tbus_session_counters (self, set, &list->counters[i]);
    }
}
