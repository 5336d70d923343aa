/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Links: the command sockets of all apps. Each app is a state machine of its own; none is waited for.
 *
 * An app is stalled where it was stopped by a signal, where its job makes no progress (bytes that it took, an answer, a
 * notification) for TBUS_PROGRESS_MS while none of its threads is at work, or takes too long, whatever it does. Its
 * job stays where it is and goes on when the app does; no time-out ends a connection.
 *
 * Owner:   the tracer side. Threads: link.
 */
#include "base/poller.h"
#include "ust/pulse.h"
#include "ust/reports.h"

G_BEGIN_DECLS

typedef struct TbusLinks TbusLinks;

/* Ends the notify side of @tracee; called once for each that was adopted. */
typedef void (*TbusLinksDetach) (TbusTracee *tracee, gpointer data);

typedef struct {
  TbusTraceeIndex *index;
  TbusReports *reports;
  TbusPoller *poller;
  TbusLinksDetach detach;
  gpointer data;
} TbusLinksSetup;

TbusLinks *tbus_links_new (const TbusLinksSetup *setup);
/* Ends every link first. */
void tbus_links_free (TbusLinks *self) TBUS_LINK_ONLY;

/* Serves @tracee's command socket from now on. FALSE with Exhausted. */
gboolean tbus_links_adopt (TbusLinks *self, TbusTracee *tracee, TbusPulse *pulse, GError **error) TBUS_LINK_ONLY;
/* @job (transfer full): comes back by a report, at once where its app is gone. */
void tbus_links_submit (TbusLinks *self, TbusJob *job) TBUS_LINK_ONLY;
/*
 * Ends both connections, also where the descriptor store has copies: out of the index first, then its job comes back,
 * then it is reported gone. Of no effect on one that has ended.
 */
void tbus_links_drop (TbusLinks *self, TbusTracee *tracee) TBUS_LINK_ONLY;
/* Ends with all of them, but no app notices: jobs come back as gone, sockets stay with whoever has a copy. */
void tbus_links_let_go (TbusLinks *self) TBUS_LINK_ONLY;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusLinks, tbus_links_free)

G_END_DECLS
