/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/channels.h"
#include "client/levels.h"
#include "client/verbs.h"

#include <string.h>

typedef struct {
  char *session, *channel, *loglevel, *loglevel_only, *log_level, *filter, *exclude;
  gboolean userspace, all, tracepoint;
  char **patterns;
  char **exclusions; /* @exclude, split */
} Options;

static void
options_clear (Options *self)
{
  g_free (self->session);
  g_free (self->channel);
  g_free (self->loglevel);
  g_free (self->loglevel_only);
  g_free (self->log_level);
  g_free (self->filter);
  g_free (self->exclude);
  g_strfreev (self->patterns);
  g_strfreev (self->exclusions);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* The session that events are enabled in, and what is there already. */
typedef struct {
  const Options *options;
  const char *path, *session;
  GVariant *rules; /* (nullable): of the channel */
} Target;

static GVariant *
rule_options (const Options *options)
{
  g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  if (options->loglevel != NULL)
    g_variant_dict_insert (&dict, "loglevel", "s", options->loglevel);
  if (options->loglevel_only != NULL)
    {
      g_variant_dict_insert (&dict, "loglevel", "s", options->loglevel_only);
      g_variant_dict_insert (&dict, "loglevel-match", "s", "exactly");
    }
  if (options->filter != NULL)
    g_variant_dict_insert (&dict, "filter", "s", options->filter);
  if (options->exclusions != NULL)
    g_variant_dict_insert (&dict, "exclude", "^as", options->exclusions);
  return g_variant_dict_end (&dict);
}

static GVariant *
enable_events_parameters (const Options *options, char **patterns)
{
  g_autoptr(GVariantBuilder) rules = g_variant_builder_new (G_VARIANT_TYPE ("a(sa{sv})"));

  for (guint i = 0; patterns[i] != NULL; i++)
    g_variant_builder_add (rules, "(s@a{sv})", patterns[i], rule_options (options));
  return g_variant_new ("(sa(sa{sv})a{sv})", options->channel != NULL ? options->channel : "", rules, NULL);
}

/* The way of LTTng's triggers to say it: "INFO.." is that and all that is more severe, "INFO" exactly that. */
static gboolean
take_log_level (Options *options, GError **error)
{
  g_autofree char *level = g_strdup (options->log_level);

  if (options->loglevel != NULL || options->loglevel_only != NULL)
    return ctl_usage (error, "--log-level, --loglevel and --loglevel-only exclude each other");
  if (g_str_equal (level, ".."))
    return TRUE;
  if (g_str_has_suffix (level, ".."))
    {
      level[strlen (level) - strlen ("..")] = '\0';
      options->loglevel = g_steal_pointer (&level);
    }
  else
    options->loglevel_only = g_steal_pointer (&level);
  return TRUE;
}

static gboolean
check (Ctl *ctl, Options *options, GError **error)
{
  if (!ctl_check_domain (ctl, options->userspace, error)
      || (options->log_level != NULL && !take_log_level (options, error)))
    return FALSE;
  if (options->loglevel != NULL && options->loglevel_only != NULL)
    return ctl_usage (error, "--loglevel and --loglevel-only exclude each other");
  return options->exclude == NULL
         || ctl_split_names (ctl, options->exclude, "event to exclude", &options->exclusions, error);
}

static gboolean
parse (Ctl *ctl, Options *options, char ***args, GError **error)
{
  const GOptionEntry entries[] = {
    CTL_OPTION_SESSION (&options->session),
    CTL_OPTION_USERSPACE (&options->userspace),
    CTL_OPTIONS_AGENTS,
    { "channel", 'c', 0, G_OPTION_ARG_STRING, &options->channel,
      "The channel; default: channel0, which is made where it is not there", "CHANNEL" },
    { "all", 'a', 0, G_OPTION_ARG_NONE, &options->all, "Every event; as the pattern *", NULL },
    { "loglevel", 0, 0, G_OPTION_ARG_STRING, &options->loglevel, "Events as severe as LEVEL, or more", "LEVEL" },
    { "loglevel-only", 0, 0, G_OPTION_ARG_STRING, &options->loglevel_only, "Events of exactly LEVEL", "LEVEL" },
    { "log-level", 0, 0, G_OPTION_ARG_STRING, &options->log_level, "The same as \"LEVEL..\" and \"LEVEL\"", "LEVEL" },
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &options->filter, "Only where EXPR holds", "EXPR" },
    { "exclude", 'x', 0, G_OPTION_ARG_STRING, &options->exclude, "But for what these patterns match",
      "PATTERN[,PATTERN...]" },
    { "tracepoint", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->tracepoint, NULL, NULL },
    CTL_OPTION_ABSENT ("probe", 0, 0),
    CTL_OPTION_ABSENT ("userspace-probe", 0, 0),
    CTL_OPTION_ABSENT ("function", 0, 0),
    CTL_OPTION_ABSENT ("syscall", 0, G_OPTION_FLAG_NO_ARG),
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error) || !check (ctl, options, error))
    return FALSE;
  if (options->all && (*args)[1] != NULL)
    return ctl_usage (error, "--all and a pattern exclude each other");
  ctl->coarse = options->all;
  return ctl_split_names (ctl, options->all ? "*" : (*args)[1], "event", &options->patterns, error);
}

static const char *
channel_name (const Options *options)
{
  return options->channel != NULL ? options->channel : CTL_DEFAULT_CHANNEL;
}

static gboolean
is_same_rule (GVariant *rule, const char *pattern, const Options *options)
{
  const char *level = options->loglevel != NULL ? options->loglevel : options->loglevel_only;
  g_autofree const char **exclusions = NULL;
  const char *name = "", *match = "", *filter = "";
  gboolean enabled = FALSE, exactly;
  gint32 number = -1;
  int wanted = level != NULL ? ctl_level_parse (level) : -1;

  g_variant_lookup (rule, "pattern", "&s", &name);
  g_variant_lookup (rule, "enabled", "b", &enabled);
  g_variant_lookup (rule, "loglevel", "i", &number);
  g_variant_lookup (rule, "loglevel-match", "&s", &match);
  g_variant_lookup (rule, "filter", "&s", &filter);
  g_variant_lookup (rule, "exclude", "^a&s", &exclusions);
  exactly = number >= 0 && g_str_equal (match, "exactly");
  return enabled && g_str_equal (name, pattern) && number == wanted && (level == NULL || wanted >= 0)
         && exactly == (options->loglevel_only != NULL)
         && g_str_equal (filter, options->filter != NULL ? options->filter : "")
         && g_strv_equal (exclusions != NULL ? exclusions : (const char *[]) { NULL },
                          options->exclusions != NULL ? (const char *const *) options->exclusions
                                                      : (const char *[]) { NULL });
}

static gboolean
is_enabled (const Target *target, const char *pattern)
{
  for (gsize i = 0; target->rules != NULL && i < g_variant_n_children (target->rules); i++)
    {
      g_autoptr(GVariant) rule = g_variant_get_child_value (target->rules, i);

      if (is_same_rule (rule, pattern, target->options))
        return TRUE;
    }
  return FALSE;
}

/* One call for all of @patterns: the service takes all or none. */
static gboolean
enable_events (Ctl *ctl, const Target *target, char **patterns, GError **error)
{
  const Options *options = target->options;

  if (!ctl_do (ctl, target->path, "Session.EnableEvents", enable_events_parameters (options, patterns), error))
    return FALSE;
  for (guint i = 0; patterns[i] != NULL; i++)
    ctl_say (ctl, options->all ? CTL_TEXT_ALL_EVENTS_ENABLED : CTL_TEXT_EVENT_ENABLED, patterns[i],
             channel_name (options), target->session);
  return TRUE;
}

static gboolean
enable_event (Ctl *ctl, const char *pattern, gpointer user_data, GError **error)
{
  const Target *target = user_data;
  char *patterns[] = { (char *) pattern, NULL };

  if (!is_enabled (target, pattern))
    return enable_events (ctl, target, patterns, error);
  g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_ALREADY_EXISTS,
               "Event %s is enabled already in channel %s of session %s", pattern, channel_name (target->options),
               target->session);
  return FALSE;
}

/*
 * Makes sure of the channel where the style does, and loads its rules where the style refuses what is there already.
 * @rules (out) (nullable): none where the channel is still to be made
 */
static gboolean
prepare_channel (Ctl *ctl, const Options *options, const char *session, GVariant **rules, GError **error)
{
  g_autoptr(GVariant) answer = NULL;
  g_autofree char *path = NULL;
  g_autoptr(GError) local_error = NULL;

  if (!ctl->style->strict)
    return TRUE;
  if (options->channel == NULL && !ctl_check_default_channel (ctl, session, error))
    return FALSE;
  if (options->channel != NULL)
    path = ctl_find_or_make_channel (ctl, session, options->channel, &local_error);
  else
    path = ctl_find_channel (ctl, session, CTL_DEFAULT_CHANNEL, &local_error);
  if (options->channel == NULL && g_error_matches (local_error, CTL_ERROR, CTL_ERROR_NO_CHANNEL))
    return TRUE;
  if (path != NULL)
    answer = ctl_call (ctl, path, "Channel.ListEventRules", ctl_no_options (), &local_error);
  if (answer != NULL)
    *rules = g_variant_get_child_value (answer, 0);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));
  return answer != NULL;
}

static gboolean
enable_event_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(Options) options = { 0 };
  g_autofree char *path = NULL;
  g_autofree char *session = NULL;
  g_autoptr(GVariant) rules = NULL;
  Target target;

  if (!parse (ctl, &options, args, error) || !ctl_find_session (ctl, options.session, &path, &session, error)
      || !prepare_channel (ctl, &options, path, &rules, error))
    return FALSE;
  target = (Target) { &options, path, session, rules };
  if (ctl->style->keeps_going)
    return ctl_for_each (ctl, options.patterns, enable_event, &target, error);
  return enable_events (ctl, &target, options.patterns, error);
}

const CtlVerb ctl_verb_enable_event = {
  .name = "enable-event",
  .arguments = "PATTERN[,PATTERN...] | --all",
  .summary = "Record the events that match, now and in apps that come later",
  .details = "In a PATTERN, * stands for any text and \\* for a star. Levels are names as TRACE_INFO or info, or "
             "numbers\nfrom 0, TRACE_EMERG, to 14, TRACE_DEBUG. An EXPR is as 'size > 4096 && name == \"a*\"': fields, "
             "elements such as\nlist[2], contexts such as $ctx.vpid; tracebusctl(1) has all of it.",
  .max_arguments = 1,
  .run = enable_event_run,
};
