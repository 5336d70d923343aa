/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/identity.h"

#include "base/error.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

enum { MAX_PASSWD = 1 << 20 };

/* Finds the entry of @uid; its strings are in *@buffer. */
static gboolean
find_user (uid_t uid, struct passwd *entry, char **buffer, GError **error)
{
  gsize size = 1024;
  struct passwd *found = NULL;
  int errnum;

  do
    {
      size *= 2;
      g_free (*buffer);
      *buffer = g_malloc (size);
      errnum = getpwuid_r (uid, entry, *buffer, size, &found);
    }
  while (errnum == EINTR || (errnum == ERANGE && size < MAX_PASSWD));
  if (found != NULL)
    return TRUE;
  if (errnum == 0)
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED,
                 "User %u has no entry in the passwd database, so that the groups of a consumer are not known", uid);
  else
    tbus_set_errno (error, TBUS_ERROR_CONSUMER_FAILED, errnum, "Cannot look up user %u", uid);
  return FALSE;
}

static GArray *
find_groups (const char *name, gid_t gid)
{
  GArray *groups = g_array_new (FALSE, FALSE, sizeof (gid_t));
  int n = 64;
  int size;

  do
    {
      size = n;
      g_array_set_size (groups, size);
    }
  while (getgrouplist (name, gid, (gid_t *) (gpointer) groups->data, &n) < 0 && n > size);
  g_array_set_size (groups, MIN (n, size));
  return groups;
}

TbusIdentity *
tbus_identity_lookup (uid_t uid, GError **error)
{
  g_autofree char *buffer = NULL;
  struct passwd entry;
  TbusIdentity *self;

  if (!find_user (uid, &entry, &buffer, error))
    return NULL;
  self = g_new0 (TbusIdentity, 1);
  self->uid = uid;
  self->gid = entry.pw_gid;
  self->name = g_strdup (entry.pw_name);
  self->home = g_strdup (entry.pw_dir);
  self->groups = find_groups (entry.pw_name, entry.pw_gid);
  return self;
}

void
tbus_identity_free (TbusIdentity *self)
{
  g_free (self->name);
  g_free (self->home);
  g_array_unref (self->groups);
  g_free (self);
}
