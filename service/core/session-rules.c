/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/session-private.h"

#include "base/error.h"
#include "base/limits.h"
#include "core/filter-advice.h"

/* What changed concerns apps only while they have the session. */
static void
reach_and_finish (TbusSessionWork *work)
{
  work->step = tbus_work_finish;
  tbus_work_hold (work);
  tbus_work_reach_apps (work);
  tbus_work_release (work);
}

/* All or none: how many rules the channel would have is known before the first is added. */
static gboolean
check_room (TbusChannel *channel, GPtrArray *rules, GError **error)
{
  guint count = tbus_channel_get_rules (channel)->len;

  for (guint i = 0; i < rules->len; i++)
    if (tbus_channel_find_rule (channel, g_ptr_array_index (rules, i)) == NULL)
      count++;
  return count <= tbus_limit (TBUS_LIMIT_RULES) || tbus_limit_refuse (TBUS_LIMIT_RULES, error);
}

static TbusChannel *
find_or_make_channel (TbusSession *self, const char *name, GError **error)
{
  const char *wanted = name[0] != '\0' ? name : TBUS_DEFAULT_CHANNEL;
  TbusChannel *channel = tbus_session_find_channel (self, wanted);
  TbusChannelConfig config;

  if (channel != NULL && tbus_channel_is_metadata (channel))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                   "The channel \"%s\" holds attributes of the metadata, no events", TBUS_METADATA_CHANNEL);
      return NULL;
    }
  if (channel != NULL)
    return channel;
  if (name[0] != '\0')
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND,
                   "Session \"%s\" has no channel \"%.128s\": it has to be made first", self->name, name);
      return NULL;
    }
  tbus_channel_config_init (&config, self->ownership, FALSE);
  return tbus_session_add_channel (self, wanted, &config, error);
}

/* @problems: what is wrong with each rule in some apps (char *, nullable); NULL: nothing is known. */
static void
enable_rules (TbusSessionWork *work, GPtrArray *problems)
{
  TbusSession *self = work->session;
  TbusOutcome *outcome = tbus_operation_get_outcome_mutable (work->operation);
  GError *error = NULL;
  TbusChannel *channel;

  channel = work->rules->len <= tbus_limit (TBUS_LIMIT_RULES) ? find_or_make_channel (self, work->name, &error) : NULL;
  if (channel == NULL && error == NULL)
    tbus_limit_refuse (TBUS_LIMIT_RULES, &error);
  if (channel == NULL || !check_room (channel, work->rules, &error))
    {
      tbus_work_fail (work, error);
      return;
    }
  for (guint i = 0; i < work->rules->len; i++)
    {
      const char *problem = problems != NULL ? g_ptr_array_index (problems, i) : NULL;

      tbus_channel_enable_rule (channel, g_ptr_array_index (work->rules, i), problem);
      if (problem != NULL)
        g_ptr_array_add (outcome->warnings, g_strdup (problem));
    }
  reach_and_finish (work);
}

static void
on_fields_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TbusSessionWork *work = user_data;
  g_autoptr(TbusTracepointListing) listing = NULL;
  g_autoptr(GPtrArray) problems = NULL;
  GError *error = NULL;

  tbus_thread_assert_main ();
  listing = tbus_app_set_list_tracepoints_finish (TBUS_APP_SET (source), result, &error);
  if (listing != NULL)
    problems = tbus_filter_advise (work->rules, listing, &error);
  if (problems == NULL)
    tbus_work_fail (work, error);
  else
    enable_rules (work, problems);
}

/* Filters are held against the fields of the apps' events; an app that does not answer is not waited for. */
static void
ask_for_fields (TbusSessionWork *work)
{
  TbusSession *self = work->session;
  g_autoptr(GPtrArray) apps = tbus_app_set_list (self->hub->apps);

  for (guint i = apps->len; i-- > 0;)
    if (!tbus_session_traces (self, tbus_app_get_tracee (g_ptr_array_index (apps, i))))
      g_ptr_array_remove_index (apps, i);
  tbus_app_set_list_tracepoints_async (self->hub->apps, apps, TRUE, NULL, on_fields_listed, work);
}

static void
begin_enable_events (TbusSessionWork *work)
{
  if (!tbus_work_expect_alive (work))
    return;
  if (tbus_filter_advice_is_wanted (work->rules))
    ask_for_fields (work);
  else
    enable_rules (work, NULL);
}

void
tbus_session_enable_events_async (TbusSession *self, const char *channel, GPtrArray *rules, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  TbusSessionWork *work = tbus_work_new (self, cancellable, callback, user_data);

  work->name = g_strdup (channel);
  work->rules = g_ptr_array_ref (rules);
  tbus_work_submit (work, begin_enable_events);
}

static void
begin_disable_events (TbusSessionWork *work)
{
  if (!tbus_work_expect_alive (work))
    return;
  if (tbus_channel_disable_rules (work->channel, work->name, work->exact) == 0)
    {
      tbus_work_fail (work, g_error_new (TBUS_ERROR, TBUS_ERROR_NOT_FOUND, "Channel \"%s\" has no such rule \"%.128s\"",
                                         tbus_channel_get_name (work->channel), work->name));
      return;
    }
  reach_and_finish (work);
}

void
tbus_session_disable_events_async (TbusSession *self, TbusChannel *channel, const char *pattern, TbusEventRule *exact,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
  TbusSessionWork *work = tbus_work_new (self, NULL, callback, user_data);

  work->channel = g_object_ref (channel);
  work->name = g_strdup (pattern);
  work->exact = exact != NULL ? tbus_event_rule_ref (exact) : NULL;
  tbus_work_submit (work, begin_disable_events);
}

static void
begin_set_enabled (TbusSessionWork *work)
{
  if (!tbus_work_expect_alive (work))
    return;
  if (tbus_channel_is_metadata (work->channel))
    {
      tbus_work_fail (work, g_error_new (TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                                         "The channel \"%s\" is always enabled: without metadata no trace can be read",
                                         TBUS_METADATA_CHANNEL));
      return;
    }
  tbus_channel_set_enabled (work->channel, work->enable);
  reach_and_finish (work);
}

void
tbus_session_set_channel_enabled_async (TbusSession *self, TbusChannel *channel, gboolean enabled,
                                        GAsyncReadyCallback callback, gpointer user_data)
{
  TbusSessionWork *work = tbus_work_new (self, NULL, callback, user_data);

  work->channel = g_object_ref (channel);
  work->enable = enabled;
  tbus_work_submit (work, begin_set_enabled);
}

static gboolean
expect_context (TbusSessionWork *work, GError **error)
{
  TbusSession *self = work->session;
  const char *name = tbus_channel_get_name (work->channel);

  if (tbus_channel_is_metadata (work->channel))
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS,
                 "The channel \"%s\" holds attributes of the metadata, no events", name);
  else if (self->ever_started)
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_STATE,
                 "Session \"%s\" was started already: contexts are added before the first Start", self->name);
  else if (tbus_channel_get_contexts (work->channel)->len >= TBUS_MAX_CONTEXTS)
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "A channel has at most %d contexts", TBUS_MAX_CONTEXTS);
  else if (!tbus_channel_add_context (work->channel, work->context))
    g_set_error (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS, "Channel \"%s\" has the context \"%.128s\" already",
                 name, work->context->type);
  else
    return TRUE;
  return FALSE;
}

/* No app has the session before its first Start: nobody needs to be told. */
static void
begin_add_context (TbusSessionWork *work)
{
  GError *error = NULL;

  if (!tbus_work_expect_alive (work))
    return;
  if (expect_context (work, &error))
    tbus_work_finish (work);
  else
    tbus_work_fail (work, error);
}

void
tbus_session_add_context_async (TbusSession *self, TbusChannel *channel, TbusContext *context,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  TbusSessionWork *work = tbus_work_new (self, NULL, callback, user_data);

  work->channel = g_object_ref (channel);
  work->context = tbus_context_ref (context);
  tbus_work_submit (work, begin_add_context);
}
