/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/owner.h"

#include "base/errand.h"
#include "base/error.h"

#include <errno.h>
#include <pwd.h>
#include <unistd.h>

enum { FIRST_BUFFER = 1024, LAST_BUFFER = 1 << 20 };

static void
look_up (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr(TbusErrand) at = tbus_errand_begin ("looking up a user");
  uid_t uid = GPOINTER_TO_UINT (task_data);
  struct passwd entry, *found = NULL;
  int errnum = ERANGE;

  for (gsize size = FIRST_BUFFER; errnum == ERANGE && size <= LAST_BUFFER; size *= 2)
    {
      g_autofree char *buffer = g_malloc (size);

      errnum = getpwuid_r (uid, &entry, buffer, size, &found);
    }
  if (found != NULL)
    g_task_return_int (task, entry.pw_gid);
  else
    g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "The user database does not know user %u%s%s", uid,
                             errnum == 0 ? "" : ": ", errnum == 0 ? "" : g_strerror (errnum));
}

void
tbus_owner_group_async (uid_t uid, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, tbus_owner_group_async);
  g_task_set_task_data (task, GUINT_TO_POINTER (uid), NULL);
  if (uid == geteuid ())
    g_task_return_int (task, getegid ());
  else
    g_task_run_in_thread (task, look_up);
}

gboolean
tbus_owner_group_finish (GAsyncResult *result, gid_t *group, GError **error)
{
  g_autoptr(GError) failure = NULL;
  gssize number = g_task_propagate_int (G_TASK (result), &failure);

  if (failure != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  *group = number;
  return TRUE;
}
