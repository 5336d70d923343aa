/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/memory-limit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct TstMemoryLimit {
  const char *root;
  char *group;
};

/* Where the groups may be, and what their limit is called there. */
static const struct {
  const char *root, *limit, *swap;
} hierarchies[] = {
  { "/sys/fs/cgroup/memory", "memory.limit_in_bytes", NULL },
  { "/sys/fs/cgroup", "memory.max", "memory.swap.max" },
};

static gboolean
put (const char *folder, const char *name, guint64 number)
{
  g_autofree char *file = g_build_filename (folder, name, NULL);
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, number);
  int fd = open (file, O_WRONLY | O_CLOEXEC);
  gboolean done = fd >= 0 && write (fd, text, strlen (text)) == (gssize) strlen (text);

  if (fd >= 0)
    close (fd);
  return done;
}

TstMemoryLimit *
tst_memory_limit_new (pid_t pid, guint64 bytes)
{
  g_autofree char *name = g_strdup_printf ("tracebus-test-%d", (int) getpid ());

  for (gsize i = 0; i < G_N_ELEMENTS (hierarchies); i++)
    {
      g_autofree char *group = g_build_filename (hierarchies[i].root, name, NULL);
      TstMemoryLimit *self;

      if (mkdir (group, 0700) < 0)
        continue;
      if (put (group, hierarchies[i].limit, bytes)
          && (hierarchies[i].swap == NULL || put (group, hierarchies[i].swap, 0))
          && put (group, "cgroup.procs", (guint64) pid))
        {
          self = g_new0 (TstMemoryLimit, 1);
          self->root = hierarchies[i].root;
          self->group = g_steal_pointer (&group);
          return self;
        }
      rmdir (group);
    }
  return NULL;
}

/* What is still in it goes on in the group that is above. */
static void
let_go (TstMemoryLimit *self)
{
  g_autofree char *members = g_build_filename (self->group, "cgroup.procs", NULL);
  g_autofree char *text = NULL;
  g_auto(GStrv) pids = NULL;

  g_assert_true (g_file_get_contents (members, &text, NULL, NULL));
  pids = g_strsplit (text, "\n", -1);
  for (guint i = 0; pids[i] != NULL && pids[i][0] != '\0'; i++)
    (void) put (self->root, "cgroup.procs", g_ascii_strtoull (pids[i], NULL, 10)); /* it may have ended */
}

void
tst_memory_limit_free (TstMemoryLimit *self)
{
  let_go (self);
  g_assert_cmpint (rmdir (self->group), ==, 0);
  g_free (self->group);
  g_free (self);
}
