/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is written to is taken away while programs are recorded: somebody is told, events wait in the buffers, and go to
 * what is there in its place as soon as it is.
 */
#define _GNU_SOURCE
#include "support/mounts.h"
#include "support/peer.h"
#include "support/recording.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const char *no_mounts;

typedef struct {
  TstService *service;
  TstChild *app;
  char *session;
  char *folder; /* that the output is in */
  gboolean mounted;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new ();
  self->folder = tst_output (self->service, "folder");
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  g_clear_pointer (&self->app, tst_child_free);
  if (self->mounted)
    tst_unmount (self->folder);
  g_free (self->session);
  g_free (self->folder);
  tst_service_free (self->service);
}

/* 100 events of a program are in the trace. */
static void
begin (Fixture *self, gconstpointer options)
{
  self->session = tst_start_recording (self->service, "folder/trace", options);
  self->app = tst_app_start (self->service, "app-idle", NULL);
  tst_app_go (self->app, 100);
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
}

static gboolean
begin_on (Fixture *self, gconstpointer options, const char *kind)
{
  const char *why = no_mounts;

  if (why == NULL && tst_mount (kind, self->folder, 16, &why))
    {
      self->mounted = TRUE;
      begin (self, options);
      return TRUE;
    }
  g_test_skip (why);
  return FALSE;
}

/* Also where nothing is written: nobody has to wait for that. */
static void
wait_until_told (Fixture *self, const char *code)
{
  g_autofree char *quoted = g_strdup_printf ("'%s'", code);
  gint64 began = g_get_monotonic_time ();

  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", quoted));
  g_test_message ("told after %.1f ms", (double) (g_get_monotonic_time () - began) / 1000);
}

static void
wait_until_over (Fixture *self)
{
  gint64 began = g_get_monotonic_time ();

  tst_wait_until (self->service, tst_get_length (self->service, self->session, "Session.Problems") == 0);
  g_test_message ("goes on after %.1f ms", (double) (g_get_monotonic_time () - began) / 1000);
}

/* The trace has @n events, and none is missing that was emitted since the directory is another one. */
static void
stop_and_count (Fixture *self, guint n)
{
  TstResult result = tst_session_run (self->service, self->session, "Stop");

  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  g_assert_cmpuint (result.discarded + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "folder/trace", "tbtest:tick"), ==, n);
}

static int
remove_entry (const char *path, const struct stat *about, int type, struct FTW *ftw)
{
  return remove (path);
}

static int
remove_file (const char *path, const struct stat *about, int type, struct FTW *ftw)
{
  return type == FTW_F ? g_unlink (path) : 0;
}

static void
remove_output (Fixture *self)
{
  g_autofree char *output = tst_output (self->service, "folder/trace");

  g_assert_cmpint (nftw (output, remove_entry, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
}

static void
make_output (Fixture *self)
{
  g_autofree char *output = tst_output (self->service, "folder/trace");

  g_assert_cmpint (g_mkdir (output, 0700), ==, 0);
}

static void
a_directory_is_removed_and_made (Fixture *self, gconstpointer options)
{
  begin (self, options);
  remove_output (self);
  wait_until_told (self, "output-gone");
  tst_app_go (self->app, 50);
  make_output (self);
  wait_until_over (self);
  tst_app_go (self->app, 7);
  stop_and_count (self, 57);
  if (strcmp (options, TST_PER ("user")) == 0)
    tst_peer_tell ("output-gone");
}

static void
only_its_files_are_removed (Fixture *self, gconstpointer options)
{
  g_autofree char *output = tst_output (self->service, "folder/trace");

  begin (self, options);
  g_assert_cmpint (nftw (output, remove_file, 16, FTW_DEPTH | FTW_PHYS), ==, 0);
  wait_until_told (self, "output-gone");
  wait_until_over (self);
  tst_app_go (self->app, 57);
  stop_and_count (self, 57);
}

static guint n_streams; /* that the last walk found */

static int
remove_stream (const char *path, const struct stat *about, int type, struct FTW *ftw)
{
  return g_str_has_prefix (path + ftw->base, "events_") ? g_unlink (path) : 0;
}

static int
count_stream (const char *path, const struct stat *about, int type, struct FTW *ftw)
{
  n_streams += g_str_has_prefix (path + ftw->base, "events_") && !g_str_has_suffix (path, ".idx");
  return 0;
}

/* Those begin anew, soon after; nothing stands in the way of recording, so that nobody is told. */
static void
only_its_streams_are_removed (Fixture *self, gconstpointer options)
{
  g_autofree char *output = tst_output (self->service, "folder/trace");

  begin (self, options);
  g_assert_cmpint (nftw (output, remove_stream, 16, FTW_PHYS), ==, 0);
  for (n_streams = 0; n_streams == 0;)
    {
      tst_app_go (self->app, 1);
      tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
      g_assert_cmpint (nftw (output, count_stream, 16, FTW_PHYS), ==, 0);
    }
  tst_app_go (self->app, 5);
  tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "folder/trace", "tbtest:tick"), >, 5);
  g_assert_false (tst_heard (self->service, "Session.Problems", "'output-gone'"));
}

/* What is in no file then is counted. */
static void
a_stop_while_it_is_gone_is_answered (Fixture *self, gconstpointer options)
{
  TstResult result;

  begin (self, options);
  remove_output (self);
  wait_until_told (self, "output-gone");
  tst_app_go (self->app, 50);
  result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (result.dropped, >, 0);
  g_assert_cmpuint (result.lost, >, 0);
  g_assert_cmpuint (result.lost, ==, tst_get_number (self->service, self->session, "Session.PacketsLost"));
  make_output (self);
  wait_until_over (self);
  tst_session_run (self->service, self->session, "Start");
  tst_app_go (self->app, 7);
  result = tst_session_run (self->service, self->session, "Destroy");
  g_assert_cmpuint (tst_count (self->service, "folder/trace", "tbtest:tick"), ==, 7);
}

static void
a_destroy_while_it_is_gone_is_answered (Fixture *self, gconstpointer options)
{
  TstResult result;

  begin (self, options);
  remove_output (self);
  wait_until_told (self, "output-gone");
  tst_app_go (self->app, 50);
  result = tst_session_run (self->service, self->session, "Destroy");
  g_assert_cmpuint (result.dropped, >, 0);
  g_assert_cmpuint (result.lost, >, 0);
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"), ==, 0);
}

static void
a_program_that_comes_meanwhile_is_recorded (Fixture *self, gconstpointer options)
{
  g_autoptr(TstChild) other = NULL;

  begin (self, options);
  remove_output (self);
  wait_until_told (self, "output-gone");
  other = tst_app_start (self->service, "app-idle", "other", NULL);
  tst_app_go (other, 40);
  make_output (self);
  wait_until_over (self);
  tst_app_go (other, 2);
  stop_and_count (self, 42);
}

static gboolean
has_problem (Fixture *self, const char *code)
{
  return tst_has_problem (self->service, self->session, code);
}

/* Its successor has all that it had, and finds no output either. */
static void
kill_consumer (Fixture *self)
{
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'consumer-restarting'"));
  tst_wait_until (self->service, !has_problem (self, "consumer-restarting") && has_problem (self, "output-gone"));
}

/* It makes nothing that its owner has not made. */
static void
the_next_consumer_waits_for_it_too (Fixture *self, gconstpointer options)
{
  g_autofree char *output = tst_output (self->service, "folder/trace");

  begin (self, options);
  remove_output (self);
  wait_until_told (self, "output-gone");
  kill_consumer (self);
  tst_app_go (self->app, 50);
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
  g_assert_false (g_file_test (output, G_FILE_TEST_EXISTS));
  make_output (self);
  wait_until_over (self);
  tst_app_go (self->app, 7);
  stop_and_count (self, 57);
}

static guint n_packets; /* that the last walk found */

static int
count_packets (const char *path, const struct stat *about, int type, struct FTW *ftw)
{
  if (g_str_has_prefix (path + ftw->base, "events_") && !g_str_has_suffix (path, ".idx"))
    n_packets += (guint) (about->st_size / 4096);
  return 0;
}

/* It finds neither a file nor anybody who was told what was in it. */
static void
the_next_consumer_counts_nothing_as_lost (Fixture *self, gconstpointer scheme)
{
  g_autofree char *output = tst_output (self->service, "folder/trace");
  g_autofree char *options = g_strconcat (scheme, ", 'subbuf-size': <uint64 4096>, 'num-subbuf': <uint64 64>, "
                                          "'monitor-timer-us': <uint32 0>", NULL);
  TstResult result;

  self->session = tst_start_recording (self->service, "folder/trace", options);
  self->app = tst_app_start (self->service, "app-idle", NULL);
  tst_app_go (self->app, 2000);
  for (n_packets = 0; n_packets < 4; tst_app_go (self->app, 1))
    g_assert_cmpint (nftw (output, count_packets, 16, FTW_PHYS), ==, 0);
  remove_output (self);
  wait_until_told (self, "output-gone");
  kill_consumer (self);
  make_output (self);
  wait_until_over (self);
  tst_app_go (self->app, 7);
  result = tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (result.discarded + result.lost + result.dropped, ==, 0);
  g_assert_cmpuint (tst_count (self->service, "folder/trace", "tbtest:tick"), >=, 7);
}

/* It was not told before there were programs: there was nothing to write. */
static void
the_first_program_comes_while_it_is_gone (Fixture *self, gconstpointer options)
{
  self->session = tst_start_recording (self->service, "folder/trace", options);
  remove_output (self);
  self->app = tst_app_start (self->service, "app-idle", NULL);
  wait_until_told (self, "output-gone");
  tst_app_go (self->app, 40);
  make_output (self);
  wait_until_over (self);
  stop_and_count (self, 40);
}

static void
mount_again (Fixture *self)
{
  const char *why;

  self->mounted = tst_mount ("ext4", self->folder, 16, &why);
  g_assert_true (self->mounted);
}

/* Mounted again, it has what was written before. */
static void
its_file_system_is_unmounted_and_mounted (Fixture *self, gconstpointer options)
{
  if (!begin_on (self, options, "ext4"))
    return;
  tst_unmount (self->folder);
  self->mounted = FALSE;
  wait_until_told (self, "output-gone");
  tst_app_go (self->app, 50);
  mount_again (self);
  wait_until_over (self);
  tst_app_go (self->app, 7);
  stop_and_count (self, 157);
}

/* The output is what it was mounted on: without it, that is an empty directory of another file system. */
static void
what_it_was_mounted_on_is_not_written_to (Fixture *self, gconstpointer options)
{
  g_autoptr(GDir) bare = NULL;
  const char *why = no_mounts;

  if (why != NULL || !tst_mount ("ext4", self->folder, 16, &why))
    {
      g_test_skip (why);
      return;
    }
  self->session = tst_start_recording (self->service, "folder", options);
  self->app = tst_app_start (self->service, "app-idle", NULL);
  tst_app_go (self->app, 100);
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
  tst_unmount (self->folder);
  self->mounted = FALSE;
  wait_until_told (self, "output-gone");
  kill_consumer (self);
  tst_app_go (self->app, 50);
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
  bare = g_dir_open (self->folder, 0, NULL);
  g_assert_nonnull (bare);
  g_assert_null (g_dir_read_name (bare));
  mount_again (self);
  wait_until_over (self);
  tst_app_go (self->app, 7);
  tst_session_run (self->service, self->session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "folder", "tbtest:tick"), ==, 157);
}

static void
its_file_system_can_only_be_read (Fixture *self, gconstpointer options)
{
  const char *why;

  if (!begin_on (self, options, "ext4"))
    return;
  tst_mount_fail (self->folder);
  tst_app_go (self->app, 50);
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
  wait_until_told (self, "write-failed");
  tst_unmount (self->folder);
  g_assert_true (tst_mount ("tmpfs", self->folder, 16, &why));
  make_output (self);
  wait_until_over (self);
  tst_app_go (self->app, 7);
  stop_and_count (self, 57);
}

#define ADD(function) TST_ADD_PER_SCHEME ("/process/output-gone", function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tst_mounts_own (&no_mounts);
  ADD (a_directory_is_removed_and_made);
  ADD (only_its_files_are_removed);
  ADD (only_its_streams_are_removed);
  ADD (a_stop_while_it_is_gone_is_answered);
  ADD (a_destroy_while_it_is_gone_is_answered);
  ADD (a_program_that_comes_meanwhile_is_recorded);
  ADD (the_next_consumer_counts_nothing_as_lost);
  ADD (the_first_program_comes_while_it_is_gone);
  ADD (its_file_system_is_unmounted_and_mounted);
  ADD (its_file_system_can_only_be_read);
  TST_ADD ("/process/output-gone/per-user", TST_PER ("user"), the_next_consumer_waits_for_it_too);
  TST_ADD ("/process/output-gone/per-process", TST_PER ("process"), what_it_was_mounted_on_is_not_written_to);
  return g_test_run ();
}
