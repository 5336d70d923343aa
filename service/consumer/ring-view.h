/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ring view: a ring buffer seen from outside, without asking the library: whether it has a packet, and what is the
 * matter with one that is never finished.
 *
 * The library, asked for a packet that a writer has begun and not finished, sleeps up to 60 ms in the
 * hope that it will: on a thread that drains other apps' rings too. Each ring's memory begins with a
 * record for readers after a crash, which tells where its positions and commit counters are.
 * Owner:   a stream; one thread. What it reads is bounded before it is used: apps can write there.
 * Threads: made by main, then the stream's.
 */
#include "consumer/anatomy.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct {
  char *memory; /* NULL: the record is not one that this code knows */
  size_t len;
  size_t produced, consumed, committed; /* offsets; the last of an array, an element a sub-buffer */
  size_t stride;
  size_t commits, ids, pages; /* of the tables of commit counters, of sub-buffers, and of what is where */
  bool overwrite;
  unsigned long subbuf_size, num_subbuf;
} TcRingView;

typedef enum {
  TC_RING_EMPTY,      /* nothing can be read now, and the writer who changes that will tell */
  TC_RING_PACKET,
  TC_RING_UNFINISHED, /* writers are beyond the next packet, and something in it was never committed; nobody tells */
} TcRingState;

/* Of the packet at some position. */
typedef struct {
  size_t bytes;      /* committed */
  size_t from_start; /* of these, as many as certainly lie side by side */
} TcCommitted;

/* Of a ring that was just made in @fd. 0, also for a record of another kind; -1 with errno. */
int tc_ring_view_init (TcRingView *self, int fd);
/* The view of a new ring becomes one of the ring in @fd, which has the same shape. 0, or -1 with errno. */
int tc_ring_view_move (TcRingView *self, int fd);
void tc_ring_view_clear (TcRingView *self);
TcRingState tc_ring_view_look (const TcRingView *self);
/*
 * How many packets can be read, up to @max. Without @anatomy as far as they are committed: whoever committed the last
 * of a packet may have its last word still to say. Of a record of another kind it is 1, and only the library knows.
 */
unsigned tc_ring_view_count_packets (const TcRingView *self, const TcAnatomy *anatomy, unsigned max);

/* The rest is for views that know their ring: @memory is not NULL. Positions count bytes since the ring was made. */

/* Of the packet that is read next; and up to where writers have reserved. */
unsigned long tc_ring_view_get_consumed (const TcRingView *self);
unsigned long tc_ring_view_get_produced (const TcRingView *self);
/* Whether all is committed that was reserved in the packet that is written now. */
bool tc_ring_view_is_settled (const TcRingView *self);
TcCommitted tc_ring_view_count (const TcRingView *self, unsigned long position);
/* Whether @anatomy is that of a ring like this one: its counters are inside, and say what they can say. */
bool tc_ring_view_fits (const TcRingView *self, const TcAnatomy *anatomy);
/* Where writers do not overwrite: how far from the first sub-buffer the @i-th packet from the next one on begins. */
size_t tc_ring_view_get_place (const TcRingView *self, unsigned i);
/* Whether the library would give out the packet at @position. */
bool tc_ring_view_is_delivered (const TcRingView *self, const TcAnatomy *anatomy, unsigned long position);
/* Has the ring go on after a packet whose writer is dead: writers may use its place again. Nobody is writing there. */
void tc_ring_view_deliver (const TcRingView *self, const TcAnatomy *anatomy, unsigned long position);
/* The packet at @position is read. */
void tc_ring_view_skip (const TcRingView *self, unsigned long position);
/* Whether the records of two rings, of which @fresh was just made, say the same of where things are. */
bool tc_ring_has_same_shape (int fresh, int other);
