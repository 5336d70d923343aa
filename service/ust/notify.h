/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Notify: the notify sockets of all apps. Every notification is answered, exactly once and at once, an error
 * included (B14); nothing here waits for a command, a consumer or another app.
 *
 * While a message is taken off the socket and not yet answered, the app's mark says so (base/marks): should the
 * service die then, nobody can give that answer any more.
 *
 * Who breaks the protocol, or does not take its answers, loses its connections; nobody else notices.
 *
 * Limit:   what apps have sent of unfinished notifications, for each user: TBUS_LIMIT_NOTICE_MEMORY. Then the one that
 *          is unfinished for longest goes, with its app.
 * Owner:   the tracer side. Threads: notify, but for attach and detach, which post to it.
 */
#include "base/poller.h"
#include "base/thread.h"
#include "core/tracee-index.h"
#include "ust/pulse.h"

G_BEGIN_DECLS

typedef struct TbusNotify TbusNotify;

typedef struct {
  TbusTraceeIndex *index;
  TbusPoller *poller;
  /* On notify: the connection of @tracee ended here, and was not detached. */
  void (*hung_up) (TbusTracee *tracee, gpointer data);
  gpointer data;
} TbusNotifySetup;

TbusNotify *tbus_notify_new (const TbusNotifySetup *setup);
/* Ends every connection without a word. */
void tbus_notify_free (TbusNotify *self) TBUS_NOTIFY_ONLY;

/* Any thread. Serves @tracee's notify socket from now on. */
void tbus_notify_attach (TbusNotify *self, TbusTracee *tracee, TbusPulse *pulse);
/* Any thread, after attach. Of no effect on one that has hung up. */
void tbus_notify_detach (TbusNotify *self, TbusTracee *tracee);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusNotify, tbus_notify_free)

G_END_DECLS
