/* SPDX-License-Identifier: GPL-2.0-only */
/* The tests' own tools: one that lies would make every other test worthless. */
#include "support/bus.h"
#include "support/child.h"
#include "support/dir.h"
#include "support/leak.h"
#include "support/threads.h"
#include "support/trace.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
dir_is_gone_with_all_inside (void)
{
  g_autoptr(TstDir) dir = tst_dir_new ();
  g_autofree char *path = g_strdup (tst_dir_path (dir));
  g_autofree char *deep = tst_dir_file (dir, "a/b/c");
  g_autofree char *link = tst_dir_file (dir, "link");

  g_assert_cmpint (g_mkdir_with_parents (deep, 0700), ==, 0);
  g_assert_cmpint (symlink ("/", link), ==, 0);
  g_clear_pointer (&dir, tst_dir_free);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
child_answers_in_lines (void)
{
  const char *argv[] = { "cat", NULL };
  g_autoptr(TstChild) cat = tst_child_start (argv, NULL);
  g_autofree char *line = NULL;

  tst_child_say (cat, "one");
  tst_child_say (cat, "two %d", 2);
  line = tst_child_wait_line (cat, "two");
  g_assert_cmpstr (line, ==, "two 2");
  g_assert_true (tst_child_running (cat));
  tst_child_finish (cat);
  g_assert_false (tst_child_running (cat));
}

static void
child_is_killed_when_freed (void)
{
  const char *argv[] = { "cat", NULL };
  TstChild *cat = tst_child_start (argv, NULL);
  pid_t pid = tst_child_pid (cat);

  g_assert_cmpuint (tst_children_count (getpid ()), ==, 1);
  tst_child_free (cat);
  g_assert_cmpint (kill (pid, 0), ==, -1);
  g_assert_cmpuint (tst_children_count (getpid ()), ==, 0);
}

/* Grandchildren, too. */
static void
threads_of_children_are_told (void)
{
  const char *argv[] = { "sh", "-c", "cat; :", NULL };
  g_autoptr(TstChild) shell = tst_child_start (argv, NULL);
  g_autofree char *expected = g_strdup_printf ("process %d, thread %d (sh): ", tst_child_pid (shell),
                                               tst_child_pid (shell));
  g_autofree char *threads = NULL;

  tst_child_say (shell, "begun");
  g_free (tst_child_wait_line (shell, "begun"));
  threads = tst_threads_tell (getpid ());
  g_assert_nonnull (strstr (threads, expected));
  g_assert_nonnull (strstr (threads, "(cat): "));
}

static void
child_status_is_told (void)
{
  const char *argv[] = { "sh", "-c", "exit 3", NULL };
  g_autoptr(TstChild) shell = tst_child_start (argv, NULL);

  g_assert_cmpint (WEXITSTATUS (tst_child_wait (shell)), ==, 3);
}

static void
bus_carries_calls_and_replies (void)
{
  g_autoptr(TstDir) dir = tst_dir_new ();
  g_autoptr(TstBus) bus = tst_bus_new (dir);
  g_autoptr(GDBusConnection) server = tst_bus_connect (bus);
  g_autoptr(GDBusConnection) client = tst_bus_connect (bus);
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;
  guint owned = g_bus_own_name_on_connection (server, "org.example.Test", 0, NULL, NULL, NULL, NULL);

  tst_bus_wait_name (bus, "org.example.Test");
  /* GDBus answers Peer on every path by itself. */
  reply = g_dbus_connection_call_sync (client, "org.example.Test", "/", "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                                       G_DBUS_CALL_FLAGS_NONE, TST_PATIENCE_MS, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (reply);
  g_bus_unown_name (owned);
}

static void
line_loses_time_host_and_cpu (void)
{
  g_autofree char *event = tst_trace_normalise ("[07:17:06.209] host p:n: { cpu_id = 1 }, { vpid = 7 }, { seq = 0 }");
  g_autofree char *nothing = tst_trace_normalise ("warning: half a trace");

  g_assert_cmpstr (event, ==, "p:n: { vpid = 7 }, { seq = 0 }");
  g_assert_null (nothing);
}

static void
fields_are_found_whatever_is_in_them (void)
{
  const char *event = "p:n: { s = \"a, \\\" } b\", "
                      "l = [ [0] = 1, [1] = 2 ], e = ( \"x\" : container = 4 ), last = -5 }";
  g_autofree char *s = tst_trace_field (event, "s");
  g_autofree char *l = tst_trace_field (event, "l");
  g_autofree char *e = tst_trace_field (event, "e");
  g_autofree char *last = tst_trace_field (event, "last");

  g_assert_cmpstr (s, ==, "\"a, \\\" } b\"");
  g_assert_cmpstr (l, ==, "[ [0] = 1, [1] = 2 ]");
  g_assert_cmpstr (e, ==, "( \"x\" : container = 4 )");
  g_assert_cmpstr (last, ==, "-5");
  g_assert_null (tst_trace_field (event, "absent"));
}

static void
counting_is_by_the_whole_name (void)
{
  g_autoptr(GPtrArray) events = g_ptr_array_new ();

  g_ptr_array_add (events, (gpointer) "p:name: { }");
  g_ptr_array_add (events, (gpointer) "p:name_longer: { }");
  g_assert_cmpuint (tst_trace_count (events, "p:name"), ==, 1);
}

static void
expected_types_are_loaded (void)
{
  g_autoptr(GPtrArray) events = tst_trace_load (NULL);

  g_assert_cmpuint (events->len, ==, 61);
  g_assert_cmpuint (tst_trace_count (events, "tbtest_types:integers"), ==, 3);
}

static void
difference_ends_the_test (void)
{
  g_autoptr(GPtrArray) a = tst_trace_load (NULL);
  g_autoptr(GPtrArray) b = tst_trace_load (NULL);

  g_ptr_array_add (b, g_ptr_array_steal_index (b, 0));
  tst_trace_assert_same (a, b);
  if (g_test_subprocess ())
    {
      g_ptr_array_remove_index (b, 7);
      tst_trace_assert_same (a, b);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

static void
warning_of_babeltrace_ends_the_test (void)
{
  if (g_test_subprocess ())
    {
      g_ptr_array_unref (tst_babeltrace ("/nonexistent"));
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*babeltrace2*");
}

static void
open_descriptor_is_counted (void)
{
  guint before = tst_fd_count (getpid ());
  int fd = open ("/dev/null", O_RDONLY);

  g_assert_cmpuint (tst_fd_count (getpid ()), ==, before + 1);
  close (fd);
  g_assert_cmpuint (tst_fd_count (getpid ()), ==, before);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/support/dir/is-gone-with-all-inside", dir_is_gone_with_all_inside);
  g_test_add_func ("/support/child/answers-in-lines", child_answers_in_lines);
  g_test_add_func ("/support/child/is-killed-when-freed", child_is_killed_when_freed);
  g_test_add_func ("/support/threads/of-children-are-told", threads_of_children_are_told);
  g_test_add_func ("/support/child/status-is-told", child_status_is_told);
  g_test_add_func ("/support/bus/carries-calls-and-replies", bus_carries_calls_and_replies);
  g_test_add_func ("/support/trace/line-loses-time-host-and-cpu", line_loses_time_host_and_cpu);
  g_test_add_func ("/support/trace/fields-are-found-whatever-is-in-them", fields_are_found_whatever_is_in_them);
  g_test_add_func ("/support/trace/counting-is-by-the-whole-name", counting_is_by_the_whole_name);
  g_test_add_func ("/support/trace/expected-types-are-loaded", expected_types_are_loaded);
  g_test_add_func ("/support/trace/difference-ends-the-test", difference_ends_the_test);
  g_test_add_func ("/support/trace/warning-of-babeltrace-ends-the-test", warning_of_babeltrace_ends_the_test);
  g_test_add_func ("/support/leak/open-descriptor-is-counted", open_descriptor_is_counted);
  return g_test_run ();
}
