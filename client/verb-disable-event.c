/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include <stdio.h>

static gboolean
disable_event (Ctl *ctl, const char *channel, const char *pattern, GError **error)
{
  g_autoptr(GVariant) answer = NULL;

  answer = ctl_call (ctl, channel, "Channel.DisableEvent",
                     g_variant_new ("(s@a{sv})", pattern, g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)),
                     error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  printf ("Event %s disabled\n", pattern);
  return TRUE;
}

/* The patterns that @channel has enabled rules of, each once. */
static GStrv
enabled_patterns (Ctl *ctl, const char *channel, GError **error)
{
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GVariantIter) rules = NULL;
  g_autoptr(GStrvBuilder) patterns = g_strv_builder_new ();
  g_autoptr(GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GVariant *rule;

  answer = ctl_call (ctl, channel, "Channel.ListEventRules", ctl_no_options (), error);
  if (answer == NULL)
    return NULL;
  g_variant_get (answer, "(aa{sv})", &rules);
  while (g_variant_iter_loop (rules, "@a{sv}", &rule))
    {
      const char *pattern;
      gboolean enabled = FALSE;

      if (g_variant_lookup (rule, "enabled", "b", &enabled) && enabled
          && g_variant_lookup (rule, "pattern", "&s", &pattern) && g_hash_table_add (seen, g_strdup (pattern)))
        g_strv_builder_add (patterns, pattern);
    }
  return g_strv_builder_end (patterns);
}

static gboolean
disable_event_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *session_name = NULL;
  g_autofree char *channel_name = NULL;
  g_autofree char *session = NULL;
  g_autofree char *channel = NULL;
  g_auto(GStrv) patterns = NULL;
  gboolean userspace, all = FALSE;
  const GOptionEntry entries[] = {
    CTL_OPTION_SESSION (&session_name),
    CTL_OPTION_USERSPACE (&userspace),
    { "channel", 'c', 0, G_OPTION_ARG_STRING, &channel_name, "The channel; default: channel0", "CHANNEL" },
    { "all", 'a', 0, G_OPTION_ARG_NONE, &all, "Every event of the channel", NULL },
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if (all && (*args)[1] != NULL)
    return ctl_usage (error, "--all and a pattern exclude each other");
  if (!all && !ctl_split_names ((*args)[1], "event", &patterns, error))
    return FALSE;
  if (!ctl_find_session (ctl, session_name, &session, NULL, error))
    return FALSE;
  channel = ctl_find_channel (ctl, session, channel_name != NULL ? channel_name : "channel0", error);
  if (channel == NULL)
    return FALSE;
  if (all)
    patterns = enabled_patterns (ctl, channel, error);
  for (guint i = 0; patterns != NULL && patterns[i] != NULL; i++)
    if (!disable_event (ctl, channel, patterns[i], error))
      return FALSE;
  return patterns != NULL;
}

const CtlVerb ctl_verb_disable_event = {
  .name = "disable-event",
  .arguments = "PATTERN[,PATTERN...] | --all",
  .summary = "Record the events that match no more",
  .details = "PATTERN is as it was given to enable-event: every rule of that pattern is disabled.",
  .max_arguments = 1,
  .run = disable_event_run,
};
