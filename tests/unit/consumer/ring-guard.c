/* SPDX-License-Identifier: GPL-2.0-only */
/* A ring that somebody destroys is given up, and the process lives; one that is used is not. */
#define _GNU_SOURCE
#include "consumer/ring-guard.h"
#include "rings.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const TcRingShape shapes[] = { { 4096, 2, 0 }, { 4096, 1, 0 }, { 65536, 4, 0 }, { 4096, 2, 1 }, { 8192, 8, 1 } };

typedef struct {
  int *memory_fds;
  TstRing ring;
  TcRingView view;
  TcRingGuard guard;
  guint8 *memory; /* as an app has it */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->memory_fds = tst_memory_new ();
  tst_ring_open (&f->ring, data, f->memory_fds);
  g_assert_cmpint (tc_ring_view_init (&f->view, f->memory_fds[0]), ==, 0);
  g_assert_cmpint (tc_ring_guard_init (&f->guard, f->ring.stream, &f->view), ==, 0);
  f->memory = mmap (NULL, f->view.len, PROT_READ | PROT_WRITE, MAP_SHARED, f->memory_fds[0], 0);
  g_assert_true (f->memory != MAP_FAILED);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tc_ring_guard_destroy (&f->guard);
  f->ring.stream = NULL;
  munmap (f->memory, f->view.len);
  tc_ring_view_clear (&f->view);
  tst_ring_close (&f->ring);
  tst_memory_free (f->memory_fds);
}

/* Without it, nothing is looked at. */
static void
knows_the_rings_of_this_tracer (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (f->guard.n_parts, >, 0);
  g_assert_nonnull (f->guard.library);
}

static void
is_content_with_what_is_used (Fixture *f, gconstpointer data)
{
  unsigned long offset;
  guint packets = 0;

  for (guint i = 0; i < 200; i++)
    {
      g_assert_cmpint (tc_ring_guard_flush (&f->guard, i % 3 == 0), ==, 0);
      if (i % 4 == 0 || tc_ring_guard_next (&f->guard) < 0)
        continue;
      g_assert_cmpint (tc_ring_guard_offset (&f->guard, &offset), ==, 0);
      g_assert_cmpint (i % 5 == 0 ? tc_ring_guard_put_back (&f->guard) : tc_ring_guard_put (&f->guard), ==, 0);
      packets++;
    }
  g_assert_cmpuint (packets, >, 50);
  tc_ring_guard_close_write_end (&f->guard);
  g_assert_true (tc_ring_guard_is_sound (&f->guard));
}

/* Any bit of what never changes. */
static void
sees_every_change (Fixture *f, gconstpointer data)
{
  for (gsize i = 0; i < f->guard.n_parts; i++)
    for (gsize at = 0; at < f->guard.parts[i].len; at++)
      {
        guint8 *byte = f->memory + f->guard.parts[i].offset + at;

        g_assert_true (tc_ring_guard_is_sound (&f->guard));
        *byte ^= (guint8) (1u << at % 8);
        g_assert_false (tc_ring_guard_is_sound (&f->guard));
        *byte ^= (guint8) (1u << at % 8);
        /* It stays so for those who use it. */
        g_assert_cmpint (tc_ring_guard_next (&f->guard), ==, -EBADMSG);
        f->guard.broken = FALSE;
      }
}

static void
sees_packets_that_are_not_there (Fixture *f, gconstpointer data)
{
  for (gsize i = 0; i < f->guard.n_ids; i++)
    {
      unsigned long *id = (unsigned long *) (gpointer) (f->memory + f->guard.ids + i * f->guard.stride);
      unsigned long before = *id;

      *id = before | 0x100;
      g_assert_cmpint (tc_ring_guard_flush (&f->guard, TRUE), ==, -EBADMSG);
      *id = before;
      f->guard.broken = FALSE;
    }
}

/* What is changed after the look: the library finds no packet where one is due, and asserts that there is. */
static void
survives_what_the_look_has_missed (Fixture *f, gconstpointer data)
{
  gsize n = f->guard.n_parts;

  f->guard.n_parts = 0;
  memset (f->memory + f->view.pages, 0xff, 2 * sizeof (long) * f->view.num_subbuf);
  g_assert_cmpint (tc_ring_guard_flush (&f->guard, FALSE), ==, -EBADMSG);
  f->guard.n_parts = n;
  g_assert_cmpint (tc_ring_guard_next (&f->guard), ==, -EBADMSG);
}

#define ADD(function) TST_ADD_PER_SHAPE ("/consumer/ring-guard", shapes, function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tc_ring_guard_install ();
  ADD (knows_the_rings_of_this_tracer);
  ADD (is_content_with_what_is_used);
  ADD (sees_every_change);
  ADD (sees_packets_that_are_not_there);
  ADD (survives_what_the_look_has_missed);
  return g_test_run ();
}
