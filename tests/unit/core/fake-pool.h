/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fake pool: one fake consumer per user and bitness, running from the start.
 *
 * Owner: the test. Threads: main.
 */
#include "core/ports.h"
#include "fake-consumer.h"

G_BEGIN_DECLS

typedef struct FakePool FakePool;

FakePool *fake_pool_new (void);
void fake_pool_free (FakePool *self);
TbusConsumerPool fake_pool_get_port (FakePool *self);
/* Made where it is not there. (transfer none) */
FakeConsumer *fake_pool_get (FakePool *self, uid_t uid, guint32 bits);
/* None for @bits from now on; 0 ends that. */
void fake_pool_refuse (FakePool *self, guint32 bits);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakePool, fake_pool_free)

G_END_DECLS
