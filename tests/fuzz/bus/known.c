/* SPDX-License-Identifier: GPL-2.0-only */
#include "known.h"

#include "support/service.h"

#include <string.h>

#define PREFIX "org.tracebus1."

struct TstKnown {
  GPtrArray *methods;
};

/* Between bars, since filters have blanks. */
static const struct {
  const char *name, *texts;
} hints[] = {
  { "name", "s0|s1|s2|s3|c0|c1|c2|metadata|channel0|tbtest:tick|tbtest:*|*|victim" },
  { "channel", "||channel0|c0|c1|metadata" },
  { "rules", "tbtest:*|tbtest:tick|*|tbtest:tick*" },
  { "pattern", "tbtest:*|tbtest:tick|*|lttng_ust_*|t*k|tbtest:tick*|no:such|\\*" },
  { "type", "vpid|vtid|procname|ip|vuid|perf:thread:cycles|perf:thread:raw:r1a:x|cgroup_ns|$app.a:b|cpu_id" },
  { "attribute", "vpid|vuid|vgid" },
  { "pid", "1|0|4294967295" },
  { "values", "1|0|root|daemon|nobody|4294967295" },
  { "uids", "0|1|65534|4294967295" },
  { "mode", "discard|overwrite" },
  { "buffer-ownership", "user|process" },
  { "loglevel", "TRACE_INFO|TRACE_DEBUG|CRIT|3|14|-1||15" },
  { "loglevel-match", "at-least|exactly" },
  { "filter", "seq>1|who==\"a*\"|seq<5 && who!='b'|$ctx.vpid==1|seq/0|(seq|no_such_field==1|seq[2]==1|!(seq&1)" },
  { "exclude", "tbtest:tick|a*|" },
  { "limit", "0|1|100" },
  { "subbuf-size", "4096|4096|16384|0|4095|1|18446744073709551615|9223372036854775808" },
  { "num-subbuf", "1|2|2|4|0|3|18446744073709551615|9223372036854775808" },
  { "switch-timer-us", "0|1000000|50000|4294967295" },
  { "read-timer-us", "0|1000000|50000|4294967295" },
  { "blocking-timeout-us", "0|-1|100|9223372036854775807" },
  { "tracefile-size", "0|4096|1|65536" },
  { "tracefile-count", "0|1|2|18446744073709551615" },
  { "interface_name", "org.tracebus1.Session|org.tracebus1.Manager|org.tracebus1.App|org.freedesktop.LogControl1|" },
  { "property_name", "State|Name|Output|Trackers|Problems|LogLevel|LogTarget|SessionCount|Health" },
};

static void
method_free (gpointer data)
{
  TstMethod *method = data;

  g_free (method->interface);
  g_free (method->name);
  g_variant_type_free (method->arguments);
  g_variant_type_free (method->answer);
  g_strfreev (method->names);
  g_free (method);
}

/* The tuple of @infos' types. @names: (nullable): gets their names */
static GVariantType *
read_arguments (GDBusArgInfo **infos, GStrv *names)
{
  g_autoptr(GString) types = g_string_new ("(");
  g_autoptr(GStrvBuilder) list = g_strv_builder_new ();

  for (guint i = 0; infos != NULL && infos[i] != NULL; i++)
    {
      g_string_append (types, infos[i]->signature);
      g_strv_builder_add (list, infos[i]->name != NULL ? infos[i]->name : "");
    }
  g_string_append_c (types, ')');
  if (names != NULL)
    *names = g_strv_builder_end (list);
  return g_variant_type_new (types->str);
}

static gboolean
knows_interface (TstKnown *self, const char *name)
{
  for (guint i = 0; i < self->methods->len; i++)
    if (g_str_equal (((TstMethod *) g_ptr_array_index (self->methods, i))->interface, name))
      return TRUE;
  return FALSE;
}

static void
add_interface (TstKnown *self, const GDBusInterfaceInfo *info)
{
  if (knows_interface (self, info->name))
    return;
  for (guint i = 0; info->methods != NULL && info->methods[i] != NULL; i++)
    {
      TstMethod *method = g_new (TstMethod, 1);

      method->interface = g_strdup (info->name);
      method->name = g_strdup (info->methods[i]->name);
      method->arguments = read_arguments (info->methods[i]->in_args, &method->names);
      method->answer = read_arguments (info->methods[i]->out_args, NULL);
      g_ptr_array_add (self->methods, method);
    }
}

static GVariant *
ask (GDBusConnection *connection, const char *path, const char *interface, const char *method)
{
  g_autoptr(GError) error = NULL;
  GVariant *reply;

  reply = g_dbus_connection_call_sync (connection, "org.tracebus1", path, interface, method, NULL, NULL,
                                       G_DBUS_CALL_FLAGS_NONE, TST_CALL_MS, NULL, &error);
  g_assert_no_error (error);
  return reply;
}

static void
introspect (TstKnown *self, GDBusConnection *connection, const char *path)
{
  g_autoptr(GVariant) reply = ask (connection, path, "org.freedesktop.DBus.Introspectable", "Introspect");
  g_autoptr(GDBusNodeInfo) node = NULL;
  g_autoptr(GError) error = NULL;
  const char *xml;

  g_variant_get (reply, "(&s)", &xml);
  node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  for (guint i = 0; node->interfaces != NULL && node->interfaces[i] != NULL; i++)
    add_interface (self, node->interfaces[i]);
}

/* Calls @visit for every object. */
typedef void (*Visit) (const char *path, GVariant *interfaces, gpointer data);

static void
visit_objects (GDBusConnection *connection, Visit visit, gpointer data)
{
  g_autoptr(GVariant) reply = ask (connection, TST_ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects");
  g_autoptr(GVariantIter) objects = NULL;
  GVariant *interfaces;
  const char *path;

  g_variant_get (reply, "(a{oa{sa{sv}}})", &objects);
  while (g_variant_iter_next (objects, "{&o@a{sa{sv}}}", &path, &interfaces))
    {
      visit (path, interfaces, data);
      g_variant_unref (interfaces);
    }
}

static void
keep_path (const char *path, GVariant *interfaces, gpointer data)
{
  g_ptr_array_add (data, g_strdup (path));
}

GPtrArray *
tst_known_objects (GDBusConnection *connection)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (paths, g_strdup (TST_ROOT));
  visit_objects (connection, keep_path, paths);
  return paths;
}

typedef struct {
  GPtrArray *paths;
  uid_t uid;
} Owned;

static void
keep_owned (const char *path, GVariant *interfaces, gpointer data)
{
  Owned *owned = data;
  g_autoptr(GVariant) session = g_variant_lookup_value (interfaces, PREFIX "Session", NULL);
  guint32 owner;

  if (session != NULL && g_variant_lookup (session, "Owner", "u", &owner) && owner == owned->uid)
    g_ptr_array_add (owned->paths, g_strdup (path));
}

GPtrArray *
tst_known_sessions (GDBusConnection *connection, uid_t uid)
{
  Owned owned = { g_ptr_array_new_with_free_func (g_free), uid };

  visit_objects (connection, keep_owned, &owned);
  return owned.paths;
}

TstKnown *
tst_known_new (GDBusConnection *connection)
{
  g_autoptr(GPtrArray) paths = tst_known_objects (connection);
  TstKnown *self = g_new0 (TstKnown, 1);

  self->methods = g_ptr_array_new_with_free_func (method_free);
  for (guint i = 0; i < paths->len; i++)
    introspect (self, connection, g_ptr_array_index (paths, i));
  introspect (self, connection, "/org/freedesktop/LogControl1");
  return self;
}

void
tst_known_free (TstKnown *self)
{
  g_ptr_array_unref (self->methods);
  g_free (self);
}

GPtrArray *
tst_known_methods (TstKnown *self)
{
  return self->methods;
}

/* @comment tells of @method: options are written in it as "key" (type). */
static guint
teach_method (TstValues *values, const char *method, const char *comment)
{
  g_autoptr(GRegex) written = g_regex_new ("\"([a-z-]+)\" \\((\\(?[a-z{}]+\\)?)[):;]", 0, 0, NULL);
  g_autoptr(GMatchInfo) match = NULL;
  guint count = 0;

  g_regex_match (written, comment, 0, &match);
  for (; g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *key = g_match_info_fetch (match, 1);
      g_autofree char *type = g_match_info_fetch (match, 2);

      if (!g_variant_type_string_is_valid (type))
        continue;
      tst_values_add_option (values, method, key, type);
      count++;
    }
  return count;
}

/* Before a method stands a comment that begins with its name. */
static guint
teach_interface (TstValues *values, const char *text)
{
  g_auto(GStrv) comments = g_strsplit (text, "<!--\n    ", 0);
  guint count = 0;

  for (guint i = 1; comments[0] != NULL && comments[i] != NULL; i++)
    {
      gsize length = strcspn (comments[i], ":\n");
      g_autofree char *method = g_strndup (comments[i], length);
      g_autofree char *comment = g_strndup (comments[i], strstr (comments[i], "-->") - comments[i]);

      count += teach_method (values, method, comment);
    }
  return count;
}

void
tst_known_teach (TstValues *values)
{
  static const char *const interfaces[] = { "App", "Channel", "Consumer", "Manager", "Session" };
  guint options = 0;

  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    {
      g_autofree char *file = g_strconcat (PREFIX, interfaces[i], ".xml", NULL);
      g_autofree char *path = g_build_filename (g_getenv ("TRACEBUS_SOURCE"), "introspection", file, NULL);
      g_autofree char *text = NULL;
      g_autoptr(GError) error = NULL;

      g_file_get_contents (path, &text, NULL, &error);
      g_assert_no_error (error);
      options += teach_interface (values, text);
    }
  g_assert_cmpuint (options, >, 30);
  for (guint i = 0; i < G_N_ELEMENTS (hints); i++)
    {
      g_auto(GStrv) texts = g_strsplit (hints[i].texts, "|", 0);

      for (guint j = 0; texts[j] != NULL; j++)
        tst_values_add_hint (values, hints[i].name, texts[j]);
    }
}

gboolean
tst_known_fits (const char *path, const char *interface)
{
  g_autofree char *kind = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *above = NULL;

  if (g_str_equal (interface, "org.freedesktop.LogControl1"))
    return strstr (path, "LogControl1") != NULL;
  if (!g_str_has_prefix (interface, PREFIX))
    return TRUE;
  kind = g_ascii_strdown (interface + strlen (PREFIX), -1);
  if (g_str_equal (kind, "manager"))
    return g_str_equal (path, TST_ROOT);
  above = g_path_get_dirname (path);
  folder = g_path_get_basename (above);
  return g_str_equal (kind, folder);
}
