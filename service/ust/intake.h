/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Intake: what has come on an app's socket, looked at where it is and taken out later.
 *
 * An app that waits for an answer is woken by whatever is taken out of the queue that it filled, since there is room to
 * write now: it looks, finds no answer and goes back to sleep, for each part of what it sent. So its message is looked
 * at first (SO_PEEK_OFF) and answered, and taken out when the app has gone on.
 *
 * Owner:   the connection. Threads: the one that serves the socket.
 * Limit:   TBUS_INTAKE_FULL bytes that were seen and are not taken out yet, and what one look finds.
 */
#include <glib.h>

G_BEGIN_DECLS

/* An app can queue far more than this before it has to wait. */
enum { TBUS_INTAKE_FULL = 16 << 10 };

typedef struct {
  int fd;     /* borrowed */
  gsize seen; /* bytes */
} TbusIntake;

/* FALSE with errno. */
gboolean tbus_intake_init (TbusIntake *self, int fd);
/* As recv() without waiting: what comes behind the bytes that were seen. */
gssize tbus_intake_look (TbusIntake *self, gpointer buffer, gsize size);
/*
 * Takes out what was seen; @scratch is room for that, overwritten. FALSE with errno: EPROTO where descriptors came
 * along, which no peer of ours may send.
 */
gboolean tbus_intake_take (TbusIntake *self, gpointer scratch, gsize size);

G_END_DECLS
