/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/leak.h"

#include <stdio.h>
#include <string.h>

static int
compare_strings (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GStrv
sort (GStrvBuilder *builder)
{
  GStrv list = g_strv_builder_end (builder);

  g_qsort_with_data (list, g_strv_length (list), sizeof *list, compare_strings, NULL);
  return list;
}

GStrv
tst_fd_list (pid_t pid)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", pid);
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *link = g_build_filename (path, name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);
      g_autofree char *entry = NULL;

      /* The directory that is being read is itself open, in this process. */
      if (target == NULL || g_strcmp0 (target, path) == 0)
        continue;
      entry = g_strdup_printf ("%s -> %s", name, target);
      g_strv_builder_add (builder, entry);
    }
  return sort (builder);
}

guint
tst_fd_count (pid_t pid)
{
  g_auto(GStrv) list = tst_fd_list (pid);

  return g_strv_length (list);
}

GStrv
tst_shm_list (void)
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr(GDir) dir = g_dir_open ("/dev/shm", 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (!g_str_has_prefix (name, "lttng-ust-wait-"))
      g_strv_builder_add (builder, name);
  return sort (builder);
}

static gboolean
has_parent (const char *process, pid_t parent)
{
  g_autofree char *path = g_build_filename ("/proc", process, "stat", NULL);
  g_autofree char *stat = NULL;
  const char *after_name;
  int ppid;

  if (!g_ascii_isdigit (process[0]) || !g_file_get_contents (path, &stat, NULL, NULL))
    return FALSE;
  after_name = strrchr (stat, ')');
  return after_name != NULL && sscanf (after_name, ") %*c %d", &ppid) == 1 && ppid == parent;
}

guint
tst_children_count (pid_t pid)
{
  g_autoptr(GDir) dir = g_dir_open ("/proc", 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    n += has_parent (name, pid);
  return n;
}

static guint64
find_bytes (const char *status, const char *key)
{
  const char *found = strstr (status, key);

  g_assert_nonnull (found);
  return g_ascii_strtoull (found + strlen (key), NULL, 10) * 1024;
}

static guint64
pool_of (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/smaps", pid);
  g_autofree char *maps = NULL;
  const char *pool;

  g_assert_true (g_file_get_contents (path, &maps, NULL, NULL));
  pool = strstr (maps, "tracebus-staging");
  return pool != NULL ? find_bytes (pool, "Rss:") : 0;
}

TstHolding
tst_holding_look (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *status = NULL;
  guint64 pool;

  do
    {
      g_clear_pointer (&status, g_free);
      pool = pool_of (pid);
      g_assert_true (g_file_get_contents (path, &status, NULL, NULL));
    }
  while (pool != pool_of (pid));
  return (TstHolding) { tst_fd_count (pid), find_bytes (status, "VmRSS:") - pool, find_bytes (status, "RssAnon:"),
                        find_bytes (status, "RssShmem:") - pool };
}
