/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/notify.h"

#include "base/error.h"
#include "base/log-rate.h"
#include "base/marks.h"
#include "base/stray.h"
#include "ust/errors.h"
#include "ust/fields.h"
#include "ust/intake.h"
#include "ust/notice-budget.h"
#include "ust/notice.h"

#include <errno.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum {
  SCRATCH = 64 << 10, /* read from one app in one go: then others have their turn */
  /* What may be refused of one app before it is dropped, in bytes: descriptions that pass a limit cost what they have,
   * those that no tracer makes cost more. So floods end, and an app with a few odd events keeps the others. */
  MAX_REFUSED = 64 << 20,
  LEAST_COST = 4 << 10,
  INVALID_COST = 1 << 20,
  TURN_US = 500, /* of one app, while no other one waits */
  LULL_US = 40,  /* between an answer and the next notification; see look_again() */
  /* Where somebody else takes the CPU in a lull: at most a fiftieth of the time, beyond the first 5 ms. */
  LULL_PENALTY = 50,
  LULL_GRACE_US = 250000,
};

typedef struct {
  TbusNotify *notify;
  TbusTracee *tracee; /* a reference */
  TbusPulse *pulse;
  TbusPollerWatch *watch;
  TbusIntake intake;
  TbusNoticeReader *reader;
  TbusNoticeDebt debt; /* what @reader keeps */
  guint64 refused;     /* see MAX_REFUSED */
  gboolean busy;       /* its mark is odd */
  gboolean answered;   /* something, in this turn */
  GList node;
} Connection;

typedef struct {
  gint64 began, heard; /* monotonic, microseconds: the turn, and when something came last */
} Turn;

struct TbusNotify {
  TbusNotifySetup setup;
  GQueue connections;
  TbusNoticeBudget *budget;
  gint64 lulls_paid; /* monotonic, microseconds: when lost time is made up for; see LULL_PENALTY */
  guint8 scratch[SCRATCH];
};

TbusNotify *
tbus_notify_new (const TbusNotifySetup *setup)
{
  TbusNotify *self = g_new0 (TbusNotify, 1);

  self->setup = *setup;
  self->budget = tbus_notice_budget_new ();
  return self;
}

static void
connection_free (Connection *connection)
{
  connection->tracee->notify = NULL;
  tbus_notice_budget_set (connection->notify->budget, &connection->debt, 0);
  tbus_poller_watch_remove (connection->watch);
  g_queue_unlink (&connection->notify->connections, &connection->node);
  tbus_notice_reader_free (connection->reader);
  tbus_pulse_unref (connection->pulse);
  tbus_tracee_unref (connection->tracee);
  g_free (connection);
}

void
tbus_notify_free (TbusNotify *self)
{
  while (self->connections.head != NULL)
    connection_free (self->connections.head->data);
  tbus_notice_budget_free (self->budget);
  g_free (self);
}

/* @why: (nullable): what it did wrong. */
static void
connection_end (Connection *connection, const char *why)
{
  g_autoptr(TbusTracee) tracee = tbus_tracee_ref (connection->tracee);
  TbusNotify *self = connection->notify;

  if (why != NULL)
    tbus_log_warning_of (tracee->uid, TBUS_MSG_APP_DROPPED, "TRACEBUS_APP", tracee->name,
                         "Process %d broke the tracer's protocol on its notify socket (%s); its connections are closed",
                         (int) tracee->pid, why);
  connection_free (connection);
  self->setup.hung_up (tracee, self->setup.data);
}

/* The set that both handles of @notice stand for. FALSE with NotFound: it is being torn down, or is not the app's. */
static gboolean
find_binding (Connection *connection, const TbusNotice *notice, TbusBinding *binding, GError **error)
{
  TbusTraceeIndex *index = connection->notify->setup.index;
  TbusBinding session;
  gboolean found;

  if (!tbus_tracee_index_lookup (index, connection->tracee, notice->session_handle, &session))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "its session %u is not known (any more)",
                   notice->session_handle);
      return FALSE;
    }
  if (notice->kind == TBUS_NOTICE_ENUM && session.channel == TBUS_NO_CHANNEL)
    {
      *binding = session;
      return TRUE;
    }
  found = session.channel == TBUS_NO_CHANNEL && notice->kind != TBUS_NOTICE_ENUM
          && tbus_tracee_index_lookup (index, connection->tracee, notice->channel_handle, binding);
  if (found && (binding->set != session.set || binding->channel == TBUS_NO_CHANNEL))
    {
      tbus_buffer_set_unref (binding->set);
      found = FALSE;
    }
  tbus_buffer_set_unref (session.set);
  if (!found)
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "its session %u has no channel %u (any more)",
                 notice->session_handle, notice->channel_handle);
  return found;
}

static gboolean
register_notice (const TbusNotice *notice, const TbusBinding *binding, TbusNoticeAnswer *answer, GError **error)
{
  TbusClassRegistry *classes = binding->set->classes;
  TbusClassBody body = { notice->body, notice->body_len,
                         notice->kind == TBUS_NOTICE_ENUM ? tbus_enum_decode : tbus_fields_decode };
  TbusCtfHeader header;
  guint32 id;

  if (notice->kind == TBUS_NOTICE_ENUM)
    return tbus_class_registry_register_enum (classes, notice->name, &body, &answer->id, error);
  if (notice->kind == TBUS_NOTICE_CHANNEL)
    {
      if (!tbus_class_registry_register_channel (classes, binding->channel, &body, &id, &header, error))
        return FALSE;
      answer->header = header;
    }
  else
    {
      TbusEventNotice event = { binding->channel, notice->name, notice->loglevel, notice->model_emf_uri, body };

      if (!tbus_class_registry_register_event (classes, &event, &id, error))
        return FALSE;
    }
  answer->id = id;
  return TRUE;
}

static gboolean
decide (Connection *connection, const TbusNotice *notice, TbusNoticeAnswer *answer, GError **error)
{
  TbusBinding binding;
  gboolean done;

  if (notice->too_large)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "\"%s\" has more fields or entries than are taken",
                   notice->name);
      return FALSE;
    }
  if (!find_binding (connection, notice, &binding, error))
    return FALSE;
  done = register_notice (notice, &binding, answer, error);
  tbus_buffer_set_unref (binding.set);
  return done;
}

/* One that comes too late, for what is being torn down, is nobody's fault (B14). */
static void
count_refusal (Connection *connection, const TbusNotice *notice, const GError *error)
{
  g_autofree char *name = g_strescape (notice->name, NULL);
  gboolean exhausted = g_error_matches (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);

  if (g_error_matches (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND))
    {
      tbus_log_debug ("Process %d cannot register \"%s\": %s", (int) connection->tracee->pid, name, error->message);
      return;
    }
  connection->refused += exhausted ? MAX (notice->size, LEAST_COST) : INVALID_COST;
  tbus_log_warning_of (connection->tracee->uid, TBUS_MSG_EVENT_REFUSED, "TRACEBUS_APP", connection->tracee->name,
                       "Process %d cannot describe \"%s\", which is not recorded: %s", (int) connection->tracee->pid,
                       name, error->message);
}

/* FALSE: it does not take its answer. */
static gboolean
answer_notice (Connection *connection, const TbusNotice *notice)
{
  g_autoptr(GError) error = NULL;
  TbusNoticeAnswer answer = { 0 };
  guint8 out[TBUS_NOTICE_MAX_ANSWER];
  gsize size;

  if (!decide (connection, notice, &answer, &error))
    {
      answer = (TbusNoticeAnswer){ .code = tbus_ust_code_from_error (error) };
      count_refusal (connection, notice, error);
    }
  connection->answered = TRUE;
  size = tbus_notice_answer (notice->kind, &answer, out);
  return send (connection->tracee->notify_fd, out, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (gssize) size;
}

/* FALSE: the connection has ended. */
static gboolean
connection_take (Connection *connection, TbusNoticeInput input)
{
  g_autoptr(GError) error = NULL;

  for (;;)
    {
      g_auto(TbusNotice) notice = { 0 };

      switch (tbus_notice_reader_take (connection->reader, &input, &notice, &error))
        {
        case TBUS_NOTICE_MORE:
          return TRUE;
        case TBUS_NOTICE_WHOLE:
          if (answer_notice (connection, &notice) && connection->refused < MAX_REFUSED)
            break;
          if (connection->refused >= MAX_REFUSED)
            {
              connection_end (connection, "too many of its descriptions had to be refused");
              return FALSE;
            }
          connection_end (connection, errno == EPIPE || errno == ECONNRESET ? NULL : "it does not take its answers");
          return FALSE;
        case TBUS_NOTICE_BROKEN:
          connection_end (connection, error->message);
          return FALSE;
        }
    }
}

/* One app announces no more than is taken; all those of a user may still keep too much. */
static void
connection_account (Connection *connection)
{
  TbusNotify *self = connection->notify;
  TbusNoticeDebt *oldest = tbus_notice_budget_set (self->budget, &connection->debt,
                                                   tbus_notice_reader_get_held (connection->reader));

  while (oldest != NULL)
    {
      g_autofree char *why = tbus_limit_describe (TBUS_LIMIT_NOTICE_MEMORY);
      TbusNoticeDebt *debt = oldest;

      oldest = debt != &connection->debt ? tbus_notice_budget_set (self->budget, debt, 0) : NULL;
      connection_end (debt->owner, why);
    }
}

static void
connection_set_busy (Connection *connection, gboolean busy)
{
  if (connection->busy == busy)
    return;
  connection->busy = busy;
  tbus_mark_step (connection->tracee->mark, TBUS_MARK_NOTICES);
}

/* Whether lulls may be waited for: nobody else is there, and not much time was lost that way. */
static gboolean
may_wait (TbusNotify *self, gint64 now)
{
  return !tbus_poller_has_more (self->setup.poller) && self->lulls_paid - now <= LULL_GRACE_US;
}

/*
 * Whether to look again at once. An app that describes its events has the next one a few microseconds after an answer:
 * to sleep until then, and be woken, costs both sides more than that. So it is given the CPU, should it wait for this
 * one, and looked at again, for LULL_US at most. Whether it took the CPU for longer, as for describing its state, or
 * somebody else did, cannot be told: others may have to wait for that, so such time is limited.
 */
static gboolean
look_again (Connection *connection, Turn *turn, gboolean heard)
{
  TbusNotify *self = connection->notify;
  gint64 now = g_get_monotonic_time (), then;

  if (!connection->answered || now - turn->began >= TURN_US || !may_wait (self, now))
    return FALSE;
  if (heard)
    {
      turn->heard = now;
      return TRUE;
    }
  if (now - turn->heard >= LULL_US)
    return FALSE;
  sched_yield ();
  then = g_get_monotonic_time ();
  if (then - now > LULL_US)
    self->lulls_paid = MAX (self->lulls_paid, then) + LULL_PENALTY * (then - now);
  return TRUE;
}

/* What was looked at is done with. FALSE: the connection has ended. */
static gboolean
connection_clear (Connection *connection)
{
  TbusNotify *self = connection->notify;

  if (tbus_intake_take (&connection->intake, self->scratch, sizeof self->scratch))
    return TRUE;
  connection_end (connection, errno == EPROTO ? "it sent descriptors" : NULL);
  return FALSE;
}

/* FALSE: the connection has ended. */
static gboolean
connection_serve (Connection *connection)
{
  TbusNotify *self = connection->notify;
  gint64 now = g_get_monotonic_time ();
  gboolean ahead = may_wait (self, now); /* where there is a lot to do, each message is done with */
  Turn turn = { now, now };
  gssize n;

  connection->answered = FALSE;
  do
    {
      n = ahead ? tbus_intake_look (&connection->intake, self->scratch, sizeof self->scratch)
                : tbus_stray_recv (connection->tracee->notify_fd, self->scratch, sizeof self->scratch);
      if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        {
          connection_end (connection, n < 0 && errno == EPROTO ? "it sent descriptors" : NULL);
          return FALSE;
        }
      if (n > 0)
        {
          tbus_pulse_beat (connection->pulse);
          if (!connection_take (connection, (TbusNoticeInput){ self->scratch, n }))
            return FALSE;
        }
      /* Whose message has only begun waits for no answer, but perhaps for room. */
      if ((connection->intake.seen >= TBUS_INTAKE_FULL || !tbus_notice_reader_is_idle (connection->reader))
          && !connection_clear (connection))
        return FALSE;
    }
  while (ahead && look_again (connection, &turn, n > 0));
  return connection_clear (connection);
}

static void
on_notify_socket (guint32 events, gpointer user_data)
{
  Connection *connection = user_data;

  tbus_thread_assert (TBUS_THREAD_NOTIFY);
  tbus_thread_report (TBUS_THREAD_NOTIFY, "notifications");
  connection_set_busy (connection, TRUE);
  if (connection_serve (connection))
    {
      connection_set_busy (connection, !tbus_notice_reader_is_idle (connection->reader));
      connection_account (connection);
    }
  tbus_thread_report (TBUS_THREAD_NOTIFY, NULL);
}

typedef struct {
  TbusNotify *notify;
  TbusTracee *tracee;
  TbusPulse *pulse; /* NULL: detach */
} Request;

static void
request_free (gpointer data)
{
  Request *request = data;

  tbus_tracee_unref (request->tracee);
  g_clear_pointer (&request->pulse, tbus_pulse_unref);
  g_free (request);
}

static gboolean
connection_watch (Connection *connection, TbusPoller *poller, int fd, GError **error)
{
  if (!tbus_intake_init (&connection->intake, fd))
    {
      tbus_set_errno (error, TBUS_ERROR_UNSUPPORTED, errno, "Cannot look into the queue of descriptor %d", fd);
      return FALSE;
    }
  connection->watch = tbus_poller_add (poller, fd, EPOLLIN | EPOLLRDHUP, on_notify_socket, connection, error);
  return connection->watch != NULL;
}

static void
on_attach (gpointer data)
{
  const Request *request = data;
  TbusNotify *self = request->notify;
  g_autofree Connection *connection = g_new0 (Connection, 1);
  g_autoptr(GError) error = NULL;

  if (!connection_watch (connection, self->setup.poller, request->tracee->notify_fd, &error))
    {
      tbus_log_warning_of (request->tracee->uid, TBUS_MSG_APP_DROPPED, "TRACEBUS_APP", request->tracee->name,
                           "Process %d cannot be served: %s; its connections are closed", (int) request->tracee->pid,
                           error->message);
      self->setup.hung_up (request->tracee, self->setup.data);
      return;
    }
  connection->notify = self;
  connection->tracee = tbus_tracee_ref (request->tracee);
  connection->pulse = tbus_pulse_ref (request->pulse);
  connection->reader = tbus_notice_reader_new ();
  connection->debt = (TbusNoticeDebt){ .uid = request->tracee->uid, .owner = connection };
  connection->node.data = connection;
  g_queue_push_tail_link (&self->connections, &connection->node);
  request->tracee->notify = g_steal_pointer (&connection);
}

static void
on_detach (gpointer data)
{
  const Request *request = data;

  if (request->tracee->notify != NULL)
    connection_free (request->tracee->notify);
}

static void
post (TbusNotify *self, TbusPostFunc func, TbusTracee *tracee, TbusPulse *pulse)
{
  Request *request = g_new0 (Request, 1);

  request->notify = self;
  request->tracee = tbus_tracee_ref (tracee);
  request->pulse = pulse != NULL ? tbus_pulse_ref (pulse) : NULL;
  tbus_post (TBUS_THREAD_NOTIFY, func, request, request_free);
}

void
tbus_notify_attach (TbusNotify *self, TbusTracee *tracee, TbusPulse *pulse)
{
  post (self, on_attach, tracee, pulse);
}

void
tbus_notify_detach (TbusNotify *self, TbusTracee *tracee)
{
  post (self, on_detach, tracee, NULL);
}
