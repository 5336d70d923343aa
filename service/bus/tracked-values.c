/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/tracked-values.h"

#include "base/errand.h"
#include "base/error.h"
#include "base/limits.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

enum { FIRST_BUFFER = 1024, LAST_BUFFER = 1 << 20 };

typedef struct {
  TbusTracked tracked;
  GArray *numbers;  /* of guint32 */
  GPtrArray *names; /* of char *: to be looked up */
} Values;

static void
values_free (gpointer data)
{
  Values *self = data;

  g_clear_pointer (&self->numbers, g_array_unref);
  g_ptr_array_unref (self->names);
  g_free (self);
}

/* FALSE: it is no number. A negative one is out of every range. */
static gboolean
get_number (GVariant *value, guint64 *number)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      *number = g_variant_get_byte (value);
      return TRUE;
    case G_VARIANT_CLASS_INT16:
      *number = (gint64) g_variant_get_int16 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT16:
      *number = g_variant_get_uint16 (value);
      return TRUE;
    case G_VARIANT_CLASS_INT32:
      *number = (gint64) g_variant_get_int32 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT32:
      *number = g_variant_get_uint32 (value);
      return TRUE;
    case G_VARIANT_CLASS_INT64:
      *number = g_variant_get_int64 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT64:
      *number = g_variant_get_uint64 (value);
      return TRUE;
    default:
      return FALSE;
    }
}

/* What is neither text nor a number is not printed: it may have as many bytes as a message. */
static gboolean
refuse (GVariant *value, const char *what, GError **error)
{
  g_autofree char *text = NULL;
  guint64 number;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    text = g_strdup_printf ("\"%.128s\"", g_variant_get_string (value, NULL));
  else if (get_number (value, &number))
    text = g_variant_print (value, FALSE);
  else
    text = g_strdup_printf ("A value of type %.32s", g_variant_get_type_string (value));
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "%.256s is %s", text, what);
  return FALSE;
}

static gboolean
add_value (Values *self, GVariant *value, GError **error)
{
  gboolean is_pid = self->tracked == TBUS_TRACK_VPID;
  guint64 number;
  guint32 id;

  if (get_number (value, &number))
    {
      if (is_pid ? number == 0 || number > G_MAXINT32 : number >= G_MAXUINT32)
        return refuse (value, is_pid ? "no process id" : "no id of a user or a group", error);
      id = number;
      g_array_append_val (self->numbers, id);
      return TRUE;
    }
  if (is_pid || !g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return refuse (value, is_pid ? "no number" : "neither a number nor a name", error);
  g_ptr_array_add (self->names, g_variant_dup_string (value, NULL));
  return TRUE;
}

static gboolean
parse (Values *self, GVariant *list, GError **error)
{
  gsize n = g_variant_n_children (list);

  if (n > TBUS_MAX_TRACKED)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "A session tracks at most %d values of %s",
                   TBUS_MAX_TRACKED, tbus_tracked_to_string (self->tracked));
      return FALSE;
    }
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr(GVariant) boxed = g_variant_get_child_value (list, i);
      g_autoptr(GVariant) value = g_variant_get_variant (boxed);

      if (!add_value (self, value, error))
        return FALSE;
    }
  return TRUE;
}

/* 0 with @id, ENOENT, or what the database says. */
static int
look_up_one (TbusTracked tracked, const char *name, guint32 *id)
{
  int errnum = ERANGE;
  gboolean found = FALSE;

  for (gsize size = FIRST_BUFFER; errnum == ERANGE && size <= LAST_BUFFER; size *= 2)
    {
      g_autofree char *buffer = g_malloc (size);
      struct passwd user, *a_user = NULL;
      struct group group, *a_group = NULL;

      if (tracked == TBUS_TRACK_VUID)
        errnum = getpwnam_r (name, &user, buffer, size, &a_user);
      else
        errnum = getgrnam_r (name, &group, buffer, size, &a_group);
      found = a_user != NULL || a_group != NULL;
      if (found)
        *id = a_user != NULL ? user.pw_uid : group.gr_gid;
    }
  return errnum == 0 && !found ? ENOENT : errnum;
}

/* On a worker. */
static void
look_up (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr(TbusErrand) at = tbus_errand_begin ("looking up names of users and groups");
  Values *self = task_data;

  for (guint i = 0; i < self->names->len; i++)
    {
      const char *name = g_ptr_array_index (self->names, i);
      guint32 id = 0;
      int errnum = look_up_one (self->tracked, name, &id);

      if (errnum != 0)
        {
          g_task_return_new_error (task, TBUS_ERROR, TBUS_ERROR_NOT_FOUND,
                                   "The user database does not know the %s \"%.128s\"%s%s",
                                   self->tracked == TBUS_TRACK_VUID ? "user" : "group", name,
                                   errnum == ENOENT ? "" : ": ", errnum == ENOENT ? "" : g_strerror (errnum));
          return;
        }
      g_array_append_val (self->numbers, id);
    }
  g_task_return_pointer (task, g_steal_pointer (&self->numbers), (GDestroyNotify) g_array_unref);
}

void
tbus_tracked_values_async (TbusTracked tracked, GVariant *list, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Values *self = g_new0 (Values, 1);
  GError *error = NULL;

  g_task_set_source_tag (task, tbus_tracked_values_async);
  self->tracked = tracked;
  self->numbers = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->names = g_ptr_array_new_with_free_func (g_free);
  g_task_set_task_data (task, self, values_free);
  if (!parse (self, list, &error))
    g_task_return_error (task, error);
  else if (self->names->len > 0)
    g_task_run_in_thread (task, look_up);
  else
    g_task_return_pointer (task, g_steal_pointer (&self->numbers), (GDestroyNotify) g_array_unref);
}

GArray *
tbus_tracked_values_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
