/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Listener: accepts connections, a bounded number a wake-up, and hands them on.
 *
 * Without a free descriptor it neither spins nor lets apps hang: it keeps one in reserve, with which it takes
 * a connection in and closes it; so an app's start goes on untraced instead of waiting for its time-out.
 *
 * Owner:   the tracer side. Threads: link.
 */
#include "base/poller.h"
#include "base/thread.h"

G_BEGIN_DECLS

typedef struct TbusListener TbusListener;

typedef struct {
  /* @fd (transfer full): non-blocking */
  void (*accepted) (int fd, gpointer data);
  void (*refused) (const char *why, gpointer data);
} TbusListenerEvents;

/* @fd: listening and non-blocking; stays the caller's and must outlive it. NULL with Exhausted. */
TbusListener *tbus_listener_new (TbusPoller *poller, int fd, const TbusListenerEvents *events, gpointer data,
                                 GError **error);
void tbus_listener_free (TbusListener *self) TBUS_LINK_ONLY;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusListener, tbus_listener_free)

G_END_DECLS
