/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/channels.h"
#include "client/verbs.h"

typedef struct {
  char *session, *channel;
  gboolean userspace, all, tracepoint;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->session);
  g_free (self->channel);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

typedef struct {
  const char *path, *channel, *session;
  gboolean all;
} Target;

static gboolean
disable_event (Ctl *ctl, const char *pattern, gpointer user_data, GError **error)
{
  const Target *target = user_data;

  if (!ctl_do (ctl, target->path, "Channel.DisableEvent", g_variant_new ("(sa{sv})", pattern, NULL), error))
    return FALSE;
  if (!target->all)
    ctl_say (ctl, CTL_TEXT_EVENT_DISABLED, pattern, target->channel, target->session);
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
parse (Ctl *ctl, Options *options, char ***args, GError **error)
{
  const GOptionEntry entries[] = {
    CTL_OPTION_SESSION (&options->session),
    CTL_OPTION_USERSPACE (&options->userspace),
    CTL_OPTIONS_AGENTS,
    { "channel", 'c', 0, G_OPTION_ARG_STRING, &options->channel, "The channel; default: channel0", "CHANNEL" },
    { "all", 'a', 0, G_OPTION_ARG_NONE, &options->all, "Every event of the channel", NULL },
    { "all-events", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->all, NULL, NULL },
    { "tracepoint", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->tracepoint, NULL, NULL },
    CTL_OPTION_ABSENT ("probe", 0, G_OPTION_FLAG_NO_ARG),
    CTL_OPTION_ABSENT ("function", 0, G_OPTION_FLAG_NO_ARG),
    CTL_OPTION_ABSENT ("syscall", 0, G_OPTION_FLAG_NO_ARG),
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error) || !ctl_check_domain (ctl, options->userspace, error))
    return FALSE;
  return !options->all || (*args)[1] == NULL || ctl_usage (error, "--all and a pattern exclude each other");
}

/* (transfer full): the path of the channel that is meant. */
static char *
find_channel (Ctl *ctl, const Options *options, const char *session, GError **error)
{
  if (options->channel == NULL && !ctl_check_default_channel (ctl, session, error))
    return NULL;
  return ctl_find_channel (ctl, session, options->channel != NULL ? options->channel : CTL_DEFAULT_CHANNEL, error);
}

static gboolean
disable_event_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(Options) options = { 0 };
  g_autofree char *path = NULL;
  g_autofree char *session = NULL;
  g_autofree char *channel = NULL;
  g_auto(GStrv) patterns = NULL;
  Target target;

  if (!parse (ctl, &options, args, error)
      || (!options.all && !ctl_split_names (ctl, (*args)[1], "event", &patterns, error))
      || !ctl_find_session (ctl, options.session, &path, &session, error))
    return FALSE;
  channel = find_channel (ctl, &options, path, error);
  if (channel == NULL)
    return FALSE;
  if (options.all)
    patterns = enabled_patterns (ctl, channel, error);
  target = (Target) { channel, options.channel != NULL ? options.channel : CTL_DEFAULT_CHANNEL, session, options.all };
  if (patterns == NULL || !ctl_for_each (ctl, patterns, disable_event, &target, error))
    return FALSE;
  if (options.all)
    ctl_say (ctl, CTL_TEXT_ALL_EVENTS_DISABLED, NULL, target.channel, session);
  return TRUE;
}

const CtlVerb ctl_verb_disable_event = {
  .name = "disable-event",
  .arguments = "PATTERN[,PATTERN...] | --all",
  .summary = "Record the events that match no more",
  .details = "PATTERN is as it was given to enable-event: every rule of that pattern is disabled.",
  .max_arguments = 1,
  .run = disable_event_run,
};
