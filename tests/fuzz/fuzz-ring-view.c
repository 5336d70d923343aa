/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes as the memory of a ring: changes to a crash record, which is understood then or not; and after that what apps
 * write anywhere, and another ring in its place: nothing of it is more than compared.
 */
#define _GNU_SOURCE
#include "bytes.h"

#include "consumer/ring-view.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MEMORY = 4096, WORD = sizeof (long), MAX_PATCH = 24 };
/* Where things are in the record, and in the memory that the template describes. */
enum { ENDIAN = 24, WORD_SIZE = 30, OFFSETS = 32, SIZES = 76, STRIDE = 84, SUBBUF_SIZE = 104, NUM_SUBBUF = 112 };
enum { PRODUCED = 512, CONSUMED = 520, COMMITS = 576, SEQUENCE = 64, COMMIT_STRIDE = 128, FIRST_HEADER = 40 };

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

static void
put (guint8 *memory, gsize offset, guint64 value, gsize size)
{
  memcpy (memory + offset, &value, size); /* little endian, as the machines that this is tried on */
}

/* A ring of two sub-buffers, just made. */
static void
fill_in (guint8 memory[MEMORY])
{
  static const guint8 magic[16] = {
    0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17,
  };
  static const guint32 offsets[] = { PRODUCED, CONSUMED, COMMITS, SEQUENCE };

  memset (memory, 0, MEMORY);
  memcpy (memory, magic, sizeof magic);
  put (memory, ENDIAN, 0x1234, 2);
  put (memory, WORD_SIZE, WORD, 1);
  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++)
    put (memory, OFFSETS + 4 * i, offsets[i], 4);
  for (guint i = 0; i < 3; i++)
    put (memory, SIZES + i, WORD, 1);
  put (memory, STRIDE, COMMIT_STRIDE, 4);
  put (memory, SUBBUF_SIZE, 1024, 8);
  put (memory, NUM_SUBBUF, 2, 8);
  put (memory, PRODUCED, FIRST_HEADER, WORD);
  put (memory, COMMITS + SEQUENCE - WORD, FIRST_HEADER, WORD);
}

static void
patch (Bytes *bytes, int fd)
{
  gsize offset = bytes_take_number (bytes) % MEMORY;
  gsize n = bytes_take (bytes) % MAX_PATCH;
  const guint8 *block = bytes_take_block (bytes, &n);

  n = MIN (n, MEMORY - offset);
  g_assert_cmpint (pwrite (fd, block, n, offset), ==, n);
}

/* All that looks at what apps may have written. */
static void
look (const TcRingView *view)
{
  tc_ring_view_look (view);
  if (view->memory == NULL)
    return;
  tc_ring_view_is_settled (view);
  tc_ring_view_count (view, tc_ring_view_get_consumed (view));
  tc_ring_view_count (view, tc_ring_view_get_produced (view));
  tc_ring_view_skip (view, tc_ring_view_get_consumed (view));
}

static int
make_ring (Bytes *bytes)
{
  guint8 memory[MEMORY];
  int fd = memfd_create ("ring", MFD_CLOEXEC);

  fill_in (memory);
  g_assert_cmpint (write (fd, memory, MEMORY), ==, MEMORY);
  for (guint n = bytes_take (bytes) % 4; n > 0; n--)
    patch (bytes, fd);
  return fd;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  Bytes bytes = { data, data + size };
  int fd = make_ring (&bytes), other = make_ring (&bytes);
  TcRingView view;

  g_assert_cmpint (tc_ring_view_init (&view, fd), ==, 0);
  g_assert_true (size > 0 || view.memory != NULL); /* the template is understood */
  tc_ring_has_same_shape (fd, other);
  for (guint n = bytes_take (&bytes) % 8; n > 0; n--)
    {
      look (&view);
      patch (&bytes, fd);
    }
  g_assert_cmpint (tc_ring_view_move (&view, other), ==, 0);
  do
    {
      look (&view);
      patch (&bytes, other);
    }
  while (bytes_left (&bytes) > 0);
  tc_ring_view_clear (&view);
  close (fd);
  close (other);
  return 0;
}
