/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings: whose descriptors they are, and what they cost (B5, B6). */
#include "core/ring.h"

#include "base/fd-budget.h"

#include <fcntl.h>
#include <unistd.h>

enum { STREAMS = 3 };

static int
open_null (void)
{
  int fd = open ("/dev/null", O_RDWR | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static gboolean
is_open (int fd)
{
  return fcntl (fd, F_GETFD) >= 0;
}

static TbusRing *
make_ring (int *memory_fds, int *fds)
{
  const TbusRingParts parts = {
    .header = "head", .header_len = 5, .memory_size = 4096, .n_streams = STREAMS, .memory_fds = memory_fds, .fds = fds,
  };

  g_assert_true (tbus_fd_budget_take (tbus_ring_cost (STREAMS), "A ring", NULL));
  for (guint i = 0; i < STREAMS; i++)
    memory_fds[i] = open_null ();
  for (guint i = 0; i < 1 + 2 * STREAMS; i++)
    fds[i] = open_null ();
  return tbus_ring_new (&parts);
}

static void
gives_back_all_that_it_took (void)
{
  int memory_fds[STREAMS], fds[1 + 2 * STREAMS];
  TbusRing *ring = make_ring (memory_fds, fds);

  g_assert_cmpuint (tbus_fd_budget_used (), ==, 1 + 3 * STREAMS);
  g_assert_cmpstr (ring->header, ==, "head");
  g_assert_cmpint (ring->wakeup_fd, ==, fds[0]);
  g_assert_cmpint (ring->streams[2].memory_fd, ==, memory_fds[2]);
  g_assert_cmpint (ring->streams[2].wakeup_fd, ==, fds[5]);
  g_assert_cmpint (ring->streams[2].wait_fd, ==, fds[6]);
  tbus_ring_ref (ring);
  tbus_ring_unref (ring);
  g_assert_true (is_open (fds[0]));
  tbus_ring_unref (ring);
  for (guint i = 0; i < STREAMS; i++)
    g_assert_false (is_open (memory_fds[i]));
  for (guint i = 0; i < 1 + 2 * STREAMS; i++)
    g_assert_false (is_open (fds[i]));
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
}

static void
closes_writers_and_keeps_the_rest (void)
{
  int memory_fds[STREAMS], fds[1 + 2 * STREAMS];
  TbusRing *ring = make_ring (memory_fds, fds);

  tbus_ring_close_writers (ring);
  tbus_ring_close_writers (ring);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 2 * STREAMS);
  for (guint i = 0; i < STREAMS; i++)
    {
      g_assert_true (is_open (memory_fds[i]));
      g_assert_false (is_open (fds[1 + 2 * i]));
      g_assert_true (is_open (fds[2 + 2 * i]));
      g_assert_cmpint (ring->streams[i].wakeup_fd, ==, -1);
    }
  g_assert_false (is_open (fds[0]));
  tbus_ring_unref (ring);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/core/ring/gives-back-all-that-it-took", gives_back_all_that_it_took);
  g_test_add_func ("/core/ring/closes-writers-and-keeps-the-rest", closes_writers_and_keeps_the_rest);
  return g_test_run ();
}
