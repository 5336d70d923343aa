/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/link.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/log-rate.h"
#include "base/stray.h"
#include "ust/activity.h"
#include "ust/exchange.h"
#include "ust/kept-app.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
  TICK_MS = 25,
  BUSY_LIMIT_MS = 2000, /* at work but silent for so long is as good as stalled */
  JOB_LIMIT_MS = 10000, /* so is what takes so long for a job, however it spends the time */
  LOOKS_A_TICK = 256,   /* at threads in /proc, and one process more */
  FEW_BUSY = 32,        /* so few apps are looked at in each tick */
  SCRATCH = 64 << 10,   /* read from one app in one go: then others have their turn */
};

typedef struct {
  TbusLinks *links;
  TbusTracee *tracee; /* a reference */
  TbusPulse *pulse;
  TbusPollerWatch *watch;
  gboolean wants_write;
  GList node; /* in @links->all */

  /* While a job is in flight. */
  TbusExchange *exchange;
  TbusOutbox *out;
  guint8 *partial; /* the beginning of an answer */
  guint n_partial;
  GList busy_node;
  gint64 begun, progressed, looked; /* when; monotonic */
  gint beats;
  gboolean stalled;
  gboolean overdue; /* stalled until the job ends */
  gboolean starved; /* the tick sends on */
} Link;

struct TbusLinks {
  TbusLinksSetup setup;
  GQueue all, busy;
  GSource *tick; /* NULL while nothing that it looks after was busy at the last one */
  guint8 scratch[TBUS_EXCHANGE_MAX_ANSWER + SCRATCH];
};

TbusLinks *
tbus_links_new (const TbusLinksSetup *setup)
{
  TbusLinks *self = g_new0 (TbusLinks, 1);

  self->setup = *setup;
  return self;
}

static void
link_set_stalled (Link *link, gboolean stalled)
{
  if (link->stalled == stalled)
    return;
  link->stalled = stalled;
  tbus_reports_stalled (link->links->setup.reports, link->tracee, stalled);
}

static void
link_end_job (Link *link, gboolean gone)
{
  TbusLinks *self = link->links;

  if (link->exchange == NULL)
    return;
  link->overdue = FALSE;
  if (!gone)
    link_set_stalled (link, FALSE);
  tbus_outbox_clear (link->out); /* borrows from the job */
  tbus_reports_job_done (self->setup.reports, tbus_exchange_end (g_steal_pointer (&link->exchange), gone));
  g_queue_unlink (&self->busy, &link->busy_node);
  g_clear_pointer (&link->partial, g_free);
  link->n_partial = 0;
}

/* Nothing happens for it any more. */
static void
link_release (Link *link)
{
  TbusLinks *self = link->links;

  link->tracee->link = NULL;
  tbus_poller_watch_remove (link->watch);
  g_queue_unlink (&self->all, &link->node);
  tbus_tracee_index_remove (self->setup.index, link->tracee); /* B27: before anything else can see that it goes */
  link_end_job (link, TRUE);
}

static void
link_free (Link *link)
{
  link->links->setup.detach (link->tracee, link->links->setup.data);
  tbus_outbox_free (link->out);
  tbus_pulse_unref (link->pulse);
  tbus_tracee_unref (link->tracee);
  g_free (link);
}

/* @why: (nullable): what it did wrong. */
static void
link_end (Link *link, const char *why)
{
  TbusReports *reports = link->links->setup.reports;
  g_autoptr(TbusTracee) tracee = tbus_tracee_ref (link->tracee);

  if (why != NULL)
    tbus_log_warning_of (tracee->uid, TBUS_MSG_APP_DROPPED, "TRACEBUS_APP", tracee->name,
                         "Process %d broke the tracer's protocol on its command socket (%s); its connections are "
                         "closed", (int) tracee->pid, why);
  link_release (link);
  /* Their numbers stay taken until the grace period is over; the app learns of it at once. */
  tbus_kept_app_end (tracee);
  tbus_stray_drain (tracee->command_fd);
  tbus_stray_drain (tracee->notify_fd);
  link_free (link);
  tbus_reports_gone (reports, tracee);
}

static void start_tick (TbusLinks *self);

static void
link_progressed (Link *link)
{
  link->progressed = g_get_monotonic_time ();
  if (!link->stalled || link->overdue)
    return;
  start_tick (link->links);
  link_set_stalled (link, FALSE);
}

static void
link_want_write (Link *link, gboolean wants)
{
  if (link->wants_write == wants)
    return;
  link->wants_write = wants;
  tbus_poller_watch_set (link->watch, EPOLLIN | EPOLLRDHUP | (wants ? EPOLLOUT : 0));
}

/* FALSE: the link has ended. */
static gboolean
link_send (Link *link)
{
  gsize sent = 0;
  TbusSent result;

  do
    {
      tbus_exchange_fill (link->exchange, link->out);
      if (tbus_outbox_size (link->out) == 0)
        {
          result = TBUS_SENT_ALL;
          break;
        }
      result = tbus_outbox_flush (link->out, link->tracee->command_fd, &sent);
    }
  while (result == TBUS_SENT_ALL);
  if (sent > 0)
    link_progressed (link);
  link->starved = result == TBUS_SENT_STARVED;
  if (result == TBUS_SENT_GONE)
    {
      link_end (link, NULL);
      return FALSE;
    }
  link_want_write (link, result == TBUS_SENT_BLOCKED);
  return TRUE;
}

/* Sends what may be sent; ends the job when all is answered, the link when its app is on its way out. */
static void
link_advance (Link *link)
{
  if (tbus_exchange_is_gone (link->exchange))
    {
      link_end (link, NULL);
      return;
    }
  if (!link_send (link) || !tbus_exchange_is_over (link->exchange))
    return;
  if (tbus_outbox_size (link->out) == 0)
    link_end_job (link, FALSE);
  else
    link_end (link, "it answered before it was asked");
}

/* Takes every whole answer from @data and keeps the rest. FALSE: the link has ended. */
static gboolean
link_take_answers (Link *link, const guint8 *data, gsize length)
{
  g_autoptr(GError) error = NULL;
  gssize n;

  /* A byte of an answer is no progress: there are many in one, and each could come at its leisure. */
  while ((n = tbus_exchange_take (link->exchange, data, length, &error)) > 0)
    {
      link_progressed (link);
      data += n;
      length -= n;
    }
  if (n < 0)
    {
      link_end (link, error->message);
      return FALSE;
    }
  if (length > 0)
    {
      if (link->partial == NULL)
        link->partial = g_malloc (TBUS_EXCHANGE_MAX_ANSWER);
      memcpy (link->partial, data, length);
    }
  link->n_partial = length;
  return TRUE;
}

/* FALSE: the link has ended. */
static gboolean
link_receive (Link *link)
{
  guint8 *scratch = link->links->scratch;
  gssize n;

  if (link->n_partial > 0)
    memcpy (scratch, link->partial, link->n_partial);
  n = tbus_stray_recv (link->tracee->command_fd, scratch + link->n_partial, SCRATCH);
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return TRUE;
  if (n <= 0)
    {
      link_end (link, n < 0 && errno == EPROTO ? "it sent descriptors" : NULL);
      return FALSE;
    }
  if (link->exchange == NULL)
    {
      link_end (link, "it spoke without being asked");
      return FALSE;
    }
  return link_take_answers (link, scratch, link->n_partial + n);
}

static void
on_command_socket (guint32 events, gpointer user_data)
{
  Link *link = user_data;

  tbus_thread_assert (TBUS_THREAD_LINK);
  tbus_thread_report (TBUS_THREAD_LINK, "commands");
  if ((events & ~EPOLLOUT) == 0 || link_receive (link))
    if (link->exchange != NULL)
      link_advance (link);
  tbus_thread_report (TBUS_THREAD_LINK, NULL);
}

gboolean
tbus_links_adopt (TbusLinks *self, TbusTracee *tracee, TbusPulse *pulse, GError **error)
{
  g_autofree Link *link = g_new0 (Link, 1);

  link->watch = tbus_poller_add (self->setup.poller, tracee->command_fd, EPOLLIN | EPOLLRDHUP, on_command_socket, link,
                                 error);
  if (link->watch == NULL)
    return FALSE;
  link->links = self;
  link->tracee = tbus_tracee_ref (tracee);
  link->pulse = tbus_pulse_ref (pulse);
  link->out = tbus_outbox_new ();
  link->node.data = link;
  link->busy_node.data = link;
  g_queue_push_tail_link (&self->all, &link->node);
  tracee->link = g_steal_pointer (&link);
  return TRUE;
}

/* What it said waits for us, not the other way round. */
static gboolean
has_unread (int fd)
{
  int n = 0;

  return ioctl (fd, FIONREAD, &n) == 0 && n > 0;
}

/* At work, as far as can be seen; but not for ever. */
static gboolean
link_is_active (Link *link, gint64 now, guint *n_looks)
{
  if (has_unread (link->tracee->command_fd) || has_unread (link->tracee->notify_fd))
    return TRUE;
  return now - link->progressed < BUSY_LIMIT_MS * G_TIME_SPAN_MILLISECOND
         && tbus_process_is_active (link->tracee->pid, n_looks);
}

/* Where few are left whom somebody waits for, one that was stopped is found at once. */
static gboolean
link_is_halted (Link *link)
{
  return link->links->busy.length <= FEW_BUSY && !has_unread (link->tracee->command_fd)
         && !has_unread (link->tracee->notify_fd) && tbus_process_is_halted (link->tracee->pid);
}

/* A blocked app is looked at every TBUS_PROGRESS_MS, as far as LOOKS_A_TICK goes. */
static void
link_check (Link *link, gint64 now, guint *n_looks)
{
  gint beats = tbus_pulse_get (link->pulse);

  if (now - link->begun >= JOB_LIMIT_MS * G_TIME_SPAN_MILLISECOND)
    {
      link->overdue = TRUE;
      link_set_stalled (link, TRUE);
      return;
    }
  if (beats != link->beats)
    {
      link->beats = beats;
      link_progressed (link);
      return;
    }
  if (link->stalled)
    return;
  if (link_is_halted (link))
    {
      link_set_stalled (link, TRUE);
      return;
    }
  if (*n_looks > LOOKS_A_TICK
      || now - MAX (link->progressed, link->looked) < TBUS_PROGRESS_MS * G_TIME_SPAN_MILLISECOND)
    return;
  link->looked = now;
  if (!link_is_active (link, now, n_looks))
    link_set_stalled (link, TRUE);
}

/* Of an app that is stalled the next sign of life comes through its socket: it is not ticked for. */
static gboolean
needs_tick (TbusLinks *self)
{
  for (GList *l = self->busy.head; l != NULL; l = l->next)
    {
      const Link *link = l->data;

      if (!link->stalled || link->starved)
        return TRUE;
    }
  return FALSE;
}

static gboolean
on_tick (gpointer user_data)
{
  TbusLinks *self = user_data;
  gint64 now = g_get_monotonic_time ();
  guint n_looks = 0;
  GList *next;

  if (!needs_tick (self))
    {
      g_clear_pointer (&self->tick, g_source_unref);
      return G_SOURCE_REMOVE;
    }
  tbus_thread_report (TBUS_THREAD_LINK, "looking after blocked apps");
  for (GList *l = self->busy.head; l != NULL; l = next)
    {
      Link *link = l->data;

      next = l->next;
      link_check (link, now, &n_looks);
      if (link->starved)
        link_advance (link);
    }
  tbus_thread_report (TBUS_THREAD_LINK, NULL);
  return G_SOURCE_CONTINUE;
}

static void
start_tick (TbusLinks *self)
{
  if (self->tick != NULL)
    return;
  self->tick = g_timeout_source_new (TICK_MS);
  g_source_set_static_name (self->tick, "tracebus-link");
  g_source_set_callback (self->tick, on_tick, self, NULL);
  g_source_attach (self->tick, tbus_thread_context (TBUS_THREAD_LINK));
}

void
tbus_links_submit (TbusLinks *self, TbusJob *job)
{
  Link *link = job->tracee->link;
  TbusExchange *exchange = tbus_exchange_new (self->setup.index, job);

  if (link == NULL)
    {
      tbus_reports_job_done (self->setup.reports, tbus_exchange_end (exchange, TRUE));
      return;
    }
  g_assert (link->exchange == NULL); /* one job an app at a time */
  link->exchange = exchange;
  link->begun = link->progressed = g_get_monotonic_time ();
  link->looked = 0;
  link->beats = tbus_pulse_get (link->pulse);
  g_queue_push_tail_link (&self->busy, &link->busy_node);
  start_tick (self);
  link_advance (link);
}

void
tbus_links_drop (TbusLinks *self, TbusTracee *tracee)
{
  if (tracee->link != NULL)
    link_end (tracee->link, NULL);
}

void
tbus_links_let_go (TbusLinks *self)
{
  while (self->all.head != NULL)
    {
      Link *link = self->all.head->data;

      link_release (link);
      link_free (link);
    }
}

void
tbus_links_free (TbusLinks *self)
{
  while (self->all.head != NULL)
    link_end (self->all.head->data, NULL);
  if (self->tick != NULL)
    {
      g_source_destroy (self->tick);
      g_source_unref (self->tick);
    }
  g_free (self);
}
