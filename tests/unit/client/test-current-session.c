/* SPDX-License-Identifier: GPL-2.0-only */
#include "client/current-session.h"

#include "support/dir.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static char *
file_path (void)
{
  return g_build_filename (g_get_user_state_dir (), "tracebus", "current-session", NULL);
}

/* Every test begins with nothing remembered. */
static void
forget_all (gpointer data, gconstpointer user_data)
{
  g_autofree char *path = file_path ();
  g_autofree char *folder = g_path_get_dirname (path);

  g_unlink (path);
  g_remove (folder);
}

static void
is_nothing_at_first (gpointer data, gconstpointer user_data)
{
  g_assert_null (ctl_current_session_load (&ctl_memory_own));
}

static void
is_what_was_stored_last (gpointer data, gconstpointer user_data)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *name = NULL;

  g_assert_true (ctl_current_session_store (&ctl_memory_own, "first", &error));
  g_assert_no_error (error);
  g_assert_true (ctl_current_session_store (&ctl_memory_own, "second", &error));
  g_assert_no_error (error);
  name = ctl_current_session_load (&ctl_memory_own);
  g_assert_cmpstr (name, ==, "second");
}

static void
is_forgotten_only_by_its_own_name (gpointer data, gconstpointer user_data)
{
  g_autofree char *name = NULL;

  g_assert_true (ctl_current_session_store (&ctl_memory_own, "mine", NULL));
  ctl_current_session_forget (&ctl_memory_own, "other");
  name = ctl_current_session_load (&ctl_memory_own);
  g_assert_cmpstr (name, ==, "mine");
  ctl_current_session_forget (&ctl_memory_own, "mine");
  g_assert_null (ctl_current_session_load (&ctl_memory_own));
}

static void
is_for_the_user_alone (gpointer data, gconstpointer user_data)
{
  g_autofree char *path = file_path ();
  struct stat status;

  g_assert_true (ctl_current_session_store (&ctl_memory_own, "mine", NULL));
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
is_nothing_where_the_file_is_no_name (gpointer data, gconstpointer user_data)
{
  static const char *const texts[] = { "", "\n", "\xff\xfe\n" };
  g_autofree char *path = file_path ();

  g_assert_true (ctl_current_session_store (&ctl_memory_own, "mine", NULL));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
      g_assert_null (ctl_current_session_load (&ctl_memory_own));
    }
}

static void
says_where_it_cannot_be_stored (gpointer data, gconstpointer user_data)
{
  g_autofree char *folder = g_build_filename (g_get_user_state_dir (), "tracebus", NULL);
  g_autoptr(GError) error = NULL;

  g_assert_true (g_file_set_contents (folder, "a file, not a folder", -1, NULL));
  g_assert_false (ctl_current_session_store (&ctl_memory_own, "mine", &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, folder));
}

static void
add (const char *path, GTestFixtureFunc function)
{
  g_test_add_vtable (path, 0, NULL, forget_all, function, forget_all);
}

int
main (int argc, char **argv)
{
  g_autoptr(TstDir) dir = tst_dir_new ();

  /* GLib looks it up once a process. */
  g_setenv ("XDG_STATE_HOME", tst_dir_path (dir), TRUE);
  g_test_init (&argc, &argv, NULL);
  add ("/client/current-session/is-nothing-at-first", is_nothing_at_first);
  add ("/client/current-session/is-what-was-stored-last", is_what_was_stored_last);
  add ("/client/current-session/is-forgotten-only-by-its-own-name", is_forgotten_only_by_its_own_name);
  add ("/client/current-session/is-for-the-user-alone", is_for_the_user_alone);
  add ("/client/current-session/is-nothing-where-the-file-is-no-name", is_nothing_where_the_file_is_no_name);
  add ("/client/current-session/says-where-it-cannot-be-stored", says_where_it_cannot_be_stored);
  return g_test_run ();
}
