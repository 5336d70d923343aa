/* SPDX-License-Identifier: GPL-2.0-only */
/* The consumer as callers see it: identity, state, load, and who is told of a change. */
#include "core/consumer.h"

#include "base/thread.h"

#define PLAIN_TYPE_CONSUMER (plain_consumer_get_type ())
G_DECLARE_FINAL_TYPE (PlainConsumer, plain_consumer, PLAIN, CONSUMER, TbusConsumer)

struct _PlainConsumer {
  TbusConsumer parent_instance;
};

G_DEFINE_FINAL_TYPE (PlainConsumer, plain_consumer, TBUS_TYPE_CONSUMER)

static void
plain_consumer_class_init (PlainConsumerClass *klass)
{
}

static void
plain_consumer_init (PlainConsumer *self)
{
}

typedef struct {
  TbusConsumer *consumer;
  GString *told; /* names of properties, in order */
} Fixture;

static void
on_notify (GObject *object, GParamSpec *pspec, gpointer data)
{
  g_string_append_printf (data, "%s ", pspec->name);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->consumer = g_object_new (PLAIN_TYPE_CONSUMER, "uid", 1000u, "bits", 32u, NULL);
  f->told = g_string_new (NULL);
  g_signal_connect (f->consumer, "notify", G_CALLBACK (on_notify), f->told);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_finalize_object (f->consumer);
  g_string_free (f->told, TRUE);
}

/* B1 */
static void
each_has_an_id_of_its_own (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusConsumer) next = g_object_new (PLAIN_TYPE_CONSUMER, NULL);
  g_autoptr(TbusConsumer) restored = g_object_new (PLAIN_TYPE_CONSUMER, "id", (guint64) 7000, NULL);

  g_assert_cmpuint (tbus_consumer_get_id (f->consumer), >, 0);
  g_assert_cmpuint (tbus_consumer_get_id (next), >, tbus_consumer_get_id (f->consumer));
  g_assert_cmpuint (tbus_consumer_get_id (restored), ==, 7000);
  g_assert_cmpuint (tbus_consumer_get_uid (f->consumer), ==, 1000);
  g_assert_cmpuint (tbus_consumer_get_bits (f->consumer), ==, 32);
}

static void
tells_what_changed_and_nothing_else (Fixture *f, gconstpointer data)
{
  tbus_consumer_set_process (f->consumer, 0, TBUS_CONSUMER_STARTING, 0);
  g_assert_cmpstr (f->told->str, ==, "");
  tbus_consumer_set_process (f->consumer, 42, TBUS_CONSUMER_RUNNING, 0);
  g_assert_nonnull (strstr (f->told->str, "pid"));
  g_assert_nonnull (strstr (f->told->str, "state"));
  g_assert_null (strstr (f->told->str, "restarts"));
  g_string_truncate (f->told, 0);
  tbus_consumer_set_process (f->consumer, 42, TBUS_CONSUMER_RUNNING, 1);
  g_assert_cmpstr (f->told->str, ==, "restarts ");
  g_assert_cmpint (tbus_consumer_get_pid (f->consumer), ==, 42);
  g_assert_cmpint (tbus_consumer_get_state (f->consumer), ==, TBUS_CONSUMER_RUNNING);
  g_assert_cmpuint (tbus_consumer_get_restarts (f->consumer), ==, 1);
}

static void
counts_its_load (Fixture *f, gconstpointer data)
{
  tbus_consumer_add_load (f->consumer, 2, 8);
  tbus_consumer_add_load (f->consumer, -1, -4);
  tbus_consumer_add_bytes (f->consumer, G_GUINT64_CONSTANT (5000000000));
  tbus_consumer_add_bytes (f->consumer, 0);
  g_assert_cmpuint (tbus_consumer_get_channels (f->consumer), ==, 1);
  g_assert_cmpuint (tbus_consumer_get_streams (f->consumer), ==, 4);
  g_assert_cmpuint (tbus_consumer_get_bytes_written (f->consumer), ==, G_GUINT64_CONSTANT (5000000000));
  g_assert_cmpstr (strstr (f->told->str, "bytes-written"), ==, "bytes-written ");
}

static void
properties_are_what_the_getters_say (Fixture *f, gconstpointer data)
{
  guint64 id, bytes;
  guint uid, bits, pid, state, restarts, channels, streams;

  tbus_consumer_set_process (f->consumer, 42, TBUS_CONSUMER_FAILED, 3);
  tbus_consumer_add_load (f->consumer, 1, 2);
  tbus_consumer_add_bytes (f->consumer, 9);
  g_object_get (f->consumer, "id", &id, "uid", &uid, "bits", &bits, "pid", &pid, "state", &state, "restarts", &restarts,
                "channels", &channels, "streams", &streams, "bytes-written", &bytes, NULL);
  g_assert_cmpuint (id, ==, tbus_consumer_get_id (f->consumer));
  g_assert_cmpuint (uid, ==, 1000);
  g_assert_cmpuint (bits, ==, 32);
  g_assert_cmpuint (pid, ==, 42);
  g_assert_cmpuint (state, ==, TBUS_CONSUMER_FAILED);
  g_assert_cmpuint (restarts, ==, 3);
  g_assert_cmpuint (channels, ==, 1);
  g_assert_cmpuint (streams, ==, 2);
  g_assert_cmpuint (bytes, ==, 9);
  g_assert_cmpstr (tbus_consumer_state_to_string (state), ==, "failed");
}

#define add(name, test) g_test_add ("/core/consumer/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  tbus_thread_init ();
  g_test_init (&argc, &argv, NULL);
  add ("each-has-an-id-of-its-own", each_has_an_id_of_its_own);
  add ("tells-what-changed-and-nothing-else", tells_what_changed_and_nothing_else);
  add ("counts-its-load", counts_its_load);
  add ("properties-are-what-the-getters-say", properties_are_what_the_getters_say);
  return g_test_run ();
}
