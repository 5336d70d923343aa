/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/set-description.h"

#include "base/limits.h"
#include "core/names.h"

/* As LTTng's metadata has it: "20260131T235959+0100". */
static char *
format_time (gint64 microseconds)
{
  g_autoptr(GDateTime) local = g_date_time_new_from_unix_local (microseconds / G_USEC_PER_SEC);

  return g_date_time_format (local, "%Y%m%dT%H%M%S%z");
}

/* A process may call itself anything: no separator, no control character, no leading dot gets into a path. */
static char *
path_component (const char *name)
{
  char *component = g_utf8_make_valid (name[0] != '\0' ? name : "_", -1);

  for (char *c = component; *c != '\0'; c++)
    if (*c == '/' || g_ascii_iscntrl (*c))
      *c = '_';
  if (component[0] == '.')
    component[0] = '_';
  return component;
}

static char *
make_directory (TbusSession *session, const TbusTracee *tracee, const TbusBufferKey *key)
{
  gboolean process = key->ownership == TBUS_BUFFER_PROCESS;
  g_autofree char *component = path_component (tracee->name);
  g_autofree char *when = tbus_name_time (tracee->registered_at);
  /* Both only grow: no directory is used twice. */
  guint times = session->rebuilds + (process ? tbus_session_count_partings (session, tracee->id) : 0);
  g_autofree char *again = times > 0 ? g_strdup_printf ("-%u", times) : g_strdup ("");

  if (process)
    return g_strdup_printf ("ust/pid/%s-%d-%s%s", component, (int) tracee->pid, when, again);
  return g_strdup_printf ("ust/uid/%u/%u-bit%s", (guint) tracee->uid, key->bits, again);
}

TbusBufferSet *
tbus_set_description_make (TbusSession *session, TbusApp *app, const TbusBufferKey *key, GError **error)
{
  const TbusTracee *tracee = tbus_app_get_tracee (app);
  const guint32 *version = tbus_app_get_tracer_version (app);
  gboolean process = key->ownership == TBUS_BUFFER_PROCESS;
  g_autofree char *created = format_time (session->created_at);
  g_autofree char *started = format_time (tracee->registered_at);
  TbusCtfEnv env[] = {
    { "domain", "ust", 0 },
    { "tracer_name", "lttng-ust", 0 },
    { "tracer_major", NULL, version[0] },
    { "tracer_minor", NULL, version[1] },
    { "tracer_buffering_scheme", process ? "pid" : "uid", 0 },
    { "tracer_buffering_id", NULL, process ? tracee->pid : tracee->uid },
    { "architecture_bit_width", NULL, key->bits },
    { "trace_name", session->name, 0 },
    { "trace_creation_datetime", created, 0 },
    { "hostname", g_get_host_name (), 0 },
    /* of one process only */
    { process ? "tracer_patchlevel" : NULL, NULL, version[2] },
    { "vpid", NULL, tracee->pid },
    { "procname", tbus_app_get_name (app), 0 },
    { "vpid_datetime", started, 0 },
    { NULL, NULL, 0 },
  };
  TbusCtfTrace trace = { .abi = tracee->abi, .clock = &session->clock, .env = env };
  TbusBufferSet *set = tbus_buffer_set_new (key, &trace, tbus_limit (TBUS_LIMIT_METADATA), error);

  if (set == NULL)
    return NULL;
  set->directory = make_directory (session, tracee, key);
  tbus_class_registry_charge (set->classes, tracee->uid);
  return set;
}
