/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/crash-ring.h"
#include "client/verbs.h"
#include "client/viewer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_DEPTH = 16 };

/* What was found. */
typedef struct {
  guint64 packets, bytes, torn, lost;
  guint rings, damaged;
} Found;

static gboolean
write_all (int fd, GBytes *bytes, const char *path, GError **error)
{
  gsize len;
  const char *next = g_bytes_get_data (bytes, &len);

  while (len > 0)
    {
      gssize n = write (fd, next, len);

      if (n < 0)
        return ctl_fail (error, errno, "Cannot write %s", path);
      next += n;
      len -= n;
    }
  return TRUE;
}

/* Packets of @ring to @target, which is made for the first one. What cannot be read any more is told. */
static gboolean
copy_packets (CtlCrashRing *ring, const char *source, const char *target, Found *found, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  gboolean good = TRUE, torn = FALSE;
  GBytes *packet;
  int fd = -1;

  while (good && (packet = ctl_crash_ring_next (ring, &torn, &local_error)) != NULL)
    {
      if (fd < 0)
        fd = g_open (target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
      good = fd >= 0 ? write_all (fd, packet, target, error) : ctl_fail (error, errno, "Cannot make %s", target);
      found->packets++;
      found->bytes += g_bytes_get_size (packet);
      found->torn += torn != FALSE;
      g_bytes_unref (packet);
    }
  if (fd >= 0)
    close (fd);
  if (local_error != NULL)
    {
      ctl_warn ("Warning: %s: %s", source, local_error->message);
      found->damaged++;
    }
  found->lost += ctl_crash_ring_count_lost (ring);
  return good;
}

static gboolean
recover_file (const char *source, const char *target, Found *found, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  g_autoptr(CtlCrashRing) ring = NULL;
  int fd = open (source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  gboolean good = TRUE;

  if (fd < 0)
    return ctl_fail (error, errno, "Cannot read %s", source);
  ring = ctl_crash_ring_new (fd, &local_error);
  if (ring != NULL)
    {
      found->rings++;
      good = copy_packets (ring, source, target, found, error);
    }
  else if (!g_error_matches (local_error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    {
      ctl_warn ("Warning: %s: %s", source, local_error->message);
      found->damaged++;
    }
  close (fd);
  return good;
}

static gboolean
copy_metadata (const char *source, const char *target, GError **error)
{
  g_autofree char *text = NULL;
  gsize len;

  return g_file_get_contents (source, &text, &len, error) && g_file_set_contents (target, text, len, error);
}

static gboolean recover_directory (const char *source, const char *target, guint depth, Found *found, GError **error);

static gboolean
recover_entry (const char *source, const char *target, guint depth, Found *found, GError **error)
{
  g_autofree char *name = g_path_get_basename (source);

  if (g_file_test (source, G_FILE_TEST_IS_SYMLINK) || name[0] == '.')
    return TRUE;
  if (g_file_test (source, G_FILE_TEST_IS_DIR))
    return depth == 0 || recover_directory (source, target, depth - 1, found, error);
  if (!g_file_test (source, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  return g_str_equal (name, "metadata") ? copy_metadata (source, target, error)
                                        : recover_file (source, target, found, error);
}

static gboolean
recover_directory (const char *source, const char *target, guint depth, Found *found, GError **error)
{
  g_autoptr(GDir) dir = g_dir_open (source, 0, error);
  const char *name;

  if (dir == NULL)
    return FALSE;
  if (g_mkdir_with_parents (target, 0770) < 0)
    return ctl_fail (error, errno, "Cannot make %s", target);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *from = g_build_filename (source, name, NULL);
      g_autofree char *to = g_build_filename (target, name, NULL);

      if (!recover_entry (from, to, depth, found, error))
        return FALSE;
    }
  return TRUE;
}

static void
tell (Ctl *ctl, const Found *found, const char *target)
{
  g_autofree char *size = g_format_size_full (found->bytes, G_FORMAT_SIZE_IEC_UNITS);

  if (found->damaged > 0)
    ctl_warn ("Warning: %u of the buffers are damaged; what could be read of them is there", found->damaged);
  if (found->lost > 0)
    ctl_warn ("Warning: %" G_GUINT64_FORMAT " packets had been begun and held nothing whole", found->lost);
  if (!ctl->quiet && target != NULL)
    g_print ("%" G_GUINT64_FORMAT " packets (%s) of %u buffers are in %s; %" G_GUINT64_FORMAT " were unfinished\n",
             found->packets, size, found->rings, target, found->torn);
}

/* Removes what recover_directory() has made. */
static void
remove_tree (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *entry = g_build_filename (path, name, NULL);

      if (g_file_test (entry, G_FILE_TEST_IS_DIR) && !g_file_test (entry, G_FILE_TEST_IS_SYMLINK))
        remove_tree (entry);
      else
        g_unlink (entry);
    }
  g_rmdir (path);
}

static gboolean
recover (Ctl *ctl, const char *source, const char *target, gboolean stays, GError **error)
{
  Found found = { 0 };

  if (!recover_directory (source, target, MAX_DEPTH, &found, error))
    return FALSE;
  if (found.rings + found.damaged == 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "%s holds no buffers; \"crash\" takes the directory that --shm-path had, or one below", source);
      return FALSE;
    }
  tell (ctl, &found, stays ? target : NULL);
  return TRUE;
}

static gboolean
recover_and_show (Ctl *ctl, const char *source, const char *viewer, GError **error)
{
  g_autofree char *target = g_dir_make_tmp ("tracebus-crash-XXXXXX", error);
  gboolean good;

  if (target == NULL)
    return FALSE;
  good = recover (ctl, source, target, FALSE, error) && ctl_viewer_run (viewer, target, error);
  remove_tree (target);
  return good;
}

static gboolean
crash_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *extract = NULL;
  g_autofree char *viewer = NULL;
  const GOptionEntry entries[] = {
    { "extract", 'x', 0, G_OPTION_ARG_FILENAME, &extract, "Write a trace to this directory, which is new; show nothing",
      "PATH" },
    CTL_OPTION_VIEWER (&viewer),
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if ((*args)[1] == NULL)
    return ctl_usage (error, "Which buffers? \"crash\" takes the directory that --shm-path had");
  if (extract != NULL && viewer != NULL)
    return ctl_usage (error, "--extract and --viewer exclude each other");
  if (extract == NULL)
    return recover_and_show (ctl, (*args)[1], viewer, error);
  if (g_file_test (extract, G_FILE_TEST_EXISTS))
    return ctl_usage (error, "--extract: %s is there already", extract);
  return recover (ctl, (*args)[1], extract, TRUE, error);
}

const CtlVerb ctl_verb_crash = {
  .name = "crash",
  .arguments = "PATH",
  .summary = "Read what buffers in files still hold, after everything was killed",
  .details = "PATH is the directory that \"create --shm-path\" was given, or one below it. What had been written out "
             "before is\nin the trace of the session; this is the rest.",
  .max_arguments = 1,
  .styles = CTL_STYLE_OWN,
  .becomes_other = TRUE,
  .run = crash_run,
};
