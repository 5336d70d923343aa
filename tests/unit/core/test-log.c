/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/error.h"
#include "base/fd-budget.h"
#include "base/quota.h"
#include "core/metadata-log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT = 1 << 20, BLOCKS = 20000 };

static void
append (TbusMetadataLog *log, const char *text)
{
  g_autoptr(GError) error = NULL;

  tbus_metadata_log_append (log, text, strlen (text), &error);
  g_assert_no_error (error);
}

static TbusMetadataLog *
log_new (gsize limit)
{
  g_autoptr(GError) error = NULL;
  TbusMetadataLog *log = tbus_metadata_log_new (limit, &error);

  g_assert_no_error (error);
  return log;
}

static void
grows_and_keeps_its_text (void) /* B15 */
{
  enum { PAGES = 250, LENGTH = PAGES * TBUS_LOG_PAGE };
  g_autoptr(TbusMetadataLog) log = log_new (LIMIT);
  g_autofree char *block = g_strnfill (TBUS_LOG_PAGE / 4, 'b');

  g_assert_cmpuint (tbus_metadata_log_length (log), ==, 0);
  append (log, "one;\n");
  for (guint i = 0; i < 4 * PAGES - 1; i++) /* three go after the first */
    append (log, block);
  g_assert_cmpuint (tbus_metadata_log_length (log), ==, LENGTH);
  g_assert_cmpint (memcmp (tbus_metadata_log_text (log), "one;\nbbb", 8), ==, 0);
  g_assert_cmpint (tbus_metadata_log_text (log)[LENGTH - 1], ==, 'b');
}

static void
takes_exactly_its_limit_and_then_nothing (void)
{
  g_autoptr(TbusMetadataLog) log = log_new (100000);
  g_autofree char *text = g_strnfill (100000, 't');
  g_autoptr(GError) error = NULL;

  g_assert_true (tbus_metadata_log_append (log, text, 99999, NULL));
  g_assert_false (tbus_metadata_log_append (log, "ab", 2, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_cmpuint (tbus_metadata_log_length (log), ==, 99999);
  g_assert_true (tbus_metadata_log_append (log, "a", 1, NULL));
  g_assert_cmpint (tbus_metadata_log_text (log)[99999], ==, 'a');
}

/* Whole steps of the file; what was taken for a version goes with it. */
static void
is_charged_to_the_user_whose_apps_fill_it (void)
{
  enum { USER = 1000, OTHER = 1001 };
  g_autoptr(TbusMetadataLog) log = log_new (1 << 20), other = log_new (1 << 20);
  g_autofree char *text = g_strnfill (100000, 't');
  g_autoptr(GError) error = NULL;

  tbus_limit_set (TBUS_LIMIT_METADATA_OF_USER, 300000);
  tbus_metadata_log_charge (log, USER);
  tbus_metadata_log_charge (other, OTHER);
  g_assert_true (tbus_metadata_log_append (log, text, 100000, NULL));
  g_assert_true (tbus_metadata_log_append (log, text, 100000, NULL));
  g_assert_false (tbus_metadata_log_append (log, text, 100000, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_nonnull (strstr (error->message, "MetadataPerUser"));
  g_assert_cmpuint (tbus_metadata_log_length (log), ==, 200000);
  g_assert_true (tbus_metadata_log_append (other, text, 100000, NULL));
  g_assert_cmpint (tbus_metadata_log_begin_version (log, text, 100000, 100000, NULL), ==, -1);
  g_clear_pointer (&log, tbus_metadata_log_free);
  g_assert_cmpuint (tbus_quota_used (TBUS_LIMIT_METADATA_OF_USER, USER), ==, 0);
  tbus_limits_reset ();
}

static void
a_reader_sees_length_and_text_where_the_consumer_expects_them (void)
{
  g_autoptr(TbusMetadataLog) log = log_new (LIMIT);
  int fd = tbus_metadata_log_open_reader (log, NULL);
  char text[6] = "";
  guint64 published;

  append (log, "one;\n");
  g_assert_cmpint (pread (fd, &published, sizeof published, 0), ==, sizeof published);
  g_assert_cmpint (pread (fd, text, 5, TBUS_LOG_TEXT_OFFSET), ==, 5);
  g_assert_cmpuint (published, ==, 5);
  g_assert_cmpstr (text, ==, "one;\n");
  close (fd);
}

static void
a_readers_descriptor_cannot_write_it (void)
{
  g_autoptr(TbusMetadataLog) log = log_new (LIMIT);
  int fd = tbus_metadata_log_open_reader (log, NULL);
  struct stat info;

  append (log, "one;\n");
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_ACCMODE, ==, O_RDONLY);
  g_assert_cmpint (pwrite (fd, "x", 1, TBUS_LOG_TEXT_OFFSET), <, 0);
  g_assert_cmpint (ftruncate (fd, 1 << 30), <, 0);
  g_assert_cmpint (ftruncate (fd, 0), <, 0);
  g_assert_true (mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, F_SEAL_GROW), <, 0); /* it must go on growing */
  g_assert_cmpint (fcntl (fd, F_GET_SEALS), ==, F_SEAL_SHRINK | F_SEAL_SEAL);
  g_assert_cmpint (fstat (fd, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600); /* nor can another user open it anew */
  close (fd);
}

static gpointer
read_on (gpointer data)
{
  TbusMetadataLog *log = data;
  guint64 length = 0;

  while (length < BLOCKS * 16)
    {
      guint64 now = tbus_metadata_log_length (log);

      g_assert_cmpuint (now, >=, length);
      g_assert_cmpuint (now % 16, ==, 0);
      if (now > 0)
        g_assert_cmpint (memcmp (tbus_metadata_log_text (log) + now - 16, "0123456789abcde\n", 16), ==, 0);
      length = now;
    }
  return NULL;
}

static void
whoever_reads_the_length_finds_the_text_there (void)
{
  g_autoptr(TbusMetadataLog) log = log_new (LIMIT);
  GThread *reader = g_thread_new ("reader", read_on, log);

  for (guint i = 0; i < BLOCKS; i++)
    append (log, "0123456789abcde\n");
  g_thread_join (reader);
}

static guint64
read_paged_from (TbusMetadataLog *log)
{
  int fd = tbus_metadata_log_open_reader (log, NULL);
  guint64 paged_from;

  g_assert_cmpint (pread (fd, &paged_from, sizeof paged_from, TBUS_LOG_TEXT_OFFSET - sizeof paged_from), ==,
                   sizeof paged_from);
  close (fd);
  return paged_from;
}

/* A file that has the text up to the end of a page has whole blocks. */
static void
a_block_does_not_go_across_the_end_of_a_page (void)
{
  enum { SIZE = 1000, N = 20, A_PAGE = TBUS_LOG_PAGE / SIZE };
  g_autoptr(TbusMetadataLog) log = log_new (LIMIT);
  g_autofree char *block = g_strnfill (SIZE, 'b');
  g_autofree char *large = g_strnfill (TBUS_LOG_PAGE + 1, 'l');
  const char *text = tbus_metadata_log_text (log);

  for (guint i = 0; i < N; i++)
    {
      append (log, block);
      g_assert_cmpuint (tbus_metadata_log_length (log), ==, i / A_PAGE * TBUS_LOG_PAGE + (i % A_PAGE + 1) * SIZE);
      g_assert_cmpmem (text + tbus_metadata_log_length (log) - SIZE, SIZE, block, SIZE);
    }
  for (gsize at = A_PAGE * SIZE; at < TBUS_LOG_PAGE; at++)
    g_assert_cmpint (text[at], ==, '\n');
  g_assert_cmpuint (read_paged_from (log), ==, 1);
  append (log, large);
  g_assert_cmpuint (read_paged_from (log), ==, tbus_metadata_log_length (log));
}

static void
costs_one_descriptor (void) /* B6, B22 */
{
  guint before = tbus_fd_budget_used ();
  TbusMetadataLog *log = log_new (LIMIT);
  g_autoptr(GError) error = NULL;

  g_assert_cmpuint (tbus_fd_budget_used (), ==, before + 1);
  tbus_fd_budget_set_total (before + 1);
  g_assert_null (tbus_metadata_log_new (LIMIT, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  tbus_metadata_log_free (log);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before);
  tbus_fd_budget_set_total (G_MAXINT);
}

#define ADD(name, func) g_test_add_func ("/core/log/" name, func)

static char *
read_all (int fd)
{
  guint64 published;
  char *text;

  g_assert_cmpint (pread (fd, &published, sizeof published, 0), ==, sizeof published);
  text = g_malloc0 (published + 1);
  g_assert_cmpint (pread (fd, text, published, TBUS_LOG_TEXT_OFFSET), ==, published);
  return text;
}

/* Until one of the two is dropped, whichever is read has every event. */
static void
a_version_and_the_log_grow_together (void)
{
  g_autoptr(TbusMetadataLog) log = log_new (LIMIT);
  int old_fd = tbus_metadata_log_open_reader (log, NULL), new_fd;
  g_autofree char *before = NULL, *meanwhile = NULL, *both = NULL, *after = NULL;

  append (log, "head;\n");
  append (log, "one;\n");
  new_fd = tbus_metadata_log_begin_version (log, "another head;\n", 14, 6, NULL);
  g_assert_cmpint (new_fd, >=, 0);
  g_assert_true (tbus_metadata_log_has_version (log));
  before = read_all (new_fd);
  g_assert_cmpstr (before, ==, "another head;\none;\n");
  append (log, "two;\n");
  meanwhile = read_all (old_fd);
  both = read_all (new_fd);
  g_assert_cmpstr (meanwhile, ==, "head;\none;\ntwo;\n");
  g_assert_cmpstr (both, ==, "another head;\none;\ntwo;\n");
  tbus_metadata_log_end_version (log, TRUE);
  append (log, "three;\n");
  after = read_all (new_fd);
  g_assert_cmpstr (after, ==, "another head;\none;\ntwo;\nthree;\n");
  g_assert_cmpuint (tbus_metadata_log_length (log), ==, strlen (after));
  g_assert_cmpmem (tbus_metadata_log_text (log), strlen (after), after, strlen (after));
  close (old_fd);
  close (new_fd);
}

static void
a_version_that_is_dropped_leaves_the_log_as_it_is (void)
{
  guint before = tbus_fd_budget_used ();
  TbusMetadataLog *log = log_new (LIMIT);

  append (log, "head;\n");
  close (tbus_metadata_log_begin_version (log, "x", 1, 6, NULL));
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before + 2);
  append (log, "one;\n");
  tbus_metadata_log_end_version (log, FALSE);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before + 1);
  g_assert_cmpint (memcmp (tbus_metadata_log_text (log), "head;\none;\n", 11), ==, 0);
  close (tbus_metadata_log_begin_version (log, "x", 1, 6, NULL));
  tbus_metadata_log_free (log); /* with one on its way */
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before);
}

static void
what_a_version_has_no_room_for_goes_nowhere (void)
{
  g_autoptr(TbusMetadataLog) log = log_new (100);
  g_autofree char *head = g_strnfill (90, 'h');
  g_autofree char *far_too_long = g_strnfill (101, 'h');
  g_autoptr(GError) error = NULL;

  append (log, "head;\n");
  g_assert_cmpint (tbus_metadata_log_begin_version (log, far_too_long, 101, 6, &error), ==, -1);
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_false (tbus_metadata_log_has_version (log));
  close (tbus_metadata_log_begin_version (log, head, 90, 6, NULL));
  g_assert_false (tbus_metadata_log_append (log, "eleven more", 11, NULL));
  g_assert_cmpuint (tbus_metadata_log_length (log), ==, 6);
  g_assert_true (tbus_metadata_log_append (log, "ten more; ", 10, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("grows-and-keeps-its-text", grows_and_keeps_its_text);
  ADD ("takes-exactly-its-limit-and-then-nothing", takes_exactly_its_limit_and_then_nothing);
  ADD ("is-charged-to-the-user-whose-apps-fill-it", is_charged_to_the_user_whose_apps_fill_it);
  ADD ("a-reader-sees-length-and-text-where-the-consumer-expects-them",
       a_reader_sees_length_and_text_where_the_consumer_expects_them);
  ADD ("a-readers-descriptor-cannot-write-it", a_readers_descriptor_cannot_write_it);
  ADD ("whoever-reads-the-length-finds-the-text-there", whoever_reads_the_length_finds_the_text_there);
  ADD ("a-block-does-not-go-across-the-end-of-a-page", a_block_does_not_go_across_the_end_of_a_page);
  ADD ("costs-one-descriptor", costs_one_descriptor);
  g_test_add_func ("/core/log/a-version-and-the-log-grow-together", a_version_and_the_log_grow_together);
  g_test_add_func ("/core/log/a-version-that-is-dropped-leaves-the-log-as-it-is",
                   a_version_that_is_dropped_leaves_the_log_as_it_is);
  g_test_add_func ("/core/log/what-a-version-has-no-room-for-goes-nowhere",
                   what_a_version_has_no_room_for_goes_nowhere);
  return g_test_run ();
}
