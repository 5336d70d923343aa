/* SPDX-License-Identifier: GPL-2.0-only */
/* Where traces go, and what callers are told where they cannot go there. */
#include "support/recording.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  TstService *service;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->service = tst_service_new ();
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  tst_service_free (self->service);
}

/* Ends the test unless no session can be made that writes to @output. */
static void
assert_refused (Fixture *self, const char *output, const char *beginning)
{
  tst_expect (tst_refused (self->service, TST_ROOT, "Manager.CreateSession", "('s', {'output': <%s>})", output),
              beginning);
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.SessionCount"), ==, 0);
}

static void
assert_records (Fixture *self, const char *session, const char *name)
{
  tst_session_run (self->service, session, "Start");
  tst_app_run (self->service, "app-tiny", NULL);
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, name, "tbtest:tick"), ==, 1);
}

static void
must_be_absolute (Fixture *self, gconstpointer data)
{
  assert_refused (self, "relative/path", "InvalidArgs: ");
}

static void
must_lead_through_directories (Fixture *self, gconstpointer data)
{
  g_autofree char *file = tst_output (self->service, "file");
  g_autofree char *below = g_build_filename (file, "trace", NULL);

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  assert_refused (self, file, "OutputUnavailable: ");
  assert_refused (self, below, "OutputUnavailable: ");
}

/* Nothing is made before there is something to put into it (B9). */
static void
is_made_by_start_with_all_that_leads_to_it (Fixture *self, gconstpointer data)
{
  g_autofree char *first = tst_output (self->service, "one");
  g_autofree char *session = tst_session (self->service, "one/two/three");
  g_autofree char *output = tst_output (self->service, "one/two/three");
  g_autofree char *told = tst_get_string (self->service, session, "Session.Output");
  struct stat about;

  g_assert_cmpstr (told, ==, output);
  tst_enable (self->service, session, "", "tbtest:*");
  g_assert_false (g_file_test (first, G_FILE_TEST_EXISTS));
  assert_records (self, session, "one/two/three");
  g_assert_cmpint (stat (output, &about), ==, 0);
  g_assert_cmpuint (about.st_uid, ==, getuid ());
  g_assert_cmpuint (about.st_mode & S_IRWXO, ==, 0);
}

/* Whatever stands there when it is to be written; and the next Start tries again. */
static void
that_is_gone_at_start_is_told (Fixture *self, gconstpointer data)
{
  g_autofree char *session = tst_session (self->service, "taken");
  g_autofree char *output = tst_output (self->service, "taken");
  g_autofree char *state = NULL;

  tst_enable (self->service, session, "", "tbtest:*");
  g_assert_true (g_file_set_contents (output, "", 0, NULL));
  tst_expect (tst_refused (self->service, session, "Session.Start", "(@a{sv} {},)"), "OutputUnavailable: ");
  state = tst_get_string (self->service, session, "Session.State");
  g_assert_cmpstr (state, ==, "inactive");
  g_assert_cmpint (g_unlink (output), ==, 0);
  assert_records (self, session, "taken");
}

/* A trace that is there is not touched: the new one stands beside it. */
static void
two_sessions_may_write_to_one (Fixture *self, gconstpointer data)
{
  g_autofree char *output = tst_output (self->service, "both");
  g_autofree char *first = tst_session (self->service, "both");
  g_autofree char *second = NULL;
  g_autoptr(GVariant) reply = NULL;

  reply = tst_call (self->service, TST_ROOT, "Manager.CreateSession", "('other', {'output': <%s>})", output);
  g_variant_get (reply, "(o)", &second);
  tst_enable (self->service, first, "", "tbtest:*");
  tst_enable (self->service, second, "", "tbtest:*");
  tst_session_run (self->service, first, "Start");
  tst_session_run (self->service, second, "Start");
  tst_app_run (self->service, "app-tiny", NULL);
  tst_session_run (self->service, first, "Destroy");
  tst_session_run (self->service, second, "Destroy");
  g_assert_cmpuint (tst_count (self->service, "both", "tbtest:tick"), ==, 2);
}

/* The rest needs a file system of its own. */

typedef struct {
  Fixture base;
  char *folder; /* NULL: not ours to mount on */
} Mounted;

/* @options: of the file system */
static void
mounted_set_up (Mounted *self, gconstpointer options)
{
  set_up (&self->base, NULL);
  self->folder = tst_output (self->base.service, "folder");
  g_assert_cmpint (g_mkdir (self->folder, 0700), ==, 0);
  if (mount ("tmpfs", self->folder, "tmpfs", 0, options) < 0)
    g_clear_pointer (&self->folder, g_free);
}

static void
mounted_tear_down (Mounted *self, gconstpointer options)
{
  if (self->folder != NULL)
    g_assert_cmpint (umount2 (self->folder, MNT_DETACH), ==, 0);
  g_free (self->folder);
  tear_down (&self->base, NULL);
}

static gboolean
skips (Mounted *self)
{
  if (self->folder == NULL)
    g_test_skip ("only root may mount");
  return self->folder == NULL;
}

static void
on_a_file_system_that_is_read_only (Mounted *self, gconstpointer options)
{
  g_autofree char *session = NULL;

  if (skips (self))
    return;
  session = tst_session (self->base.service, "folder/trace");
  tst_enable (self->base.service, session, "", "tbtest:*");
  g_assert_cmpint (mount (NULL, self->folder, NULL, MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
  tst_expect (tst_refused (self->base.service, session, "Session.Start", "(@a{sv} {},)"), "OutputUnavailable: ");
  tst_session_run (self->base.service, session, "Destroy");
  assert_refused (&self->base, self->folder, "OutputUnavailable: ");
  g_assert_cmpint (mount (NULL, self->folder, NULL, MS_REMOUNT, NULL), ==, 0);
}

#define ADD(name, test) g_test_add ("/process/outputs/" name, Fixture, NULL, set_up, test, tear_down)
#define ADD_MOUNTED(name, options, test)                                                                              \
  g_test_add ("/process/outputs/" name, Mounted, options, mounted_set_up, test, mounted_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("must-be-absolute", must_be_absolute);
  ADD ("must-lead-through-directories", must_lead_through_directories);
  ADD ("is-made-by-start-with-all-that-leads-to-it", is_made_by_start_with_all_that_leads_to_it);
  ADD ("that-is-gone-at-start-is-told", that_is_gone_at_start_is_told);
  ADD ("two-sessions-may-write-to-one", two_sessions_may_write_to_one);
  ADD_MOUNTED ("on-a-file-system-that-is-read-only", "mode=700", on_a_file_system_that_is_read_only);
  return g_test_run ();
}
