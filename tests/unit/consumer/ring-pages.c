/* SPDX-License-Identifier: GPL-2.0-only */
/* A ring whose pages are exchanged for large ones is the same ring, to all who have it, and at every moment. */
#include "consumer/ring-pages.h"
#include "rings.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { LARGE = 2 << 20, AT = 3 << 19 }; /* in the first large page, far from what the ring itself needs */

static const TcRingShape large = { 1 << 20, 4, 0 }, small = { 4096, 4, 0 };

typedef struct {
  int *memory_fds;
  TstRing ring;
  TcRingView view;
  char *other; /* as a program has it */
  gsize len;
  TcLoop *loop;
  TcMail last;
} Fixture;

static TcLoop *running;

static void
on_last (TcMail *mail)
{
  tc_loop_quit (running);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  struct stat about;

  f->memory_fds = tst_memory_new ();
  tst_ring_open (&f->ring, data, f->memory_fds);
  g_assert_cmpint (tc_ring_view_init (&f->view, f->memory_fds[0]), ==, 0);
  g_assert_cmpint (fstat (f->memory_fds[0], &about), ==, 0);
  f->len = (gsize) about.st_size;
  f->other = mmap (NULL, f->len, PROT_READ | PROT_WRITE, MAP_SHARED, f->memory_fds[0], 0);
  g_assert_true (f->other != MAP_FAILED);
  f->loop = running = tc_loop_new ();
  g_assert_nonnull (f->loop);
  f->last.run = on_last;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tc_loop_free (f->loop);
  munmap (f->other, f->len);
  tc_ring_view_clear (&f->view);
  tst_ring_close (&f->ring);
  tst_memory_free (f->memory_fds);
}

/* What was posted so far. A loop that was left is not entered again. */
static void
run_all (Fixture *f)
{
  tc_loop_post (f->loop, &f->last);
  tc_loop_run (f->loop);
  tc_loop_free (f->loop);
  f->loop = running = tc_loop_new ();
  g_assert_nonnull (f->loop);
}

static void
stays_the_same_ring (Fixture *f, gconstpointer data)
{
  g_autofree char *before = NULL;

  for (gsize at = AT; at < f->len; at += 512)
    f->other[at] = (char) (at >> 9);
  before = g_memdup2 (f->view.memory, f->len);
  g_assert_true (tc_ring_pages_enlarge (&f->view, f->loop));
  g_assert_cmpmem (f->view.memory, f->len, before, f->len);
  run_all (f);
  g_assert_cmpuint ((guintptr) f->view.memory % LARGE, ==, 0);
  g_assert_cmpmem (f->view.memory, f->len, before, f->len);
  g_assert_cmpmem (f->other, f->len, before, f->len);
  lttng_ust_ctl_flush_buffer (f->ring.stream, 1);
  g_assert_cmpint (tc_ring_view_look (&f->view), ==, TC_RING_PACKET);
}

/* A program cut the file, and our own reading goes on in memory that says nothing. Not all systems move that. */
static void
stays_the_same_where_a_page_was_filled_in (Fixture *f, gconstpointer data)
{
  const gsize page = 4096, at = LARGE + page;
  g_autofree char *before = NULL;

  memset (f->other + AT, 'x', f->len - AT);
  g_assert_true (mmap (f->view.memory + at, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                       0) == f->view.memory + at);
  before = g_memdup2 (f->view.memory, f->len);
  g_assert_true (tc_ring_pages_enlarge (&f->view, f->loop));
  run_all (f);
  g_assert_cmpmem (f->view.memory, f->len, before, f->len);
  g_assert_cmpint (f->other[at], ==, 'x');
}

typedef struct {
  guint64 *word; /* in a program's map */
  gint end;
  guint64 n;
} Writer;

static gpointer
write_on (gpointer data)
{
  Writer *self = data;

  do
    {
      __atomic_add_fetch (self->word, 1, __ATOMIC_RELAXED);
      self->n++;
    }
  while (!g_atomic_int_get (&self->end));
  return NULL;
}

static void
loses_nothing_that_is_written_meanwhile (Fixture *f, gconstpointer data)
{
  Writer writer = { .word = (guint64 *) (gpointer) (f->other + AT) };
  const guint64 *seen;
  GThread *thread;

  *writer.word = 0;
  thread = g_thread_new ("writer", write_on, &writer);
  g_assert_true (tc_ring_pages_enlarge (&f->view, f->loop));
  run_all (f);
  g_atomic_int_set (&writer.end, 1);
  g_thread_join (thread);
  seen = (const guint64 *) (gpointer) (f->view.memory + AT);
  g_assert_cmpuint (*seen, ==, writer.n);
}

static void
may_be_closed_before (Fixture *f, gconstpointer data)
{
  g_assert_true (tc_ring_pages_enlarge (&f->view, f->loop));
  tc_ring_view_clear (&f->view);
  run_all (f);
}

/* One at a time. */
static void
is_tried_again_after_another (Fixture *f, gconstpointer data)
{
  TcRingView other;

  g_assert_cmpint (tc_ring_view_init (&other, f->memory_fds[0]), ==, 0);
  g_assert_nonnull (other.memory);
  g_assert_true (tc_ring_pages_enlarge (&f->view, f->loop));
  g_assert_false (tc_ring_pages_enlarge (&other, f->loop));
  run_all (f);
  g_assert_true (tc_ring_pages_enlarge (&other, f->loop));
  run_all (f);
  tc_ring_view_clear (&other);
}

static void
leaves_small_ones_alone (Fixture *f, gconstpointer data)
{
  const char *before = f->view.memory;

  g_assert_true (tc_ring_pages_enlarge (&f->view, f->loop));
  g_assert_true (f->view.memory == before);
  run_all (f);
}

int
main (int argc, char **argv)
{
  tst_rings_start ();
  g_test_init (&argc, &argv, NULL);
#define ADD(name, shape, func) g_test_add ("/consumer/ring-pages/" name, Fixture, &shape, set_up, func, tear_down)
  ADD ("stays-the-same-ring", large, stays_the_same_ring);
  ADD ("stays-the-same-where-a-page-was-filled-in", large, stays_the_same_where_a_page_was_filled_in);
  ADD ("loses-nothing-that-is-written-meanwhile", large, loses_nothing_that_is_written_meanwhile);
  ADD ("may-be-closed-before", large, may_be_closed_before);
  ADD ("is-tried-again-after-another", large, is_tried_again_after_another);
  ADD ("leaves-small-ones-alone", small, leaves_small_ones_alone);
#undef ADD
  return g_test_run ();
}
