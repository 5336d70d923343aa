/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Consumer: all that one consumer process holds, and its link to the service.
 *
 * It lives as long as the link: when the service hangs up, everything is drained and closed, and the
 * process ends. A service that died may have left its end with somebody, who gives it to the next: see
 * consumer/succession.h.
 * Owner:   main().
 * Threads: main, except @loop's posts, and the sentry, which tells.
 */
#include "consumer/lookout.h"
#include "consumer/operation.h"
#include "consumer/sentry.h"
#include "wire/socket.h"

struct TcConsumer {
  TcLoop *loop;
  TwSocket *link; /* NULL once the service has gone; it is used under @link_lock, also by the sentry */
  pthread_mutex_t link_lock;
  TcSentry sentry;
  TcWatch link_watch;
  TcWatch signal_watch;
  bool link_wants_write;
  TcDrain drains[TC_MAX_DRAINS];
  TcDrain writers[TC_MAX_DRAINS]; /* of what is in the staging pool */
  unsigned n_drains, n_writers;
  TcStagingPool *staging; /* NULL: none yet, or none at all */
  size_t staging_size;    /* of the one to be made; 0: none */
  bool staging_is_kept;   /* by the service, too, or by the one before */
  TcTimer orphans;        /* what a dead one left in the pool has been claimed after some rounds of it */
  unsigned orphan_rounds;
  TcLookout lookout;
  TcTable outputs, sets, channels;
  TcAnatomies anatomies;
  unsigned n_operations;
  unsigned life; /* how often a service has said hello */
  bool leaving;
};

/* Takes @link_fd if it succeeds. @staging_size: bytes of the staging pool; 0: none. NULL with errno. */
TcConsumer *tc_consumer_new (int link_fd, size_t staging_size);
/* Until the service has gone, and everything is closed. */
void tc_consumer_run (TcConsumer *self);
void tc_consumer_free (TcConsumer *self);
/* Closes everything, then ends tc_consumer_run(). Again: nothing. */
void tc_consumer_leave (TcConsumer *self);
void tc_consumer_leave_if_idle (TcConsumer *self);

TcSet *tc_consumer_find_set (TcConsumer *self, uint64_t set);
TcChannel *tc_consumer_find_channel (TcConsumer *self, uint64_t channel);

/* Answers; consumes @body. Once the service has gone, nothing. */
void tc_consumer_reply (TcConsumer *self, uint64_t serial, TwWriter *body);
/* The same with descriptors. 0, or -1 with errno: the request is not answered then. */
int tc_consumer_reply_with_fds (TcConsumer *self, uint64_t serial, TwWriter *body, const int *fds, size_t n_fds);
void tc_consumer_refuse (TcConsumer *self, uint64_t serial, const TcError *error);
/* Tells. An event that the service can do without is left out while it does not read: false. */
bool tc_consumer_tell (TcConsumer *self, TwType type, TwWriter *body, bool may_skip);

/* commands.c: answers one request, now or later. */
void tc_command (TcConsumer *self, TwMessage *message);
/*
 * adopting.c: goes on with a dead consumer's channel, and answers @serial. @fds: as TW_ADOPT_CHANNEL has them;
 * those that it takes become -1. False with @error: not answered.
 */
bool tc_adopt_channel (TcConsumer *self, uint64_t serial, const TwAdoption *adoption, int *fds, TcError *error);
/* closing.c: begins to close it; @serial is answered after. False without memory: nothing has happened. */
bool tc_close_set (TcSet *set, uint64_t serial);
bool tc_close_channel (TcChannel *channel, uint64_t serial);
/* Answers with the counters of @operation's channels. */
void tc_reply_counters (TcOperation *operation);

/*
 * staging.c: makes the staging pool, or goes on with the one in @fd, which it takes (and leaves -1); nothing, where
 * there is one. Without memory there is none, and all is written from the rings.
 */
void tc_staging_begin (TcConsumer *self, int *fd);
/*
 * The service has what is there now, if it is @known, and it is used from now on. If not, it is not: nobody would find
 * there what a killed process left. One that is in use, or was inherited, the service has from before.
 */
void tc_staging_told (TcConsumer *self, bool known);
void tc_staging_end (TcConsumer *self);

/* ticks.c: timers and events of what was just made. */
void tc_ticks_add_set (TcSet *set);
void tc_ticks_add_channel (TcChannel *channel);
/* A channel stopped, or goes. */
void tc_ticks_stop_channel (TcChannel *channel);
void tc_ticks_resume_channel (TcChannel *channel);
/* Its writers have gone: told, also again. */
void tc_ticks_tell_hangup (TcChannel *channel);
bool tc_ticks_tell_problem (void *consumer, const TwProblem *problem);
