/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Loop: descriptors, timers and mail of one thread.
 *
 * Mail is how threads meet here: it runs on the loop it was posted to, in the order of posting, and
 * many letters cost one wake-up. A timer that is due now is how a thread goes on with something after
 * it has looked at everything else.
 * Owner:   one thread, which makes, runs and frees it.
 * Threads: the owner's, except tc_loop_post() and what the sentry asks.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct TcLoop TcLoop;
typedef struct TcSentry TcSentry;

typedef struct TcWatch TcWatch;
struct TcWatch {
  int fd;
  void (*ready) (TcWatch *self, uint32_t events); /* of epoll; may remove any watch */
};

typedef struct TcTimer TcTimer;
struct TcTimer {
  void (*fire) (TcTimer *self); /* may arm or disarm any timer, its own too */
  uint64_t due;
  size_t place; /* in the heap, from 1; 0: not armed */
};

typedef struct TcMail TcMail;
struct TcMail {
  TcMail *next;
  void (*run) (TcMail *self); /* the loop has forgotten the letter by then: it may be freed, or posted again */
};

/* Monotonic nanoseconds. */
uint64_t tc_now (void);

/* NULL with errno. */
TcLoop *tc_loop_new (void);
void tc_loop_free (TcLoop *self);
/* Returns after tc_loop_quit(). */
void tc_loop_run (TcLoop *self);
void tc_loop_quit (TcLoop *self);

/* At any time: from now on @sentry is roused whenever there is something to do. */
void tc_loop_set_sentry (TcLoop *self, TcSentry *sentry);
/* From any thread: odd while it is at something, and another number after each callback. */
uint64_t tc_loop_count_steps (TcLoop *self);
/* From any thread, when it has run: nanoseconds of processor time that its thread has used. */
uint64_t tc_loop_get_cpu_time (TcLoop *self);

/* From any thread. @mail is not the caller's until it has run. */
void tc_loop_post (TcLoop *self, TcMail *mail);
/* It will not run, whether it was posted or not: it may be freed. Nobody else may be posting it. */
void tc_loop_take_back (TcLoop *self, const TcMail *mail);

/* Level-triggered where @events does not say otherwise. 0, or -1 with errno. @events 0: only hang-up and error. */
int tc_loop_watch (TcLoop *self, TcWatch *watch, uint32_t events);
void tc_loop_watch_for (TcLoop *self, TcWatch *watch, uint32_t events);
/* Before the descriptor is closed. */
void tc_loop_unwatch (TcLoop *self, TcWatch *watch);

/* (Re-)arms it. 0, or -1 where there is no memory and it is not armed. */
int tc_loop_arm (TcLoop *self, TcTimer *timer, uint64_t due);
void tc_loop_disarm (TcLoop *self, TcTimer *timer);
