/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/interface.h"

#include "base/error.h"
#include "bus/answers.h"
#include "bus/call.h"
#include "bus/channel-options.h"
#include "bus/names.h"
#include "bus/rule-options.h"
#include "bus/values.h"
#include "introspection/interface-info.h"

/* (transfer none); NULL where the session has gone since: then the call is answered. */
static TbusSession *
find_session (TbusCall *call, TbusChannel *channel)
{
  TbusSessionSet *sessions = tbus_core_get_sessions (tbus_call_get_bus (call)->core);
  TbusSession *session = tbus_session_set_find_id (sessions, tbus_channel_get_session_id (channel));

  if (session == NULL)
    tbus_call_fail (call, g_error_new (TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "The session of channel \"%s\" is gone",
                                       tbus_channel_get_name (channel)));
  return session;
}

/* @given: whether there were any options; NULL where they are wrong: then the call is answered. */
static TbusEventRule *
parse_rule (TbusCall *call, const char *pattern, gboolean *given)
{
  g_autoptr(GVariant) dict = g_variant_get_child_value (tbus_call_get_parameters (call), 1);
  g_autoptr(GError) error = NULL;
  g_auto(TbusRuleOptions) options = { { NULL } };
  TbusEventRule *rule = NULL;

  *given = g_variant_n_children (dict) > 0;
  if (tbus_options_parse (dict, tbus_rule_options, &options, &error))
    rule = tbus_rule_options_make (&options, pattern, &error);
  if (rule == NULL)
    tbus_call_fail (call, g_steal_pointer (&error));
  return rule;
}

static void
channel_enable_event (TbusCall *call, gpointer channel)
{
  g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_event_rule_unref);
  TbusSession *session = find_session (call, channel);
  TbusEventRule *rule;
  const char *pattern;
  gboolean given;

  if (session == NULL)
    return;
  g_variant_get_child (tbus_call_get_parameters (call), 0, "&s", &pattern);
  rule = parse_rule (call, pattern, &given);
  if (rule == NULL)
    return;
  g_ptr_array_add (rules, rule);
  tbus_session_enable_events_async (session, tbus_channel_get_name (channel), rules, tbus_call_get_cancellable (call),
                                    tbus_answer_operation, call);
}

static void
channel_disable_event (TbusCall *call, gpointer channel)
{
  TbusSession *session = find_session (call, channel);
  g_autoptr(TbusEventRule) rule = NULL;
  const char *pattern;
  gboolean given;

  if (session == NULL)
    return;
  g_variant_get_child (tbus_call_get_parameters (call), 0, "&s", &pattern);
  rule = parse_rule (call, pattern, &given);
  if (rule != NULL)
    tbus_session_disable_events_async (session, channel, pattern, given ? rule : NULL, tbus_answer_operation, call);
}

static void
channel_list_event_rules (TbusCall *call, gpointer channel)
{
  GArray *rules = tbus_channel_get_rules (channel);
  GVariantBuilder list;

  if (!tbus_call_takes_no_options (call))
    return;
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < rules->len; i++)
    {
      const TbusChannelRule *rule = &g_array_index (rules, TbusChannelRule, i);

      g_variant_builder_add_value (&list, tbus_rule_value (rule->rule, rule->enabled, rule->problem));
    }
  tbus_call_return (call, g_variant_new ("(aa{sv})", &list));
}

static void
channel_add_context (TbusCall *call, gpointer channel)
{
  g_autoptr(TbusContext) context = NULL;
  g_autoptr(GError) error = NULL;
  TbusSession *session;
  const char *type;

  if (!tbus_call_takes_no_options (call))
    return;
  g_variant_get_child (tbus_call_get_parameters (call), 0, "&s", &type);
  context = tbus_context_parse (type, &error);
  if (context == NULL)
    {
      tbus_call_fail (call, g_steal_pointer (&error));
      return;
    }
  session = find_session (call, channel);
  if (session != NULL)
    tbus_session_add_context_async (session, channel, context, tbus_answer_operation, call);
}

static void
set_enabled (TbusCall *call, TbusChannel *channel, gboolean enabled)
{
  TbusSession *session;

  if (!tbus_call_takes_no_options (call))
    return;
  session = find_session (call, channel);
  if (session != NULL)
    tbus_session_set_channel_enabled_async (session, channel, enabled, tbus_answer_operation, call);
}

static void
channel_enable (TbusCall *call, gpointer channel)
{
  set_enabled (call, channel, TRUE);
}

static void
channel_disable (TbusCall *call, gpointer channel)
{
  set_enabled (call, channel, FALSE);
}

static void
channel_flush (TbusCall *call, gpointer channel)
{
  TbusSession *session;

  if (!tbus_call_takes_no_options (call))
    return;
  session = find_session (call, channel);
  if (session != NULL)
    tbus_session_flush_async (session, channel, tbus_answer_flush, call);
}

static const TbusMethod methods[] = {
  { "EnableEvent", TBUS_ACTION_TRACE_OWN, channel_enable_event, .durable = TRUE },
  { "DisableEvent", TBUS_ACTION_OWNER, channel_disable_event, .durable = TRUE },
  { "ListEventRules", TBUS_ACTION_OWNER, channel_list_event_rules },
  { "AddContext", TBUS_ACTION_TRACE_OWN, channel_add_context, .durable = TRUE },
  { "Enable", TBUS_ACTION_TRACE_OWN, channel_enable, .durable = TRUE },
  { "Disable", TBUS_ACTION_OWNER, channel_disable, .durable = TRUE },
  { "Flush", TBUS_ACTION_OWNER, channel_flush },
  { NULL },
};

static GVariant *
get_name (TbusBusContext *bus, gpointer channel)
{
  return tbus_value_string (tbus_channel_get_name (channel));
}

static GVariant *
get_session (TbusBusContext *bus, gpointer channel)
{
  return tbus_value_path (tbus_path_session (tbus_channel_get_session_id (channel)));
}

static GVariant *
get_enabled (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_boolean (tbus_channel_get_enabled (channel));
}

static GVariant *
get_buffer_ownership (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_string (tbus_buffer_ownership_to_string (tbus_channel_get_config (channel)->ownership));
}

static GVariant *
get_subbuf_size (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint64 (tbus_channel_get_config (channel)->subbuf_size);
}

static GVariant *
get_num_subbuf (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint64 (tbus_channel_get_config (channel)->num_subbuf);
}

static GVariant *
get_mode (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_string (tbus_channel_mode_to_string (tbus_channel_get_config (channel)));
}

static GVariant *
get_switch_timer_us (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint32 (tbus_channel_get_config (channel)->switch_timer_us);
}

static GVariant *
get_read_timer_us (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint32 (tbus_channel_get_config (channel)->read_timer_us);
}

static GVariant *
get_monitor_timer_us (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint32 (tbus_channel_get_config (channel)->monitor_timer_us);
}

static GVariant *
get_blocking_timeout_us (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_int64 (tbus_channel_get_config (channel)->blocking_timeout_us);
}

static GVariant *
get_tracefile_size (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint64 (tbus_channel_get_config (channel)->tracefile_size);
}

static GVariant *
get_tracefile_count (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint64 (tbus_channel_get_config (channel)->tracefile_count);
}

static GVariant *
get_event_rule_count (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint32 (tbus_channel_get_rules (channel)->len);
}

static GVariant *
get_contexts (TbusBusContext *bus, gpointer channel)
{
  GPtrArray *contexts = tbus_channel_get_contexts (channel);
  GVariantBuilder types;

  g_variant_builder_init (&types, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < contexts->len; i++)
    {
      const TbusContext *context = g_ptr_array_index (contexts, i);

      g_variant_builder_add_value (&types, tbus_value_string (context->type));
    }
  return g_variant_builder_end (&types);
}

static GVariant *
get_events_discarded (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint64 (tbus_channel_get_events_discarded (channel));
}

static GVariant *
get_packets_lost (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint64 (tbus_channel_get_packets_lost (channel));
}

static GVariant *
get_bytes_written (TbusBusContext *bus, gpointer channel)
{
  return g_variant_new_uint64 (tbus_channel_get_bytes_written (channel));
}

static const TbusProperty properties[] = {
  { "Name", get_name, TBUS_PROPERTY_CONST },
  { "Session", get_session, TBUS_PROPERTY_CONST },
  { "Enabled", get_enabled, TBUS_PROPERTY_CHANGING },
  { "BufferOwnership", get_buffer_ownership, TBUS_PROPERTY_CONST },
  { "SubbufSize", get_subbuf_size, TBUS_PROPERTY_CONST },
  { "NumSubbuf", get_num_subbuf, TBUS_PROPERTY_CONST },
  { "Mode", get_mode, TBUS_PROPERTY_CONST },
  { "SwitchTimerUs", get_switch_timer_us, TBUS_PROPERTY_CONST },
  { "ReadTimerUs", get_read_timer_us, TBUS_PROPERTY_CONST },
  { "MonitorTimerUs", get_monitor_timer_us, TBUS_PROPERTY_CONST },
  { "BlockingTimeoutUs", get_blocking_timeout_us, TBUS_PROPERTY_CONST },
  { "TracefileSize", get_tracefile_size, TBUS_PROPERTY_CONST },
  { "TracefileCount", get_tracefile_count, TBUS_PROPERTY_CONST },
  { "EventRuleCount", get_event_rule_count, TBUS_PROPERTY_CHANGING },
  { "Contexts", get_contexts, TBUS_PROPERTY_CHANGING },
  { "EventsDiscarded", get_events_discarded, TBUS_PROPERTY_COUNTER },
  { "PacketsLost", get_packets_lost, TBUS_PROPERTY_COUNTER },
  { "BytesWritten", get_bytes_written, TBUS_PROPERTY_COUNTER },
  { NULL },
};

const TbusInterface tbus_channel_interface = { &org_tracebus1_channel_interface, methods, properties };
