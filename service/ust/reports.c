/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/reports.h"

struct TbusReports {
  TbusTracerEvents events;
  gpointer core;
  gint n_refused;   /* atomic: those that main was not told of yet */
  GHashTable *busy; /* main: TbusTracee with a job out, to whether it has gone meanwhile */
};

typedef enum { REGISTERED, STALLED, WOKEN, GONE, REFUSED, JOB_DONE } ReportKind;

typedef struct {
  TbusReports *reports;
  ReportKind kind;
  TbusTracee *tracee; /* a reference; NULL for REFUSED */
  char *why;
  TbusJob *job;
} Report;

static void
report_free (gpointer data)
{
  Report *report = data;

  g_clear_pointer (&report->tracee, tbus_tracee_unref);
  g_clear_pointer (&report->job, tbus_job_free);
  g_free (report->why);
  g_free (report);
}

TbusReports *
tbus_reports_new (const TbusTracerEvents *events, gpointer core)
{
  TbusReports *self = g_new0 (TbusReports, 1);

  self->events = *events;
  self->core = core;
  self->busy = g_hash_table_new (NULL, NULL);
  return self;
}

void
tbus_reports_free (TbusReports *self)
{
  g_hash_table_unref (self->busy);
  g_free (self);
}

void
tbus_reports_expect (TbusReports *self, TbusTracee *tracee)
{
  tbus_thread_assert_main ();
  g_hash_table_insert (self->busy, tracee, GINT_TO_POINTER (FALSE));
}

static void
tell_gone (TbusReports *self, TbusTracee *tracee)
{
  if (g_hash_table_contains (self->busy, tracee))
    g_hash_table_insert (self->busy, tracee, GINT_TO_POINTER (TRUE));
  else
    self->events.gone (self->core, tracee);
}

static void
tell_job_done (TbusReports *self, Report *report)
{
  TbusJob *job = g_steal_pointer (&report->job);
  gboolean gone = GPOINTER_TO_INT (g_hash_table_lookup (self->busy, report->tracee));

  g_hash_table_remove (self->busy, report->tracee);
  job->done (job, job->data); /* may submit the next one */
  if (gone)
    tell_gone (self, report->tracee);
}

static void
on_report (gpointer data)
{
  Report *report = data;
  TbusReports *self = report->reports;

  switch (report->kind)
    {
    case REGISTERED:
      self->events.registered (self->core, report->tracee);
      break;
    case STALLED:
    case WOKEN:
      self->events.stalled (self->core, report->tracee, report->kind == STALLED);
      break;
    case GONE:
      tell_gone (self, report->tracee);
      break;
    case REFUSED:
      self->events.refused (self->core, g_atomic_int_exchange (&self->n_refused, 0), report->why);
      break;
    case JOB_DONE:
      tell_job_done (self, report);
      break;
    }
}

static void
post (TbusReports *self, ReportKind kind, TbusTracee *tracee, TbusJob *job, const char *why)
{
  Report *report = g_new0 (Report, 1);

  report->reports = self;
  report->kind = kind;
  report->tracee = tracee != NULL ? tbus_tracee_ref (tracee) : NULL;
  report->job = job;
  report->why = g_strdup (why);
  tbus_post (TBUS_THREAD_MAIN, on_report, report, report_free);
}

void
tbus_reports_job_done (TbusReports *self, TbusJob *job)
{
  post (self, JOB_DONE, job->tracee, job, NULL);
}

void
tbus_reports_registered (TbusReports *self, TbusTracee *tracee)
{
  post (self, REGISTERED, tracee, NULL, NULL);
}

void
tbus_reports_stalled (TbusReports *self, TbusTracee *tracee, gboolean stalled)
{
  post (self, stalled ? STALLED : WOKEN, tracee, NULL, NULL);
}

void
tbus_reports_gone (TbusReports *self, TbusTracee *tracee)
{
  post (self, GONE, tracee, NULL, NULL);
}

/* However many come at once, main has one message of them. */
void
tbus_reports_refused (TbusReports *self, const char *why)
{
  if (g_atomic_int_add (&self->n_refused, 1) == 0)
    post (self, REFUSED, NULL, NULL, why);
}
