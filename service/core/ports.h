/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Ports: what core needs of its neighbours, and what they tell it. main.c plugs the real ones in,
 * unit tests plug fakes in.
 *
 * Threads: every function is called on main and returns at once.
 */
#include "core/consumer.h"
#include "core/job.h"

G_BEGIN_DECLS

/* ust/ carries out what apps are asked. */
typedef struct {
  /* @job (transfer full); comes back in its @done, on main, also when the app is gone. One job an app at a time. */
  void (*submit) (gpointer self, TbusJob *job);
  /* Ends both connections of @tracee; the gone event follows. */
  void (*drop) (gpointer self, TbusTracee *tracee);
} TbusTracerOps;

typedef struct {
  const TbusTracerOps *ops;
  gpointer self;
} TbusTracer;

/* ust/ tells core; posted to main. */
typedef struct {
  /* Both sockets are there, and notifications are answered from now on. */
  void (*registered) (gpointer core, TbusTracee *tracee);
  /* Its job has made no progress for TBUS_PROGRESS_MS and it is not runnable; or has gone on after that. */
  void (*stalled) (gpointer core, TbusTracee *tracee, gboolean stalled);
  /* A socket hung up or was dropped. Comes once, after @registered, and after the job in flight came back. */
  void (*gone) (gpointer core, TbusTracee *tracee);
  /* @n registrations were refused since the last time; @why, a sentence, is of one of them. */
  void (*refused) (gpointer core, guint n, const char *why);
} TbusTracerEvents;

/* A consumer of another life of the service, as the state knows it. */
typedef struct {
  guint64 id;
  uid_t uid;
  guint32 bits;
} TbusConsumerAdoption;

/* supervise/ hands out consumers. */
typedef struct {
  /* The consumer of @uid and @bits, spawned where there is none. (transfer full) NULL with ConsumerFailed. */
  TbusConsumer *(*get) (gpointer self, uid_t uid, guint32 bits, GError **error);
  /*
   * The same with the id of then. Its process is the one of then, if that still lives and the descriptor store has its
   * link, else a new one; in both cases it is to be asked for everything that the state knows, and then to settle.
   */
  TbusConsumer *(*adopt) (gpointer self, const TbusConsumerAdoption *what, GError **error);
  /* Nobody gets @consumer any more, whoever still has a reference to it: who comes next gets another. */
  void (*let_go) (gpointer self, TbusConsumer *consumer);
} TbusConsumerPoolOps;

typedef struct {
  const TbusConsumerPoolOps *ops;
  gpointer self;
} TbusConsumerPool;

G_END_DECLS
