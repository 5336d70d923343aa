/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/pool.h"

#include "base/error.h"
#include "base/thread.h"
#include "supervise/consumer.h"

struct TbusPool {
  TbusSpawner *spawner;
  GPtrArray *consumers; /* of TbusSupervisedConsumer, weak: each leaves when it goes */
  GPtrArray *leaving;   /* likewise: of these, those that nobody gets any more */
  gboolean closed;
};

TbusPool *
tbus_pool_new (const char *program64, const char *program32)
{
  TbusPool *self = g_new0 (TbusPool, 1);

  self->spawner = tbus_spawner_new (program64, program32);
  self->consumers = g_ptr_array_new ();
  self->leaving = g_ptr_array_new ();
  return self;
}

static void
on_gone (gpointer user_data, GObject *where_it_was)
{
  TbusPool *self = user_data;

  g_ptr_array_remove_fast (self->consumers, where_it_was);
  g_ptr_array_remove_fast (self->leaving, where_it_was);
}

void
tbus_pool_free (TbusPool *self)
{
  for (guint i = 0; i < self->consumers->len; i++)
    g_object_weak_unref (self->consumers->pdata[i], on_gone, self);
  g_ptr_array_unref (self->consumers);
  g_ptr_array_unref (self->leaving);
  g_object_unref (self->spawner);
  g_free (self);
}

TbusSpawner *
tbus_pool_get_spawner (TbusPool *self)
{
  return self->spawner;
}

static TbusSupervisedConsumer *
find (TbusPool *self, uid_t uid, guint32 bits)
{
  for (guint i = 0; i < self->consumers->len; i++)
    {
      TbusConsumer *consumer = self->consumers->pdata[i];

      if (tbus_consumer_get_uid (consumer) == uid && tbus_consumer_get_bits (consumer) == bits
          && !g_ptr_array_find (self->leaving, consumer, NULL))
        return TBUS_SUPERVISED_CONSUMER (consumer);
    }
  return NULL;
}

static gboolean
check (TbusPool *self, uid_t uid, guint32 bits, GError **error)
{
  if (!self->closed)
    return tbus_spawner_check (self->spawner, uid, bits, error);
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED,
               "No consumer is started any more: the service is stopping");
  return FALSE;
}

static TbusConsumer *
add (TbusPool *self, TbusSupervisedConsumer *consumer)
{
  g_ptr_array_add (self->consumers, consumer);
  g_object_weak_ref (G_OBJECT (consumer), on_gone, self);
  return TBUS_CONSUMER (consumer);
}

static TbusConsumer *
get (gpointer user_data, uid_t uid, guint32 bits, GError **error)
{
  TbusPool *self = user_data;
  TbusSupervisedConsumer *consumer;

  tbus_thread_assert_main ();
  if (!check (self, uid, bits, error))
    return NULL;
  consumer = find (self, uid, bits);
  if (consumer != NULL)
    {
      tbus_supervised_consumer_retry (consumer);
      return TBUS_CONSUMER (g_object_ref (consumer));
    }
  return add (self, tbus_supervised_consumer_new (self->spawner, uid, bits));
}

static TbusConsumer *
adopt (gpointer user_data, const TbusConsumerAdoption *what, GError **error)
{
  TbusPool *self = user_data;

  tbus_thread_assert_main ();
  if (!check (self, what->uid, what->bits, error))
    return NULL;
  return add (self, tbus_supervised_consumer_adopt (self->spawner, what));
}

static void
let_go (gpointer user_data, TbusConsumer *consumer)
{
  TbusPool *self = user_data;

  tbus_thread_assert_main ();
  g_ptr_array_add (self->leaving, consumer);
}

TbusConsumerPool
tbus_pool_port (TbusPool *self)
{
  static const TbusConsumerPoolOps ops = { get, adopt, let_go };

  return (TbusConsumerPool){ &ops, self };
}

static void
on_finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;

  tbus_spawner_finish_finish (TBUS_SPAWNER (source), result);
  g_task_return_boolean (task, TRUE);
}

/* Of TbusSupervisedConsumer: what closes them may be what they are used by. */
static GPtrArray *
hold_all (TbusPool *self)
{
  GPtrArray *consumers = g_ptr_array_copy (self->consumers, (GCopyFunc) (void (*) (void)) g_object_ref, NULL);

  g_ptr_array_set_free_func (consumers, g_object_unref);
  return consumers;
}

void
tbus_pool_suspend (TbusPool *self)
{
  g_autoptr(GPtrArray) consumers = hold_all (self);

  tbus_thread_assert_main ();
  self->closed = TRUE;
  g_ptr_array_foreach (consumers, (GFunc) (void (*) (void)) tbus_supervised_consumer_suspend, NULL);
  tbus_spawner_let_go (self->spawner);
}

void
tbus_pool_shutdown_async (TbusPool *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  g_autoptr(GPtrArray) consumers = hold_all (self);

  tbus_thread_assert_main ();
  self->closed = TRUE;
  g_ptr_array_foreach (consumers, (GFunc) (void (*) (void)) tbus_supervised_consumer_close, NULL);
  tbus_spawner_finish_async (self->spawner, on_finished, task);
}

void
tbus_pool_shutdown_finish (TbusPool *self, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
