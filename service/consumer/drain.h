/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Drain: a thread that empties ring buffers into files; as many more, the writers, empty the staging pool.
 *
 * A stream belongs to the thread of its cpu for as long as it is watched; nobody else touches it, so
 * there are no locks on the way of the data. What it stages one writer writes, always the same.
 * Owner:   the consumer.
 * Threads: start and stop main; the loop its own.
 */
#include "consumer/loop.h"

#include <pthread.h>

enum {
  TC_MAX_DRAINS = 8,
  TC_DRAIN_BATCH = 8, /* packets that are written at once */
};

typedef struct TcShare TcShare;

typedef struct {
  TcLoop *loop;
  pthread_t thread;
  int nice; /* of who started it */
  TcShare *waiting, **last_waiting; /* of operations whose packets are not all in files yet, in their order */
  size_t page_size;
  uint8_t *pages; /* its own, TC_DRAIN_BATCH: a packet's first page, which no app can change any more */
  TcMail stop;
} TcDrain;

/* operation.c: on the drain, what is waiting may be done. */
void tc_drain_review (TcDrain *self);

/* How many this machine can make use of. */
unsigned tc_drain_count (void);
/* A thread of that name. 0, or -1 with errno. */
int tc_drain_start (TcDrain *self, const char *name);
/* After what was posted to it has run. */
void tc_drain_stop (TcDrain *self);
