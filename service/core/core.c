/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/core-private.h"

#include "base/log.h"
#include "core/metadata-push.h"
#include "core/room.h"
#include "core/state-keeper.h"

/* Longer than a consumer may be silent before it is killed, shorter than whoever stops us waits. */
enum { SHUTDOWN_MS = 45000 };

struct _TbusCore {
  GObject parent_instance;

  TbusHub hub;
  GPtrArray *consumers; /* of TbusConsumer */
  guint shutdown_ms;
};

enum { CONSUMER_ADDED, CONSUMER_REMOVED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (TbusCore, tbus_core, G_TYPE_OBJECT)

GPtrArray *
tbus_object_array_copy (GPtrArray *array)
{
  GPtrArray *copy = g_ptr_array_new_full (array->len, g_object_unref);

  for (guint i = 0; i < array->len; i++)
    g_ptr_array_add (copy, g_object_ref (g_ptr_array_index (array, i)));
  return copy;
}

static void
tbus_core_dispose (GObject *object)
{
  TbusCore *self = TBUS_CORE (object);

  g_clear_pointer (&self->hub.keeper, tbus_state_keeper_free);
  for (guint i = 0; i < self->consumers->len; i++)
    g_signal_handlers_disconnect_by_data (g_ptr_array_index (self->consumers, i), self);
  g_ptr_array_set_size (self->consumers, 0);
  G_OBJECT_CLASS (tbus_core_parent_class)->dispose (object);
}

static void
tbus_core_finalize (GObject *object)
{
  TbusCore *self = TBUS_CORE (object);

  g_clear_pointer (&self->hub.room, tbus_room_free);
  g_object_unref (self->hub.sessions);
  g_object_unref (self->hub.apps);
  g_hash_table_unref (self->hub.sets);
  g_hash_table_unref (self->hub.channels);
  g_ptr_array_unref (self->consumers);
  tbus_buffer_registry_free (self->hub.registry);
  G_OBJECT_CLASS (tbus_core_parent_class)->finalize (object);
}

static void
tbus_core_class_init (TbusCoreClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = tbus_core_dispose;
  G_OBJECT_CLASS (klass)->finalize = tbus_core_finalize;
  signals[CONSUMER_ADDED] = g_signal_new ("consumer-added", TBUS_TYPE_CORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                          G_TYPE_NONE, 1, TBUS_TYPE_CONSUMER);
  signals[CONSUMER_REMOVED] = g_signal_new ("consumer-removed", TBUS_TYPE_CORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                            G_TYPE_NONE, 1, TBUS_TYPE_CONSUMER);
}

static void
tbus_core_init (TbusCore *self)
{
  self->consumers = g_ptr_array_new_with_free_func (g_object_unref);
  self->shutdown_ms = SHUTDOWN_MS;
  self->hub.core = self;
  self->hub.room = tbus_room_new (&self->hub);
  self->hub.registry = tbus_buffer_registry_new ();
  self->hub.sessions = tbus_session_set_new (&self->hub);
  self->hub.apps = tbus_app_set_new ();
  self->hub.sets = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->hub.channels = g_hash_table_new (g_int64_hash, g_int64_equal);
}

TbusCore *
tbus_core_new (TbusTraceeIndex *index)
{
  TbusCore *self = g_object_new (TBUS_TYPE_CORE, NULL);

  self->hub.index = index;
  return self;
}

void
tbus_core_plug (TbusCore *self, TbusTracer tracer, TbusConsumerPool consumers)
{
  self->hub.tracer = tracer;
  self->hub.pool = consumers;
}

/* What consumers tell. A key that is not known any more is no error: its session is gone. */

static TbusSession *
session_of (TbusCore *self, TbusBufferSet *set)
{
  return set != NULL ? tbus_session_set_find_id (self->hub.sessions, set->key.session) : NULL;
}

static void
on_metadata_wanted (TbusConsumer *consumer, guint64 set_id, gpointer data)
{
  TbusCore *self = data;
  TbusBufferSet *set = g_hash_table_lookup (self->hub.sets, &set_id);

  if (set != NULL && set->push != NULL && set->consumer == consumer)
    tbus_metadata_push_run (set->push, TRUE, NULL, NULL); /* also with nothing new (B17) */
}

static void
on_counters (TbusConsumer *consumer, const TbusCountersList *list, gpointer data)
{
  TbusCore *self = data;

  for (guint i = 0; i < list->n; i++)
    {
      TbusBufferSet *set = g_hash_table_lookup (self->hub.channels, &list->counters[i].channel);
      TbusSession *session = session_of (self, set);

      if (session != NULL && set->consumer == consumer)
        tbus_session_counters (session, set, &list->counters[i]);
    }
}

static void
on_hangup (TbusConsumer *consumer, guint64 channel, gpointer data)
{
  TbusCore *self = data;
  TbusBufferSet *set = g_hash_table_lookup (self->hub.channels, &channel);
  TbusSession *session = session_of (self, set);

  if (session != NULL && set->consumer == consumer)
    tbus_session_channel_hangup (session, set, channel);
}

static void
on_unfinished (TbusConsumer *consumer, guint64 channel, guint64 told_at, gpointer data)
{
  TbusCore *self = data;
  TbusBufferSet *set = g_hash_table_lookup (self->hub.channels, &channel);
  TbusSession *session = session_of (self, set);

  if (session != NULL && set->consumer == consumer)
    tbus_session_unfinished (session, set, channel, told_at);
}

static void
on_problem (TbusConsumer *consumer, const TbusProblemReport *report, gpointer data)
{
  TbusCore *self = data;
  TbusSession *session = tbus_session_set_find_id (self->hub.sessions, report->session);

  if (session != NULL && tbus_session_get_owner (session) == tbus_consumer_get_uid (consumer))
    tbus_session_problem (session, report, consumer);
}

static void
on_consumer_died (TbusConsumer *consumer, gpointer data)
{
  TbusCore *self = data;
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (self->hub.sessions);

  for (guint i = 0; i < sessions->len; i++)
    tbus_session_consumer_died (g_ptr_array_index (sessions, i), consumer);
}

static void
on_consumer_state (TbusConsumer *consumer, GParamSpec *pspec, gpointer data)
{
  TbusCore *self = data;
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (self->hub.sessions);

  tbus_hub_touch (&self->hub);
  if (tbus_consumer_get_state (consumer) != TBUS_CONSUMER_RUNNING)
    return;
  for (guint i = 0; i < sessions->len; i++)
    tbus_session_consumer_running (g_ptr_array_index (sessions, i), consumer);
}

static void
on_output_stuck (TbusConsumer *consumer, gboolean stuck, gpointer data)
{
  TbusCore *self = data;
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (self->hub.sessions);

  for (guint i = 0; i < sessions->len; i++)
    tbus_session_output_stuck (g_ptr_array_index (sessions, i), consumer, stuck);
}

static gboolean
is_used (TbusCore *self, TbusConsumer *consumer)
{
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (self->hub.sessions);

  for (guint i = 0; i < sessions->len; i++)
    if (tbus_session_uses_consumer (g_ptr_array_index (sessions, i), consumer))
      return TRUE;
  return FALSE;
}

/* Nobody needs it: without us it ends, and whoever comes next gets another. */
static void
on_consumer_idle (TbusConsumer *consumer, gpointer data)
{
  TbusCore *self = data;

  if (is_used (self, consumer))
    return;
  g_signal_handlers_disconnect_by_data (consumer, self);
  self->hub.pool.ops->let_go (self->hub.pool.self, consumer);
  g_ptr_array_remove (self->consumers, consumer);
  g_signal_emit (self, signals[CONSUMER_REMOVED], 0, consumer);
  tbus_hub_touch (&self->hub);
}

/* @consumer: nullable: there is none, and the error is the caller's. Returns: it */
static TbusConsumer *
make_known (TbusCore *self, TbusConsumer *consumer)
{
  if (consumer == NULL || g_ptr_array_find (self->consumers, consumer, NULL))
    return consumer;
  g_ptr_array_add (self->consumers, g_object_ref (consumer));
  g_signal_connect (consumer, "metadata-wanted", G_CALLBACK (on_metadata_wanted), self);
  g_signal_connect (consumer, "counters", G_CALLBACK (on_counters), self);
  g_signal_connect (consumer, "hangup", G_CALLBACK (on_hangup), self);
  g_signal_connect (consumer, "unfinished", G_CALLBACK (on_unfinished), self);
  g_signal_connect (consumer, "problem", G_CALLBACK (on_problem), self);
  g_signal_connect (consumer, "idle", G_CALLBACK (on_consumer_idle), self);
  g_signal_connect (consumer, "output-stuck", G_CALLBACK (on_output_stuck), self);
  g_signal_connect (consumer, "died", G_CALLBACK (on_consumer_died), self);
  g_signal_connect (consumer, "notify::state", G_CALLBACK (on_consumer_state), self);
  g_signal_emit (self, signals[CONSUMER_ADDED], 0, consumer);
  return consumer;
}

TbusConsumer *
tbus_core_obtain_consumer (TbusCore *self, uid_t uid, guint32 bits, GError **error)
{
  return make_known (self, self->hub.pool.ops->get (self->hub.pool.self, uid, bits, error));
}

TbusConsumer *
tbus_core_adopt_consumer (TbusCore *self, const TbusConsumerAdoption *what, GError **error)
{
  return make_known (self, self->hub.pool.ops->adopt (self->hub.pool.self, what, error));
}

/* What ust/ tells. */

static void
on_registered (gpointer core, TbusTracee *tracee)
{
  TbusCore *self = core;
  g_autoptr(TbusApp) app = NULL;

  tbus_thread_assert_main ();
  app = tbus_app_new (&self->hub, tracee);
  tbus_app_set_add (self->hub.apps, app);
  tbus_app_begin (app);
}

static void
on_stalled (gpointer core, TbusTracee *tracee, gboolean stalled)
{
  TbusCore *self = core;
  TbusApp *app = tbus_app_set_find_id (self->hub.apps, tracee->id);

  tbus_thread_assert_main ();
  if (app == NULL)
    return;
  tbus_app_set_stalled (app, stalled);
  if (stalled)
    tbus_app_set_show (self->hub.apps, app);
}

static void
on_gone (gpointer core, TbusTracee *tracee)
{
  TbusCore *self = core;
  TbusApp *app = tbus_app_set_find_id (self->hub.apps, tracee->id);

  tbus_thread_assert_main ();
  if (app == NULL)
    return;
  tbus_hub_touch_buffers (&self->hub);
  tbus_app_set_gone (app);
  tbus_app_set_remove (self->hub.apps, app);
  tbus_room_freed (self->hub.room);
}

static void
on_refused (gpointer core, guint n, const char *why)
{
  TbusCore *self = core;

  tbus_thread_assert_main ();
  tbus_app_set_count_refused (self->hub.apps, n);
}

const TbusTracerEvents tbus_core_tracer_events = { on_registered, on_stalled, on_gone, on_refused };

TbusHub *
tbus_core_get_hub (TbusCore *self)
{
  return &self->hub;
}

TbusSessionSet *
tbus_core_get_sessions (TbusCore *self)
{
  return self->hub.sessions;
}

TbusAppSet *
tbus_core_get_apps (TbusCore *self)
{
  return self->hub.apps;
}

GPtrArray *
tbus_core_get_consumers (TbusCore *self)
{
  return self->consumers;
}

/* What outlives the service. */

void
tbus_core_keep_state (TbusCore *self, const char *path)
{
  TbusStateScope scope;

  g_return_if_fail (self->hub.keeper == NULL);
  scope = self->hub.keeps_buffers ? TBUS_STATE_ALL : TBUS_STATE_SESSIONS;
  self->hub.keeper = tbus_state_keeper_new (self, scope, path);
  tbus_hub_touch (&self->hub);
}

void
tbus_hub_touch (TbusHub *self)
{
  if (self->keeper != NULL)
    tbus_state_keeper_touch (self->keeper);
}

void
tbus_hub_touch_buffers (TbusHub *self)
{
  if (self->keeps_buffers)
    tbus_hub_touch (self);
}

void
tbus_core_await_saved (TbusCore *self, TbusPostFunc func, gpointer data)
{
  if (self->hub.keeper != NULL)
    tbus_state_keeper_await (self->hub.keeper, func, data);
  else
    func (data);
}

void
tbus_core_close_state (TbusCore *self, TbusPostFunc func, gpointer data)
{
  self->hub.closed = TRUE;
  if (self->hub.keeper != NULL)
    tbus_state_keeper_close (self->hub.keeper, func, data);
  else
    func (data);
}

/* Shutdown: the state is closed, so that it has sessions as they are; then all are destroyed, side by side. */

typedef struct {
  guint waiting;  /* sessions */
  guint deadline; /* source; 0: all are gone, or it has passed */
} ShutdownCall;

static void
shutdown_step (GTask *task)
{
  ShutdownCall *call = g_task_get_task_data (task);

  if (--call->waiting > 0 || call->deadline == 0)
    return;
  g_clear_handle_id (&call->deadline, g_source_remove);
  g_task_return_boolean (task, TRUE);
}

/* A file system may keep a consumer in a write for ever: its owner's session is not what the service lives for. */
static gboolean
on_shutdown_deadline (gpointer data)
{
  GTask *task = data;
  ShutdownCall *call = g_task_get_task_data (task);
  g_autofree char *number = g_strdup_printf ("%u", call->waiting);

  tbus_log_warning (TBUS_MSG_STOPPING, "TRACEBUS_STATUS", number,
                    "%s sessions are not written out yet: stopping without waiting for them any longer", number);
  call->deadline = 0;
  g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

static void
on_session_destroyed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GTask) task = data;
  g_autoptr(TbusOperation) operation = tbus_session_operation_finish (TBUS_SESSION (source), result, NULL);

  shutdown_step (task);
}

void
tbus_core_set_shutdown_ms (TbusCore *self, guint ms)
{
  self->shutdown_ms = ms;
}

static void
close_sessions (gpointer data)
{
  g_autoptr(GTask) task = data;
  TbusCore *self = g_task_get_source_object (task);
  g_autoptr(GPtrArray) sessions = tbus_session_set_list (self->hub.sessions);
  ShutdownCall *call = g_new (ShutdownCall, 1);

  call->waiting = sessions->len + 1;
  call->deadline = g_timeout_add_full (G_PRIORITY_DEFAULT, self->shutdown_ms, on_shutdown_deadline,
                                       g_object_ref (task), g_object_unref);
  g_task_set_task_data (task, call, g_free);
  for (guint i = 0; i < sessions->len; i++)
    tbus_session_destroy_async (g_ptr_array_index (sessions, i), TRUE, on_session_destroyed, g_object_ref (task));
  shutdown_step (task);
}

void
tbus_core_shutdown_async (TbusCore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  self->hub.stopping = TRUE;
  tbus_core_close_state (self, close_sessions, task);
}

void
tbus_core_shutdown_finish (TbusCore *self, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
