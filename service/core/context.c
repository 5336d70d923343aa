/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/context.h"

#include "base/error.h"
#include "core/perf-counter.h"

#include <linux/perf_event.h>
#include <string.h>

/* The tracer keeps names of contexts in 256 bytes, "$app." and ":" between them included. */
enum { MAX_TYPE = 240 };

#define PERF_PREFIX "perf:thread:"
#define RAW_PREFIX PERF_PREFIX "raw:"
#define APP_PREFIX "$app."

static const char *const plain_names[TBUS_N_PLAIN_CONTEXTS] = {
  [TBUS_CONTEXT_VPID] = "vpid",
  [TBUS_CONTEXT_VTID] = "vtid",
  [TBUS_CONTEXT_PTHREAD_ID] = "pthread_id",
  [TBUS_CONTEXT_PROCNAME] = "procname",
  [TBUS_CONTEXT_IP] = "ip",
  [TBUS_CONTEXT_CGROUP_NS] = "cgroup_ns",
  [TBUS_CONTEXT_IPC_NS] = "ipc_ns",
  [TBUS_CONTEXT_MNT_NS] = "mnt_ns",
  [TBUS_CONTEXT_NET_NS] = "net_ns",
  [TBUS_CONTEXT_PID_NS] = "pid_ns",
  [TBUS_CONTEXT_TIME_NS] = "time_ns",
  [TBUS_CONTEXT_USER_NS] = "user_ns",
  [TBUS_CONTEXT_UTS_NS] = "uts_ns",
  [TBUS_CONTEXT_VUID] = "vuid",
  [TBUS_CONTEXT_VEUID] = "veuid",
  [TBUS_CONTEXT_VSUID] = "vsuid",
  [TBUS_CONTEXT_VGID] = "vgid",
  [TBUS_CONTEXT_VEGID] = "vegid",
  [TBUS_CONTEXT_VSGID] = "vsgid",
};

/* What the kernel tracer has, or everybody has without asking. */
static const struct {
  const char *type;
  const char *instead; /* nullable */
} elsewhere[] = {
  { "pid", "vpid" },    { "tid", "vtid" },    { "uid", "vuid" },   { "euid", "veuid" },
  { "suid", "vsuid" },  { "gid", "vgid" },    { "egid", "vegid" }, { "sgid", "vsgid" },
  { "ppid", NULL },     { "vppid", NULL },    { "prio", NULL },    { "nice", NULL },
  { "hostname", NULL }, { "migratable", NULL }, { "preemptible", NULL }, { "interruptible", NULL },
  { "need_reschedule", NULL }, { "callstack-user", NULL }, { "callstack-kernel", NULL },
};

static const char *
plain_name (gsize i)
{
  return i < TBUS_N_PLAIN_CONTEXTS ? plain_names[i] : NULL;
}

/* Appends @prefix with each name that @get gives, until NULL. */
static void
list_names (GStrvBuilder *types, const char *prefix, const char *(*get) (gsize i))
{
  for (gsize i = 0; get (i) != NULL; i++)
    {
      g_autofree char *type = g_strconcat (prefix, get (i), NULL);

      g_strv_builder_add (types, type);
    }
}

GStrv
tbus_context_list (void)
{
  g_autoptr(GStrvBuilder) types = g_strv_builder_new ();

  list_names (types, "", plain_name);
  list_names (types, PERF_PREFIX, tbus_perf_counter_name);
  return g_strv_builder_end (types);
}

/* The same as text. (transfer full) */
static char *
join_names (const char *(*get) (gsize i))
{
  g_autoptr(GStrvBuilder) builder = g_strv_builder_new ();
  g_auto(GStrv) names = NULL;

  list_names (builder, "", get);
  names = g_strv_builder_end (builder);
  return g_strjoinv (", ", names);
}

static TbusContext *
context_new (TbusContextKind kind, const char *type)
{
  TbusContext *self = g_new0 (TbusContext, 1);

  self->refs = 1;
  self->kind = kind;
  self->type = g_strdup (type);
  return self;
}

TbusContext *
tbus_context_ref (TbusContext *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
tbus_context_unref (TbusContext *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_free (self->type);
  g_free (self->perf_name);
  g_free (self->provider);
  g_free (self->name);
  g_free (self);
}

gboolean
tbus_context_equal (const TbusContext *a, const TbusContext *b)
{
  return a->kind == b->kind && g_strcmp0 (a->perf_name, b->perf_name) == 0
         && g_strcmp0 (a->provider, b->provider) == 0 && g_strcmp0 (a->name, b->name) == 0;
}

/* LTTng's name of the field: "perf_thread_cpu_cycles". */
static TbusContext *
perf_new (const char *type, guint32 perf_type, guint64 config, const char *name)
{
  TbusContext *self = context_new (TBUS_CONTEXT_PERF, type);

  self->perf_type = perf_type;
  self->perf_config = config;
  self->perf_name = g_strconcat ("perf_thread_", name, NULL);
  g_strcanon (self->perf_name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_", '_');
  return self;
}

/* @text: what follows RAW_PREFIX */
static TbusContext *
parse_raw (const char *type, const char *text, GError **error)
{
  char *end = NULL;
  guint64 config;

  if (text[0] == 'r' && g_ascii_isxdigit (text[1]))
    {
      gsize digits = strspn (text + 1, "0123456789abcdefABCDEF");

      config = g_ascii_strtoull (text + 1, &end, 16);
      if (digits <= 16 && end == text + 1 + digits && end[0] == ':' && end[1] != '\0')
        return perf_new (type, PERF_TYPE_RAW, config, end + 1);
    }
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
               "\"%.128s\" is no raw counter: " RAW_PREFIX "rN:NAME, N of up to 16 hexadecimal digits", type);
  return NULL;
}

/* @name: what follows PERF_PREFIX */
static TbusContext *
parse_perf (const char *type, const char *name, GError **error)
{
  const TbusPerfCounter *counter = tbus_perf_counter_find (name);
  g_autofree char *known = NULL;

  if (counter != NULL)
    return perf_new (type, counter->type, counter->config, name);
  known = join_names (tbus_perf_counter_name);
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
               "There is no counter \"%.128s\": known are %s; any other is " RAW_PREFIX "rN:NAME", name, known);
  return NULL;
}

/* @text: what follows APP_PREFIX */
static TbusContext *
parse_app (const char *type, const char *text, GError **error)
{
  const char *colon = strchr (text, ':');
  TbusContext *self;

  if (colon == NULL || colon == text || colon[1] == '\0')
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "\"%.128s\" is no context of an app: " APP_PREFIX "PROVIDER:TYPE", type);
      return NULL;
    }
  self = context_new (TBUS_CONTEXT_APP, type);
  self->provider = g_strndup (text, colon - text);
  self->name = g_strdup (colon + 1);
  return self;
}

/* Sets @error where @type is known, but not here. */
static gboolean
is_elsewhere (const char *type, GError **error)
{
  if (g_str_has_prefix (type, "perf:"))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "\"%.128s\" is a counter of the kernel tracer: in user space counters are " PERF_PREFIX "NAME",
                   type);
      return TRUE;
    }
  if (g_str_equal (type, "cpu_id"))
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                           "\"cpu_id\" is recorded with every packet already: it needs no context");
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (elsewhere); i++)
    if (g_str_equal (type, elsewhere[i].type))
      {
        g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                     "\"%.128s\" is a context of the kernel tracer: user space has %s%s", type,
                     elsewhere[i].instead != NULL ? elsewhere[i].instead : "none like it",
                     elsewhere[i].instead != NULL ? " instead" : "");
        return TRUE;
      }
  return FALSE;
}

static TbusContext *
parse_plain (const char *type, GError **error)
{
  g_autofree char *known = NULL;

  for (TbusContextKind i = 0; i < TBUS_N_PLAIN_CONTEXTS; i++)
    if (g_str_equal (type, plain_names[i]))
      return context_new (i, type);
  if (is_elsewhere (type, error))
    return NULL;
  known = join_names (plain_name);
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
               "There is no context \"%.128s\": known are %s, " PERF_PREFIX "NAME, " RAW_PREFIX "rN:NAME and "
               APP_PREFIX "PROVIDER:TYPE", type, known);
  return NULL;
}

TbusContext *
tbus_context_parse (const char *type, GError **error)
{
  gsize length = strlen (type);

  if (length == 0 || length > MAX_TYPE)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "The type of a context has 1 to %d bytes, not %" G_GSIZE_FORMAT, MAX_TYPE, length);
      return NULL;
    }
  if (g_str_has_prefix (type, RAW_PREFIX))
    return parse_raw (type, type + strlen (RAW_PREFIX), error);
  if (g_str_has_prefix (type, PERF_PREFIX))
    return parse_perf (type, type + strlen (PERF_PREFIX), error);
  if (g_str_has_prefix (type, APP_PREFIX))
    return parse_app (type, type + strlen (APP_PREFIX), error);
  return parse_plain (type, error);
}
