/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/memory.h"

#include "base/error.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>

typedef struct {
  char *root;
} Fixture;

static void
put (Fixture *f, const char *path, const char *text)
{
  g_autofree char *whole = g_strconcat (f->root, path, NULL);
  g_autofree char *directory = g_path_get_dirname (whole);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (whole, text, -1, NULL));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->root = g_dir_make_tmp ("tb-XXXXXX", NULL);
  g_assert_nonnull (f->root);
  put (f, "/proc/meminfo", "MemTotal:  9000 kB\nMemFree:  10 kB\nMemAvailable:     4000 kB\nSwapFree: 7 kB\n");
  put (f, "/proc/self/cgroup", "0::/system.slice/tracebus.service\n");
}

static void
remove_tree (const char *path)
{
  GDir *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  remove_tree (f->root);
  g_free (f->root);
}

static void
is_what_the_kernel_holds_available (Fixture *f, gconstpointer data)
{
  TbusMemory memory = tbus_memory_available (f->root);

  g_assert_cmpuint (memory.bytes, ==, 4000 * 1024);
  g_assert_cmpstr (memory.where, ==, "this machine");
}

#define SERVICE "/sys/fs/cgroup/system.slice/tracebus.service"

static void
is_what_the_control_group_leaves (Fixture *f, gconstpointer data)
{
  TbusMemory memory;

  put (f, SERVICE "/memory.max", "1000000\n");
  put (f, SERVICE "/memory.current", "700000\n");
  put (f, SERVICE "/memory.stat", "anon 5\ninactive_file 100000\nactive_file 7\n");
  memory = tbus_memory_available (f->root);
  g_assert_cmpuint (memory.bytes, ==, 400000);
  g_assert_cmpstr (memory.where, ==, "the service's control group");
  put (f, SERVICE "/memory.high", "750000\n");
  g_assert_cmpuint (tbus_memory_available (f->root).bytes, ==, 150000);
  put (f, SERVICE "/memory.current", "2000000\n"); /* beyond: nothing is left */
  g_assert_cmpuint (tbus_memory_available (f->root).bytes, ==, 0);
}

static void
is_what_groups_above_leave (Fixture *f, gconstpointer data)
{
  put (f, SERVICE "/memory.max", "max\n");
  put (f, SERVICE "/memory.current", "700000\n");
  g_assert_cmpuint (tbus_memory_available (f->root).bytes, ==, 4000 * 1024);
  put (f, "/sys/fs/cgroup/system.slice/memory.max", "800000\n");
  put (f, "/sys/fs/cgroup/system.slice/memory.current", "700000\n");
  g_assert_cmpuint (tbus_memory_available (f->root).bytes, ==, 100000);
  put (f, "/sys/fs/cgroup/memory.max", "720000\n"); /* a container's */
  put (f, "/sys/fs/cgroup/memory.current", "700000\n");
  g_assert_cmpuint (tbus_memory_available (f->root).bytes, ==, 20000);
}

static void
is_without_end_where_nothing_is_known (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (tbus_memory_available ("/no-such-root").bytes, ==, G_MAXUINT64);
  put (f, "/proc/meminfo", "Nothing");
  put (f, "/proc/self/cgroup", "3:cpu:/x\n");
  g_assert_cmpuint (tbus_memory_available (f->root).bytes, ==, G_MAXUINT64);
}

static void
what_is_too_much_is_refused_with_numbers (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  g_assert_true (tbus_memory_expect ("A crumb", 1, 1, NULL));
  g_assert_false (tbus_memory_expect ("Everything", G_GUINT64_CONSTANT (1) << 50, 1, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  g_assert_true (g_str_has_prefix (error->message, "Everything would take 1073741824 MiB of memory, but "));
  g_assert_nonnull (strstr (error->message, "subbuf-size"));
}

static void
limits_of_the_process_count (Fixture *f, gconstpointer data)
{
  struct rlimit before, limit;
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = 1 << 20;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  g_assert_true (tbus_memory_expect ("It", 2 << 20, 1 << 20, NULL));
  g_assert_false (tbus_memory_expect ("It", 2 << 20, 2 << 20, &error));
  g_assert_nonnull (strstr (error->message, "RLIMIT_FSIZE"));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
}

#define ADD(path, function) g_test_add ("/base/memory/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("is-what-the-kernel-holds-available", is_what_the_kernel_holds_available);
  ADD ("is-what-the-control-group-leaves", is_what_the_control_group_leaves);
  ADD ("is-what-groups-above-leave", is_what_groups_above_leave);
  ADD ("is-without-end-where-nothing-is-known", is_without_end_where_nothing_is_known);
  ADD ("what-is-too-much-is-refused-with-numbers", what_is_too_much_is_refused_with_numbers);
  ADD ("limits-of-the-process-count", limits_of_the_process_count);
  return g_test_run ();
}
