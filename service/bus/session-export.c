/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/interface.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/thread.h"
#include "bus/answers.h"
#include "bus/call.h"
#include "bus/channel-options.h"
#include "bus/names.h"
#include "bus/registries.h"
#include "bus/rule-options.h"
#include "bus/tracked-values.h"
#include "bus/values.h"
#include "introspection/interface-info.h"

#include <string.h>

static GVariant *
channel_path_value (TbusChannel *channel)
{
  return tbus_value_path (tbus_path_channel (tbus_channel_get_session_id (channel), tbus_channel_get_id (channel)));
}

static void
session_create_channel (TbusCall *call, gpointer session)
{
  g_autoptr(GError) error = NULL;
  TbusChannel *channel = NULL;
  TbusChannelConfig config;
  const char *name;

  g_variant_get_child (tbus_call_get_parameters (call), 0, "&s", &name);
  if (tbus_channel_options_parse (call, name, &config, &error))
    channel = tbus_session_add_channel (session, name, &config, &error);
  if (channel == NULL)
    tbus_call_fail (call, g_steal_pointer (&error));
  else
    tbus_call_return (call, g_variant_new ("(@o)", channel_path_value (channel)));
}

static void
session_get_channel (TbusCall *call, gpointer session)
{
  TbusChannel *channel;
  const char *name;

  g_variant_get (tbus_call_get_parameters (call), "(&s)", &name);
  channel = tbus_session_find_channel (session, name);
  if (channel == NULL)
    tbus_call_fail (call, g_error_new (TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "Session \"%s\" has no channel \"%.128s\"",
                                       tbus_session_get_name (session), name));
  else
    tbus_call_return (call, g_variant_new ("(@o)", channel_path_value (channel)));
}

/* The @i-th of @list. @filters: bytes of all filters so far */
static TbusEventRule *
parse_rule (GVariant *list, gsize i, gsize *filters, GError **error)
{
  g_auto(TbusRuleOptions) options = { { NULL } };
  g_autoptr(GVariant) dict = NULL;
  TbusEventRule *rule = NULL;
  const char *pattern;

  g_variant_get_child (list, i, "(&s@a{sv})", &pattern, &dict);
  if (tbus_options_parse (dict, tbus_rule_options, &options, error))
    {
      *filters += options.filter != NULL ? strlen (options.filter) : 0;
      if (*filters > TBUS_MAX_FILTERS)
        g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "The filters of one call have at most %u bytes together",
                     TBUS_MAX_FILTERS);
      else
        rule = tbus_rule_options_make (&options, pattern, error);
    }
  if (rule == NULL && g_variant_n_children (list) > 1)
    g_prefix_error (error, "Rule %" G_GSIZE_FORMAT " (\"%.128s\"): ", i + 1, pattern);
  return rule;
}

/* (transfer full) of TbusEventRule; NULL with InvalidArgs, Exhausted or FilterSyntax */
static GPtrArray *
parse_rules (GVariant *list, GError **error)
{
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_event_rule_unref);
  gsize n = g_variant_n_children (list), filters = 0;

  if (n == 0)
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "There are no rules: give one at least");
      return NULL;
    }
  if (n > tbus_limit (TBUS_LIMIT_RULES))
    {
      tbus_limit_refuse (TBUS_LIMIT_RULES, error);
      return NULL;
    }
  for (gsize i = 0; i < n; i++)
    {
      TbusEventRule *rule = parse_rule (list, i, &filters, error);

      if (rule == NULL)
        return NULL;
      g_ptr_array_add (rules, rule);
    }
  return g_steal_pointer (&rules);
}

static void
session_enable_events (TbusCall *call, gpointer session)
{
  g_autoptr(GVariant) list = NULL;
  g_autoptr(GPtrArray) rules = NULL;
  g_autoptr(GError) error = NULL;
  const char *channel;

  if (!tbus_call_takes_no_options (call))
    return;
  g_variant_get (tbus_call_get_parameters (call), "(&s@a(sa{sv})@a{sv})", &channel, &list, NULL);
  rules = parse_rules (list, &error);
  if (rules == NULL)
    tbus_call_fail (call, g_steal_pointer (&error));
  else
    tbus_session_enable_events_async (session, channel, rules, tbus_call_get_cancellable (call), tbus_answer_operation,
                                      call);
}

static void
session_start (TbusCall *call, gpointer session)
{
  if (tbus_call_takes_no_options (call))
    tbus_session_start_async (session, tbus_call_get_cancellable (call), tbus_answer_operation, call);
}

/* Stop and Destroy: FALSE where the options are wrong, and then the call is answered. */
static gboolean
parse_wait (TbusCall *call, gboolean *wait)
{
  static const TbusOption options[] = { { "no-wait", TBUS_OPTION_BOOLEAN, 0 }, { NULL } };
  g_autoptr(GError) error = NULL;
  gboolean no_wait = FALSE;

  if (!tbus_call_parse_options (call, options, &no_wait, &error))
    {
      tbus_call_fail (call, g_steal_pointer (&error));
      return FALSE;
    }
  *wait = !no_wait;
  return TRUE;
}

static void
session_stop (TbusCall *call, gpointer session)
{
  gboolean wait;

  if (parse_wait (call, &wait))
    tbus_session_stop_async (session, wait, tbus_answer_operation, call);
}

static void
session_destroy (TbusCall *call, gpointer session)
{
  gboolean wait;

  if (parse_wait (call, &wait))
    tbus_session_destroy_async (session, wait, tbus_answer_operation, call);
}

static void
on_pushed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TbusCall *call = user_data;
  g_autoptr(GError) error = NULL;
  guint64 bytes;

  tbus_thread_assert_main ();
  if (!tbus_session_push_metadata_finish (TBUS_SESSION (source), result, &bytes, &error))
    tbus_call_fail (call, g_steal_pointer (&error));
  else
    tbus_call_return (call, g_variant_new ("(t)", bytes));
}

static void
session_push_metadata (TbusCall *call, gpointer session)
{
  if (tbus_call_takes_no_options (call))
    tbus_session_push_metadata_async (session, on_pushed, call);
}

static void
session_flush (TbusCall *call, gpointer session)
{
  if (tbus_call_takes_no_options (call))
    tbus_session_flush_async (session, NULL, tbus_answer_flush, call);
}

static void
session_regenerate_metadata (TbusCall *call, gpointer session)
{
  if (tbus_call_takes_no_options (call))
    tbus_session_regenerate_metadata_async (session, tbus_answer_operation, call);
}

static void
session_regenerate_statedump (TbusCall *call, gpointer session)
{
  if (tbus_call_takes_no_options (call))
    tbus_session_regenerate_statedump_async (session, tbus_call_get_cancellable (call), tbus_answer_operation, call);
}

typedef struct {
  TbusCall *call;
  TbusTrackRequest request;
} Track;

static void
on_values (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Track *track = user_data;
  TbusCall *call = track->call;
  g_autoptr(GArray) values = NULL;
  g_autoptr(GError) error = NULL;

  tbus_thread_assert_main ();
  values = tbus_tracked_values_finish (result, &error);
  if (values == NULL)
    {
      tbus_call_fail (call, g_steal_pointer (&error));
      return;
    }
  track->request.values = values;
  tbus_session_track_async (tbus_call_get_object (call), &track->request, tbus_call_get_cancellable (call),
                            tbus_answer_operation, call);
}

static void
change_tracker (TbusCall *call, gboolean track)
{
  g_autoptr(GVariant) values = NULL;
  g_autoptr(GError) error = NULL;
  TbusTracked tracked;
  const char *attribute;
  Track *waiting;

  if (!tbus_call_takes_no_options (call))
    return;
  g_variant_get (tbus_call_get_parameters (call), "(&s@av@a{sv})", &attribute, &values, NULL);
  if (!tbus_tracked_parse (attribute, &tracked, &error))
    {
      tbus_call_fail (call, g_steal_pointer (&error));
      return;
    }
  waiting = g_new0 (Track, 1);
  *waiting = (Track){ call, { tracked, track, NULL } };
  tbus_tracked_values_async (tracked, values, tbus_call_get_cancellable (call), on_values, waiting);
}

static void
session_track (TbusCall *call, gpointer session)
{
  change_tracker (call, TRUE);
}

static void
session_untrack (TbusCall *call, gpointer session)
{
  change_tracker (call, FALSE);
}

static void
session_list_buffer_registries (TbusCall *call, gpointer session)
{
  g_autoptr(GPtrArray) registries = tbus_session_list_registries (session);

  tbus_call_return (call, g_variant_new ("(@aa{sv})", tbus_registries_value (registries)));
}

static const TbusMethod methods[] = {
  { "CreateChannel", TBUS_ACTION_TRACE_OWN, session_create_channel, .durable = TRUE },
  { "GetChannel", TBUS_ACTION_OWNER, session_get_channel },
  { "EnableEvents", TBUS_ACTION_TRACE_OWN, session_enable_events, .durable = TRUE },
  { "Start", TBUS_ACTION_START, session_start, .durable = TRUE },
  { "Stop", TBUS_ACTION_OWNER, session_stop, .durable = TRUE },
  { "Destroy", TBUS_ACTION_OWNER, session_destroy, .durable = TRUE },
  { "PushMetadata", TBUS_ACTION_OWNER, session_push_metadata },
  { "Flush", TBUS_ACTION_OWNER, session_flush },
  { "RegenerateMetadata", TBUS_ACTION_OWNER, session_regenerate_metadata, .durable = TRUE },
  { "RegenerateStatedump", TBUS_ACTION_OWNER, session_regenerate_statedump },
  { "Track", TBUS_ACTION_TRACE_OWN, session_track, .durable = TRUE },
  { "Untrack", TBUS_ACTION_OWNER, session_untrack, .durable = TRUE },
  { "ListBufferRegistries", TBUS_ACTION_OWNER, session_list_buffer_registries },
  { NULL },
};

static GVariant *
get_name (TbusBusContext *bus, gpointer session)
{
  return tbus_value_string (tbus_session_get_name (session));
}

static GVariant *
get_id (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_uint64 (tbus_session_get_id (session));
}

static GVariant *
get_owner (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_uint32 (tbus_session_get_owner (session));
}

static GVariant *
get_uids (TbusBusContext *bus, gpointer session)
{
  gsize n;
  const uid_t *uids = tbus_session_get_uids (session, &n);

  return g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, uids, n, sizeof *uids);
}

static GVariant *
get_ephemeral (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_boolean (tbus_session_get_ephemeral (session));
}

static GVariant *
get_state (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_string (tbus_session_state_to_string (tbus_session_get_state (session)));
}

static GVariant *
get_output (TbusBusContext *bus, gpointer session)
{
  return tbus_value_string (tbus_session_get_output (session));
}

static GVariant *
get_shm_path (TbusBusContext *bus, gpointer session)
{
  const char *shm_path = tbus_session_get_shm_path (session);

  return tbus_value_string (shm_path != NULL ? shm_path : "");
}

static GVariant *
get_created_at (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_uint64 (tbus_session_get_created_at (session));
}

static GVariant *
get_mode (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_string ("local");
}

static GVariant *
get_buffer_ownership (TbusBusContext *bus, gpointer session)
{
  TbusBufferOwnership ownership;

  if (!tbus_session_get_ownership (session, &ownership))
    return g_variant_new_string ("");
  return g_variant_new_string (tbus_buffer_ownership_to_string (ownership));
}

static GVariant *
get_channels (TbusBusContext *bus, gpointer session)
{
  GPtrArray *channels = tbus_session_get_channels (session);
  GVariantBuilder paths;

  g_variant_builder_init (&paths, G_VARIANT_TYPE_OBJECT_PATH_ARRAY);
  for (guint i = 0; i < channels->len; i++)
    g_variant_builder_add_value (&paths, channel_path_value (g_ptr_array_index (channels, i)));
  return g_variant_builder_end (&paths);
}

static GVariant *
get_bytes_written (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_uint64 (tbus_session_get_bytes_written (session));
}

static GVariant *
get_events_discarded (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_uint64 (tbus_session_get_events_discarded (session));
}

static GVariant *
get_packets_lost (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_uint64 (tbus_session_get_packets_lost (session));
}

static GVariant *
get_apps_late (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_uint64 (tbus_session_get_apps_late (session));
}

static GVariant *
get_data_pending (TbusBusContext *bus, gpointer session)
{
  return g_variant_new_boolean (tbus_session_get_data_pending (session));
}

static GVariant *
get_problems (TbusBusContext *bus, gpointer session)
{
  GPtrArray *problems = tbus_session_get_problems (session);
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < problems->len; i++)
    {
      const TbusProblem *problem = g_ptr_array_index (problems, i);
      char *object = problem->consumer != 0 ? tbus_path_consumer (problem->consumer)
                                            : tbus_path_session (tbus_session_get_id (session));

      g_variant_builder_open (&list, G_VARIANT_TYPE_VARDICT);
      tbus_dict_add (&list, "code", tbus_value_string (problem->code));
      tbus_dict_add (&list, "since", g_variant_new_uint64 (problem->since));
      tbus_dict_add (&list, "message", tbus_value_string (problem->message));
      tbus_dict_add (&list, "object", tbus_value_path (object));
      g_variant_builder_close (&list);
    }
  return g_variant_builder_end (&list);
}

/* Those that do not take all. */
static GVariant *
get_trackers (TbusBusContext *bus, gpointer session)
{
  GVariantBuilder dict;

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  for (TbusTracked i = 0; i < TBUS_N_TRACKED; i++)
    {
      const TbusTracker *tracker = tbus_session_get_tracker (session, i);

      if (!tracker->all)
        tbus_dict_add (&dict, tbus_tracked_to_string (i),
                       g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, tracker->values->data, tracker->values->len,
                                                  sizeof (guint32)));
    }
  return g_variant_builder_end (&dict);
}

static const TbusProperty properties[] = {
  { "Name", get_name, TBUS_PROPERTY_CONST },
  { "Id", get_id, TBUS_PROPERTY_CONST },
  { "Owner", get_owner, TBUS_PROPERTY_CONST },
  { "Uids", get_uids, TBUS_PROPERTY_CONST },
  { "Ephemeral", get_ephemeral, TBUS_PROPERTY_CONST },
  { "State", get_state, TBUS_PROPERTY_CHANGING },
  { "Output", get_output, TBUS_PROPERTY_CHANGING },
  { "ShmPath", get_shm_path, TBUS_PROPERTY_CONST },
  { "CreatedAt", get_created_at, TBUS_PROPERTY_CONST },
  { "Mode", get_mode, TBUS_PROPERTY_CONST },
  { "BufferOwnership", get_buffer_ownership, TBUS_PROPERTY_CHANGING },
  { "Channels", get_channels, TBUS_PROPERTY_CHANGING },
  { "BytesWritten", get_bytes_written, TBUS_PROPERTY_COUNTER },
  { "EventsDiscarded", get_events_discarded, TBUS_PROPERTY_COUNTER },
  { "PacketsLost", get_packets_lost, TBUS_PROPERTY_COUNTER },
  { "AppsLate", get_apps_late, TBUS_PROPERTY_COUNTER },
  { "DataPending", get_data_pending, TBUS_PROPERTY_CHANGING },
  { "Problems", get_problems, TBUS_PROPERTY_CHANGING },
  { "Trackers", get_trackers, TBUS_PROPERTY_CHANGING },
  { NULL },
};

const TbusInterface tbus_session_interface = { &org_tracebus1_session_interface, methods, properties };
