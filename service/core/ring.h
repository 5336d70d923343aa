/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ring: the descriptors and the shared header of one channel's ring buffers, as a consumer made them and as apps
 * get them. The consumer owns the buffers; this is what the service keeps of them (architecture, rule 5).
 *
 * Per user it is the master copy: sent to every app (sending a descriptor makes the app's duplicate, B5).
 * Per process it is sent once, and then the write ends are closed, so that the consumer sees the app's going.
 *
 * Owner:   references. Threads: immutable but for tbus_ring_close_writers(), which main calls when no job holds it.
 * Limit:   counts in the fd budget: 1 for the channel, 3 a stream (B6). Who makes a ring has taken them from the
 *          budget before the descriptors existed; the ring gives back each with the descriptor that it closes.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  int memory_fd;
  int wakeup_fd; /* write end; -1 once closed */
  int wait_fd;   /* read end: keeps the pipe alive when the consumer dies */
} TbusRingStream;

typedef struct {
  gint refs;
  gpointer header; /* the tracer's shared header area */
  gsize header_len;
  guint64 memory_size; /* of one stream */
  int wakeup_fd;       /* the channel's */
  guint n_streams;
  TbusRingStream *streams;
} TbusRing;

typedef struct {
  gconstpointer header;
  gsize header_len;
  guint64 memory_size;
  guint n_streams;
  const int *memory_fds; /* @n_streams */
  const int *fds;        /* 1 + 2 @n_streams: the channel's wake-up (write end), then a stream's: write end, read end */
} TbusRingParts;

/* Takes every descriptor, with tbus_ring_cost() of the budget; copies the rest. */
TbusRing *tbus_ring_new (const TbusRingParts *parts);
/* Descriptors of a ring of @n_streams. */
guint tbus_ring_cost (guint n_streams);
TbusRing *tbus_ring_ref (TbusRing *self);
void tbus_ring_unref (TbusRing *self);
/* Closes the channel's and the streams' write ends: the last writer is the app now. */
void tbus_ring_close_writers (TbusRing *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusRing, tbus_ring_unref)

G_END_DECLS
