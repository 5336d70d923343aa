/* SPDX-License-Identifier: GPL-2.0-only */
/* Whoever reads the metadata file, whenever, finds whole blocks: what was published, up to some publication. */
#include "process/rig.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

enum { SESSION = 11, SET = 22 };

typedef struct {
  TstRig *rig;
  TstLog *log;
  char *directory;
  char *path;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *output = NULL;

  f->rig = tst_rig_new (NULL);
  f->log = tst_log_new ();
  output = tst_rig_open_output (f->rig, SESSION);
  f->directory = g_build_filename (output, "ust/uid/0/64-bit", NULL);
  f->path = g_build_filename (f->directory, "metadata", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tst_log_free (f->log);
  tst_rig_free (f->rig);
  g_free (f->directory);
  g_free (f->path);
}

static guint64
push (Fixture *f, guint32 status)
{
  TwWriter body = { 0 };
  TwMessage reply;
  TwReader in;
  guint64 written = 0;

  tw_put_push (&body, &(TwPush) { .set = SET, .offset = 0, .length = f->log->length });
  tst_rig_ask (f->rig, TW_PUSH, &body, status, &reply);
  in = tst_reader (&reply);
  if (status == 0)
    written = tw_get_u64 (&in);
  tw_message_clear (&reply);
  return written;
}

static void
assert_file_is_the_log (Fixture *f)
{
  g_autofree char *text = NULL;
  gsize len;

  g_assert_true (g_file_get_contents (f->path, &text, &len, NULL));
  g_assert_cmpmem (text, len, (char *) f->log->header + TW_LOG_TEXT_OFFSET, f->log->length);
}

static void
appears_with_the_first_text (Fixture *f, gconstpointer data)
{
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  g_assert_false (g_file_test (f->path, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (push (f, 0), ==, 0);
  g_assert_false (g_file_test (f->path, G_FILE_TEST_EXISTS));
  tst_log_publish (f->log, "/* CTF 1.8 */\n");
  g_assert_cmpuint (push (f, 0), ==, f->log->length);
  assert_file_is_the_log (f);
}

static void
is_written_with_the_set_where_there_is_text (Fixture *f, gconstpointer data)
{
  tst_log_publish (f->log, "/* CTF 1.8 */\n");
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  assert_file_is_the_log (f);
}

/* B16, B19: again and again, in whatever pieces, it is the log. */
static void
is_the_log_however_it_was_published (Fixture *f, gconstpointer data)
{
  static const guint sizes[] = { 1, 4081, 1, 13, 4096, 4095, 1, 1, 10000, 100, 65536, 65537, 3, 300000 };

  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = g_strnfill (sizes[i], (char) ('a' + i));

      tst_log_publish (f->log, text);
      g_assert_cmpuint (push (f, 0), ==, f->log->length);
      g_assert_cmpuint (push (f, 0), ==, f->log->length);
      assert_file_is_the_log (f);
    }
}

static guint64
get_inode (Fixture *f)
{
  GStatBuf about;

  g_assert_cmpint (g_stat (f->path, &about), ==, 0);
  return about.st_ino;
}

/* Where blocks end with pages, it is the same file; else whoever reads it has the old one, or the new one. */
static void
grows_by_pages (Fixture *f, gconstpointer data)
{
  g_autofree char *start = g_strnfill (1000, 's');
  g_autofree char *rest = g_strnfill (3096 + 5 * TW_LOG_PAGE + 100, 'r');
  g_autofree char *large = g_strnfill (2 * TW_LOG_PAGE, 'l');
  guint64 inode;

  f->log->header->paged_from = 1;
  tst_log_publish (f->log, start);
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  inode = get_inode (f);
  tst_log_publish (f->log, rest);
  g_assert_cmpuint (push (f, 0), ==, f->log->length);
  assert_file_is_the_log (f);
  g_assert_cmpuint (get_inode (f), ==, inode);
  f->log->header->paged_from = f->log->length + strlen (large);
  tst_log_publish (f->log, large);
  g_assert_cmpuint (push (f, 0), ==, f->log->length);
  assert_file_is_the_log (f);
  g_assert_cmpuint (get_inode (f), !=, inode);
}

static void
is_written_out_at_the_end (Fixture *f, gconstpointer data)
{
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  tst_log_publish (f->log, "/* CTF 1.8 */\n");
  tst_rig_hello (f->rig);
  tst_rig_hang_up (f->rig);
  tst_rig_wait_exit (f->rig);
  assert_file_is_the_log (f);
}

static void
is_written_out_with_a_flush (Fixture *f, gconstpointer data)
{
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  tst_log_publish (f->log, "/* CTF 1.8 */\n");
  (void) tst_rig_flush (f->rig, TW_FLUSH_SESSION, SESSION, TRUE);
  assert_file_is_the_log (f);
}

typedef struct {
  const char *path;
  int stop; /* atomic */
  guint n_read, n_sizes;
} Reader;

/* Blocks are "<n n n ... n>\n": the last one must be closed, and follow the one before. */
static void
check_blocks (const char *text, gsize len)
{
  guint expected = 0;
  const char *at = text;

  while (at < text + len)
    {
      char *end;

      g_assert_cmpint (*at, ==, '<');
      g_assert_cmpuint (strtoul (at + 1, &end, 10), ==, expected++);
      at = memchr (end, '>', len - (gsize) (end - text));
      g_assert_nonnull (at);
      g_assert_true (at + 1 < text + len && at[1] == '\n');
      at += 2;
    }
}

static gpointer
read_again_and_again (gpointer data)
{
  Reader *self = data;
  gsize last = 0;

  while (!g_atomic_int_get (&self->stop))
    {
      g_autofree char *text = NULL;
      gsize len;

      if (!g_file_get_contents (self->path, &text, &len, NULL))
        continue;
      check_blocks (text, len);
      g_assert_cmpuint (len, >=, last);
      self->n_sizes += len > last;
      last = len;
      self->n_read++;
    }
  return NULL;
}

static void
never_shows_half_a_block (Fixture *f, gconstpointer data)
{
  Reader reader = { .path = f->path };
  GThread *thread;
  g_autoptr(GRand) random = g_rand_new_with_seed (7);

  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  thread = g_thread_new ("reader", read_again_and_again, &reader);
  for (guint i = 0; i < 1500; i++)
    {
      g_autoptr(GString) block = g_string_new (NULL);
      guint words = (guint) g_rand_int_range (random, 1, i % 50 == 0 ? 3000 : 60);

      g_string_printf (block, "<%u", i);
      for (guint k = 0; k < words; k++)
        g_string_append_printf (block, " %u", i);
      g_string_append (block, ">\n");
      tst_log_publish (f->log, block->str);
      g_assert_cmpuint (push (f, 0), ==, f->log->length);
    }
  g_atomic_int_set (&reader.stop, 1);
  g_thread_join (thread);
  /* It did look, and at more than one state. */
  g_assert_cmpuint (reader.n_sizes, >, 1);
  assert_file_is_the_log (f);
}

static void
replaces_what_a_predecessor_left (Fixture *f, gconstpointer data)
{
  g_autofree char *left_over = g_build_filename (f->directory, ".metadata.new", NULL);

  g_assert_cmpint (g_mkdir_with_parents (f->directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (f->path, "/* CTF", -1, NULL));
  g_assert_true (g_file_set_contents (left_over, "half", -1, NULL));
  tst_log_publish (f->log, "/* CTF 1.8 */\n");
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  assert_file_is_the_log (f);
  g_assert_false (g_file_test (left_over, G_FILE_TEST_EXISTS));
}

/* A session's before this one, which wrote to the same output. */
static void
leaves_another_trace_alone (Fixture *f, gconstpointer data)
{
  g_autofree char *beside = g_strconcat (f->directory, "-1/metadata", NULL);
  g_autofree char *theirs = NULL;
  g_autofree char *ours = NULL;

  g_assert_cmpint (g_mkdir_with_parents (f->directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (f->path, "/* CTF 1.8 */ another", -1, NULL));
  tst_log_publish (f->log, "/* CTF 1.8 */ this one, which is longer");
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  g_assert_true (g_file_get_contents (f->path, &theirs, NULL, NULL));
  g_assert_true (g_file_get_contents (beside, &ours, NULL, NULL));
  g_assert_cmpstr (theirs, ==, "/* CTF 1.8 */ another");
  g_assert_cmpstr (ours, ==, "/* CTF 1.8 */ this one, which is longer");
}

static void
tells_when_it_cannot_be_written (Fixture *f, gconstpointer data)
{
  TwMessage event;
  TwProblem problem;
  TwReader in;

  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  g_assert_cmpint (g_rmdir (f->directory), ==, 0);
  tst_log_publish (f->log, "/* CTF 1.8 */\n");
  (void) push (f, ENOENT);
  tst_rig_wait_event (f->rig, TW_PROBLEM, &event);
  in = tst_reader (&event);
  g_assert_true (tw_get_problem (&in, &problem));
  g_assert_cmpstr (problem.code, ==, "output-gone");
  g_assert_cmpuint (problem.session, ==, SESSION);
  g_assert_cmpuint (problem.active, ==, 1);
  g_assert_cmpuint (problem.errnum, ==, ENOENT);
  tw_message_clear (&event);
}

/* With the descriptor of @log; the answer. */
static guint64
replace (Fixture *f, guint64 set, const TstLog *log, guint32 status)
{
  TwWriter body = { 0 };
  TwMessage reply;
  TwReader in;
  guint64 written = 0;

  tw_put_u64 (&body, set);
  tst_rig_wait_reply (f->rig, tst_rig_send (f->rig, TW_REPLACE_METADATA, &body, &log->fd, 1), &reply);
  g_assert_cmpuint (reply.status, ==, status);
  in = tst_reader (&reply);
  if (status == 0)
    written = tw_get_u64 (&in);
  tw_message_clear (&reply);
  return written;
}

/* A shorter one, a longer one, one of the same page: the file is the log's text each time, also of what follows. */
static void
is_replaced_as_a_whole (Fixture *f, gconstpointer data)
{
  static const guint sizes[] = { 9000, 10, 5, 5, 70000, 4096, 100 };

  tst_log_publish (f->log, "the first text, which is not long\n");
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = g_strnfill (sizes[i], (char) ('a' + i));

      tst_log_free (f->log);
      f->log = tst_log_new ();
      tst_log_publish (f->log, text);
      g_assert_cmpuint (replace (f, SET, f->log, 0), ==, sizes[i]);
      assert_file_is_the_log (f);
      tst_log_publish (f->log, "and more\n");
      g_assert_cmpuint (push (f, 0), ==, f->log->length);
      assert_file_is_the_log (f);
    }
}

static void
stays_where_it_cannot_be_replaced (Fixture *f, gconstpointer data)
{
  g_autoptr(TstLog) other = tst_log_new ();
  g_autofree char *gone = g_strconcat (f->directory, ".gone", NULL);
  TwMessage event;

  tst_log_publish (other, "other\n");
  tst_log_publish (f->log, "one\n");
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  (void) replace (f, SET + 1, other, ENOENT);
  g_assert_cmpint (g_rename (f->path, gone), ==, 0);
  g_assert_cmpint (g_rmdir (f->directory), ==, 0);
  (void) replace (f, SET, other, ENOENT);
  tst_rig_wait_event (f->rig, TW_PROBLEM, &event);
  tw_message_clear (&event);
  g_assert_cmpuint (push (f, 0), ==, f->log->length); /* of the log that it has */
}

static void
readers_see_the_one_text_or_the_other (Fixture *f, gconstpointer data)
{
  g_autofree char *as = g_strnfill (20000, 'a');
  g_autofree char *bs = g_strnfill (30000, 'b');
  TstLog *logs[2] = { tst_log_new (), tst_log_new () };
  g_autofree char *seen = NULL;

  tst_log_publish (logs[0], as);
  tst_log_publish (logs[1], bs);
  tst_rig_add_set (f->rig, SESSION, SET, 0, logs[0]);
  for (guint i = 1; i < 500; i++)
    {
      TwWriter body = { 0 };
      guint64 serial;
      TwMessage reply;

      tw_put_u64 (&body, SET);
      serial = tst_rig_send (f->rig, TW_REPLACE_METADATA, &body, &logs[i % 2]->fd, 1);
      g_clear_pointer (&seen, g_free);
      g_assert_true (g_file_get_contents (f->path, &seen, NULL, NULL)); /* while it is at it */
      g_assert_true (g_str_equal (seen, as) || g_str_equal (seen, bs));
      tst_rig_wait_reply (f->rig, serial, &reply);
      g_assert_cmpuint (reply.status, ==, 0);
      tw_message_clear (&reply);
    }
  tst_log_free (logs[0]);
  tst_log_free (logs[1]);
}

#define ADD(name, func) g_test_add ("/consumer/metadata/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("appears-with-the-first-text", appears_with_the_first_text);
  ADD ("is-written-with-the-set-where-there-is-text", is_written_with_the_set_where_there_is_text);
  ADD ("is-the-log-however-it-was-published", is_the_log_however_it_was_published);
  ADD ("grows-by-pages", grows_by_pages);
  ADD ("is-written-out-at-the-end", is_written_out_at_the_end);
  ADD ("is-written-out-with-a-flush", is_written_out_with_a_flush);
  ADD ("never-shows-half-a-block", never_shows_half_a_block);
  ADD ("replaces-what-a-predecessor-left", replaces_what_a_predecessor_left);
  ADD ("leaves-another-trace-alone", leaves_another_trace_alone);
  ADD ("tells-when-it-cannot-be-written", tells_when_it_cannot_be_written);
  ADD ("is-replaced-as-a-whole", is_replaced_as_a_whole);
  ADD ("stays-where-it-cannot-be-replaced", stays_where_it_cannot_be_replaced);
  ADD ("readers-see-the-one-text-or-the-other", readers_see_the_one_text_or_the_other);
  return g_test_run ();
}
