/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Handshake: connections that have not become an app yet. An app makes two, sends a record on each, and
 * both are paired by the process that connected (credentials, never claims).
 *
 * Nothing here waits for a connection: each has TBUS_HANDSHAKE_TIMEOUT_MS, all share one timer.
 * Owner:   the tracer side. Threads: link.
 * Limit:   @per_user connections of one user, then the oldest of them makes room; @limit of all, then the oldest of the
 *          user who holds most.
 */
#include "base/poller.h"
#include "base/thread.h"
#include "ust/registration.h"

G_BEGIN_DECLS

typedef struct TbusHandshake TbusHandshake;

typedef struct {
  /* Both are there: descriptors (transfer full), the command socket's record. */
  void (*paired) (const TbusRegistration *registration, int command_fd, int notify_fd, gpointer data);
  /* A connection of @uid, (uid_t) -1 if that is not known, was closed; @why is a sentence. Not told of one that said
   * nothing. */
  void (*refused) (uid_t uid, const char *why, gpointer data);
} TbusHandshakeEvents;

/* @poller: of the link thread; must outlive it. @limit, @per_user: connections, @timeout_ms: of each. */
typedef struct {
  guint limit;
  guint per_user; /* of those that base/quota.h binds */
  guint timeout_ms;
} TbusHandshakeLimits;

TbusHandshake *tbus_handshake_new (TbusPoller *poller, const TbusHandshakeLimits *limits,
                                   const TbusHandshakeEvents *events, gpointer data);
/* Closes what is half open. */
void tbus_handshake_free (TbusHandshake *self) TBUS_LINK_ONLY;
/* @fd (transfer full): non-blocking, just accepted. */
void tbus_handshake_add (TbusHandshake *self, int fd) TBUS_LINK_ONLY;
guint tbus_handshake_count (const TbusHandshake *self) TBUS_LINK_ONLY;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusHandshake, tbus_handshake_free)

G_END_DECLS
