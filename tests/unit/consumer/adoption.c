/* SPDX-License-Identifier: GPL-2.0-only */
/* The library goes on with a ring that it did not make: another process's, which was killed at it. */
#define _GNU_SOURCE
#include "consumer/adoption.h"
#include "consumer/ring-view.h"
#include "rings.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const TcRingShape shapes[] = { { 4096, 2, 0 }, { 4096, 1, 0 }, { 65536, 8, 0 }, { 4096, 2, 1 },
                                      { 1 << 20, 4, 1 } };

typedef struct {
  int *fresh, *memory; /* of ours and of the dead one's */
  TstRing ring;
} Fixture;

static guint64
read_sequence (TstRing *ring)
{
  guint64 sequence;

  g_assert_cmpint (lttng_ust_ctl_get_next_subbuf (ring->stream), ==, 0);
  g_assert_cmpint (lttng_ust_ctl_get_sequence_number (ring->stream, &sequence), ==, 0);
  return sequence;
}

/* A process that makes a ring in @memory, has a packet read, and is killed while it reads the next. */
static void
live_and_die (const TcRingShape *shape, const int *memory)
{
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    {
      TstRing ring;

      tst_ring_open (&ring, shape, memory);
      lttng_ust_ctl_flush_buffer (ring.stream, 0);
      g_assert_cmpuint (read_sequence (&ring), ==, 0);
      g_assert_cmpint (lttng_ust_ctl_put_next_subbuf (ring.stream), ==, 0);
      lttng_ust_ctl_flush_buffer (ring.stream, 0);
      g_assert_cmpuint (read_sequence (&ring), ==, 1);
      kill (getpid (), SIGKILL);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  for (int i = 0; i < lttng_ust_ctl_get_nr_stream_per_channel (); i++)
    g_assert_cmpint (fcntl (memory[i], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), ==, 0);
}

static void
set_up (Fixture *f, gconstpointer shape)
{
  f->memory = tst_memory_new ();
  f->fresh = tst_memory_new ();
  live_and_die (shape, f->memory);
  tst_ring_open (&f->ring, shape, f->fresh);
}

static void
tear_down (Fixture *f, gconstpointer shape)
{
  tst_ring_close (&f->ring);
  tst_memory_free (f->fresh);
  tst_memory_free (f->memory);
}

static int
adopt (Fixture *f, int memory)
{
  bool reading;

  if (tc_adopt_ring (f->ring.stream, f->fresh[0], memory, &reading) < 0)
    return -1;
  return reading ? lttng_ust_ctl_put_subbuf (f->ring.stream) : 0;
}

static void
reads_what_was_being_read_and_goes_on (Fixture *f, gconstpointer shape)
{
  g_assert_cmpint (adopt (f, f->memory[0]), ==, 0);
  for (guint64 i = 1; i < 20; i++)
    {
      g_assert_cmpuint (read_sequence (&f->ring), ==, i);
      g_assert_cmpint (lttng_ust_ctl_put_next_subbuf (f->ring.stream), ==, 0);
      g_assert_cmpint (lttng_ust_ctl_get_next_subbuf (f->ring.stream), ==, -EAGAIN);
      lttng_ust_ctl_flush_buffer (f->ring.stream, 0);
    }
}

static void
adopted_rings_can_be_adopted_again (Fixture *f, gconstpointer shape)
{
  for (guint64 i = 1; i < 5; i++)
    {
      g_assert_cmpint (adopt (f, f->memory[0]), ==, 0);
      g_assert_cmpuint (read_sequence (&f->ring), ==, i);
      g_assert_cmpint (lttng_ust_ctl_put_next_subbuf (f->ring.stream), ==, 0);
      lttng_ust_ctl_flush_buffer (f->ring.stream, 0);
      tst_ring_close (&f->ring);
      tst_memory_free (f->fresh);
      f->fresh = tst_memory_new ();
      tst_ring_open (&f->ring, shape, f->fresh);
    }
}

static void
views_go_along (Fixture *f, gconstpointer shape)
{
  TcRingView view;

  g_assert_cmpint (tc_ring_view_init (&view, f->fresh[0]), ==, 0);
  g_assert_nonnull (view.memory);
  g_assert_false (tc_ring_view_look (&view) == TC_RING_PACKET);
  g_assert_cmpint (adopt (f, f->memory[0]), ==, 0);
  g_assert_cmpint (tc_ring_view_move (&view, f->memory[0]), ==, 0);
  g_assert_true (tc_ring_view_look (&view) == TC_RING_PACKET);
  (void) read_sequence (&f->ring);
  g_assert_cmpint (lttng_ust_ctl_put_next_subbuf (f->ring.stream), ==, 0);
  g_assert_false (tc_ring_view_look (&view) == TC_RING_PACKET);
  tc_ring_view_clear (&view);
}

static void
expect_refusal (Fixture *f, int memory)
{
  errno = 0;
  g_assert_cmpint (adopt (f, memory), ==, -1);
  g_assert_cmpint (errno, ==, EINVAL);
}

/* Nothing of the other memory is touched, and the right one is taken after all. */
static void
refuses_what_is_no_such_ring (Fixture *f, gconstpointer data)
{
  const TcRingShape *shape = data;
  const TcRingShape other = { shape->subbuf_size, shape->num_subbuf * 2, shape->overwrite };
  const TcRingShape mode = { shape->subbuf_size, MAX (shape->num_subbuf, 2), !shape->overwrite };
  g_autofree guint8 *noise = NULL;
  struct stat about;
  int *memory = tst_memory_new ();
  int empty = memfd_create ("empty", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  live_and_die (&other, memory);
  expect_refusal (f, memory[0]);
  tst_memory_free (memory);
  memory = tst_memory_new ();
  live_and_die (&mode, memory);
  expect_refusal (f, memory[0]);
  tst_memory_free (memory);
  expect_refusal (f, null);
  expect_refusal (f, empty); /* not sealed */
  g_assert_cmpint (fstat (f->memory[0], &about), ==, 0);
  noise = g_malloc (about.st_size);
  memset (noise, 0xa5, about.st_size);
  g_assert_cmpint (pwrite (empty, noise, about.st_size, 0), ==, about.st_size);
  expect_refusal (f, empty);
  g_assert_cmpint (fcntl (empty, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), ==, 0);
  expect_refusal (f, empty);
  close (empty);
  close (null);
  g_assert_cmpint (adopt (f, f->memory[0]), ==, 0);
  g_assert_cmpuint (read_sequence (&f->ring), ==, 1);
}

#define ADD(function) TST_ADD_PER_SHAPE ("/consumer/adoption", shapes, function)

int
main (int argc, char **argv)
{
  tst_rings_start ();
  g_test_init (&argc, &argv, NULL);
  ADD (reads_what_was_being_read_and_goes_on);
  ADD (adopted_rings_can_be_adopted_again);
  ADD (views_go_along);
  ADD (refuses_what_is_no_such_ring);
  return g_test_run ();
}
