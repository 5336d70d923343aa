/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Handover: makes an app of two paired connections and gives each to who serves it, and to the descriptor store.
 *
 * The order matters: the notify thread has its socket before anybody can send the app a command, so that no
 * notification ever waits for a reader; core hears of the app last.
 * Threads: link.
 * Limit:   TBUS_MAX_APPS, of one user TBUS_LIMIT_APPS; and two descriptors of the user's share and of the budget (B6).
 */
#include "ust/link.h"
#include "ust/notify.h"
#include "ust/registration.h"

G_BEGIN_DECLS

typedef struct {
  TbusTraceeIndex *index;
  TbusLinks *links;
  TbusNotify *notify;
  TbusReports *reports;
} TbusHandover;

/* Both descriptors (transfer full), closed at once where the app is refused: its start does not wait then. */
gboolean tbus_handover (const TbusHandover *self, const TbusRegistration *registration, int command_fd, int notify_fd,
                        GError **error) TBUS_LINK_ONLY;

/*
 * One that a former service served, with the sockets of then; the index has it already. FALSE: the app is another one,
 * or cannot be served; its connections are ended, and it is reported gone.
 */
gboolean tbus_handover_adopt (const TbusHandover *self, TbusTracee *tracee, GError **error) TBUS_LINK_ONLY;

G_END_DECLS
