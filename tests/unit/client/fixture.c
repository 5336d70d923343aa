/* SPDX-License-Identifier: GPL-2.0-only */
#include "fixture.h"

#include <glib/gstdio.h>

void
fixture_set_up_bus (Fixture *self)
{
  self->dir = tst_dir_new ();
  self->bus = tst_bus_new (self->dir);
  self->environment = tst_environ (self->dir, tst_bus_address (self->bus));
  self->environment = g_environ_unsetenv (self->environment, "TRACEBUS_BUS");
  self->environment = g_environ_setenv (self->environment, "XDG_STATE_HOME", tst_dir_path (self->dir), TRUE);
  self->environment = g_environ_setenv (self->environment, "LC_ALL", "C", TRUE);
  self->environment = g_environ_setenv (self->environment, "TZ", "UTC", TRUE);
}

void
fixture_set_up (Fixture *self, gconstpointer data)
{
  g_autoptr(GDBusConnection) connection = NULL;

  fixture_set_up_bus (self);
  connection = tst_bus_connect (self->bus);
  self->fake = tst_fake_new (connection);
}

void
fixture_tear_down (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->fake, tst_fake_free);
  tst_bus_free (self->bus);
  tst_dir_free (self->dir);
  g_strfreev (self->environment);
  g_free (self->output);
  g_free (self->errors);
}

GSubprocess *
fixture_start (Fixture *self, const char *line)
{
  g_autofree char *command = g_strdup_printf ("tracebusctl %s", line);
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) words = NULL;
  GSubprocess *process;

  g_assert_true (g_shell_parse_argv (command, NULL, &words, NULL));
  g_free (words[0]);
  words[0] = tst_build_path ("client/tracebusctl");
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_subprocess_launcher_set_environ (launcher, self->environment);
  g_subprocess_launcher_set_cwd (launcher, tst_dir_path (self->dir));
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) words, &error);
  g_assert_no_error (error);
  return process;
}

void
fixture_finish (Fixture *self, GSubprocess *process)
{
  g_autoptr(GError) error = NULL;

  g_clear_pointer (&self->output, g_free);
  g_clear_pointer (&self->errors, g_free);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &self->output, &self->errors, &error);
  g_assert_no_error (error);
  self->status = g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process)
                                                      : -g_subprocess_get_term_sig (process);
  g_object_unref (process);
}

void
fixture_run (Fixture *self, const char *line)
{
  fixture_finish (self, fixture_start (self, line));
}

void
fixture_assert_calls (Fixture *self, const char *expected)
{
  g_autofree char *calls = tst_fake_take_calls (self->fake);

  g_assert_cmpstr (calls, ==, expected);
}

void
fixture_add_demo (Fixture *self)
{
  g_autofree char *folder = tst_dir_file (self->dir, "tracebus");
  g_autofree char *file = g_build_filename (folder, "current-session", NULL);

  tst_fake_answer (self->fake, "/org/tracebus1 Manager.GetSession ('demo',)", "(objectpath '" S1 "',)");
  tst_fake_refuse (self->fake, "/org/tracebus1 Manager.GetSession ('gone',)", "org.tracebus1.Error.NotFound",
                   "there is no session 'gone'");
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "demo\n", -1, NULL));
}
