/* SPDX-License-Identifier: GPL-2.0-only */
/* Ring files by hand: what comes out of whole ones, and that nothing bad comes of any other. */
#define _GNU_SOURCE
#include "client/crash-ring.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  SUBBUF = 4096,
  N_SUBBUF = 4,
  AT_PRODUCED = 256,
  AT_CONSUMED = 264,
  AT_COMMITS = 512,   /* an element: count, sequence */
  AT_PLACES = 640,    /* an element: number of a memory */
  AT_MEMORIES = 768,  /* an element: offset of a description */
  AT_PAGES = 1024,    /* descriptions: the packet's offset */
  AT_PACKETS = 4096,
  SIZE = AT_PACKETS + N_SUBBUF * SUBBUF,
  AT_CONTENT = 40,    /* in a packet: content size, packet size, number, discarded events */
  LEAST = AT_CONTENT + 32,
};

typedef struct {
  guint8 *bytes; /* SIZE */
} Ring;

static void
put (Ring *self, gsize at, guint64 value, gsize size)
{
  g_assert_cmpuint (at + size, <=, SIZE);
  memcpy (self->bytes + at, &value, size);
}

/* The record, field by field, as the tracer packs it. */
static void
put_record (Ring *self)
{
  static const guint8 magic[16] = {
    0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17,
  };
  static const guint32 offsets[] = { AT_PRODUCED, AT_CONSUMED, AT_COMMITS, 8, AT_PLACES, 0, AT_MEMORIES, 0, 0,
                                     AT_CONTENT, AT_CONTENT + 8 };
  static const guint32 strides[] = { 16, 8, 8 };
  gsize at = sizeof magic;

  memcpy (self->bytes, magic, sizeof magic);
  put (self, at, SIZE, 8);
  put (self, at += 8, 0x1234, 2);
  put (self, at += 2, 0, 4); /* version */
  put (self, at += 4, 8, 1); /* bytes of a word */
  put (self, at += 1, 0, 1);
  at += 1;
  for (guint i = 0; i < G_N_ELEMENTS (offsets); i++, at += 4)
    put (self, at, offsets[i], 4);
  memset (self->bytes + at, 8, 8);
  at += 8;
  for (guint i = 0; i < G_N_ELEMENTS (strides); i++, at += 4)
    put (self, at, strides[i], 4);
  put (self, at, N_SUBBUF * SUBBUF, 8);
  put (self, at + 8, SUBBUF, 8);
  put (self, at + 16, N_SUBBUF, 8);
}

/* Two whole packets and one with @committed bytes; the first of three laps' end was read out. */
static void
ring_init (Ring *self, guint64 committed)
{
  const guint64 lap = 2;
  const guint64 start = lap * N_SUBBUF * SUBBUF;

  self->bytes = g_malloc0 (SIZE);
  put_record (self);
  put (self, AT_CONSUMED, start, 8);
  put (self, AT_PRODUCED, start + 2 * SUBBUF + committed, 8);
  for (guint i = 0; i < N_SUBBUF; i++)
    {
      put (self, AT_COMMITS + 16 * i + 8, lap * SUBBUF + (i < 2 ? SUBBUF : i == 2 ? committed : 0), 8);
      put (self, AT_PLACES + 8 * i, N_SUBBUF - 1 - i, 8); /* not in order: they are swapped */
      put (self, AT_MEMORIES + 8 * (N_SUBBUF - 1 - i), AT_PAGES + 8 * i, 8);
      put (self, AT_PAGES + 8 * i, AT_PACKETS + i * SUBBUF, 8);
      memset (self->bytes + AT_PACKETS + i * SUBBUF, 'a' + i, SUBBUF);
      put (self, AT_PACKETS + i * SUBBUF, 0xc1fc1fc1, 4);
    }
  for (guint i = 0; i < 2; i++)
    {
      put (self, AT_PACKETS + i * SUBBUF + AT_CONTENT, (SUBBUF - 100) * 8, 8);
      put (self, AT_PACKETS + i * SUBBUF + AT_CONTENT + 8, SUBBUF * 8, 8);
      put (self, AT_PACKETS + i * SUBBUF + AT_CONTENT + 24, 10 + i, 8); /* discarded so far */
    }
}

static int
ring_open (const Ring *self, gsize size)
{
  int fd = memfd_create ("ring", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, self->bytes, size), ==, (gssize) size);
  return fd;
}

static guint64
get (GBytes *packet, gsize at)
{
  guint64 value;

  memcpy (&value, (const char *) g_bytes_get_data (packet, NULL) + at, sizeof value);
  return value;
}

static void
tells_packets_in_their_order_and_closes_the_last (void)
{
  Ring whole;
  int fd;
  g_autoptr(GError) error = NULL;
  g_autoptr(CtlCrashRing) ring = NULL;
  gboolean torn = TRUE;

  ring_init (&whole, 500);
  fd = ring_open (&whole, SIZE);
  ring = ctl_crash_ring_new (fd, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr(GBytes) packet = ctl_crash_ring_next (ring, &torn, &error);

      g_assert_no_error (error);
      g_assert_nonnull (packet);
      g_assert_cmpint (torn, ==, i == 2);
      g_assert_cmpuint (g_bytes_get_size (packet), ==, i == 2 ? 500 : SUBBUF);
      g_assert_cmpint (((const char *) g_bytes_get_data (packet, NULL))[4], ==, 'a' + (int) i);
      g_assert_cmpuint (get (packet, AT_CONTENT), ==, i == 2 ? 500 * 8 : (SUBBUF - 100) * 8);
      g_assert_cmpuint (get (packet, AT_CONTENT + 24), ==, i == 2 ? 11 : 10 + i);
    }
  g_assert_null (ctl_crash_ring_next (ring, &torn, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (ctl_crash_ring_count_lost (ring), ==, 0);
  close (fd);
  g_free (whole.bytes);
}

static void
counts_a_packet_that_had_hardly_begun (void)
{
  Ring begun;
  int fd;
  g_autoptr(CtlCrashRing) ring = NULL;
  gboolean torn;

  ring_init (&begun, LEAST - 1);
  fd = ring_open (&begun, SIZE);
  ring = ctl_crash_ring_new (fd, NULL);
  g_bytes_unref (ctl_crash_ring_next (ring, &torn, NULL));
  g_bytes_unref (ctl_crash_ring_next (ring, &torn, NULL));
  g_assert_null (ctl_crash_ring_next (ring, &torn, NULL));
  g_assert_cmpuint (ctl_crash_ring_count_lost (ring), ==, 1);
  close (fd);
  g_free (begun.bytes);
}

/* A reader that dies while it has a sub-buffer of a ring that is overwritten leaves another one in its place. */
static void
passes_over_what_is_no_packet (void)
{
  Ring ring_bytes;
  int fd;
  g_autoptr(CtlCrashRing) ring = NULL;
  gboolean torn;

  ring_init (&ring_bytes, LEAST - 1);
  memset (ring_bytes.bytes + AT_PACKETS, 0, SUBBUF);
  fd = ring_open (&ring_bytes, SIZE);
  ring = ctl_crash_ring_new (fd, NULL);
  g_bytes_unref (ctl_crash_ring_next (ring, &torn, NULL));
  g_assert_null (ctl_crash_ring_next (ring, &torn, NULL));
  g_assert_cmpuint (ctl_crash_ring_count_lost (ring), ==, 2);
  close (fd);
  g_free (ring_bytes.bytes);
}

/* All packets, none larger than a sub-buffer and no more than there are. */
static void
read_all (int fd)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(CtlCrashRing) ring = ctl_crash_ring_new (fd, &error);
  GBytes *packet;
  gboolean torn;
  guint n = 0;

  if (ring == NULL)
    {
      g_assert_nonnull (error);
      return;
    }
  while ((packet = ctl_crash_ring_next (ring, &torn, &error)) != NULL)
    {
      g_assert_cmpuint (g_bytes_get_size (packet), <=, SIZE);
      g_bytes_unref (packet);
      n++;
    }
  g_assert_cmpuint (n, <=, SIZE / SUBBUF);
}

static void
takes_no_harm_of_any_file (void)
{
  static const guint64 values[] = { 0, 1, 7, 0x7f, 0xff, 0xfff, 0xffffffff, G_MAXUINT64 / 2, G_MAXUINT64 };

  for (gsize at = 0; at < AT_PAGES + 64; at++)
    for (guint i = 0; i < G_N_ELEMENTS (values); i++)
      for (gsize size = 1; size <= 8; size *= 8)
        {
          Ring damaged;
          int fd;

          ring_init (&damaged, 500);
          put (&damaged, at, values[i], size);
          fd = ring_open (&damaged, SIZE);
          read_all (fd);
          close (fd);
          g_free (damaged.bytes);
        }
}

static void
reads_no_more_than_there_is (void)
{
  Ring whole;

  ring_init (&whole, 500);
  for (gsize size = 0; size < SIZE; size += 61)
    {
      int fd = ring_open (&whole, size);

      read_all (fd);
      close (fd);
    }
  g_free (whole.bytes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/crash-ring/tells-packets-in-their-order-and-closes-the-last",
                   tells_packets_in_their_order_and_closes_the_last);
  g_test_add_func ("/client/crash-ring/counts-a-packet-that-had-hardly-begun", counts_a_packet_that_had_hardly_begun);
  g_test_add_func ("/client/crash-ring/passes-over-what-is-no-packet", passes_over_what_is_no_packet);
  g_test_add_func ("/client/crash-ring/takes-no-harm-of-any-file", takes_no_harm_of_any_file);
  g_test_add_func ("/client/crash-ring/reads-no-more-than-there-is", reads_no_more_than_there_is);
  return g_test_run ();
}
