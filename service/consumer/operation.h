/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Operation: one thing done with every stream of some channels, each on its own drain, and then
 * something on main.
 *
 * Mail keeps its order and every operation visits every drain, so operations happen, and are done, in the
 * order in which they were started: what one closes has seen all earlier ones, and no later one. One that
 * has packets written is done when none of them is in the staging pool any more; those behind it wait for that as well.
 * Owner:   itself, from start to the return of its done function.
 * Threads: main.
 */
#include "consumer/set.h"

typedef enum {
  TC_OPERATION_ATTACH,
  TC_OPERATION_READ,
  TC_OPERATION_SWITCH, /* flush what holds events */
  TC_OPERATION_STOP,   /* flush for good */
  TC_OPERATION_INSPECT,
  TC_OPERATION_MEND,
  TC_OPERATION_RESUME,
  TC_OPERATION_CLOSE,
} TcOperationKind;

typedef struct TcOperation TcOperation;
struct TcOperation {
  TcConsumer *consumer;
  TcOperationKind kind;
  void (*done) (TcOperation *self); /* nullable */
  uint64_t serial;                  /* of the request that waits for it */
  bool quiet;                       /* STOP: nobody is within an event */
  uint64_t told_at;                 /* MEND */
  TcSet *set;                       /* nullable: what it is about */
  TcChannel **channels;
  unsigned n_channels, max_channels;

  _Atomic unsigned remaining;
  TcMail done_mail;
  struct TcShare {
    TcMail mail;
    TcShare *next; /* waiting */
    bool first;    /* of those that wait: it is settled when all is written that was taken from rings by then */
    TcOperation *operation;
    unsigned drain;
  } shares[TC_MAX_DRAINS];
};

/* For up to @max_channels. NULL without memory. */
TcOperation *tc_operation_new (TcConsumer *consumer, TcOperationKind kind, unsigned max_channels);
void tc_operation_add (TcOperation *self, TcChannel *channel);
void tc_operation_free (TcOperation *self);
void tc_operation_start (TcOperation *self);
