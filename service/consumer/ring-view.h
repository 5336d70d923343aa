/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ring view: whether a ring buffer has a packet, seen from outside, without asking the library.
 *
 * The library, asked for a packet that a writer has begun and not finished, sleeps up to 60 ms in the
 * hope that it will: on a thread that drains other apps' rings too. Each ring's memory begins with a
 * record for readers after a crash, which tells where its positions and commit counters are.
 * Owner:   a stream; one thread. What it reads is only ever compared: apps can write there.
 * Threads: made by main, then the stream's.
 */
#include <stdbool.h>
#include <stddef.h>

typedef struct {
  const char *memory; /* NULL: the record is not one that this code knows */
  size_t len;
  size_t produced, consumed, committed; /* offsets; the last of an array, an element a sub-buffer */
  size_t stride;
  unsigned long subbuf_size, num_subbuf;
} TcRingView;

/* Of a ring that was just made in @fd. 0, also for a record of another kind; -1 with errno. */
int tc_ring_view_init (TcRingView *self, int fd);
/* The view of a new ring becomes one of the ring in @fd, which has the same shape. 0, or -1 with errno. */
int tc_ring_view_move (TcRingView *self, int fd);
void tc_ring_view_clear (TcRingView *self);
/* False: nothing can be read now, and the writer who changes that will tell. */
bool tc_ring_view_has_packet (const TcRingView *self);
/* Whether the records of two rings, of which @fresh was just made, say the same of where things are. */
bool tc_ring_has_same_shape (int fresh, int other);
