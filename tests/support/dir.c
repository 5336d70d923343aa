/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/dir.h"

#include <errno.h>
#include <ftw.h>
#include <glib/gstdio.h>

struct TstDir {
  char *path;
};

TstDir *
tst_dir_new (void)
{
  g_autoptr(GError) error = NULL;
  TstDir *self = g_new0 (TstDir, 1);

  self->path = g_dir_make_tmp ("tb-XXXXXX", &error);
  g_assert_no_error (error);
  return self;
}

static int
remove_entry (const char *path, const struct stat *info, int type, struct FTW *ftw)
{
  if (type == FTW_DNR)
    g_test_message ("%s cannot be read", path);
  if (remove (path) != 0)
    g_test_message ("%s stays: %s", path, g_strerror (errno));
  return 0;
}

void
tst_dir_free (TstDir *self)
{
  nftw (self->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
  g_free (self->path);
  g_free (self);
}

const char *
tst_dir_path (TstDir *self)
{
  return self->path;
}

char *
tst_dir_file (TstDir *self, const char *name)
{
  return g_build_filename (self->path, name, NULL);
}

char *
tst_build_path (const char *name)
{
  const char *root = g_getenv ("TRACEBUS_BUILD");

  if (root == NULL)
    g_error ("TRACEBUS_BUILD is not set: run this test by meson test");
  return g_build_filename (root, name, NULL);
}

GStrv
tst_environ (TstDir *self, const char *bus_address)
{
  GStrv result = g_get_environ ();

  result = g_environ_setenv (result, "HOME", self->path, TRUE);
  result = g_environ_setenv (result, "LTTNG_HOME", self->path, TRUE);
  result = g_environ_setenv (result, "LTTNG_UST_REGISTER_TIMEOUT", "-1", TRUE);
  if (bus_address != NULL)
    {
      result = g_environ_setenv (result, "DBUS_SYSTEM_BUS_ADDRESS", bus_address, TRUE);
      result = g_environ_setenv (result, "DBUS_SESSION_BUS_ADDRESS", bus_address, TRUE);
    }
  return result;
}
