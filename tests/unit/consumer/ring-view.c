/* SPDX-License-Identifier: GPL-2.0-only */
/* The view of a ring says what the library would say, of real rings. */
#define _GNU_SOURCE
#include "consumer/ring-view.h"
#include "rings.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const TcRingShape shapes[] = { { 4096, 2, 0 }, { 4096, 1, 0 }, { 65536, 4, 0 }, { 4096, 2, 1 }, { 8192, 8, 1 },
                                { 16384, 128, 0 }, { 1 << 20, 16, 1 } };

typedef struct {
  int *memory_fds;
  TstRing ring;
  TcRingView view;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->memory_fds = tst_memory_new ();
  tst_ring_open (&f->ring, data, f->memory_fds);
  g_assert_cmpint (tc_ring_view_init (&f->view, f->memory_fds[0]), ==, 0);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tc_ring_view_clear (&f->view);
  tst_ring_close (&f->ring);
  tst_memory_free (f->memory_fds);
}

/* Without it, there is always a packet. */
static void
knows_the_record_of_this_tracer (Fixture *f, gconstpointer data)
{
  g_assert_nonnull (f->view.memory);
  g_assert_cmpint (tc_ring_view_look (&f->view), ==, TC_RING_EMPTY);
}

static void
says_what_the_library_says (Fixture *f, gconstpointer data)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (11);
  guint packets = 0;

  for (guint i = 0; i < 1000; i++)
    {
      int result;

      if (g_rand_boolean (random))
        lttng_ust_ctl_flush_buffer (f->ring.stream, 0);
      if (g_rand_boolean (random))
        continue;
      result = lttng_ust_ctl_get_next_subbuf (f->ring.stream);
      if (result == 0)
        {
          g_assert_cmpint (lttng_ust_ctl_put_subbuf (f->ring.stream), ==, 0);
          g_assert_cmpint (tc_ring_view_look (&f->view), ==, TC_RING_PACKET);
          g_assert_cmpint (lttng_ust_ctl_get_next_subbuf (f->ring.stream), ==, 0);
          g_assert_cmpint (lttng_ust_ctl_put_next_subbuf (f->ring.stream), ==, 0);
          packets++;
        }
      else
        {
          g_assert_cmpint (result, ==, -EAGAIN);
          g_assert_cmpint (tc_ring_view_look (&f->view), ==, TC_RING_EMPTY);
        }
    }
  g_assert_cmpuint (packets, >, 100);
}

/* What a writer that stops in the middle leaves: a packet that others have passed, and that is not all committed. */
static void
says_no_to_what_is_not_finished (Fixture *f, gconstpointer data)
{
  char *memory = mmap (NULL, f->view.len, PROT_READ | PROT_WRITE, MAP_SHARED, f->memory_fds[0], 0);
  unsigned long *committed;

  g_assert_true (memory != MAP_FAILED);
  lttng_ust_ctl_flush_buffer (f->ring.stream, 0);
  g_assert_cmpint (tc_ring_view_look (&f->view), ==, TC_RING_PACKET);
  committed = (unsigned long *) (gpointer) (memory + f->view.committed);
  *committed -= 32;
  g_assert_cmpint (tc_ring_view_look (&f->view), ==, TC_RING_UNFINISHED);
  *committed += 32;
  g_assert_cmpint (tc_ring_view_look (&f->view), ==, TC_RING_PACKET);
  munmap (memory, f->view.len);
}

/* How a writer left the packet that it died in. */
typedef enum {
  TORN,        /* without some of its bytes */
  UNDELIVERED, /* all is there, and nobody was told */
  DELIVERING,  /* the same, while the count of packets was changed */
  N_LEFT
} Left;

static guint64
count_laps (Fixture *f, const TcAnatomy *anatomy, gsize number, gint by)
{
  char *at = f->view.memory + f->view.committed + anatomy->sequence + number * anatomy->sequence_stride;
  guint64 laps;

  memcpy (&laps, at, sizeof laps);
  laps += by;
  memcpy (at, &laps, sizeof laps);
  return laps;
}

/* Has the packet at @position, which was delivered, be one that was not. */
static void
tear (Fixture *f, const TcAnatomy *anatomy, gulong position, Left left)
{
  gsize number = position / f->view.subbuf_size % f->view.num_subbuf;
  gulong *committed = (gulong *) (gpointer) (f->view.memory + f->view.committed + number * f->view.stride);
  gulong *delivered = (gulong *) (gpointer) (f->view.memory + f->view.committed + anatomy->delivered
                                             + number * anatomy->delivered_stride);

  g_assert_cmpuint (count_laps (f, anatomy, number, 0), ==, position / f->view.subbuf_size / f->view.num_subbuf + 1);
  g_assert_true (tc_ring_view_is_delivered (&f->view, anatomy, position));
  *delivered -= f->view.subbuf_size;
  if (left == DELIVERING)
    *delivered += 1;
  else
    count_laps (f, anatomy, number, -1);
  if (left == TORN)
    *committed -= 32;
  g_assert_false (tc_ring_view_is_delivered (&f->view, anatomy, position));
  g_assert_cmpint (tc_ring_view_look (&f->view), ==, left == TORN ? TC_RING_UNFINISHED : TC_RING_PACKET);
}

/* The library goes on as if the packet had been delivered and read: its numbers follow each other. */
static void
goes_on_after_what_nobody_will_finish (Fixture *f, gconstpointer data)
{
  const TcRingShape *shape = data;
  g_autoptr(GRand) random = g_rand_new_with_seed (5);
  TcAnatomies anatomies;
  TcAnatomy anatomy, again;

  tc_anatomies_init (&anatomies);
  g_assert_cmpint (tc_anatomies_find (&anatomies, shape, &anatomy), ==, 0);
  g_assert_cmpint (tc_anatomies_find (&anatomies, shape, &again), ==, 0);
  g_assert_cmpmem (&anatomy, sizeof anatomy, &again, sizeof again);
  g_assert_cmpuint (anatomies.n, ==, 1);
  g_assert_true (tc_ring_view_fits (&f->view, &anatomy));
  for (guint64 i = 0; i < 200; i++)
    {
      gulong position = tc_ring_view_get_consumed (&f->view);
      guint64 sequence;

      g_assert_cmpuint (position, ==, i * shape->subbuf_size);
      lttng_ust_ctl_flush_buffer (f->ring.stream, 0);
      if (g_rand_boolean (random))
        {
          tear (f, &anatomy, position, g_rand_int_range (random, 0, N_LEFT));
          tc_ring_view_deliver (&f->view, &anatomy, position);
          g_assert_true (tc_ring_view_is_delivered (&f->view, &anatomy, position));
          tc_ring_view_skip (&f->view, position);
          continue;
        }
      g_assert_cmpint (lttng_ust_ctl_get_next_subbuf (f->ring.stream), ==, 0);
      g_assert_cmpint (lttng_ust_ctl_get_sequence_number (f->ring.stream, &sequence), ==, 0);
      g_assert_cmpuint (sequence, ==, i);
      g_assert_cmpint (lttng_ust_ctl_put_next_subbuf (f->ring.stream), ==, 0);
    }
  tc_anatomies_clear (&anatomies);
}

static guint64
sequence_at (Fixture *f, gsize place)
{
  const guint8 *memory = lttng_ust_ctl_get_mmap_base (f->ring.stream);
  guint64 sequence;

  memcpy (&sequence, memory + place + 64, sizeof sequence);
  return sequence;
}

/* By position, and by the library in between, over many rounds of the ring; only what is delivered. */
static void
reads_packets_as_the_library_does (Fixture *f, gconstpointer data)
{
  const TcRingShape *shape = data;
  TcAnatomies anatomies;
  TcAnatomy anatomy;
  guint64 next = 0;

  tc_anatomies_init (&anatomies);
  g_assert_cmpint (tc_anatomies_find (&anatomies, shape, &anatomy), ==, 0);
  for (guint i = 0; i < 100; i++)
    {
      guint n = 1 + i % MIN (3, shape->num_subbuf), by_position = i % (n + 1);
      gulong position = tc_ring_view_get_consumed (&f->view), offset;

      for (guint k = 0; k < n; k++)
        lttng_ust_ctl_flush_buffer (f->ring.stream, 0);
      tear (f, &anatomy, position + (n - 1) * shape->subbuf_size, DELIVERING);
      g_assert_cmpuint (tc_ring_view_count_packets (&f->view, NULL, 8), ==, n);
      g_assert_cmpuint (tc_ring_view_count_packets (&f->view, &anatomy, 8), ==, n - 1);
      tc_ring_view_deliver (&f->view, &anatomy, position + (n - 1) * shape->subbuf_size);
      g_assert_cmpuint (tc_ring_view_count_packets (&f->view, &anatomy, 8), ==, n);
      for (guint k = 0; k < n; k++)
        g_assert_cmpuint (sequence_at (f, tc_ring_view_get_place (&f->view, k)), ==, next + k);
      if (by_position > 0)
        tc_ring_view_skip (&f->view, position + (by_position - 1) * shape->subbuf_size);
      for (guint k = by_position; k < n; k++)
        {
          g_assert_cmpint (lttng_ust_ctl_get_next_subbuf (f->ring.stream), ==, 0);
          g_assert_cmpint (lttng_ust_ctl_get_mmap_read_offset (f->ring.stream, &offset), ==, 0);
          g_assert_cmpuint (offset, ==, tc_ring_view_get_place (&f->view, 0));
          g_assert_cmpint (lttng_ust_ctl_put_next_subbuf (f->ring.stream), ==, 0);
        }
      next += n;
    }
  g_assert_cmpint (lttng_ust_ctl_get_next_subbuf (f->ring.stream), ==, -EAGAIN);
  tc_anatomies_clear (&anatomies);
}

/* How much of a packet is whole: what was committed without a gap. */
static void
counts_what_is_whole (Fixture *f, gconstpointer data)
{
  gulong *committed = (gulong *) (gpointer) (f->view.memory + f->view.committed);
  TcCommitted count;

  g_assert_true (tc_ring_view_is_settled (&f->view));
  count = tc_ring_view_count (&f->view, 0);
  g_assert_cmpuint (count.bytes, ==, tc_ring_view_get_produced (&f->view));
  g_assert_cmpuint (count.from_start, ==, count.bytes);
  committed[0] += 64;
  g_assert_cmpuint (tc_ring_view_count (&f->view, 0).bytes, ==, count.bytes + 64);
  g_assert_cmpuint (tc_ring_view_count (&f->view, 0).from_start, ==, count.bytes);
  g_assert_false (tc_ring_view_is_settled (&f->view));
  committed[0] -= count.bytes + 128; /* nonsense */
  g_assert_cmpuint (tc_ring_view_count (&f->view, 0).bytes, ==, 0);
  g_assert_cmpuint (tc_ring_view_count (&f->view, 0).from_start, ==, 0);
}

static void
knows_no_ring_of_too_many (void)
{
  const TcRingShape ring = { 4096, 2 * TC_MAX_ANATOMY_SUBBUFS, FALSE };
  TcAnatomies anatomies;
  TcAnatomy anatomy;

  tc_anatomies_init (&anatomies);
  g_assert_cmpint (tc_anatomies_find (&anatomies, &ring, &anatomy), ==, -1);
  g_assert_cmpint (errno, ==, ENOTSUP);
  tc_anatomies_clear (&anatomies);
}

static void
leaves_the_answer_to_the_library_where_it_knows_nothing (void)
{
  int fd = memfd_create ("other", MFD_CLOEXEC);
  TcRingView view;

  g_assert_cmpint (ftruncate (fd, 65536), ==, 0);
  g_assert_cmpint (tc_ring_view_init (&view, fd), ==, 0);
  g_assert_null (view.memory);
  g_assert_cmpint (tc_ring_view_look (&view), ==, TC_RING_PACKET);
  tc_ring_view_clear (&view);
  close (fd);
}

#define ADD(function) TST_ADD_PER_SHAPE ("/consumer/ring-view", shapes, function)

int
main (int argc, char **argv)
{
  tst_rings_start ();
  g_test_init (&argc, &argv, NULL);
  ADD (knows_the_record_of_this_tracer);
  ADD (says_what_the_library_says);
  ADD (says_no_to_what_is_not_finished);
  ADD (goes_on_after_what_nobody_will_finish);
  ADD (counts_what_is_whole);
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    if (!shapes[i].overwrite)
      {
        g_autofree char *path = tst_shape_path ("/consumer/ring-view", "reads_packets_as_the_library_does", &shapes[i]);

        g_test_add (path, Fixture, &shapes[i], set_up, reads_packets_as_the_library_does, tear_down);
      }
  g_test_add_func ("/consumer/ring-view/knows-no-ring-of-too-many", knows_no_ring_of_too_many);
  g_test_add_func ("/consumer/ring-view/leaves-the-answer-to-the-library-where-it-knows-nothing",
                   leaves_the_answer_to_the_library_where_it_knows_nothing);
  return g_test_run ();
}
