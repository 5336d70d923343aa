/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/state-home.h"

#include "base/error.h"
#include "base/log.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_HOME "/var/lib/tracebus"

char *
tbus_state_home_find (const char *given, const char *rundir, gboolean system)
{
  const char *made = g_getenv ("STATE_DIRECTORY");

  if (given != NULL)
    return g_canonicalize_filename (given, NULL);
  if (made != NULL && made[0] == '/')
    return g_strndup (made, strcspn (made, ":")); /* there may be several */
  if (rundir != NULL)
    {
      g_autofree char *absolute = g_canonicalize_filename (rundir, NULL);

      return g_build_filename (absolute, "state", NULL);
    }
  return system ? g_strdup (SYSTEM_HOME) : g_build_filename (g_get_user_state_dir (), "tracebus", NULL);
}

char *
tbus_state_home_open (const char *directory, GError **error)
{
  if (g_mkdir_with_parents (directory, 0700) == 0 && g_access (directory, W_OK | X_OK) == 0)
    return g_build_filename (directory, "state", NULL);
  tbus_set_errno (error, TBUS_ERROR_INVALID_ARGS, errno, "Cannot keep state in %s", directory);
  return NULL;
}

static void
put_aside (const char *path, const GError *why)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *when = g_date_time_format (now, "%Y%m%d-%H%M%S");
  g_autofree char *aside = g_strdup_printf ("%s.unreadable-%s", path, when);
  gboolean moved = g_rename (path, aside) == 0;

  tbus_log_warning (TBUS_MSG_STATE_UNREADABLE, "TRACEBUS_STATE", moved ? aside : path,
                    "%s; the service starts without sessions, and %s %s", why->message,
                    moved ? "the file is" : "could not put aside", moved ? aside : path);
}

TbusState *
tbus_state_home_read (const char *path)
{
  g_autoptr(GError) error = NULL;
  TbusState *state = tbus_state_read (path, &error);

  if (state == NULL && !g_error_matches (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND))
    put_aside (path, error);
  return state;
}

/* As g_file_set_contents_full() calls what it has not renamed yet. */
static gboolean
is_half (const char *name, const char *of)
{
  enum { SUFFIX = 6 };
  gsize length = strlen (of);

  return g_str_has_prefix (name, of) && name[length] == '.' && strlen (name) == length + 1 + SUFFIX;
}

void
tbus_state_home_sweep (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *file = g_path_get_basename (path);
  g_autoptr(GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *half = g_build_filename (directory, name, NULL);

      if (is_half (name, file))
        g_unlink (half);
    }
}
