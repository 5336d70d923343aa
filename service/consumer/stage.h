/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Stage: the packets of one stream that are in the staging pool, in their order, and the writer's turn with them.
 *
 * A stage is busy from the first packet that is put on it until its writer has found nothing left to do: so long the
 * stream's file is the writer's, and its drain puts on the stage whatever comes. Else the file is the drain's.
 * Owner:   a stream.
 * Threads: its drain's, except for what its functions say; the writer's meanwhile.
 */
#include "consumer/loop.h"
#include "consumer/staging-pool.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct TcStage TcStage;

typedef struct {
  /* On the writer. Puts @numbers into the file, as far as it gets; how many. @last_chance: what is left is lost. */
  unsigned (*write) (TcStage *self, const uint32_t *numbers, unsigned n, bool last_chance);
  /* On the writer: this one could not be written, and is not tried again. */
  void (*lose) (TcStage *self, uint32_t number);
  /* On the drain, once after each tc_stage_check_*() that said no: something is done; or nothing can be just now. */
  void (*news) (TcStage *self);
} TcStageFuncs;

struct TcStage {
  const TcStageFuncs *funcs;
  TcStagingPool *pool;  /* nullable: there is none, and it is never busy */
  TcLoop *writer, *drain;
  TcMail work;          /* the writer's */
  TcTimer again;        /* the writer's: what could not be written is tried again */
  uint64_t pause;       /* until then; the writer's */
  TcMail news;          /* the drain's */

  pthread_mutex_t lock;
  pthread_cond_t idle;
  atomic_bool busy;     /* this and what follows: under @lock */
  uint32_t first, last; /* 0: none */
  bool asleep;          /* the last attempt failed, and the next is to come */
  bool last_chance;     /* what cannot be written is lost */
  bool asked;           /* for news */
  bool told;            /* news are on their way */
  uint64_t n_put, n_done; /* packets so far */
};

/* @pool is nullable. Drain and writer do not run it yet. */
void tc_stage_init (TcStage *self, const TcStageFuncs *funcs, TcStagingPool *pool, TcLoop *writer, TcLoop *drain);
/* It is not busy. */
void tc_stage_clear (TcStage *self);
bool tc_stage_is_busy (const TcStage *self);
/* The packet @number of the pool is next; without @start the writer is told of it later. */
void tc_stage_put (TcStage *self, uint32_t number, bool start);
/* The writer is told of what was put without. */
void tc_stage_start (TcStage *self);
/* Packets that were put so far. */
uint64_t tc_stage_count_put (TcStage *self);
/*
 * Whether nothing is left to wait for: the first @n packets are written, or it is in vain for now and is to be tried
 * again. UINT64_MAX: all. If not, @news comes: the writer, who may be done at any moment, cannot come in between.
 */
bool tc_stage_check_settled (TcStage *self, uint64_t n);
/* The same of not being busy, which it is also while something is to be tried again. */
bool tc_stage_check_idle (TcStage *self);
/* Waits until it is settled. */
void tc_stage_wait (TcStage *self);
/* What was in vain is tried again at once. */
void tc_stage_rouse (TcStage *self);
/* What is on it now is tried once more, at once, and then lost. */
void tc_stage_give_up (TcStage *self);
/* The same, and waits for its end. */
void tc_stage_finish (TcStage *self);
