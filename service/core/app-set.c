/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/break-offs.h"
#include "core/core-private.h"

struct _TbusAppSet {
  GObject parent_instance;

  GPtrArray *apps;    /* of TbusApp, references, by id: ids only grow */
  GHashTable *shown;  /* of TbusApp: announced */
  TbusBreakOffs *break_offs;
  guint64 refused;
};

enum { ADDED, REMOVED, N_SIGNALS };
static guint signals[N_SIGNALS];

enum { PROP_REFUSED = 1, N_PROPS };
static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (TbusAppSet, tbus_app_set, G_TYPE_OBJECT)

static void
tbus_app_set_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_uint64 (value, TBUS_APP_SET (object)->refused);
}

static void
tbus_app_set_finalize (GObject *object)
{
  TbusAppSet *self = TBUS_APP_SET (object);

  g_ptr_array_unref (self->apps);
  g_hash_table_unref (self->shown);
  tbus_break_offs_free (self->break_offs);
  G_OBJECT_CLASS (tbus_app_set_parent_class)->finalize (object);
}

static void
tbus_app_set_class_init (TbusAppSetClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tbus_app_set_get_property;
  object_class->finalize = tbus_app_set_finalize;
  props[PROP_REFUSED] = g_param_spec_uint64 ("refused", NULL, NULL, 0, G_MAXUINT64, 0,
                                             G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
  signals[ADDED] = g_signal_new ("added", TBUS_TYPE_APP_SET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                 TBUS_TYPE_APP);
  signals[REMOVED] = g_signal_new ("removed", TBUS_TYPE_APP_SET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                   TBUS_TYPE_APP);
}

static void
tbus_app_set_init (TbusAppSet *self)
{
  self->apps = g_ptr_array_new_with_free_func (g_object_unref);
  self->shown = g_hash_table_new (NULL, NULL);
  self->break_offs = tbus_break_offs_new ();
}

TbusAppSet *
tbus_app_set_new (void)
{
  return g_object_new (TBUS_TYPE_APP_SET, NULL);
}

/* Index of the app with @id, or of the first with a larger one. */
static guint
find_index (TbusAppSet *self, guint64 id)
{
  guint low = 0, high = self->apps->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (tbus_app_get_id (g_ptr_array_index (self->apps, middle)) < id)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

TbusApp *
tbus_app_set_find_id (TbusAppSet *self, guint64 id)
{
  guint index = find_index (self, id);

  if (index < self->apps->len && tbus_app_get_id (g_ptr_array_index (self->apps, index)) == id)
    return g_ptr_array_index (self->apps, index);
  return NULL;
}

void
tbus_app_set_add (TbusAppSet *self, TbusApp *app)
{
  g_ptr_array_insert (self->apps, find_index (self, tbus_app_get_id (app)), g_object_ref (app));
}

void
tbus_app_set_show (TbusAppSet *self, TbusApp *app)
{
  if (tbus_app_get_state (app) != TBUS_APP_GONE && g_hash_table_add (self->shown, app))
    g_signal_emit (self, signals[ADDED], 0, app);
}

void
tbus_app_set_remove (TbusAppSet *self, TbusApp *app)
{
  g_autoptr(TbusApp) keep = g_object_ref (app);

  if (g_hash_table_remove (self->shown, app))
    g_signal_emit (self, signals[REMOVED], 0, app);
  if (tbus_app_set_find_id (self, tbus_app_get_id (app)) == app)
    g_ptr_array_remove_index (self->apps, find_index (self, tbus_app_get_id (app)));
}

void
tbus_app_set_count_refused (TbusAppSet *self, guint n)
{
  self->refused += n;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_REFUSED]);
}

void
tbus_app_set_broke_off (TbusAppSet *self, pid_t pid)
{
  tbus_break_offs_add (self->break_offs, pid, g_get_monotonic_time ());
}

gboolean
tbus_app_set_can_take (TbusAppSet *self, pid_t pid)
{
  return tbus_break_offs_count (self->break_offs, pid, g_get_monotonic_time ()) < TBUS_MAX_BREAK_OFFS;
}

gboolean
tbus_app_set_is_shown (TbusAppSet *self, TbusApp *app)
{
  return g_hash_table_contains (self->shown, app);
}

GPtrArray *
tbus_app_set_find_pid (TbusAppSet *self, pid_t pid)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = self->apps->len; i-- > 0;)
    {
      TbusApp *app = g_ptr_array_index (self->apps, i);

      if (tbus_app_get_tracee (app)->pid == pid && g_hash_table_contains (self->shown, app))
        g_ptr_array_add (found, g_object_ref (app));
    }
  return found;
}

GPtrArray *
tbus_app_set_list (TbusAppSet *self)
{
  return tbus_object_array_copy (self->apps);
}

guint
tbus_app_set_count (TbusAppSet *self)
{
  return g_hash_table_size (self->shown);
}

guint64
tbus_app_set_get_refused (TbusAppSet *self)
{
  return self->refused;
}

/* Listing: every app at once, each with its own pace. */

static void
app_tracepoints_free (gpointer data)
{
  TbusAppTracepoints *entry = data;

  g_object_unref (entry->app);
  g_ptr_array_unref (entry->tracepoints);
  g_free (entry);
}

void
tbus_tracepoint_listing_free (TbusTracepointListing *self)
{
  g_ptr_array_unref (self->apps);
  g_array_unref (self->apps_pending);
  g_free (self);
}

typedef struct {
  TbusTracepointListing *listing;
  guint waiting;
} ListCall;

static void
list_call_free (gpointer data)
{
  ListCall *call = data;

  g_clear_pointer (&call->listing, tbus_tracepoint_listing_free);
  g_free (call);
}

static void
list_answered (GTask *task)
{
  ListCall *call = g_task_get_task_data (task);

  if (--call->waiting == 0)
    g_task_return_pointer (task, g_steal_pointer (&call->listing), (GDestroyNotify) tbus_tracepoint_listing_free);
}

static void
on_app_listed (TbusApp *app, TbusAppOutcome outcome, GPtrArray *tracepoints, gboolean cut, gpointer data)
{
  g_autoptr(GTask) task = data;
  ListCall *call = g_task_get_task_data (task);
  guint64 id = tbus_app_get_id (app);

  if (outcome == TBUS_APPLIED && tracepoints != NULL)
    {
      TbusAppTracepoints *entry = g_new (TbusAppTracepoints, 1);

      *entry = (TbusAppTracepoints){ g_object_ref (app), g_ptr_array_ref (tracepoints), cut };
      g_ptr_array_add (call->listing->apps, entry);
    }
  else if (outcome == TBUS_PENDING)
    g_array_append_val (call->listing->apps_pending, id);
  else if (outcome == TBUS_APPLIED)
    call->listing->apps_failed++;
  list_answered (task);
}

void
tbus_app_set_list_tracepoints_async (TbusAppSet *self, GPtrArray *apps, gboolean fields, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr(GTask) task = g_task_new (self, cancellable, callback, user_data);
  ListCall *call = g_new0 (ListCall, 1);

  call->listing = g_new0 (TbusTracepointListing, 1);
  call->listing->apps = g_ptr_array_new_with_free_func (app_tracepoints_free);
  call->listing->apps_pending = g_array_new (FALSE, FALSE, sizeof (guint64));
  call->waiting = apps->len + 1; /* no answer ends it before all is asked */
  g_task_set_task_data (task, call, list_call_free);
  for (guint i = 0; i < apps->len; i++)
    tbus_app_list (g_ptr_array_index (apps, i), fields, on_app_listed, g_object_ref (task));
  list_answered (task);
}

TbusTracepointListing *
tbus_app_set_list_tracepoints_finish (TbusAppSet *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
