/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Supervised consumer: a TbusConsumer whose process is started, watched and replaced here.
 *
 *   STARTING --hello--> RUNNING --end of the process--> RESTARTING --delay, spawn, hello--> RUNNING
 *   any but RUNNING --cannot start, wrong version, too many deaths--> FAILED --retry--> STARTING
 *
 * Requests are sent when RUNNING, wait in order while there is no process, and are refused when FAILED or closed. A
 * process that ends takes with it what it was asked (answered with ConsumerFailed) and what it held: core, told by
 * "died", asks anew, and may do so at once. What waits goes to the successor.
 *
 * When it has had nothing to do for a while, and holds nothing, it says "idle": its users may let go of it.
 *
 * Owner:   its users; the pool only knows of it. Without users the link is closed: the process drains and ends. One
 *          that holds nothing has TBUS_EXIT_TIMEOUT_MS for it, and is killed then.
 * Threads: main.
 */
#include "core/ports.h"
#include "supervise/request.h"
#include "supervise/spawner.h"

G_BEGIN_DECLS

#define TBUS_TYPE_SUPERVISED_CONSUMER (tbus_supervised_consumer_get_type ())
G_DECLARE_FINAL_TYPE (TbusSupervisedConsumer, tbus_supervised_consumer, TBUS, SUPERVISED_CONSUMER, TbusConsumer)

/* For what tbus_spawner_check() allows; starts at once. */
TbusSupervisedConsumer *tbus_supervised_consumer_new (TbusSpawner *spawner, uid_t uid, guint32 bits);
/*
 * One of a former service: its process goes on where it still lives and its link was kept. If it does not answer, it is
 * ended, and there is another; nobody is told "died" before it was running.
 */
TbusSupervisedConsumer *tbus_supervised_consumer_adopt (TbusSpawner *spawner, const TbusConsumerAdoption *what);
/* Gives a failed one another try, one that died too often after a rest; nothing otherwise. */
void tbus_supervised_consumer_retry (TbusSupervisedConsumer *self);
/* For the verbs: sends it, or has it wait. (transfer full) */
void tbus_supervised_consumer_ask (TbusSupervisedConsumer *self, TbusRequest *request);
/* For good: the process drains and ends, and what was asked is answered with ConsumerFailed. */
void tbus_supervised_consumer_close (TbusSupervisedConsumer *self);
/*
 * The service stops for another to come: nothing is sent, answered or told any more, and where the descriptor store
 * keeps the link, the process does not notice.
 */
void tbus_supervised_consumer_suspend (TbusSupervisedConsumer *self);

G_END_DECLS
