/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Poller: many descriptors behind one GSource (epoll), so that a wake-up costs what
 * is ready and not what is open.
 *
 * Owner:   one thread; every call and callback is on the thread of its context.
 * Threads: any role that runs a GMainContext.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct TbusPoller TbusPoller;
typedef struct TbusPollerWatch TbusPollerWatch;

/* @events: EPOLLIN and so on, also EPOLLHUP and EPOLLERR. The callback may remove any watch, its own too. */
typedef void (*TbusPollerFunc) (guint32 events, gpointer data);

/* Returns: (transfer full) (nullable): %NULL with @error where the system has no descriptor left. */
TbusPoller *tbus_poller_new (GMainContext *context, GError **error);
/* Every watch must be removed before. */
void tbus_poller_free (TbusPoller *self);

/* Watches @fd (not taken) for @events, level-triggered. NULL with @error (Exhausted). */
TbusPollerWatch *tbus_poller_add (TbusPoller *self, int fd, guint32 events, TbusPollerFunc func, gpointer data,
                                  GError **error);
/* Changes what is waited for; 0 keeps only hang-up and error. */
void tbus_poller_watch_set (TbusPollerWatch *watch, guint32 events);
/* In a callback: others, which the same wake-up found ready, wait for theirs. */
gboolean tbus_poller_has_more (const TbusPoller *self);
/* Ends the watch. Call it before the descriptor is closed. */
void tbus_poller_watch_remove (TbusPollerWatch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusPoller, tbus_poller_free)

G_END_DECLS
