/* SPDX-License-Identifier: GPL-2.0-only */
/* The library goes on with a ring that it did not make: another process's, which was killed at it. */
#define _GNU_SOURCE
#include "consumer/adoption.h"
#include "consumer/ring-view.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <lttng/ust-ctl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

DEFINE_LTTNG_UST_SIGBUS_STATE ();

typedef struct {
  guint64 subbuf_size, num_subbuf;
  int overwrite;
} Shape;

static const Shape shapes[] = { { 4096, 2, 0 }, { 4096, 1, 0 }, { 65536, 8, 0 }, { 4096, 2, 1 }, { 1 << 20, 4, 1 } };

typedef struct {
  struct lttng_ust_ctl_consumer_channel *channel;
  struct lttng_ust_ctl_consumer_stream *stream; /* of cpu 0 */
} Ring;

typedef struct {
  int n;
  int *fresh, *memory; /* of ours and of the dead one's */
  Ring ring;
} Fixture;

static int *
make_memory (int n)
{
  int *fds = g_new (int, n);

  for (int i = 0; i < n; i++)
    fds[i] = memfd_create ("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return fds;
}

static void
close_memory (int *fds, int n)
{
  for (int i = 0; i < n; i++)
    close (fds[i]);
  g_free (fds);
}

static void
make_ring (Ring *ring, const Shape *shape, const int *fds, int n)
{
  struct lttng_ust_ctl_consumer_channel_attr attr = {
    .type = LTTNG_UST_ABI_CHAN_PER_CPU, .subbuf_size = shape->subbuf_size, .num_subbuf = shape->num_subbuf,
    .overwrite = shape->overwrite, .output = LTTNG_UST_ABI_MMAP,
  };

  ring->channel = lttng_ust_ctl_create_channel (&attr, fds, n);
  g_assert_nonnull (ring->channel);
  ring->stream = lttng_ust_ctl_create_stream (ring->channel, 0);
  g_assert_nonnull (ring->stream);
}

static guint64
read_sequence (Ring *ring)
{
  guint64 sequence;

  g_assert_cmpint (lttng_ust_ctl_get_next_subbuf (ring->stream), ==, 0);
  g_assert_cmpint (lttng_ust_ctl_get_sequence_number (ring->stream, &sequence), ==, 0);
  return sequence;
}

/* A process that makes a ring in @fds, has a packet read, and is killed while it reads the next. */
static void
live_and_die (const Shape *shape, const int *fds, int n)
{
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    {
      Ring ring;

      make_ring (&ring, shape, fds, n);
      lttng_ust_ctl_flush_buffer (ring.stream, 0);
      g_assert_cmpuint (read_sequence (&ring), ==, 0);
      g_assert_cmpint (lttng_ust_ctl_put_next_subbuf (ring.stream), ==, 0);
      lttng_ust_ctl_flush_buffer (ring.stream, 0);
      g_assert_cmpuint (read_sequence (&ring), ==, 1);
      kill (getpid (), SIGKILL);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  for (int i = 0; i < n; i++)
    g_assert_cmpint (fcntl (fds[i], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), ==, 0);
}

static void
set_up (Fixture *f, gconstpointer shape)
{
  f->n = lttng_ust_ctl_get_nr_stream_per_channel ();
  f->memory = make_memory (f->n);
  f->fresh = make_memory (f->n);
  live_and_die (shape, f->memory, f->n);
  make_ring (&f->ring, shape, f->fresh, f->n);
}

static void
tear_down (Fixture *f, gconstpointer shape)
{
  lttng_ust_ctl_destroy_stream (f->ring.stream);
  lttng_ust_ctl_destroy_channel (f->ring.channel);
  close_memory (f->fresh, f->n);
  close_memory (f->memory, f->n);
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
      lttng_ust_ctl_destroy_stream (f->ring.stream);
      lttng_ust_ctl_destroy_channel (f->ring.channel);
      close_memory (f->fresh, f->n);
      f->fresh = make_memory (f->n);
      make_ring (&f->ring, shape, f->fresh, f->n);
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
  const Shape *shape = data;
  const Shape other = { shape->subbuf_size, shape->num_subbuf * 2, shape->overwrite };
  const Shape mode = { shape->subbuf_size, MAX (shape->num_subbuf, 2), !shape->overwrite };
  g_autofree guint8 *noise = NULL;
  struct stat about;
  int *memory = make_memory (f->n);
  int empty = memfd_create ("empty", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  live_and_die (&other, memory, f->n);
  expect_refusal (f, memory[0]);
  close_memory (memory, f->n);
  memory = make_memory (f->n);
  live_and_die (&mode, memory, f->n);
  expect_refusal (f, memory[0]);
  close_memory (memory, f->n);
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

static void
add (const char *name, void (*func) (Fixture *, gconstpointer))
{
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/consumer/adoption/%s/%ux%u%s", name, (guint) shapes[i].num_subbuf,
                                               (guint) shapes[i].subbuf_size,
                                               shapes[i].overwrite ? "-overwrite" : "");

      g_test_add (path, Fixture, &shapes[i], set_up, func, tear_down);
    }
}

int
main (int argc, char **argv)
{
  sigset_t claimed;

  sigemptyset (&claimed);
  for (int i = 0; i < 3; i++)
    sigaddset (&claimed, SIGRTMIN + i);
  sigprocmask (SIG_BLOCK, &claimed, NULL);
  g_test_init (&argc, &argv, NULL);
  add ("reads-what-was-being-read-and-goes-on", reads_what_was_being_read_and_goes_on);
  add ("adopted-rings-can-be-adopted-again", adopted_rings_can_be_adopted_again);
  add ("views-go-along", views_go_along);
  add ("refuses-what-is-no-such-ring", refuses_what_is_no_such_ring);
  return g_test_run ();
}
