/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/tracepoints.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/thread.h"
#include "bus/names.h"
#include "bus/values.h"
#include "core/pattern.h"

typedef struct {
  const char *app; /* "/": none */
  const char *name;
  guint32 limit;
  gboolean fields;
} Options;

/* What the worker reads; nobody writes it meanwhile. */
typedef struct {
  TbusTracepointListing *listing;
  char *name;    /* the pattern; "" matches all */
  guint32 limit; /* 0: none */
  gboolean fields;
} Listing;

/* What many tracepoints have in common is one value, which each refers to. */
typedef struct {
  GVariant *pid, *app;           /* of the app whose turn it is */
  GVariant *level, *level_name;  /* of the tracepoint before */
  int of_level;
} Entries;

typedef struct {
  TbusCall *call;
  TbusApp *app; /* nullable: the only one asked; a reference */
  Listing *listing;
} Request;

static const TbusOption app_options[] = {
  { "name", TBUS_OPTION_STRING, G_STRUCT_OFFSET (Options, name) },
  { "limit", TBUS_OPTION_UINT32, G_STRUCT_OFFSET (Options, limit) },
  { "fields", TBUS_OPTION_BOOLEAN, G_STRUCT_OFFSET (Options, fields) },
  { NULL },
};

static const TbusOption manager_options[] = {
  { "app", TBUS_OPTION_PATH, G_STRUCT_OFFSET (Options, app) },
  { "name", TBUS_OPTION_STRING, G_STRUCT_OFFSET (Options, name) },
  { "limit", TBUS_OPTION_UINT32, G_STRUCT_OFFSET (Options, limit) },
  { "fields", TBUS_OPTION_BOOLEAN, G_STRUCT_OFFSET (Options, fields) },
  { NULL },
};

static void
listing_free (gpointer data)
{
  Listing *self = data;

  g_clear_pointer (&self->listing, tbus_tracepoint_listing_free);
  g_free (self->name);
  g_free (self);
}

static void
request_free (Request *self)
{
  g_clear_pointer (&self->listing, listing_free);
  g_clear_object (&self->app);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)

static GVariant *
fields_value (GPtrArray *fields)
{
  static const char *const types[] = { "other", "integer", "enum", "float", "string" };
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; fields != NULL && i < fields->len; i++)
    {
      TbusTracepointField *field = g_ptr_array_index (fields, i);
      gboolean known = field->type >= 0 && field->type < (int) G_N_ELEMENTS (types);

      g_variant_builder_open (&list, G_VARIANT_TYPE_VARDICT);
      tbus_dict_add (&list, "name", tbus_value_string (field->name));
      tbus_dict_add (&list, "type", g_variant_new_string (types[known ? field->type : 0]));
      g_variant_builder_close (&list);
    }
  return g_variant_builder_end (&list);
}

/* (transfer full) */
static GVariant *
entry_new (const char *key, GVariant *value)
{
  return g_variant_ref_sink (g_variant_new ("{sv}", key, value));
}

static void
entries_begin_app (Entries *self, TbusApp *app)
{
  g_clear_pointer (&self->pid, g_variant_unref);
  g_clear_pointer (&self->app, g_variant_unref);
  self->pid = entry_new ("pid", g_variant_new_uint32 (tbus_app_get_tracee (app)->pid));
  self->app = entry_new ("app", tbus_value_path (tbus_path_app (tbus_app_get_id (app))));
}

static void
entries_choose_level (Entries *self, int level)
{
  if (self->level != NULL && self->of_level == level)
    return;
  g_clear_pointer (&self->level, g_variant_unref);
  g_clear_pointer (&self->level_name, g_variant_unref);
  self->of_level = level;
  self->level = entry_new ("loglevel", g_variant_new_int32 (level));
  self->level_name = entry_new ("loglevel-name", tbus_value_string (tbus_loglevel_to_string (level)));
}

static void
entries_clear (Entries *self)
{
  g_clear_pointer (&self->pid, g_variant_unref);
  g_clear_pointer (&self->app, g_variant_unref);
  g_clear_pointer (&self->level, g_variant_unref);
  g_clear_pointer (&self->level_name, g_variant_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Entries, entries_clear)

static GVariant *
tracepoint_value (Entries *entries, const TbusTracepoint *tracepoint, gboolean fields)
{
  GVariantBuilder dict;

  entries_choose_level (entries, tracepoint->loglevel);
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  tbus_dict_add (&dict, "name", tbus_value_string (tracepoint->name));
  g_variant_builder_add_value (&dict, entries->level);
  g_variant_builder_add_value (&dict, entries->level_name);
  g_variant_builder_add_value (&dict, entries->pid);
  g_variant_builder_add_value (&dict, entries->app);
  if (fields)
    tbus_dict_add (&dict, "fields", fields_value (tracepoint->fields));
  return g_variant_builder_end (&dict);
}

/* Adds the apps of which only a part is listed, and the sentences that say so. */
static void
add_incomplete (GVariantBuilder *dict, TbusTracepointListing *listing)
{
  g_autoptr(GStrvBuilder) warnings = g_strv_builder_new ();
  g_autoptr(GArray) incomplete = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_auto(GStrv) sentences = NULL;

  for (guint i = 0; i < listing->apps->len; i++)
    {
      const TbusAppTracepoints *of_app = g_ptr_array_index (listing->apps, i);
      guint64 id = tbus_app_get_id (of_app->app);
      g_autofree char *sentence = NULL;

      if (!of_app->cut)
        continue;
      sentence = g_strdup_printf ("Process %d has more tracepoints than are taken of one program; only the first %u "
                                  "are known", (int) tbus_app_get_tracee (of_app->app)->pid, of_app->tracepoints->len);
      g_strv_builder_add (warnings, sentence);
      g_array_append_val (incomplete, id);
    }
  sentences = g_strv_builder_end (warnings);
  tbus_dict_add (dict, "apps-incomplete", tbus_value_app_paths (incomplete));
  tbus_dict_add (dict, "warnings", g_variant_new_strv ((const char *const *) sentences, -1));
}

static GVariant *
result_value (TbusTracepointListing *listing)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  tbus_dict_add (&dict, "apps-applied", g_variant_new_uint32 (listing->apps->len));
  tbus_dict_add (&dict, "apps-pending", tbus_value_app_paths (listing->apps_pending));
  tbus_dict_add (&dict, "apps-failed", g_variant_new_uint32 (listing->apps_failed));
  add_incomplete (&dict, listing);
  return g_variant_builder_end (&dict);
}

/* On a worker. What is too large for a reply anyway is not made to its end. */
static GVariant *
listing_build (gpointer data)
{
  Listing *self = data;
  GPtrArray *apps = self->listing->apps;
  g_auto(Entries) entries = { NULL };
  GVariantBuilder list;
  guint32 count = 0;
  gsize size = 0;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < apps->len; i++)
    {
      TbusAppTracepoints *of_app = g_ptr_array_index (apps, i);

      entries_begin_app (&entries, of_app->app);
      for (guint j = 0; j < of_app->tracepoints->len && size <= TBUS_MAX_REPLY; j++)
        {
          TbusTracepoint *tracepoint = g_ptr_array_index (of_app->tracepoints, j);
          GVariant *value;

          if ((*self->name != '\0' && !tbus_pattern_matches (self->name, tracepoint->name))
              || (self->limit != 0 && count >= self->limit))
            continue;
          count++;
          value = tracepoint_value (&entries, tracepoint, self->fields);
          size += g_variant_get_size (value);
          g_variant_builder_add_value (&list, value);
        }
    }
  return g_variant_new ("(@aa{sv}@a{sv})", g_variant_builder_end (&list), result_value (self->listing));
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(Request) request = user_data;
  TbusTracepointListing *listing;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  listing = tbus_app_set_list_tracepoints_finish (TBUS_APP_SET (source), result, &error);
  request->listing->listing = listing;
  if (listing != NULL && request->app != NULL && tbus_app_get_state (request->app) == TBUS_APP_GONE
      && listing->apps->len == 0)
    g_set_error (&error, TBUS_ERROR, TBUS_ERROR_APP_GONE, "The app (process %d) has ended",
                 tbus_app_get_tracee (request->app)->pid);
  if (error != NULL)
    tbus_call_fail (request->call, g_steal_pointer (&error));
  else
    tbus_call_return_built (request->call, listing_build, g_steal_pointer (&request->listing), listing_free);
}

/* Takes @request. @others: also those of other users, where no single one was asked for */
static void
list (Request *request, gboolean others)
{
  TbusAppSet *set = tbus_core_get_apps (tbus_call_get_bus (request->call)->core);
  g_autoptr(GPtrArray) apps = g_ptr_array_new_with_free_func (g_object_unref);

  if (request->app != NULL)
    g_ptr_array_add (apps, g_object_ref (request->app));
  else
    {
      g_clear_pointer (&apps, g_ptr_array_unref);
      apps = tbus_app_set_list (set);
      for (guint i = apps->len; i-- > 0;)
        {
          TbusApp *app = g_ptr_array_index (apps, i);

          if (!tbus_app_set_is_shown (set, app)
              || (!others && tbus_app_get_tracee (app)->uid != tbus_call_get_uid (request->call)))
            g_ptr_array_remove_index (apps, i);
        }
    }
  tbus_app_set_list_tracepoints_async (set, apps, request->listing->fields, tbus_call_get_cancellable (request->call),
                                       on_listed, request);
}

static void
request_fail (Request *request, GError *error)
{
  tbus_call_fail (request->call, error);
  request_free (request);
}

/* Who may not trace others' apps is shown the own ones; who asks for one of others is told that it may not. */
static void
on_others_granted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Request *request = user_data;
  g_autoptr(GError) error = NULL;
  gboolean others;

  tbus_thread_assert_main ();
  others = tbus_gate_check_finish (TBUS_GATE (source), result, &error);
  if (others || (request->app == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)))
    list (request, others);
  else
    request_fail (request, g_steal_pointer (&error));
}

static gboolean
find_app (Request *request, const char *path, GError **error)
{
  TbusAppSet *set = tbus_core_get_apps (tbus_call_get_bus (request->call)->core);
  TbusApp *app = NULL;
  guint64 id;

  if (tbus_path_parse_app (path, &id))
    app = tbus_app_set_find_id (set, id);
  if (app != NULL)
    request->app = g_object_ref (app);
  else
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "No app is registered as %.128s", path);
  return app != NULL;
}

/* The caller may trace its own apps. */
static void
manager_list (Request *request, const char *path)
{
  uid_t caller = tbus_call_get_uid (request->call);
  g_auto(TbusScope) scope = { NULL };
  g_autoptr(GError) error = NULL;

  if (!g_str_equal (path, "/") && !find_app (request, path, &error))
    {
      request_fail (request, g_steal_pointer (&error));
      return;
    }
  if (request->app != NULL)
    tbus_scope_init_user (&scope, tbus_app_get_tracee (request->app)->uid, caller);
  else
    tbus_scope_init_everybody (&scope, caller);
  tbus_call_ask_async (request->call, TBUS_ACTION_TRACE_OTHERS, &scope, request->app == NULL, on_others_granted,
                       request);
}

void
tbus_tracepoints_list (TbusCall *call, TbusApp *app)
{
  const TbusOption *table = app == NULL ? manager_options : app_options;
  Options options = { "/", "", 0, FALSE };
  g_autoptr(GError) error = NULL;
  Request *request;

  if (!tbus_call_parse_options (call, table, &options, &error))
    {
      tbus_call_fail (call, g_steal_pointer (&error));
      return;
    }
  request = g_new0 (Request, 1);
  request->call = call;
  request->app = app != NULL ? g_object_ref (app) : NULL;
  request->listing = g_new0 (Listing, 1);
  request->listing->name = g_strdup (options.name);
  request->listing->limit = options.limit;
  request->listing->fields = options.fields;
  if (app == NULL)
    manager_list (request, options.app);
  else
    list (request, TRUE);
}
