/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Outbox: bytes and descriptors on their way into one app's command socket, in order, never blocking.
 *
 * Descriptors travel with one byte of their own, as the tracer library reads them.
 * Owner:   the link of the app. Threads: link.
 * Limit:   none of its own; the exchange stops filling it at TBUS_OUTBOX_FULL bytes.
 */
#include <glib.h>

G_BEGIN_DECLS

enum { TBUS_OUTBOX_FULL = 64 << 10, TBUS_OUTBOX_MAX_FDS = 2 };

typedef struct TbusOutbox TbusOutbox;

TbusOutbox *tbus_outbox_new (void);
void tbus_outbox_free (TbusOutbox *self);

/* Zeroed room for @size bytes, to be filled before the next flush. */
gpointer tbus_outbox_add (TbusOutbox *self, gsize size);
/* Borrows @data until it is sent or the outbox is cleared. */
void tbus_outbox_add_borrowed (TbusOutbox *self, gconstpointer data, gsize size);
/* Up to TBUS_OUTBOX_MAX_FDS descriptors, borrowed likewise. */
void tbus_outbox_add_fds (TbusOutbox *self, const int *fds, guint n);
void tbus_outbox_clear (TbusOutbox *self);
gsize tbus_outbox_size (const TbusOutbox *self);

typedef enum {
  TBUS_SENT_ALL,
  TBUS_SENT_BLOCKED,   /* go on when the socket is writable */
  TBUS_SENT_STARVED,   /* the system is short of something for now: go on later */
  TBUS_SENT_GONE,      /* nobody reads at the other end */
} TbusSent;

/* Sends what the socket takes; adds how many bytes that was to @n_sent. */
TbusSent tbus_outbox_flush (TbusOutbox *self, int fd, gsize *n_sent);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusOutbox, tbus_outbox_free)

G_END_DECLS
