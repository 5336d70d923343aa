/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets in the staging pool: they come out as they went in, also after the death of whoever put them there. */
#define _GNU_SOURCE
#include "consumer/staging-pool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_BLOCKS = 16, PAGE = 4096 };

typedef struct {
  TcStagingPool *pool;
  TcPacketOrigin origin;
  guint8 *bytes; /* of the largest packet */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->pool = tc_staging_pool_new (N_BLOCKS * TC_STAGING_BLOCK);
  g_assert_nonnull (f->pool);
  f->origin = (TcPacketOrigin) { .uuid = "0123456789abcde", .channel = 3, .cpu = 1, .page_size = PAGE };
  f->bytes = g_malloc (N_BLOCKS * TC_STAGING_BLOCK);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tc_staging_pool_free (f->pool);
  g_free (f->bytes);
}

static guint32
put (Fixture *f, gsize size, guint64 sequence)
{
  const TcStagedPacket packet = { .size = size, .sequence = sequence };
  const struct iovec parts[2] = { { f->bytes, PAGE }, { f->bytes + PAGE, size - PAGE } };

  memset (f->bytes, (int) sequence, size);
  memcpy (f->bytes + size - sizeof sequence, &sequence, sizeof sequence);
  return tc_staging_pool_put (f->pool, &f->origin, parts, &packet);
}

static void
assert_holds (Fixture *f, guint32 number, gsize size, guint64 sequence)
{
  struct iovec parts[N_BLOCKS];
  TcStagedPacket packet;
  gsize done = 0;
  int n;

  memset (f->bytes, (int) sequence, size);
  memcpy (f->bytes + size - sizeof sequence, &sequence, sizeof sequence);
  tc_staging_pool_describe (f->pool, number, &packet);
  g_assert_cmpuint (packet.size, ==, size);
  g_assert_cmpuint (packet.sequence, ==, sequence);
  n = tc_staging_pool_locate (f->pool, number, parts, N_BLOCKS);
  g_assert_cmpint (n, >, 0);
  g_assert_true (tc_staging_pool_begin (f->pool, number) == parts[0].iov_base);
  for (int i = 0; i < n; done += parts[i++].iov_len)
    g_assert_cmpmem (parts[i].iov_base, parts[i].iov_len, f->bytes + done, parts[i].iov_len);
  g_assert_cmpuint (done, ==, size);
}

static void
gives_back_what_was_put (Fixture *f, gconstpointer data)
{
  const gsize sizes[] = { PAGE, TC_STAGING_BLOCK, TC_STAGING_BLOCK + PAGE, 3 * TC_STAGING_BLOCK };
  g_autoptr(GRand) random = g_rand_new_with_seed (5);
  guint32 numbers[N_BLOCKS] = { 0 };
  gsize held[N_BLOCKS];
  guint full = 0;

  while (tc_staging_pool_fill (f->pool))
    ;
  for (guint i = 0; i < 2000; i++)
    {
      guint at = (guint) g_rand_int_range (random, 0, N_BLOCKS);

      if (numbers[at] != 0)
        {
          assert_holds (f, numbers[at], held[at], at);
          tc_staging_pool_drop (f->pool, numbers[at]);
          numbers[at] = 0;
          continue;
        }
      held[at] = sizes[g_rand_int_range (random, 0, G_N_ELEMENTS (sizes))];
      numbers[at] = put (f, held[at], at);
      full += numbers[at] == 0;
    }
  g_assert_cmpuint (full, >, 10);
}

static void
takes_no_packet_of_more_than_a_quarter (Fixture *f, gconstpointer data)
{
  while (tc_staging_pool_fill (f->pool))
    ;
  g_assert_cmpuint (put (f, N_BLOCKS / 4 * TC_STAGING_BLOCK + PAGE, 1), ==, 0);
  g_assert_cmpuint (put (f, N_BLOCKS / 4 * TC_STAGING_BLOCK, 1), !=, 0);
}

/* MiB that the system has given for it. */
static guint
get_memory (const TcStagingPool *pool)
{
  struct stat about;

  g_assert_cmpint (fstat (tc_staging_pool_get_fd (pool), &about), ==, 0);
  return (guint) (about.st_blocks * 512 >> 20);
}

static void
fill (TcStagingPool *pool)
{
  while (tc_staging_pool_fill (pool))
    ;
}

static void
takes_what_is_needed_and_some_more (void)
{
  const TcPacketOrigin origin = { .page_size = PAGE };
  const TcStagedPacket packet = { .size = 1 << 20 };
  g_autofree guint8 *data = g_malloc0 (packet.size);
  const struct iovec parts[2] = { { data, PAGE }, { data + PAGE, packet.size - PAGE } };
  TcStagingPool *pool = tc_staging_pool_new (128 << 20);
  guint before, after;

  fill (pool);
  before = get_memory (pool);
  g_assert_cmpuint (before, >=, 8);
  g_assert_cmpuint (before, <, 64);
  for (guint i = 0; i < 10; i++)
    g_assert_cmpuint (tc_staging_pool_put (pool, &origin, parts, &packet), !=, 0);
  fill (pool);
  after = get_memory (pool);
  g_assert_cmpuint (after, >=, before + 8);
  g_assert_cmpuint (after, <, before + 16);
  for (guint i = 10; i < 128; i++)
    g_assert_cmpuint (tc_staging_pool_put (pool, &origin, parts, &packet), !=, 0);
  fill (pool);
  g_assert_cmpuint (get_memory (pool), >=, 128);
  tc_staging_pool_free (pool);
}

static void
fills_itself_where_nobody_waits (Fixture *f, gconstpointer data)
{
  guint32 number = put (f, TC_STAGING_BLOCK, 1);
  struct stat about;

  /* What is there already is not touched. */
  tc_staging_pool_fill_gently (f->pool);
  do
    {
      g_thread_yield ();
      g_assert_cmpint (fstat (tc_staging_pool_get_fd (f->pool), &about), ==, 0);
    }
  while (about.st_blocks * 512 < about.st_size);
  assert_holds (f, number, TC_STAGING_BLOCK, 1);
  /* Nobody waits for the other one either: it may be at it still, or may not have begun. */
  tc_staging_pool_free (f->pool);
  f->pool = tc_staging_pool_new (64 << 20);
  tc_staging_pool_fill_gently (f->pool);
}

/* Another process fills it, and is killed. */
static void
be_killed_with_packets (Fixture *f)
{
  pid_t child = fork ();
  int status;

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      guint32 dropped;

      while (tc_staging_pool_fill (f->pool))
        ;
      (void) put (f, 2 * TC_STAGING_BLOCK, 9);
      dropped = put (f, PAGE, 8);
      (void) put (f, TC_STAGING_BLOCK + PAGE, 7);
      f->origin.cpu = 0;
      (void) put (f, PAGE, 1);
      tc_staging_pool_drop (f->pool, dropped);
      raise (SIGKILL);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
}

static void
succeed (Fixture *f)
{
  int fd = fcntl (tc_staging_pool_get_fd (f->pool), F_DUPFD_CLOEXEC, 0);

  tc_staging_pool_free (f->pool);
  f->pool = tc_staging_pool_adopt (fd);
  g_assert_nonnull (f->pool);
}

static void
outlives_its_process (Fixture *f, gconstpointer data)
{
  guint32 first, second;

  be_killed_with_packets (f);
  succeed (f);
  first = tc_staging_pool_claim (f->pool, &f->origin);
  second = tc_staging_pool_claim (f->pool, &f->origin);
  assert_holds (f, first, TC_STAGING_BLOCK + PAGE, 7);
  assert_holds (f, second, 2 * TC_STAGING_BLOCK, 9);
  g_assert_cmpuint (tc_staging_pool_claim (f->pool, &f->origin), ==, 0);
  f->origin.cpu = 0;
  f->origin.uuid[0] = 'x';
  g_assert_cmpuint (tc_staging_pool_claim (f->pool, &f->origin), ==, 0);
  g_assert_cmpuint (tc_staging_pool_forget (f->pool), ==, 1);
}

/* Whatever was there, all of it can be used again once it is dropped. */
static void
has_all_its_room_after_a_succession (Fixture *f, gconstpointer data)
{
  guint32 number;
  guint n = 0;

  be_killed_with_packets (f);
  succeed (f);
  while (tc_staging_pool_fill (f->pool))
    ;
  while ((number = tc_staging_pool_claim (f->pool, &f->origin)) != 0)
    tc_staging_pool_drop (f->pool, number);
  tc_staging_pool_forget (f->pool);
  while (put (f, PAGE, 1) != 0)
    n++;
  g_assert_cmpuint (n, ==, N_BLOCKS);
}

static void
refuses_what_is_no_pool (Fixture *f, gconstpointer data)
{
  int fds[] = { memfd_create ("empty", MFD_CLOEXEC | MFD_ALLOW_SEALING), memfd_create ("cut", MFD_CLOEXEC),
                open ("/dev/null", O_RDWR | O_CLOEXEC) };

  g_assert_cmpint (ftruncate (fds[0], 1 << 20), ==, 0);
  g_assert_cmpint (fcntl (fds[0], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_assert_null (tc_staging_pool_adopt (fds[i]));
      g_assert_cmpint (errno, ==, EINVAL);
      close (fds[i]);
    }
}

/* Entries that lead in circles, out of the pool or into each other, as memory that went wrong might have them. */
static void
survives_nonsense_in_its_table (Fixture *f, gconstpointer data)
{
  g_autoptr(GRand) random = g_rand_new_with_seed (7);
  gsize len = 64 + N_BLOCKS * 48;
  int fd = tc_staging_pool_get_fd (f->pool);
  guint8 *table = mmap (NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

  g_assert_true (table != MAP_FAILED);
  for (guint round = 0; round < 500; round++)
    {
      struct iovec parts[N_BLOCKS];
      guint32 number;

      for (gsize at = 64; at < len; at += 4)
        {
          guint32 word = (guint32) g_rand_int_range (random, 0, N_BLOCKS + 3);

          if ((at - 64) % 48 < 32)
            memcpy (table + at, &word, sizeof word);
        }
      for (gsize at = 64; at < len; at += 48)
        {
          guint64 size = (guint64) g_rand_int_range (random, 0, 5 * TC_STAGING_BLOCK);

          memcpy (table + at + 16, &size, sizeof size);
          memcpy (table + at + 8, &f->origin.channel, 4);
          memcpy (table + at + 12, &f->origin.cpu, 4);
          memcpy (table + at + 32, f->origin.uuid, 16);
        }
      succeed (f);
      while ((number = tc_staging_pool_claim (f->pool, &f->origin)) != 0)
        {
          g_assert_cmpint (tc_staging_pool_locate (f->pool, number, parts, N_BLOCKS), >, 0);
          tc_staging_pool_drop (f->pool, number);
        }
    }
  munmap (table, len);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/consumer/staging-pool/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("gives-back-what-was-put", gives_back_what_was_put);
  ADD ("takes-no-packet-of-more-than-a-quarter", takes_no_packet_of_more_than_a_quarter);
  ADD ("fills-itself-where-nobody-waits", fills_itself_where_nobody_waits);
  ADD ("outlives-its-process", outlives_its_process);
  ADD ("has-all-its-room-after-a-succession", has_all_its_room_after_a_succession);
  ADD ("refuses-what-is-no-pool", refuses_what_is_no_pool);
  ADD ("survives-nonsense-in-its-table", survives_nonsense_in_its_table);
#undef ADD
  g_test_add_func ("/consumer/staging-pool/takes-what-is-needed-and-some-more", takes_what_is_needed_and_some_more);
  return g_test_run ();
}
