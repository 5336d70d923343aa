/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE
#include "client/output.h"

#include "client/ctl.h"
#include "client/units.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0770 };

char *
ctl_output_default (const char *name)
{
  const char *home = g_getenv ("LTTNG_HOME");
  g_autofree char *when = ctl_time_stamp ();
  /* A name that was made of the time does not say it twice. */
  g_autofree char *folder = g_regex_match_simple ("-\\d{8}-\\d{6}$", name, 0, 0) ? g_strdup (name)
                                                                               : g_strdup_printf ("%s-%s", name, when);

  return g_build_filename (home != NULL && *home == '/' ? home : g_get_home_dir (), "lttng-traces", folder, NULL);
}

static gboolean
fail (CtlOutput *self, int errnum, GError **error)
{
  g_autofree char *shown = g_filename_display_name (self->path);

  ctl_output_take_back (self);
  return ctl_fail (error, errnum, "Cannot write a trace to %s", shown);
}

gboolean
ctl_output_open (CtlOutput *self, const char *path, GError **error)
{
  g_autofree char *parent = NULL;

  self->path = g_canonicalize_filename (path, NULL);
  parent = g_path_get_dirname (self->path);
  if (g_mkdir_with_parents (parent, MODE) < 0)
    return fail (self, errno, error);
  self->made = mkdir (self->path, MODE) == 0;
  if (!self->made && errno != EEXIST)
    return fail (self, errno, error);
  self->fd = open (self->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return self->fd >= 0 || fail (self, errno, error);
}

void
ctl_output_take_back (CtlOutput *self)
{
  if (self->made)
    (void) g_rmdir (self->path);
  self->made = FALSE;
}

void
ctl_output_clear (CtlOutput *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  g_clear_pointer (&self->path, g_free);
}
