/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/consumer.h"

#include "base/error.h"
#include "base/fd-store.h"
#include "base/log-rate.h"
#include "base/thread.h"
#include "supervise/backoff.h"
#include "supervise/consumer-link.h"
#include "supervise/event.h"
#include "supervise/former.h"
#include "supervise/hello.h"
#include "supervise/staging.h"
#include "supervise/verbs.h"

#include <unistd.h>

struct _TbusSupervisedConsumer {
  TbusConsumer parent_instance;
  TbusSpawner *spawner;
  TbusChild *child;       /* nullable: the process, until its end */
  TbusConsumerLink *link; /* nullable */
  gint64 born;            /* monotonic, microseconds */
  TbusBackoff backoff;
  gint64 rested;          /* monotonic, microseconds: given up, it is not tried again before */
  TbusStaging staging;
  TbusHoldings held;
  GQueue waiting;  /* of TbusRequest: for a process that says hello */
  GError *failure; /* why requests are refused: there is no process, and none comes; nullable */
  char *breach;    /* what it did against the protocol, and is killed for; nullable */
  guint timer;     /* hello is due, or the next process is */
  guint idle;      /* source; 0: there is something to do */
  gboolean former; /* the process is a former service's, and has not said hello */
  char *kept;      /* nullable: what its link is called in the descriptor store */
  gboolean closed;
  gboolean suspended;
};

G_DEFINE_FINAL_TYPE (TbusSupervisedConsumer, tbus_supervised_consumer, TBUS_TYPE_CONSUMER)

static void spawn (TbusSupervisedConsumer *self);

static void
set_state (TbusSupervisedConsumer *self, TbusConsumerState state, guint more_restarts)
{
  TbusConsumer *base = TBUS_CONSUMER (self);
  pid_t pid = self->child != NULL ? tbus_child_get_pid (self->child) : 0;

  tbus_consumer_set_process (base, pid, state, tbus_consumer_get_restarts (base) + more_restarts);
}

/* Sets @error to ConsumerFailed: "Consumer 3 of user 1000 (64-bit) <how>". */
static void
set_failed (TbusSupervisedConsumer *self, GError **error, const char *how)
{
  TbusConsumer *base = TBUS_CONSUMER (self);

  g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "Consumer %" G_GUINT64_FORMAT " of user %u (%u-bit) %s",
               tbus_consumer_get_id (base), tbus_consumer_get_uid (base), tbus_consumer_get_bits (base), how);
}

static void
log_failure (TbusSupervisedConsumer *self, const char *id, const GError *error, const char *next)
{
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, tbus_consumer_get_id (TBUS_CONSUMER (self)));

  tbus_log_warning_of (tbus_consumer_get_uid (TBUS_CONSUMER (self)), id, "TRACEBUS_CONSUMER", number, "%s; %s",
                       error->message, next);
}

static void
send_now (TbusSupervisedConsumer *self, TbusRequest *request)
{
  GError *error = NULL;

  if (request->n_streams > 0)
    {
      request->order = tbus_ring_order_new (request->n_streams, request->in_files, &error);
      if (request->order == NULL)
        {
          tbus_request_fail_later (request, error);
          return;
        }
    }
  tbus_request_hold (request, &self->held);
  if (!tbus_consumer_link_send (self->link, request, &error))
    tbus_request_fail_later (request, error);
}

/* Nobody has given it anything, or asked for anything that is not answered. */
static gboolean
is_idle (TbusSupervisedConsumer *self)
{
  TbusConsumerState state = tbus_consumer_get_state (TBUS_CONSUMER (self));

  return (state == TBUS_CONSUMER_RUNNING || state == TBUS_CONSUMER_FAILED) && !self->closed && !self->suspended
         && tbus_holdings_are_empty (&self->held) && g_queue_is_empty (&self->waiting)
         && (self->link == NULL || tbus_consumer_link_get_oldest (self->link) == NULL);
}

/* It may be freed by this: then the source is gone, whatever is returned. */
static gboolean
on_idle (gpointer user_data)
{
  g_autoptr(TbusSupervisedConsumer) self = g_object_ref (user_data);

  g_signal_emit_by_name (self, "idle");
  return G_SOURCE_CONTINUE;
}

/* Something has come to its end: it may have been the last. */
static void
rest (TbusSupervisedConsumer *self)
{
  if (self->idle == 0 && is_idle (self))
    self->idle = g_timeout_add (tbus_spawner_get_times (self->spawner)->idle_ms, on_idle, self);
}

static void
wake (TbusSupervisedConsumer *self)
{
  g_clear_handle_id (&self->idle, g_source_remove);
}

void
tbus_supervised_consumer_ask (TbusSupervisedConsumer *self, TbusRequest *request)
{
  tbus_thread_assert_main ();
  wake (self);
  if (self->failure != NULL)
    tbus_request_fail_later (request, g_error_copy (self->failure));
  else if (tbus_consumer_get_state (TBUS_CONSUMER (self)) == TBUS_CONSUMER_RUNNING)
    send_now (self, request);
  else
    g_queue_push_tail (&self->waiting, request);
  rest (self);
}

static void
refuse_waiting (TbusSupervisedConsumer *self)
{
  TbusRequest *request;

  while (self->failure != NULL && (request = g_queue_pop_head (&self->waiting)) != NULL)
    {
      g_autoptr(GError) failure = g_error_copy (self->failure); /* who hears of it may have it tried again */

      tbus_request_fail (request, failure);
    }
}

static gboolean
handle_hello (TbusSupervisedConsumer *self, TwMessage *reply, GError **error)
{
  g_autofree char *why = NULL;
  TbusRequest *request;

  if (!tbus_hello_read (TBUS_CONSUMER (self), reply, &why)
      || (reply->n_fds > 0 && !tbus_staging_take (&self->staging, &reply->fds[0])))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "answered hello with something else");
      return FALSE;
    }
  if (why != NULL)
    {
      if (!self->former) /* its successor is as old as we are */
        set_failed (self, &self->failure, why);
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, why);
      return FALSE;
    }
  g_clear_handle_id (&self->timer, g_source_remove);
  self->former = FALSE;
  set_state (self, TBUS_CONSUMER_RUNNING, 0);
  while (self->link != NULL && (request = g_queue_pop_head (&self->waiting)) != NULL)
    send_now (self, request);
  return TRUE;
}

static gboolean
on_reply (gpointer owner, TbusRequest *request, TwMessage *reply, GError **error)
{
  g_autoptr(TbusSupervisedConsumer) self = g_object_ref (owner);
  TwType type = request->type;
  guint64 key = request->key;

  if (type == TW_HELLO)
    {
      if (!handle_hello (self, reply, error))
        return FALSE;
      tbus_request_free (request);
      rest (self);
      return TRUE;
    }
  switch (tbus_request_answer (request, reply, &self->held))
    {
    case TBUS_ANSWERED:
      rest (self);
      return TRUE;
    case TBUS_ANSWERED_UNDO:
      tbus_supervised_consumer_ask (self, tbus_request_new (TBUS_CONSUMER (self), TW_CLOSE_CHANNEL, key, NULL, NULL));
      return TRUE;
    case TBUS_MALFORMED:
    default:
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "gave a malformed answer to a request of type %d",
                   type);
      return FALSE;
    }
}

static gboolean
on_event (gpointer owner, TwMessage *event, GError **error)
{
  g_autoptr(TbusSupervisedConsumer) self = g_object_ref (owner);

  /* A former service's process says hello when its output answers, and before that why it does not. */
  if ((tbus_consumer_get_state (TBUS_CONSUMER (self)) == TBUS_CONSUMER_RUNNING || event->type == TW_OUTPUT_STUCK)
      && tbus_event_handle (TBUS_CONSUMER (self), self->link, &self->waiting, event, &self->held))
    return TRUE;
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "sent a malformed event of type %u", event->type);
  return FALSE;
}

/* A process without a link is of no use; mostly it is dead already, and its end follows. */
static void
on_broken (gpointer owner, const GError *why)
{
  TbusSupervisedConsumer *self = owner;

  if (why != NULL && self->breach == NULL)
    self->breach = g_strdup (why->message);
  tbus_child_kill (self->child);
}

static const TbusConsumerLinkOps link_ops = { on_reply, on_event, on_broken };

static gboolean
on_hello_due (gpointer user_data)
{
  TbusSupervisedConsumer *self = user_data;

  self->timer = 0;
  self->breach = g_strdup_printf ("did not say hello within %u ms", tbus_spawner_get_times (self->spawner)->hello_ms);
  tbus_child_kill (self->child);
  return G_SOURCE_REMOVE;
}

static gboolean
on_spawn_due (gpointer user_data)
{
  TbusSupervisedConsumer *self = user_data;

  self->timer = 0;
  spawn (self);
  return G_SOURCE_REMOVE;
}

/* After a death: another process, or none any more. Returns: (transfer full): what to answer. */
static GError *
plan_successor (TbusSupervisedConsumer *self, gint64 lived_ms)
{
  g_autofree char *killed = self->breach != NULL ? g_strdup_printf ("%s and was killed", self->breach) : NULL;
  const char *how = killed != NULL ? killed : tbus_child_get_end (self->child);
  GError *error = NULL;
  gint64 delay;

  set_failed (self, &error, how);
  if (self->failure == NULL)
    {
      g_autofree char *next = NULL;

      delay = tbus_backoff_died (&self->backoff, lived_ms);
      if (delay >= 0)
        {
          next = g_strdup_printf ("starting another in %" G_GINT64_FORMAT " ms", delay);
          log_failure (self, TBUS_MSG_CONSUMER_DIED, error, next);
          self->timer = g_timeout_add ((guint) delay, on_spawn_due, self);
          return error;
        }
      self->rested = g_get_monotonic_time () + tbus_backoff_rest (&self->backoff) * 1000;
      self->failure = g_error_copy (error);
      g_prefix_error (&self->failure, "Gave up after %d quick deaths: ", TBUS_BACKOFF_DEATHS);
    }
  if (!self->closed)
    log_failure (self, TBUS_MSG_CONSUMER_FAILED, self->failure, "its next use starts another");
  return error;
}

/* What the dead process leaves goes to its successor, after what core asks of that one, and before what came later. */
static void
hand_on (TbusSupervisedConsumer *self, GPtrArray *orphans, const GError *error)
{
  GQueue later = self->waiting;
  TbusRequest *request;

  g_queue_init (&self->waiting);
  if (!self->closed)
    g_signal_emit_by_name (self, "died");
  /* Should that one die as well, core asks for all of this anew. */
  for (GList *link = self->waiting.head; link != NULL; link = link->next)
    tbus_request_do_not_repeat (link->data);
  while (orphans->len > 0)
    {
      request = g_ptr_array_steal_index (orphans, 0);
      if (self->failure == NULL && tbus_request_reset (request))
        g_queue_push_tail (&self->waiting, request);
      else
        tbus_request_fail (request, error);
    }
  while ((request = g_queue_pop_head (&later)) != NULL)
    g_queue_push_tail (&self->waiting, request);
}

/* The connection ends, also where the descriptor store has a copy of it. */
static void
hang_up (TbusSupervisedConsumer *self)
{
  if (self->suspended)
    return;
  if (self->link != NULL)
    tbus_consumer_link_hang_up (self->link);
  if (self->kept != NULL)
    tbus_fd_store_drop (self->kept);
  g_clear_pointer (&self->kept, g_free);
}

static void
on_child_ended (TbusChild *child, gpointer user_data)
{
  g_autoptr(TbusSupervisedConsumer) self = g_object_ref (user_data);
  gboolean was_running = tbus_consumer_get_state (TBUS_CONSUMER (self)) == TBUS_CONSUMER_RUNNING;
  g_autoptr(GPtrArray) orphans = NULL;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  wake (self);
  if (self->link != NULL)
    tbus_consumer_link_drain (self->link);
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->link != NULL)
    orphans = tbus_consumer_link_take_pending (self->link);
  hang_up (self);
  g_clear_pointer (&self->link, tbus_consumer_link_free);
  tbus_holdings_forget (&self->held);
  self->former = FALSE;
  error = plan_successor (self, (g_get_monotonic_time () - self->born) / 1000);
  g_signal_handlers_disconnect_by_data (self->child, self);
  g_clear_object (&self->child);
  g_clear_pointer (&self->breach, g_free);
  if (self->failure != NULL)
    set_state (self, TBUS_CONSUMER_FAILED, 0);
  else
    set_state (self, TBUS_CONSUMER_RESTARTING, 1);
  if (was_running && orphans != NULL)
    hand_on (self, orphans, error);
  tbus_request_fail_all (orphans, error);
  refuse_waiting (self);
  rest (self);
}

static void
fail (TbusSupervisedConsumer *self, GError *error)
{
  log_failure (self, TBUS_MSG_CONSUMER_FAILED, error, "its next use tries again");
  g_clear_error (&self->failure);
  self->failure = error;
  set_state (self, TBUS_CONSUMER_FAILED, 0);
  refuse_waiting (self);
  rest (self);
}

static void
say_hello (TbusSupervisedConsumer *self)
{
  g_autoptr(GError) error = NULL;
  /* A former service's process has it. */
  TbusRequest *request = tbus_hello_new (TBUS_CONSUMER (self), self->former ? -1 : self->staging.fd, &error);

  if (request == NULL)
    {
      self->breach = g_strdup_printf ("could not be given the staging pool (%s)", error->message);
      tbus_child_kill (self->child);
      return;
    }
  if (!self->former) /* which answers when all that it was asked for is done; that it lives is watched as ever */
    self->timer = g_timeout_add (tbus_spawner_get_times (self->spawner)->hello_ms, on_hello_due, self);
  send_now (self, request);
}

/* From here on it is the same for a process of any origin. (transfer full) */
static void
take_child (TbusSupervisedConsumer *self, TbusChild *child)
{
  TbusConsumer *base = TBUS_CONSUMER (self);
  int link_fd;

  self->child = child;
  self->born = g_get_monotonic_time ();
  g_signal_connect (child, "ended", G_CALLBACK (on_child_ended), self);
  link_fd = tbus_child_take_link (child);
  if (self->kept == NULL)
    self->kept = tbus_former_keep (tbus_consumer_get_id (base), tbus_consumer_get_uid (base),
                                   tbus_child_get_pid (child), link_fd);
  self->link = tbus_consumer_link_new (link_fd, &link_ops, self, &self->failure);
  set_state (self, tbus_consumer_get_state (base), 0);
  if (self->link != NULL)
    {
      tbus_consumer_link_set_patience (self->link, tbus_spawner_get_times (self->spawner)->silence_ms);
      if (self->former)
        tbus_consumer_link_resume (self->link);
      say_hello (self);
    }
  else
    tbus_child_kill (child);
  if (tbus_child_get_end (child) != NULL)
    on_child_ended (child, self);
}

static void
on_spawned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(TbusSupervisedConsumer) self = user_data;
  g_autoptr(TbusChild) child = NULL;
  GError *error = NULL;

  tbus_thread_assert_main ();
  child = tbus_spawner_spawn_finish (TBUS_SPAWNER (source), result, &error);
  if (child == NULL)
    fail (self, error);
  else if (self->closed)
    close (tbus_child_take_link (child));
  else
    take_child (self, g_steal_pointer (&child));
}

static void
spawn (TbusSupervisedConsumer *self)
{
  TbusConsumer *base = TBUS_CONSUMER (self);

  tbus_spawner_spawn_async (self->spawner, tbus_consumer_get_uid (base), tbus_consumer_get_bits (base), on_spawned,
                            g_object_ref (self));
}

TbusSupervisedConsumer *
tbus_supervised_consumer_new (TbusSpawner *spawner, uid_t uid, guint32 bits)
{
  TbusSupervisedConsumer *self = g_object_new (TBUS_TYPE_SUPERVISED_CONSUMER, "uid", (guint) uid, "bits", bits, NULL);

  tbus_thread_assert_main ();
  self->spawner = g_object_ref (spawner);
  self->backoff.first_ms = tbus_spawner_get_times (spawner)->backoff_ms;
  tbus_staging_init (&self->staging, tbus_consumer_get_id (TBUS_CONSUMER (self)), uid);
  spawn (self);
  return self;
}

TbusSupervisedConsumer *
tbus_supervised_consumer_adopt (TbusSpawner *spawner, const TbusConsumerAdoption *what)
{
  TbusSupervisedConsumer *self = g_object_new (TBUS_TYPE_SUPERVISED_CONSUMER, "id", what->id, "uid", (guint) what->uid,
                                               "bits", what->bits, NULL);
  TbusChild *child = tbus_former_find (what->id, &self->kept);

  tbus_thread_assert_main ();
  self->spawner = g_object_ref (spawner);
  self->backoff.first_ms = tbus_spawner_get_times (spawner)->backoff_ms;
  tbus_staging_init (&self->staging, what->id, what->uid);
  self->former = child != NULL;
  if (child == NULL)
    {
      spawn (self);
      return self;
    }
  tbus_spawner_adopt (spawner, child);
  take_child (self, child);
  return self;
}

void
tbus_supervised_consumer_retry (TbusSupervisedConsumer *self)
{
  gint64 rest = (self->rested - g_get_monotonic_time () + 999) / 1000;

  if (self->closed || tbus_consumer_get_state (TBUS_CONSUMER (self)) != TBUS_CONSUMER_FAILED)
    return;
  wake (self);
  g_clear_error (&self->failure);
  set_state (self, TBUS_CONSUMER_STARTING, 0);
  /* Whoever still records uses it at once, again and again. */
  if (rest > 0)
    self->timer = g_timeout_add ((guint) rest, on_spawn_due, self);
  else
    spawn (self);
}

void
tbus_supervised_consumer_close (TbusSupervisedConsumer *self)
{
  g_autoptr(GPtrArray) orphans = NULL;

  tbus_thread_assert_main ();
  if (self->closed)
    return;
  self->closed = TRUE;
  wake (self);
  g_clear_error (&self->failure);
  set_failed (self, &self->failure, "is closed: the service is stopping");
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->link != NULL)
    orphans = tbus_consumer_link_take_pending (self->link);
  hang_up (self);
  g_clear_pointer (&self->link, tbus_consumer_link_free);
  if (self->child == NULL)
    set_state (self, TBUS_CONSUMER_FAILED, 0);
  else if (tbus_consumer_is_stuck (TBUS_CONSUMER (self)))
    tbus_child_let_be (self->child);
  tbus_request_fail_all (orphans, self->failure);
  refuse_waiting (self);
}

void
tbus_supervised_consumer_suspend (TbusSupervisedConsumer *self)
{
  tbus_thread_assert_main ();
  self->suspended = TRUE;
  wake (self);
  if (self->link != NULL)
    tbus_consumer_link_suspend (self->link);
  if (self->child != NULL)
    g_signal_handlers_disconnect_by_data (self->child, self);
  g_clear_handle_id (&self->timer, g_source_remove);
}

static void
tbus_supervised_consumer_dispose (GObject *object)
{
  TbusSupervisedConsumer *self = TBUS_SUPERVISED_CONSUMER (object);

  wake (self);
  g_clear_handle_id (&self->timer, g_source_remove);
  hang_up (self);
  if (self->child != NULL && !self->suspended && tbus_holdings_are_empty (&self->held))
    tbus_child_end_within (self->child, tbus_spawner_get_times (self->spawner)->exit_ms);
  if (self->suspended)
    tbus_staging_leave (&self->staging);
  else
    tbus_staging_drop (&self->staging);
  g_clear_pointer (&self->link, tbus_consumer_link_free);
  if (self->child != NULL)
    g_signal_handlers_disconnect_by_data (self->child, self);
  g_clear_object (&self->child);
  g_clear_object (&self->spawner);
  G_OBJECT_CLASS (tbus_supervised_consumer_parent_class)->dispose (object);
}

static void
tbus_supervised_consumer_finalize (GObject *object)
{
  TbusSupervisedConsumer *self = TBUS_SUPERVISED_CONSUMER (object);

  tbus_holdings_clear (&self->held);
  g_clear_error (&self->failure);
  g_free (self->breach);
  g_free (self->kept);
  G_OBJECT_CLASS (tbus_supervised_consumer_parent_class)->finalize (object);
}

/* The oldest that is not answered: what was sent, or what waits for a process. */
static TbusHealth
get_health (TbusConsumer *base)
{
  TbusSupervisedConsumer *self = TBUS_SUPERVISED_CONSUMER (base);
  const TbusRequest *oldest = self->link != NULL ? tbus_consumer_link_get_oldest (self->link) : NULL;

  if (oldest == NULL)
    oldest = g_queue_peek_head (&self->waiting);
  return (TbusHealth){ .since = oldest != NULL ? oldest->asked : g_get_monotonic_time (),
                       .doing = oldest != NULL ? tbus_request_describe (oldest) : NULL };
}

static void
tbus_supervised_consumer_class_init (TbusSupervisedConsumerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = tbus_supervised_consumer_dispose;
  object_class->finalize = tbus_supervised_consumer_finalize;
  TBUS_CONSUMER_CLASS (klass)->get_health = get_health;
  tbus_verbs_install (TBUS_CONSUMER_CLASS (klass));
}

static void
tbus_supervised_consumer_init (TbusSupervisedConsumer *self)
{
  tbus_holdings_init (&self->held);
  g_queue_init (&self->waiting);
}
