/* SPDX-License-Identifier: GPL-2.0-only */
/* What is put on a stage is written in order, tried again where it fails, and lost only at the end. */
#include "consumer/stage.h"

#include "consumer/drain.h"

#include <glib.h>
#include <string.h>

enum { PAGE = 4096, N_BLOCKS = 64 };

typedef struct {
  TcStage stage;
  TcStagingPool *pool;
  TcDrain writer;
  TcLoop *drain; /* run by the test */
  GMutex lock;
  GCond changed;
  GArray *written, *lost; /* sequences; under @lock */
  guint attempts;
  gboolean failing;
  guint64 next;
  guint news;
} Fixture;

static guint64
sequence_of (Fixture *f, guint32 number)
{
  TcStagedPacket packet;

  tc_staging_pool_describe (f->pool, number, &packet);
  return packet.sequence;
}

static unsigned
write_some (TcStage *stage, const uint32_t *numbers, unsigned n, bool last_chance)
{
  Fixture *f = (Fixture *) stage;
  unsigned done = 0;

  g_mutex_lock (&f->lock);
  f->attempts++;
  /* Not all at once: what is left is asked for again. */
  for (; !f->failing && done < MIN (n, 3); done++)
    {
      guint64 sequence = sequence_of (f, numbers[done]);

      g_array_append_val (f->written, sequence);
    }
  g_cond_broadcast (&f->changed);
  g_mutex_unlock (&f->lock);
  return done;
}

static void
lose (TcStage *stage, uint32_t number)
{
  Fixture *f = (Fixture *) stage;
  guint64 sequence = sequence_of (f, number);

  g_mutex_lock (&f->lock);
  g_array_append_val (f->lost, sequence);
  g_mutex_unlock (&f->lock);
}

static void
hear (TcStage *stage)
{
  Fixture *f = (Fixture *) stage;

  f->news++;
  tc_loop_quit (f->drain);
}

static const TcStageFuncs funcs = { write_some, lose, hear };

static void
set_up (Fixture *f, gconstpointer data)
{
  memset (f, 0, sizeof *f);
  g_mutex_init (&f->lock);
  g_cond_init (&f->changed);
  f->written = g_array_new (FALSE, FALSE, sizeof (guint64));
  f->lost = g_array_new (FALSE, FALSE, sizeof (guint64));
  f->pool = tc_staging_pool_new (N_BLOCKS * TC_STAGING_BLOCK);
  while (tc_staging_pool_fill (f->pool))
    ;
  g_assert_cmpint (tc_drain_start (&f->writer, "writer"), ==, 0);
  f->drain = tc_loop_new ();
  tc_stage_init (&f->stage, &funcs, f->pool, f->writer.loop, f->drain);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tc_stage_clear (&f->stage);
  tc_drain_stop (&f->writer);
  tc_loop_free (f->drain);
  tc_staging_pool_free (f->pool);
  g_array_unref (f->written);
  g_array_unref (f->lost);
  g_cond_clear (&f->changed);
  g_mutex_clear (&f->lock);
}

static gboolean
put (Fixture *f, gboolean start)
{
  static guint8 page[PAGE];
  const TcPacketOrigin origin = { .page_size = PAGE };
  const struct iovec parts[2] = { { page, PAGE }, { NULL, 0 } };
  const TcStagedPacket packet = { .size = PAGE, .sequence = f->next };
  guint32 number = tc_staging_pool_put (f->pool, &origin, parts, &packet);

  if (number == 0)
    return FALSE;
  f->next++;
  tc_stage_put (&f->stage, number, start);
  return TRUE;
}

static void
assert_in_order (GArray *sequences, guint64 first, guint n)
{
  g_assert_cmpuint (sequences->len, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_array_index (sequences, guint64, i), ==, first + i);
}

static void
wait_for_attempts (Fixture *f, guint n)
{
  g_mutex_lock (&f->lock);
  n += f->attempts;
  while (f->attempts < n)
    g_cond_wait (&f->changed, &f->lock);
  g_mutex_unlock (&f->lock);
}

static void
writes_in_order (Fixture *f, gconstpointer data)
{
  while (f->next < 2000)
    if (!put (f, TRUE))
      tc_stage_wait (&f->stage);
  tc_stage_finish (&f->stage);
  g_assert_false (tc_stage_is_busy (&f->stage));
  assert_in_order (f->written, 0, 2000);
  g_assert_cmpuint (f->lost->len, ==, 0);
}

static void
waits_for_its_start (Fixture *f, gconstpointer data)
{
  put (f, FALSE);
  put (f, FALSE);
  g_assert_false (tc_stage_is_busy (&f->stage));
  tc_stage_start (&f->stage);
  tc_stage_wait (&f->stage);
  assert_in_order (f->written, 0, 2);
}

static void
tries_again_what_fails (Fixture *f, gconstpointer data)
{
  f->failing = TRUE;
  for (guint i = 0; i < 10; i++)
    put (f, TRUE);
  wait_for_attempts (f, 2);
  g_mutex_lock (&f->lock);
  f->failing = FALSE;
  g_mutex_unlock (&f->lock);
  wait_for_attempts (f, 1);
  tc_stage_finish (&f->stage);
  assert_in_order (f->written, 0, 10);
  g_assert_cmpuint (f->lost->len, ==, 0);
}

/* A stop does not wait for a disk that is full. */
static void
is_settled_where_nothing_can_be_done (Fixture *f, gconstpointer data)
{
  f->failing = TRUE;
  put (f, TRUE);
  tc_stage_wait (&f->stage);
  g_assert_true (tc_stage_check_settled (&f->stage, UINT64_MAX));
  g_assert_true (tc_stage_is_busy (&f->stage));
  tc_stage_finish (&f->stage);
  assert_in_order (f->lost, 0, 1);
  g_assert_cmpuint (f->written->len, ==, 0);
}

static void
gives_up_only_what_was_there (Fixture *f, gconstpointer data)
{
  f->failing = TRUE;
  for (guint i = 0; i < 5; i++)
    put (f, TRUE);
  tc_stage_finish (&f->stage);
  assert_in_order (f->lost, 0, 5);
  put (f, TRUE);
  wait_for_attempts (f, 2);
  g_mutex_lock (&f->lock);
  f->failing = FALSE;
  g_mutex_unlock (&f->lock);
  tc_stage_finish (&f->stage);
  assert_in_order (f->lost, 0, 5);
  assert_in_order (f->written, 5, 1);
}

static void
tells_once_who_asked (Fixture *f, gconstpointer data)
{
  g_assert_true (tc_stage_check_idle (&f->stage)); /* of nothing there is no news */
  f->failing = TRUE;
  put (f, TRUE);
  g_assert_false (tc_stage_check_idle (&f->stage));
  g_assert_false (tc_stage_check_idle (&f->stage));
  tc_loop_run (f->drain);
  g_assert_cmpuint (f->news, ==, 1);
  tc_stage_finish (&f->stage);
}

/* A loop that was ended does not run again. */
static void
renew_drain (Fixture *f)
{
  tc_stage_clear (&f->stage);
  tc_loop_free (f->drain);
  f->drain = tc_loop_new ();
  tc_stage_init (&f->stage, &funcs, f->pool, f->writer.loop, f->drain);
}

/* The writer may be done just when somebody looks whether it is. */
static void
tells_everybody_whom_it_said_no (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 1000; i++)
    {
      put (f, TRUE);
      if (!(i % 2 == 0 ? tc_stage_check_idle (&f->stage) : tc_stage_check_settled (&f->stage, 1)))
        tc_loop_run (f->drain);
      tc_stage_finish (&f->stage);
      renew_drain (f);
    }
  assert_in_order (f->written, 0, 1000);
}

/* Until then the file is the writer's. */
static void
is_not_idle_while_something_is_to_be_tried_again (Fixture *f, gconstpointer data)
{
  f->failing = TRUE;
  put (f, TRUE);
  tc_stage_wait (&f->stage);
  g_assert_true (tc_stage_check_settled (&f->stage, UINT64_MAX));
  g_assert_false (tc_stage_check_idle (&f->stage));
  tc_stage_finish (&f->stage);
  g_assert_true (tc_stage_check_idle (&f->stage));
  assert_in_order (f->lost, 0, 1);
}

static void
drops_what_was_never_started (Fixture *f, gconstpointer data)
{
  guint n = 0;

  while (put (f, FALSE))
    n++;
  g_assert_cmpuint (n, ==, N_BLOCKS);
  tc_stage_clear (&f->stage);
  tc_stage_init (&f->stage, &funcs, f->pool, f->writer.loop, f->drain);
  while (put (f, FALSE))
    n++;
  g_assert_cmpuint (n, ==, 2 * N_BLOCKS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/consumer/stage/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("writes-in-order", writes_in_order);
  ADD ("waits-for-its-start", waits_for_its_start);
  ADD ("tries-again-what-fails", tries_again_what_fails);
  ADD ("is-settled-where-nothing-can-be-done", is_settled_where_nothing_can_be_done);
  ADD ("gives-up-only-what-was-there", gives_up_only_what_was_there);
  ADD ("tells-once-who-asked", tells_once_who_asked);
  ADD ("tells-everybody-whom-it-said-no", tells_everybody_whom_it_said_no);
  ADD ("is-not-idle-while-something-is-to-be-tried-again", is_not_idle_while_something_is_to_be_tried_again);
  ADD ("drops-what-was-never-started", drops_what_was_never_started);
#undef ADD
  return g_test_run ();
}
