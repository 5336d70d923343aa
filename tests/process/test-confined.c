/* SPDX-License-Identifier: GPL-2.0-only */
/* What the service and its consumers have while they record: no right and no descriptor that they do not need. */
#include "support/recording.h"

#include <string.h>
#include <unistd.h>

typedef struct {
  TstService *service;
  TstChild *app;
  char *session;
} Fixture;

static void
set_up (Fixture *self, gconstpointer options)
{
  self->service = tst_service_new ();
  self->session = tst_start_recording (self->service, "confined", options);
  self->app = tst_app_start (self->service, "app-idle", NULL);
  tst_app_go (self->app, 10);
  tst_do (self->service, self->session, "Session.Flush", "(" TST_NO_OPTIONS ",)");
}

static void
tear_down (Fixture *self, gconstpointer options)
{
  tst_child_free (self->app);
  g_free (self->session);
  tst_service_free (self->service);
}

/* (transfer full) */
static char *
status (pid_t pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *text = NULL;
  g_auto(GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], name) && lines[i][strlen (name)] == ':')
      return g_strstrip (g_strdup (lines[i] + strlen (name) + 1));
  g_error ("/proc tells no %s", name);
}

static void
assert_status (pid_t pid, const char *name, const char *value)
{
  g_autofree char *actual = status (pid, name);

  g_assert_cmpstr (actual, ==, value);
}

static void
a_consumer_has_no_right_but_its_owners (Fixture *self, gconstpointer options)
{
  static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };
  pid_t consumer = tst_service_consumer_pid (self->service);
  g_autofree char *ids = g_strdup_printf ("%d\t%d\t%d\t%d", getuid (), getuid (), getuid (), getuid ());

  for (guint i = 0; i < G_N_ELEMENTS (sets); i++)
    assert_status (consumer, sets[i], "0000000000000000");
  /* So what it might have by running another program, as its bounds say, it cannot have. */
  assert_status (consumer, "NoNewPrivs", "1");
  assert_status (consumer, "Seccomp", "2");
  assert_status (consumer, "Uid", ids);
}

/* How many descriptors of @pid are what begins with @kind; -1: something that begins with none of @known. */
static int
count_kind (pid_t pid, const char *kind, const char *const *known)
{
  g_autofree char *directory = g_strdup_printf ("/proc/%d/fd", pid);
  g_autoptr(GDir) fds = g_dir_open (directory, 0, NULL);
  const char *name;
  int n = 0;

  g_assert_nonnull (fds);
  while ((name = g_dir_read_name (fds)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autofree char *what = g_file_read_link (path, NULL);
      gboolean is_known = FALSE;

      if (what == NULL || atoi (name) == STDERR_FILENO)
        continue;
      n += g_str_has_prefix (what, kind);
      for (guint i = 0; known[i] != NULL; i++)
        is_known |= g_str_has_prefix (what, known[i]);
      if (!is_known)
        g_error ("the consumer has descriptor %s: %s", name, what);
    }
  return n;
}

static void
a_consumer_has_no_descriptor_but_its_own (Fixture *self, gconstpointer options)
{
  pid_t consumer = tst_service_consumer_pid (self->service);
  g_autofree char *output = tst_output (self->service, "confined");
  g_autofree char *mounts = g_strdup_printf ("/proc/%d/mountinfo", consumer);
  const char *const known[] = {
    "/dev/null", "socket:", "pipe:", "/memfd:", "anon_inode:[eventpoll]", "anon_inode:[eventfd]",
    "anon_inode:[signalfd]", "anon_inode:inotify", mounts, output, NULL,
  };

  g_assert_cmpint (count_kind (consumer, "socket:", known), ==, 1);
  g_assert_cmpint (count_kind (consumer, "/dev/null", known), ==, 2);
  g_assert_cmpint (count_kind (consumer, output, known), >, 0);
}

static void
the_service_keeps_the_rights_that_it_needs (Fixture *self, gconstpointer options)
{
  /* CHOWN, KILL, SETGID, SETUID */
  static const char four[] = "00000000000000e1";
  pid_t service = tst_service_pid (self->service);

  if (geteuid () != 0)
    {
      g_test_skip ("only root has rights to give up");
      return;
    }
  assert_status (service, "CapInh", "0000000000000000");
  assert_status (service, "CapPrm", four);
  assert_status (service, "CapEff", four);
  assert_status (service, "CapBnd", four);
  assert_status (service, "CapAmb", "0000000000000000");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add ("/confined/" name, Fixture, TST_PER ("user"), set_up, function, tear_down)
  ADD ("consumer/rights", a_consumer_has_no_right_but_its_owners);
  ADD ("consumer/descriptors", a_consumer_has_no_descriptor_but_its_own);
  ADD ("service/rights", the_service_keeps_the_rights_that_it_needs);
  return g_test_run ();
}
