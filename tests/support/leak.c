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
