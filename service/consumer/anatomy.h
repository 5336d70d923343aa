/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Anatomy: where a ring's memory has what the record for readers after a crash does not tell of, and what it takes to
 * have the ring go on after a packet that nobody will finish.
 *
 * It is found by watching: a small ring of as many sub-buffers is made, two empty packets are delivered in it, and
 * what has changed is compared; and again with sub-buffers of twice the size, since some of it stands behind these.
 * Owner:   the consumer keeps what was found.
 * Threads: any.
 * Limit:   rings of up to TC_MAX_ANATOMY_SUBBUFS sub-buffers.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TC_MAX_ANATOMY_SUBBUFS = 1024, TC_MAX_ANATOMIES = 32 };

/* Of counters that each sub-buffer has: distances from the array of commit counters, and from one to the next. */
typedef struct {
  size_t delivered; /* what was committed when it was delivered last; modulo the size of the address space */
  size_t delivered_stride;
  size_t sequence;  /* packets delivered in it: a uint64_t, of which sequence numbers are made */
  size_t sequence_stride;
} TcAnatomy;

typedef struct {
  uint64_t subbuf_size, num_subbuf;
  bool overwrite;
} TcRingShape;

typedef struct {
  pthread_mutex_t lock;
  unsigned n;
  struct TcKnownAnatomy {
    uint64_t num_subbuf;
    bool overwrite;
    TcAnatomy one, two; /* where a sub-buffer has a page, and two */
  } known[TC_MAX_ANATOMIES];
} TcAnatomies;

void tc_anatomies_init (TcAnatomies *self);
void tc_anatomies_clear (TcAnatomies *self);
/* 0, or -1 with errno: ENOTSUP where the library does not work as described. */
int tc_anatomies_find (TcAnatomies *self, const TcRingShape *shape, TcAnatomy *anatomy);
