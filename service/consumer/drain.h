/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Drain: a thread that empties ring buffers into files.
 *
 * A stream belongs to the thread of its cpu for as long as it is watched; nobody else touches it, so
 * there are no locks on the way of the data.
 * Owner:   the consumer.
 * Threads: start and stop main; the loop its own.
 */
#include "consumer/loop.h"

#include <pthread.h>

enum { TC_MAX_DRAINS = 8 };

typedef struct {
  TcLoop *loop;
  pthread_t thread;
  size_t page_size;
  uint8_t *page; /* its own page, page-aligned: a header that no app can change any more */
  TcMail stop;
} TcDrain;

/* How many this machine can make use of. */
unsigned tc_drain_count (void);
/* 0, or -1 with errno. */
int tc_drain_start (TcDrain *self, unsigned index);
/* After what was posted to it has run. */
void tc_drain_stop (TcDrain *self);
