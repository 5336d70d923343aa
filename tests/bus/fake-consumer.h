/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fake consumer: answers everything from main's loop, writes nothing. A path below /denied is OutputUnavailable.
 *
 * Owner:   references. Threads: main.
 */
#include "core/ports.h"

G_BEGIN_DECLS

#define TST_TYPE_FAKE_CONSUMER (tst_fake_consumer_get_type ())
G_DECLARE_FINAL_TYPE (TstFakeConsumer, tst_fake_consumer, TST, FAKE_CONSUMER, TbusConsumer)

/* While it holds, answers wait; letting go sends them. */
void tst_fake_consumer_hold (TstFakeConsumer *self, gboolean hold);
/* How many answers wait. */
guint tst_fake_consumer_waiting (TstFakeConsumer *self);

/* A pool of one consumer, which it makes when it is first asked. */
typedef struct {
  TstFakeConsumer *consumer; /* NULL: not asked yet */
  gboolean broken;           /* answers ConsumerFailed */
} TstFakePool;

TbusConsumerPool tst_fake_pool (TstFakePool *self);

G_END_DECLS
