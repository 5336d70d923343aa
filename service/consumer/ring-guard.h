/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ring guard: the library's calls on memory that programs write to, which may do so to do harm.
 *
 * The library believes what a ring says of itself: where its parts are, and whose. That never changes once the ring is
 * made, so it is noted then, and looked at before each call; the positions and counters that do change, the library
 * and the ring view check. What is changed between the look and the call can still lead the library astray: a fault or
 * an assertion within the call then ends the call and not the process. After either, the library sees that ring no
 * more: it gets memory of our own in its place, in which it can take the ring apart.
 *
 * Owner:   a stream; one thread.
 * Threads: tc_ring_guard_install(): main, before others exist.
 */
#include "consumer/ring-view.h"

#include <stdint.h>

struct lttng_ust_ctl_consumer_stream;

typedef struct {
  size_t offset, len;
} TcRingPart;

typedef struct {
  struct lttng_ust_ctl_consumer_stream *stream;
  const TcRingView *view;
  uint8_t *library;  /* where the library has the memory; NULL: it is not laid out as this code knows it */
  TcRingPart *parts; /* that never change */
  size_t n_parts;
  uint8_t *noted;    /* what they are, one after the other */
  size_t ids, stride, n_ids; /* which pages the sub-buffers are in, and the reader's own */
  size_t own_id;
  unsigned long offset; /* of the packet that the library gave */
  bool broken;
} TcRingGuard;

/* Catches faults from now on, also where our own code reads what is not there any more: it reads zeroes then. */
void tc_ring_guard_install (void);

/* Of a ring that was just made, which @view has understood and keeps. 0, or -1 with errno. */
int tc_ring_guard_init (TcRingGuard *self, struct lttng_ust_ctl_consumer_stream *stream, const TcRingView *view);
/* The stream is not the library's any more. */
void tc_ring_guard_clear (TcRingGuard *self);
/* False: it is not what it was made as, and never will be. */
bool tc_ring_guard_is_sound (TcRingGuard *self);

/* The library's calls. -EBADMSG where the ring is not sound, or was not while the call ran. */
int tc_ring_guard_next (TcRingGuard *self);
/* Where the packet is; @offset is not checked. */
int tc_ring_guard_offset (TcRingGuard *self, unsigned long *offset);
int tc_ring_guard_put (TcRingGuard *self);
/* The same, and it is the next one again. */
int tc_ring_guard_put_back (TcRingGuard *self);
int tc_ring_guard_flush (TcRingGuard *self, bool producer_active);
void tc_ring_guard_close_write_end (TcRingGuard *self);
/* Frees the stream. */
void tc_ring_guard_destroy (TcRingGuard *self);
