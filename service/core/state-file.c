/* SPDX-License-Identifier: GPL-2.0-only */
/* The whole state as one value, and that as a file. */
#include "core/state-private.h"

#include "base/errand.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/thread.h"

#include <string.h>

#define MAGIC "tracebus"
#define FILE_TYPE "(sua{sv})"

enum { MAX_LIST = 1 << 20 };

static const TbusStateField consumer_fields[] = {
  TBUS_STATE_FIELD (TbusSavedConsumer, id, 't'),
  TBUS_STATE_FIELD (TbusSavedConsumer, uid, 'u'),
  TBUS_STATE_FIELD (TbusSavedConsumer, bits, 'u'),
  TBUS_STATE_FIELD (TbusSavedConsumer, pid, 'i'),
  TBUS_STATE_END,
};

static const TbusStateField state_fields[] = {
  TBUS_STATE_FIELD (TbusState, boot, 's'),
  TBUS_STATE_FIELD (TbusState, ended, 'b'),
  TBUS_STATE_END,
};

static void
put_consumer (gconstpointer element, GVariantBuilder *dict)
{
  tbus_state_put (dict, consumer_fields, element);
}

static gpointer
get_consumer (GVariant *dict, GError **error)
{
  g_autofree TbusSavedConsumer *self = g_new0 (TbusSavedConsumer, 1);

  return tbus_state_get (dict, consumer_fields, self, error) ? g_steal_pointer (&self) : NULL;
}

static void
put_apps (GPtrArray *apps, GVariantBuilder *dict)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < apps->len; i++)
    g_variant_builder_add_value (&list, tbus_saved_app_words (g_ptr_array_index (apps, i)));
  g_variant_builder_add (dict, "{sv}", "apps", g_variant_builder_end (&list));
}

GVariant *
tbus_state_encode (const TbusState *self)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  tbus_state_put (&dict, state_fields, self);
  g_variant_builder_add (&dict, "{sv}", "ids",
                         g_variant_new_fixed_array (G_VARIANT_TYPE_UINT64, self->ids, TBUS_N_IDS, sizeof *self->ids));
  tbus_state_put_bytes (&dict, "hash_key", self->hash_key, sizeof self->hash_key);
  tbus_state_put_list (&dict, "consumers", self->consumers, put_consumer);
  tbus_state_put_list (&dict, "sessions", self->sessions, tbus_saved_session_put);
  put_apps (self->apps, &dict);
  return g_variant_new (FILE_TYPE, MAGIC, TBUS_STATE_VERSION, &dict);
}

/* Kinds that an older file does not know begin anew; those that this service does not know are nobody's. */
static gboolean
decode_ids (GVariant *dict, guint64 ids[TBUS_N_IDS], GError **error)
{
  g_autoptr(GVariant) value = tbus_state_lookup (dict, "ids", "at", error);
  gconstpointer data;
  gsize n;

  if (value == NULL)
    return FALSE;
  data = g_variant_get_fixed_array (value, &n, sizeof *ids);
  memcpy (ids, data, MIN (n, TBUS_N_IDS) * sizeof *ids);
  return TRUE;
}

static gboolean
decode (GVariant *dict, TbusState *self, GError **error)
{
  g_clear_pointer (&self->boot, g_free);
  if (!tbus_state_get (dict, state_fields, self, error) || !decode_ids (dict, self->ids, error)
      || !tbus_state_get_bytes (dict, "hash_key", self->hash_key, sizeof self->hash_key, error))
    return FALSE;
  g_ptr_array_unref (self->consumers);
  self->consumers = tbus_state_get_list (dict, "consumers", MAX_LIST, get_consumer, g_free, error);
  if (self->consumers == NULL)
    return FALSE;
  g_ptr_array_unref (self->sessions);
  self->sessions = tbus_state_get_list (dict, "sessions", MAX_LIST, tbus_saved_session_get, tbus_saved_session_free,
                                        error);
  if (self->sessions == NULL)
    return FALSE;
  g_ptr_array_unref (self->apps);
  self->apps = tbus_state_get_list (dict, "apps", TBUS_MAX_APPS, tbus_saved_app_get, tbus_saved_app_free, error);
  return self->apps != NULL;
}

TbusState *
tbus_state_decode (GVariant *variant, GError **error)
{
  g_autoptr(TbusState) self = tbus_state_new ();
  g_autoptr(GVariant) dict = NULL;
  const char *magic;
  guint32 version;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE (FILE_TYPE)) || !g_variant_is_normal_form (variant))
    {
      tbus_state_refuse (error, "The state", "is damaged");
      return NULL;
    }
  g_variant_get (variant, "(&su@a{sv})", &magic, &version, &dict);
  if (!g_str_equal (magic, MAGIC))
    {
      tbus_state_refuse (error, "The state", "is something else");
      return NULL;
    }
  if (version < 1 || version > TBUS_STATE_VERSION)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_UNSUPPORTED, "The state has version %u, this service reads %d",
                   version, TBUS_STATE_VERSION);
      return NULL;
    }
  self->older = version < TBUS_STATE_VERSION;
  return decode (dict, self, error) && tbus_state_check (self, error) ? g_steal_pointer (&self) : NULL;
}

gboolean
tbus_state_write (const TbusState *self, const char *path, GError **error)
{
  g_autoptr(GVariant) variant = g_variant_ref_sink (tbus_state_encode (self));
  g_autoptr(GError) local = NULL;

  if (g_file_set_contents_full (path, g_variant_get_data (variant), g_variant_get_size (variant),
                                G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, &local))
    return TRUE;
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "Cannot write the state: %s", local->message);
  return FALSE;
}

TbusState *
tbus_state_read (const char *path, GError **error)
{
  g_autoptr(GError) local = NULL;
  g_autoptr(GVariant) variant = NULL;
  g_autoptr(GBytes) bytes = NULL;
  gboolean missing;
  char *contents;
  gsize length;

  if (!g_file_get_contents (path, &contents, &length, &local))
    {
      missing = g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT);
      g_set_error (error, TBUS_ERROR, missing ? TBUS_ERROR_NOT_FOUND : TBUS_ERROR_INVALID_ARGS,
                   "Cannot read the state: %s", local->message);
      return NULL;
    }
  bytes = g_bytes_new_take (contents, length);
  variant = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE (FILE_TYPE), bytes, FALSE));
  return tbus_state_decode (variant, error);
}

/* Saving: main captures, notify adds classes where there are any, a worker waits for the disk, main hears of it. */

typedef struct {
  GTask *task;   /* the caller's */
  GTask *errand; /* until it is begun */
  TbusState *state;
  char *path;
} SaveCall;

static void
save_call_free (SaveCall *call)
{
  g_object_unref (call->task);
  tbus_state_free (call->state);
  g_free (call->path);
  g_free (call);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer data)
{
  SaveCall *call = data;
  GError *error = NULL;

  tbus_thread_assert_main ();
  tbus_core_keep_words (g_task_get_source_object (call->task), call->state);
  if (g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_boolean (call->task, TRUE);
  else
    g_task_return_error (call->task, error);
  save_call_free (call);
}

static void
write_in_worker (GTask *errand, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr(TbusErrand) at = tbus_errand_begin ("writing the state");
  const SaveCall *call = data;
  GError *error = NULL;

  if (tbus_state_write (call->state, call->path, &error))
    g_task_return_boolean (errand, TRUE);
  else
    g_task_return_error (errand, error);
}

/* Whoever begins it, main hears of its end. */
static void
begin_errand (SaveCall *call)
{
  g_autoptr(GTask) errand = g_steal_pointer (&call->errand);

  g_task_run_in_thread (errand, write_in_worker);
}

static void
add_classes (gpointer data)
{
  SaveCall *call = data;

  tbus_state_capture_classes (call->state);
  begin_errand (call);
}

void
tbus_core_save_async (TbusCore *core, TbusStateScope scope, const char *path, GAsyncReadyCallback callback,
                      gpointer user_data)
{
  SaveCall *call = g_new0 (SaveCall, 1);

  call->task = g_task_new (core, NULL, callback, user_data);
  call->errand = g_task_new (NULL, NULL, on_written, call);
  g_task_set_task_data (call->errand, call, NULL);
  call->state = tbus_core_capture (core, scope);
  call->path = g_strdup (path);
  if (tbus_state_has_sets (call->state))
    tbus_post (TBUS_THREAD_NOTIFY, add_classes, call, NULL);
  else
    begin_errand (call);
}

gboolean
tbus_core_save_finish (TbusCore *core, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, core), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
