/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Sentry: a thread that sees which of the others do not come back from what they are at, because a file system keeps
 * them waiting. Nothing can be done about that, but it can be said.
 *
 * It looks at the loops once a second while any of them does something, and sleeps when none does. One that was found
 * TC_SENTRY_LOOKS times in the same callback, and used hardly any processor time in it, waits.
 * Owner:   the consumer.
 * Threads: start and stop main; rouse any.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { TC_SENTRY_LOOKS = 3, TC_SENTRY_LOOPS = 32 };

typedef struct TcLoop TcLoop;

typedef struct TcSentry {
  /* On the sentry's thread, at each look while somebody waits, and then once with false. False: not told, try again. */
  bool (*tell) (struct TcSentry *self, bool waiting);
  pthread_t thread;
  sem_t news; /* it was roused, or is to quit */
  bool started, told;
  atomic_bool quit;
  atomic_bool asleep; /* whoever clears it posts */
  unsigned n_loops;
  struct {
    TcLoop *loop;
    uint64_t steps, cpu_time; /* at the last look */
    unsigned looks;           /* at the same step */
  } watched[TC_SENTRY_LOOPS];
} TcSentry;

void tc_sentry_init (TcSentry *self, bool (*tell) (TcSentry *self, bool waiting));
/* Before tc_sentry_start(); @loop may run already. */
void tc_sentry_watch (TcSentry *self, TcLoop *loop);
/* 0, or -1 with errno. */
int tc_sentry_start (TcSentry *self);
/* Does nothing where it was not started. */
void tc_sentry_stop (TcSentry *self);
/* No loop runs any more that it watches. */
void tc_sentry_clear (TcSentry *self);
/* A loop has something to do. */
void tc_sentry_rouse (TcSentry *self);
