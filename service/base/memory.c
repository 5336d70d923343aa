/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/memory.h"

#include "base/error.h"

#include <string.h>
#include <sys/resource.h>

enum {
  MIB = 1 << 20,
  FRESH = 100000, /* microseconds */
};

/* What was found last, less what was granted since. */
static struct {
  GMutex lock;
  TbusMemory memory;
  gint64 found; /* when; 0: never */
} last;

/* The number behind the line "@key" of @text, in units of @unit bytes. FALSE: there is none. */
static gboolean
find_number (const char *text, const char *key, guint64 unit, guint64 *number)
{
  gsize length = strlen (key);

  for (const char *line = text; line != NULL; line = strchr (line, '\n'))
    {
      line += *line == '\n';
      if (strncmp (line, key, length) != 0 || !g_ascii_isspace (line[length]))
        continue;
      *number = g_ascii_strtoull (line + length, NULL, 10) * unit;
      return TRUE;
    }
  return FALSE;
}

/* (transfer full) (nullable) */
static char *
read_file (const char *root, const char *path, const char *name)
{
  g_autofree char *whole = g_strconcat (root, path, name, NULL);
  char *text = NULL;

  g_file_get_contents (whole, &text, NULL, NULL);
  return text;
}

/* "max" is no number. */
static gboolean
read_limit (const char *root, const char *group, const char *name, guint64 *limit)
{
  g_autofree char *text = read_file (root, group, name);

  if (text == NULL || !g_ascii_isdigit (text[0]))
    return FALSE;
  *limit = g_ascii_strtoull (text, NULL, 10);
  return TRUE;
}

/* What one group leaves: its cache of files would go first. */
static guint64
left_by_group (const char *root, const char *group)
{
  g_autofree char *stat = read_file (root, group, "/memory.stat");
  guint64 limit = G_MAXUINT64, high, used = 0, cache = 0;

  if (!read_limit (root, group, "/memory.max", &limit))
    limit = G_MAXUINT64;
  if (read_limit (root, group, "/memory.high", &high))
    limit = MIN (limit, high);
  if (limit == G_MAXUINT64 || !read_limit (root, group, "/memory.current", &used))
    return G_MAXUINT64;
  if (stat != NULL)
    find_number (stat, "inactive_file", 1, &cache);
  used -= MIN (cache, used);
  return limit - MIN (used, limit);
}

/* Of all groups above this process; version 2 of control groups. */
static guint64
left_by_groups (const char *root)
{
  g_autofree char *text = read_file (root, "/proc/self/cgroup", "");
  const char *own = text != NULL ? g_strstr_len (text, -1, "0::/") : NULL;
  g_autofree char *group = NULL;
  guint64 left = G_MAXUINT64;

  if (own == NULL)
    return left;
  own += strlen ("0::");
  group = g_strdup_printf ("/sys/fs/cgroup%.*s", (int) strcspn (own, "\n"), own);
  while (strlen (group) >= strlen ("/sys/fs/cgroup"))
    {
      left = MIN (left, left_by_group (root, group));
      *strrchr (group, '/') = '\0';
    }
  return left;
}

TbusMemory
tbus_memory_available (const char *root)
{
  g_autofree char *text = read_file (root, "/proc/meminfo", "");
  TbusMemory memory = { G_MAXUINT64, "this machine" };
  guint64 left;

  if (text != NULL)
    find_number (text, "MemAvailable:", 1024, &memory.bytes);
  left = left_by_groups (root);
  if (left < memory.bytes)
    memory = (TbusMemory){ left, "the service's control group" };
  return memory;
}

static gboolean
refuse (const char *what, guint64 bytes, TbusMemory memory, GError **error)
{
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED,
               "%s would take %" G_GUINT64_FORMAT " MiB of memory, but %s leaves %" G_GUINT64_FORMAT
               " MiB: make subbuf-size or num-subbuf smaller",
               what, (bytes + MIB - 1) / MIB, memory.where, memory.bytes / MIB);
  return FALSE;
}

/*
 * Programs come in crowds, and to ask for each of them takes a score of files: what was found a moment ago will do for
 * a yes.
 */
static gboolean
take (guint64 bytes, TbusMemory *memory)
{
  g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&last.lock);
  gint64 now = g_get_monotonic_time ();

  if (last.found == 0 || now - last.found > FRESH || bytes > last.memory.bytes)
    {
      last.memory = tbus_memory_available ("");
      last.found = now;
    }
  *memory = last.memory;
  if (bytes > last.memory.bytes)
    return FALSE;
  last.memory.bytes -= bytes;
  return TRUE;
}

gboolean
tbus_memory_expect (const char *what, guint64 bytes, guint64 piece, GError **error)
{
  TbusMemory memory;
  struct rlimit limit;

  if (!take (bytes, &memory))
    return refuse (what, bytes, memory, error);
  if (getrlimit (RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && bytes > limit.rlim_cur)
    return refuse (what, bytes, (TbusMemory){ limit.rlim_cur, "the limit of the address space (RLIMIT_AS)" }, error);
  if (getrlimit (RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && piece > limit.rlim_cur)
    return refuse (what, piece, (TbusMemory){ limit.rlim_cur, "the limit of files (RLIMIT_FSIZE)" }, error);
  return TRUE;
}
