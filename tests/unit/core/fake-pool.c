/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake-pool.h"

#include "base/error.h"

struct FakePool {
  GPtrArray *consumers; /* of FakeConsumer */
  guint32 refused_bits;
};

FakePool *
fake_pool_new (void)
{
  FakePool *self = g_new0 (FakePool, 1);

  self->consumers = g_ptr_array_new_with_free_func (g_object_unref);
  return self;
}

void
fake_pool_free (FakePool *self)
{
  g_ptr_array_unref (self->consumers);
  g_free (self);
}

FakeConsumer *
fake_pool_get (FakePool *self, uid_t uid, guint32 bits)
{
  FakeConsumer *consumer;

  for (guint i = 0; i < self->consumers->len; i++)
    {
      consumer = g_ptr_array_index (self->consumers, i);
      if (tbus_consumer_get_uid (TBUS_CONSUMER (consumer)) == uid
          && tbus_consumer_get_bits (TBUS_CONSUMER (consumer)) == bits)
        return consumer;
    }
  consumer = g_object_new (FAKE_TYPE_CONSUMER, "uid", (guint) uid, "bits", bits, NULL);
  tbus_consumer_set_process (TBUS_CONSUMER (consumer), 4242, TBUS_CONSUMER_RUNNING, 0);
  g_ptr_array_add (self->consumers, consumer);
  return consumer;
}

void
fake_pool_refuse (FakePool *self, guint32 bits)
{
  self->refused_bits = bits;
}

static TbusConsumer *
get (gpointer pool, uid_t uid, guint32 bits, GError **error)
{
  FakePool *self = pool;

  if (bits != self->refused_bits)
    return g_object_ref (TBUS_CONSUMER (fake_pool_get (self, uid, bits)));
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "There is no %u-bit consumer", bits);
  return NULL;
}

static void
let_go (gpointer pool, TbusConsumer *consumer)
{
  g_ptr_array_remove_fast (((FakePool *) pool)->consumers, consumer);
}

TbusConsumerPool
fake_pool_get_port (FakePool *self)
{
  static const TbusConsumerPoolOps ops = { get, .let_go = let_go };

  return (TbusConsumerPool){ &ops, self };
}
