/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/tracer.h"

#include "base/fd-budget.h"
#include "base/limits.h"
#include "base/log-rate.h"
#include "ust/exchange.h"
#include "ust/handover.h"
#include "ust/handshake.h"
#include "ust/listener.h"

struct TbusTracerSide {
  TbusTraceeIndex *index;
  TbusReports *reports;
  TbusRendezvousPaths paths;
  TbusRendezvous *rendezvous; /* main */
  gboolean open;              /* main: jobs go to link */

  /* link */
  TbusPoller *link_poller;
  TbusListener *listener;
  TbusHandshake *handshake;
  TbusLinks *links; /* NULL before start and after stop */

  /* notify; made before its thread is told of any app */
  TbusPoller *notify_poller;
  TbusNotify *notify;

  gboolean suspended; /* stopped for another service to come */
  TbusPostFunc stopped;
  gpointer stopped_data;
};

/* On its way between threads. */
typedef struct {
  TbusTracerSide *side;
  TbusTracee *tracee;
  TbusJob *job;
} Errand;

static void
errand_free (gpointer data)
{
  Errand *errand = data;

  g_clear_pointer (&errand->tracee, tbus_tracee_unref);
  g_clear_pointer (&errand->job, tbus_job_free);
  g_free (errand);
}

static Errand *
errand_new (TbusTracerSide *side, TbusTracee *tracee, TbusJob *job)
{
  Errand *errand = g_new0 (Errand, 1);

  errand->side = side;
  errand->tracee = tracee != NULL ? tbus_tracee_ref (tracee) : NULL;
  errand->job = job;
  return errand;
}

static void
on_submit (gpointer data)
{
  Errand *errand = data;

  tbus_thread_report (TBUS_THREAD_LINK, "a job");
  tbus_links_submit (errand->side->links, g_steal_pointer (&errand->job));
  tbus_thread_report (TBUS_THREAD_LINK, NULL);
}

static void
side_submit (gpointer self, TbusJob *job)
{
  TbusTracerSide *side = self;

  tbus_reports_expect (side->reports, job->tracee);
  if (side->open)
    tbus_post (TBUS_THREAD_LINK, on_submit, errand_new (side, NULL, job), errand_free);
  else
    tbus_reports_job_done (side->reports, tbus_exchange_end (tbus_exchange_new (side->index, job), TRUE));
}

static void
on_drop (gpointer data)
{
  const Errand *errand = data;

  if (errand->side->links != NULL)
    tbus_links_drop (errand->side->links, errand->tracee);
}

/* From main (drop) and from notify (hang-up) alike. */
static void
post_drop (TbusTracee *tracee, gpointer self)
{
  tbus_post (TBUS_THREAD_LINK, on_drop, errand_new (self, tracee, NULL), errand_free);
}

static void
side_drop (gpointer self, TbusTracee *tracee)
{
  if (((TbusTracerSide *) self)->open)
    post_drop (tracee, self);
}

static void
on_link_ended (TbusTracee *tracee, gpointer notify)
{
  tbus_notify_detach (notify, tracee);
}

TbusTracer
tbus_tracer_side_get_port (TbusTracerSide *self)
{
  static const TbusTracerOps ops = { side_submit, side_drop };

  return (TbusTracer){ &ops, self };
}

TbusTracerSide *
tbus_tracer_side_new (TbusTraceeIndex *index, const TbusTracerEvents *events, gpointer core,
                      const TbusRendezvousPaths *paths)
{
  TbusTracerSide *self = g_new0 (TbusTracerSide, 1);

  self->index = index;
  self->reports = tbus_reports_new (events, core);
  tbus_rendezvous_paths_copy (&self->paths, paths);
  return self;
}

static void
on_refused (uid_t uid, const char *why, gpointer data)
{
  TbusTracerSide *self = data;

  tbus_reports_refused (self->reports, why);
  tbus_log_warning_of (uid, TBUS_MSG_APP_REFUSED, "TRACEBUS_SOCKET", self->paths.socket, "%s; it stays untraced", why);
}

/* Before anybody could see who it was. */
static void
on_turned_away (const char *why, gpointer data)
{
  on_refused (TBUS_UNKNOWN_USER, why, data);
}

static TbusHandover
make_handover (TbusTracerSide *self)
{
  return (TbusHandover){ self->index, self->links, self->notify, self->reports };
}

static void
on_paired (const TbusRegistration *registration, int command_fd, int notify_fd, gpointer data)
{
  TbusTracerSide *self = data;
  TbusHandover handover = make_handover (self);
  g_autoptr(GError) error = NULL;

  if (!tbus_handover (&handover, registration, command_fd, notify_fd, &error))
    on_refused (registration->peer.uid, error->message, self);
}

static void
on_accepted (int fd, gpointer data)
{
  TbusTracerSide *self = data;

  tbus_handshake_add (self->handshake, fd);
}

static void
start_on_link (gpointer data)
{
  TbusTracerSide *self = data;
  const TbusListenerEvents events = { on_accepted, on_turned_away };
  g_autoptr(GError) error = NULL;

  self->listener = tbus_listener_new (self->link_poller, tbus_rendezvous_get_fd (self->rendezvous), &events, self,
                                      &error);
  if (self->listener == NULL)
    tbus_log_warning (TBUS_MSG_APP_REFUSED, "TRACEBUS_SOCKET", self->paths.socket, "No app can register: %s",
                      error->message);
}

static void
make_parts (TbusTracerSide *self)
{
  guint reserve = tbus_fd_budget_reserve ();
  const TbusHandshakeLimits limits = {
    .limit = MIN (TBUS_MAX_HALF_OPEN, reserve - MIN (TBUS_OTHER_DESCRIPTORS, reserve / 2)),
    .per_user = tbus_limit (TBUS_LIMIT_CONNECTIONS),
    .timeout_ms = TBUS_HANDSHAKE_TIMEOUT_MS,
  };
  const TbusHandshakeEvents events = { on_paired, on_refused };
  const TbusNotifySetup notify = { self->index, self->notify_poller, post_drop, self };
  TbusLinksSetup links = { self->index, self->reports, self->link_poller, on_link_ended, NULL };

  self->notify = links.data = tbus_notify_new (&notify);
  self->links = tbus_links_new (&links);
  self->handshake = tbus_handshake_new (self->link_poller, &limits, &events, self);
}

gboolean
tbus_tracer_side_claim (TbusTracerSide *self, GError **error)
{
  self->rendezvous = tbus_rendezvous_claim (&self->paths, error);
  if (self->rendezvous == NULL)
    return FALSE;
  self->link_poller = tbus_poller_new (tbus_thread_context (TBUS_THREAD_LINK), error);
  if (self->link_poller == NULL)
    return FALSE;
  self->notify_poller = tbus_poller_new (tbus_thread_context (TBUS_THREAD_NOTIFY), error);
  if (self->notify_poller == NULL)
    return FALSE;
  make_parts (self);
  self->open = TRUE;
  return TRUE;
}

static void
on_adopt (gpointer data)
{
  const Errand *errand = data;
  TbusHandover handover = make_handover (errand->side);
  g_autoptr(GError) error = NULL;

  if (!tbus_handover_adopt (&handover, errand->tracee, &error))
    tbus_log_warning (TBUS_MSG_APP_DROPPED, "TRACEBUS_APP", errand->tracee->name,
                      "%s; it registers anew", error->message);
}

void
tbus_tracer_side_adopt (TbusTracerSide *self, TbusTracee *tracee)
{
  g_return_if_fail (self->open);
  tbus_tracee_index_add (self->index, tracee);
  tbus_post (TBUS_THREAD_LINK, on_adopt, errand_new (self, tracee, NULL), errand_free);
}

gboolean
tbus_tracer_side_start (TbusTracerSide *self, GError **error)
{
  if (!self->open && !tbus_tracer_side_claim (self, error))
    return FALSE;
  tbus_post (TBUS_THREAD_LINK, start_on_link, self, NULL);
  tbus_rendezvous_publish (self->rendezvous);
  return TRUE;
}

static void
stop_on_main (gpointer data)
{
  TbusTracerSide *self = data;

  g_clear_pointer (&self->rendezvous, self->suspended ? tbus_rendezvous_leave : tbus_rendezvous_free);
  self->stopped (self->stopped_data);
}

/* Behind whatever notify still sent to link. */
static void
stop_on_link_again (gpointer data)
{
  TbusTracerSide *self = data;

  g_clear_pointer (&self->link_poller, tbus_poller_free);
  tbus_post (TBUS_THREAD_MAIN, stop_on_main, self, NULL);
}

static void
stop_on_notify (gpointer data)
{
  TbusTracerSide *self = data;

  g_clear_pointer (&self->notify, tbus_notify_free);
  g_clear_pointer (&self->notify_poller, tbus_poller_free);
  tbus_post (TBUS_THREAD_LINK, stop_on_link_again, self, NULL);
}

static void
stop_on_link (gpointer data)
{
  TbusTracerSide *self = data;

  g_clear_pointer (&self->listener, tbus_listener_free);
  g_clear_pointer (&self->handshake, tbus_handshake_free);
  if (self->suspended)
    tbus_links_let_go (self->links);
  g_clear_pointer (&self->links, tbus_links_free);
  tbus_post (TBUS_THREAD_NOTIFY, stop_on_notify, self, NULL);
}

void
tbus_tracer_side_stop (TbusTracerSide *self, TbusPostFunc stopped, gpointer data)
{
  g_return_if_fail (self->open);
  self->open = FALSE;
  self->stopped = stopped;
  self->stopped_data = data;
  tbus_post (TBUS_THREAD_LINK, stop_on_link, self, NULL);
}

void
tbus_tracer_side_suspend (TbusTracerSide *self, TbusPostFunc stopped, gpointer data)
{
  self->suspended = TRUE;
  tbus_tracer_side_stop (self, stopped, data);
}

void
tbus_tracer_side_free (TbusTracerSide *self)
{
  g_assert (!self->open && self->links == NULL);
  g_clear_pointer (&self->link_poller, tbus_poller_free);
  g_clear_pointer (&self->rendezvous, tbus_rendezvous_free);
  tbus_rendezvous_paths_clear (&self->paths);
  tbus_reports_free (self->reports);
  g_free (self);
}

const char *
tbus_tracer_side_get_socket_path (const TbusTracerSide *self)
{
  return self->paths.socket;
}
