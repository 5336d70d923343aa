/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Reports: what the tracer side tells core, posted to main in the order that core/ports.h promises:
 * registered first, a job's end before gone, gone once.
 *
 * A job that main submits while the app's going is on its way is still ahead of that: gone waits for it here.
 *
 * Owner:   the tracer side; must outlive every post. Threads: each call says which.
 */
#include "base/thread.h"
#include "core/ports.h"

G_BEGIN_DECLS

typedef struct TbusReports TbusReports;

TbusReports *tbus_reports_new (const TbusTracerEvents *events, gpointer core);
void tbus_reports_free (TbusReports *self) TBUS_MAIN_ONLY;

/* A job for @tracee leaves main; its end will come by tbus_reports_job_done(). */
void tbus_reports_expect (TbusReports *self, TbusTracee *tracee) TBUS_MAIN_ONLY;

/* @job (transfer full). Link, or main for a job that never left. */
void tbus_reports_job_done (TbusReports *self, TbusJob *job);
void tbus_reports_registered (TbusReports *self, TbusTracee *tracee) TBUS_LINK_ONLY;
void tbus_reports_stalled (TbusReports *self, TbusTracee *tracee, gboolean stalled) TBUS_LINK_ONLY;
void tbus_reports_gone (TbusReports *self, TbusTracee *tracee) TBUS_LINK_ONLY;
void tbus_reports_refused (TbusReports *self, const char *why) TBUS_LINK_ONLY;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusReports, tbus_reports_free)

G_END_DECLS
