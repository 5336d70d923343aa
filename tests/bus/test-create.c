/* SPDX-License-Identifier: GPL-2.0-only */
/* CreateSession: outputs by descriptor, and sessions that end with their creator. */
#define _GNU_SOURCE
#include "rig.h"
#include "support/dir.h"
#include "support/lingering.h"
#include "support/silent-file.h"

#include "base/error.h"
#include "base/fd-budget.h"
#include "base/limits.h"
#include "base/quota.h"
#include "base/stray.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* With the descriptor @fd as output. (transfer full): the session's path; NULL with @error */
static char *
create_at (Rig *rig, const char *name, int fd, GError **error)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(GAsyncResult) result = NULL;
  g_autoptr(GVariant) reply = NULL;
  int index = g_unix_fd_list_append (list, fd, NULL);
  char *path = NULL;

  g_dbus_connection_call_with_unix_fd_list (
    rig->caller, "org.tracebus1", RIG_ROOT, "org.tracebus1.Manager", "CreateSession",
    g_variant_new ("(s@a{sv})", name, rig_options ("output-fd", g_variant_new_handle (index))), NULL,
    G_DBUS_CALL_FLAGS_NONE, G_MAXINT, list, NULL, keep_result, &result);
  rig_wait_until (result != NULL);
  reply = g_dbus_connection_call_with_unix_fd_list_finish (rig->caller, NULL, result, error);
  if (reply != NULL)
    g_variant_get (reply, "(o)", &path);
  return path;
}

static void
assert_output (Rig *rig, const char *session, const char *expected)
{
  g_autofree char *quoted = g_strdup_printf ("'%s'", expected);

  rig_assert_property (rig, session, "Session.Output", quoted);
}

static void
an_output_may_be_a_descriptor (Rig *rig)
{
  g_autofree char *directory = tst_dir_file (rig->dir, "out");
  g_autofree char *moved = tst_dir_file (rig->dir, "moved");
  g_autoptr(GVariant) ruled = NULL, started = NULL, destroyed = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *session = NULL;
  guint before;
  int fd;

  g_assert_cmpint (mkdir (directory, 0700), ==, 0);
  fd = open (directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_free (rig_session (rig, "first")); /* there is a consumer now */
  before = tbus_fd_budget_used ();
  session = create_at (rig, "by-descriptor", fd, &error);
  close (fd); /* the session has its own */
  g_assert_no_error (error);
  assert_output (rig, session, directory);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before + 1);

  /* It is the same directory at Start, whatever it is called by then. */
  g_assert_cmpint (rename (directory, moved), ==, 0);
  ruled = rig_call (rig, session, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  started = rig_call (rig, session, "Session.Start", rig_no_options ());
  assert_output (rig, session, moved);
  destroyed = rig_call (rig, session, "Session.Destroy", rig_no_options ());
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before);
  g_assert_cmpint (rmdir (moved), ==, 0);
}

/* Where this fails, the service hangs. */
static void
a_descriptor_that_takes_long_to_close_holds_up_nobody (Rig *rig)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;
  int listening, fd = tst_lingering_socket (&listening);

  g_assert_null (create_at (rig, "socket", fd, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_cmpint (g_unix_fd_list_append (list, fd, NULL), ==, 0);
  close (fd);
  g_dbus_connection_call_with_unix_fd_list (rig->caller, "org.tracebus1", RIG_ROOT, "org.tracebus1.Manager", "Nonsense",
                                            NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, list, NULL, NULL, NULL);
  g_assert_true (g_dbus_connection_flush_sync (rig->caller, NULL, NULL));
  reply = rig_call (rig, RIG_ROOT, "Manager.GetPermissions", NULL);
  close (listening);
}

/* Other threads do that, which tell nobody: it is looked at after each of some calls. */
static void
wait_until_used (Rig *rig, guint64 descriptors)
{
  while (tbus_quota_used (TBUS_LIMIT_DESCRIPTORS, geteuid ()) != descriptors)
    g_variant_unref (rig_call (rig, RIG_ROOT, "Manager.GetPermissions", NULL));
}

/* It waits behind what the same user sent, and behind nobody else's. */
static void
a_descriptor_that_nobody_asked_for_is_its_senders (Rig *rig)
{
  g_autoptr(GUnixFDList) list = g_unix_fd_list_new ();
  g_autoptr(TstDir) dir = tst_dir_new ();
  g_autofree char *path = tst_dir_file (dir, "silent");
  guint64 before = tbus_quota_used (TBUS_LIMIT_DESCRIPTORS, geteuid ());
  int fds[TBUS_MAX_CLOSERS], ends[2];
  TstSilentFile *file;

  if (geteuid () != 0 || unshare (CLONE_NEWNS) != 0 || mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
      || (file = tst_silent_file_new (path)) == NULL)
    {
      g_test_skip ("needs root and file systems in user space");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = open (path, O_RDWR | O_CLOEXEC);
  tbus_stray_close (geteuid (), fds, G_N_ELEMENTS (fds));
  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  g_assert_cmpint (g_unix_fd_list_append (list, ends[1], NULL), ==, 0);
  g_dbus_connection_call_with_unix_fd_list (rig->caller, "org.tracebus1", RIG_ROOT, "org.tracebus1.Manager", "Nonsense",
                                            NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, list, NULL, NULL, NULL);
  wait_until_used (rig, before + TBUS_MAX_CLOSERS + 1);
  tst_silent_file_free (file);
  wait_until_used (rig, before);
  close (ends[0]);
  close (ends[1]);
}

static void
a_session_that_is_refused_keeps_no_descriptor (Rig *rig)
{
  g_autoptr(GError) error = NULL;
  guint before;
  int fd = open ("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

  g_free (rig_session (rig, "taken"));
  before = tbus_fd_budget_used ();
  g_assert_null (create_at (rig, "taken", fd, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS);
  close (fd);
  g_assert_cmpuint (tbus_fd_budget_used (), ==, before);
}

/* (transfer full): its path */
static char *
create_ephemeral (Rig *rig, GDBusConnection *caller, const char *name)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = rig_try (
    rig, caller, RIG_ROOT, "Manager.CreateSession",
    g_variant_new ("(s@a{sv})", name, rig_options ("ephemeral", g_variant_new_boolean (TRUE))), &error);
  char *path;

  g_assert_no_error (error);
  g_variant_get (reply, "(o)", &path);
  return path;
}

static guint
count_sessions (Rig *rig)
{
  return tbus_session_set_count (tbus_core_get_sessions (rig->core));
}

/* Takes @caller. */
static void
leave (GDBusConnection *caller)
{
  g_assert_true (g_dbus_connection_close_sync (caller, NULL, NULL));
  g_object_unref (caller);
}

static void
an_ephemeral_session_ends_with_its_creator (Rig *rig)
{
  GDBusConnection *creator = tst_bus_connect (rig->daemon);
  GDBusConnection *other = tst_bus_connect (rig->daemon);
  g_autofree char *lasting = rig_session (rig, "lasting");
  g_autofree char *active = create_ephemeral (rig, creator, "active");
  g_autofree char *idle = create_ephemeral (rig, creator, "idle");
  g_autofree char *others = create_ephemeral (rig, other, "others");
  g_autoptr(GVariant) ruled = NULL, started = NULL;

  rig_assert_property (rig, active, "Session.Ephemeral", "true");
  rig_assert_property (rig, lasting, "Session.Ephemeral", "false");
  ruled = rig_call (rig, active, "Session.EnableEvents", rig_one_rule ("", "*", rig_options (NULL, NULL)));
  started = rig_call (rig, active, "Session.Start", rig_no_options ());
  leave (creator);
  rig_wait_until (count_sessions (rig) == 2);
  rig_assert_property (rig, lasting, "Session.Name", "'lasting'");
  rig_assert_property (rig, others, "Session.Name", "'others'");
  leave (other);
  rig_wait_until (count_sessions (rig) == 1);
}

static void
an_ephemeral_session_may_end_before (Rig *rig)
{
  GDBusConnection *creator = tst_bus_connect (rig->daemon);
  g_autofree char *session = create_ephemeral (rig, creator, "short");
  g_autofree char *lasting = rig_session (rig, "lasting");
  g_autoptr(GVariant) destroyed = rig_call (rig, session, "Session.Destroy", rig_no_options ());
  g_autofree char *again = create_ephemeral (rig, creator, "short");

  g_assert_cmpuint (count_sessions (rig), ==, 2);
  leave (creator);
  rig_wait_until (count_sessions (rig) == 1);
}

/* The consumer's answer comes when the caller has left: the session is made or not, but it does not stay. */
static void
an_ephemeral_session_does_not_outlive_a_creator_in_a_hurry (Rig *rig)
{
  g_autofree char *first = rig_session (rig, "first");

  for (guint i = 0; i < 20; i++)
    {
      GDBusConnection *creator = tst_bus_connect (rig->daemon);
      g_autofree char *name = g_strdup_printf ("hurry-%u", i);

      g_dbus_connection_call (creator, "org.tracebus1", RIG_ROOT, "org.tracebus1.Manager", "CreateSession",
                              g_variant_new ("(s@a{sv})", name,
                                             rig_options ("ephemeral", g_variant_new_boolean (TRUE))),
                              NULL, G_DBUS_CALL_FLAGS_NONE, G_MAXINT, NULL, NULL, NULL);
      g_assert_true (g_dbus_connection_flush_sync (creator, NULL, NULL));
      for (guint turns = 0; turns < i; turns++)
        g_main_context_iteration (NULL, FALSE);
      leave (creator);
      for (guint turns = 0; turns < 20 - i; turns++)
        g_main_context_iteration (NULL, FALSE);
    }
  rig_wait_until (count_sessions (rig) == 1);
  g_free (rig_session (rig, "last")); /* everything that was under way is over */
  rig_wait_until (count_sessions (rig) == 2);
}

static void
add_tests (void)
{
  rig_add ("/bus/create/an-output-may-be-a-descriptor", an_output_may_be_a_descriptor);
  rig_add ("/bus/create/a-descriptor-that-takes-long-to-close-holds-up-nobody",
           a_descriptor_that_takes_long_to_close_holds_up_nobody);
  rig_add ("/bus/create/a-descriptor-that-nobody-asked-for-is-its-senders",
           a_descriptor_that_nobody_asked_for_is_its_senders);
  rig_add ("/bus/create/a-session-that-is-refused-keeps-no-descriptor", a_session_that_is_refused_keeps_no_descriptor);
  rig_add ("/bus/create/an-ephemeral-session-ends-with-its-creator", an_ephemeral_session_ends_with_its_creator);
  rig_add ("/bus/create/an-ephemeral-session-may-end-before", an_ephemeral_session_may_end_before);
  rig_add ("/bus/create/an-ephemeral-session-does-not-outlive-a-creator-in-a-hurry",
           an_ephemeral_session_does_not_outlive_a_creator_in_a_hurry);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
