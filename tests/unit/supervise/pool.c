/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool: who gets which consumer, and the end of all of them. */
#include "supervise/pool.h"

#include "support/leak.h"
#include "unit/supervise/fixture.h"

#include <unistd.h>

typedef struct {
  Fixture base;
  TbusPool *pool;
  TbusConsumerPool port;
} PoolFixture;

static void
set_up (PoolFixture *f, gconstpointer data)
{
  g_autofree char *program = NULL;

  fixture_set_up_bare (&f->base, data);
  program = tst_dir_file (f->base.dir, data != NULL ? "fake-stubborn" : "fake-good");
  f->pool = tbus_pool_new (program, NULL);
  f->port = tbus_pool_port (f->pool);
}

static void
on_shut_down (GObject *source, GAsyncResult *result, gpointer data)
{
  PoolFixture *f = data;

  g_assert_null (source);
  tbus_pool_shutdown_finish (f->pool, result);
  g_clear_pointer (&f->pool, tbus_pool_free);
}

static void
shut_down (PoolFixture *f)
{
  tbus_pool_shutdown_async (f->pool, on_shut_down, f);
  wait_until (f->pool == NULL);
}

static void
tear_down (PoolFixture *f, gconstpointer data)
{
  if (f->pool != NULL)
    shut_down (f);
  fixture_tear_down (&f->base, data);
}

static TbusConsumer *
get (PoolFixture *f, uid_t uid, guint32 bits, GError **error)
{
  return f->port.ops->get (f->port.self, uid, bits, error);
}

static void
one_owner_has_one_consumer (PoolFixture *f, gconstpointer data)
{
  g_autoptr(TbusConsumer) first = get (f, getuid (), 64, NULL);
  g_autoptr(TbusConsumer) second = get (f, getuid (), 64, NULL);

  g_assert_true (first == second);
  g_assert_cmpuint (tbus_consumer_get_uid (first), ==, getuid ());
  g_assert_cmpuint (tbus_consumer_get_bits (first), ==, 64);
}

static void
who_comes_after_the_last_user_gets_a_new_one (PoolFixture *f, gconstpointer data)
{
  TbusConsumer *first = get (f, getuid (), 64, NULL);
  guint64 id = tbus_consumer_get_id (first);
  g_autoptr(TbusConsumer) second = NULL;

  wait_until (tbus_consumer_get_state (first) == TBUS_CONSUMER_RUNNING);
  g_assert_finalize_object (first);
  second = get (f, getuid (), 64, NULL);
  g_assert_cmpuint (tbus_consumer_get_id (second), >, id);
}

/* Whoever knew it by its id was told that it is gone. */
static void
one_that_was_let_go_of_is_given_to_nobody (PoolFixture *f, gconstpointer data)
{
  g_autoptr(TbusConsumer) first = get (f, getuid (), 64, NULL);
  g_autoptr(TbusConsumer) second = NULL;
  g_autoptr(TbusConsumer) third = NULL;

  f->port.ops->let_go (f->port.self, first);
  second = get (f, getuid (), 64, NULL);
  third = get (f, getuid (), 64, NULL);
  g_assert_cmpuint (tbus_consumer_get_id (second), >, tbus_consumer_get_id (first));
  g_assert_true (third == second);
  shut_down (f); /* of all that anybody has */
  g_assert_cmpuint (tbus_consumer_get_pid (first), ==, 0);
}

/* B10 */
static void
without_a_program_for_its_bitness_an_app_has_no_consumer (PoolFixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  g_assert_null (get (f, getuid (), 32, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_cmpstr (error->message, ==, "No consumer for 32-bit apps: install tracebus-consumerd32");
}

static void
user_that_nobody_knows_has_no_consumer (PoolFixture *f, gconstpointer data)
{
  const uid_t nobody_knows = 3999999999u;
  const TbusOutputRequest request = { .session = 1, .path = "/x" };
  g_autoptr(TbusConsumer) consumer = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(Answer) answer = { 0 };

  consumer = get (f, nobody_knows, 64, &error);
  if (getuid () != 0)
    {
      g_assert_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
      g_assert_nonnull (strstr (error->message, "it would have to run as root"));
      return;
    }
  TBUS_CONSUMER_GET_CLASS (consumer)->check_output (consumer, &request, on_path, &answer);
  wait_until (answer.done);
  g_assert_error (answer.error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  g_assert_nonnull (strstr (answer.error->message, "User 3999999999 has no entry in the passwd database"));
}

/* B8: it is told whom to become before it opens anything. */
static void
consumer_of_another_user_is_told_whom_to_become (PoolFixture *f, gconstpointer data)
{
  const TbusOutputRequest asked = { .session = 1, .path = "/arguments" };
  const TbusOutputRequest home = { .session = 1, .path = "/environment/HOME" };
  g_autoptr(TbusConsumer) consumer = NULL;
  g_auto(Answer) arguments = { 0 };
  g_auto(Answer) directory = { 0 };

  if (getuid () != 0)
    {
      g_test_skip ("needs root");
      return;
    }
  consumer = get (f, 65534, 64, NULL);
  TBUS_CONSUMER_GET_CLASS (consumer)->check_output (consumer, &asked, on_path, &arguments);
  TBUS_CONSUMER_GET_CLASS (consumer)->check_output (consumer, &home, on_path, &directory);
  wait_until (directory.done);
  g_assert_cmpstr (arguments.text, ==, "/--uid=65534 --gid=65534 --groups=65534 ");
  g_assert_cmpstr (directory.text, ==, "/nonexistent");
}

static void
failed_consumer_is_tried_again_by_who_asks (PoolFixture *f, gconstpointer data)
{
  g_autoptr(TbusConsumer) consumer = NULL;
  g_autoptr(TbusConsumer) again = NULL;

  tbus_pool_free (f->pool);
  f->pool = tbus_pool_new ("/nonexistent/consumer", NULL);
  f->port = tbus_pool_port (f->pool);
  consumer = get (f, getuid (), 64, NULL);
  wait_until (tbus_consumer_get_state (consumer) == TBUS_CONSUMER_FAILED);
  again = get (f, getuid (), 64, NULL);
  g_assert_true (again == consumer);
  g_assert_cmpint (tbus_consumer_get_state (consumer), ==, TBUS_CONSUMER_STARTING);
}

static void
after_the_shutdown_there_is_none (PoolFixture *f, gconstpointer data)
{
  g_autoptr(TbusConsumer) consumer = get (f, getuid (), 64, NULL);
  g_autoptr(GError) error = NULL;

  wait_until (tbus_consumer_get_state (consumer) == TBUS_CONSUMER_RUNNING);
  tbus_pool_shutdown_async (f->pool, on_shut_down, f);
  g_assert_null (get (f, getuid (), 64, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED);
  wait_until (f->pool == NULL);
  g_assert_cmpint (tbus_consumer_get_state (consumer), ==, TBUS_CONSUMER_FAILED);
  g_assert_cmpuint (tst_children_count (getpid ()), ==, 0);
}

static void
shutdown_kills_what_does_not_end (PoolFixture *f, gconstpointer data)
{
  g_autoptr(TbusConsumer) consumer = get (f, getuid (), 64, NULL);
  g_autofree char *text = NULL;

  tbus_spawner_get_times (tbus_pool_get_spawner (f->pool))->exit_ms = 10;
  wait_until (tbus_consumer_get_state (consumer) == TBUS_CONSUMER_RUNNING);
  shut_down (f);
  text = take_log ();
  g_assert_nonnull (strstr (text, "did not end within 10 ms; killing it"));
  g_assert_cmpuint (tst_children_count (getpid ()), ==, 0);
}

#define add(name, manner, test) g_test_add ("/supervise/pool/" name, PoolFixture, manner, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  add ("one-owner-has-one-consumer", NULL, one_owner_has_one_consumer);
  add ("who-comes-after-the-last-user-gets-a-new-one", NULL, who_comes_after_the_last_user_gets_a_new_one);
  add ("one-that-was-let-go-of-is-given-to-nobody", NULL, one_that_was_let_go_of_is_given_to_nobody);
  add ("without-a-program-for-its-bitness-an-app-has-no-consumer", NULL,
       without_a_program_for_its_bitness_an_app_has_no_consumer);
  add ("user-that-nobody-knows-has-no-consumer", NULL, user_that_nobody_knows_has_no_consumer);
  add ("consumer-of-another-user-is-told-whom-to-become", NULL, consumer_of_another_user_is_told_whom_to_become);
  add ("failed-consumer-is-tried-again-by-who-asks", NULL, failed_consumer_is_tried_again_by_who_asks);
  add ("after-the-shutdown-there-is-none", NULL, after_the_shutdown_there_is_none);
  add ("shutdown-kills-what-does-not-end", "stubborn", shutdown_kills_what_does_not_end);
  return g_test_run ();
}
