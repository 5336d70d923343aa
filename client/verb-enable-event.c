/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include <stdio.h>

typedef struct {
  char *session, *channel, *loglevel, *loglevel_only, *filter, *exclude;
  char **exclusions; /* @exclude, split */
  gboolean userspace, all;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->session);
  g_free (self->channel);
  g_free (self->loglevel);
  g_free (self->loglevel_only);
  g_free (self->filter);
  g_free (self->exclude);
  g_strfreev (self->exclusions);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

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

/* One call for all patterns: the service takes all or none. */
static GVariant *
enable_events_parameters (const Options *options, char **patterns)
{
  g_autoptr(GVariantBuilder) rules = g_variant_builder_new (G_VARIANT_TYPE ("a(sa{sv})"));

  for (guint i = 0; patterns[i] != NULL; i++)
    g_variant_builder_add (rules, "(s@a{sv})", patterns[i], rule_options (options));
  return g_variant_new ("(s@a(sa{sv})@a{sv})", options->channel != NULL ? options->channel : "",
                        g_variant_builder_end (rules), g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
}

static gboolean
parse (Ctl *ctl, Options *options, char ***args, char ***patterns, GError **error)
{
  const GOptionEntry entries[] = {
    CTL_OPTION_SESSION (&options->session),
    CTL_OPTION_USERSPACE (&options->userspace),
    { "channel", 'c', 0, G_OPTION_ARG_STRING, &options->channel,
      "The channel; default: channel0, which is made where it is not there", "CHANNEL" },
    { "all", 'a', 0, G_OPTION_ARG_NONE, &options->all, "Every event; as the pattern *", NULL },
    { "loglevel", 0, 0, G_OPTION_ARG_STRING, &options->loglevel, "Events as severe as LEVEL, or more", "LEVEL" },
    { "loglevel-only", 0, 0, G_OPTION_ARG_STRING, &options->loglevel_only, "Events of exactly LEVEL", "LEVEL" },
    { "filter", 'f', 0, G_OPTION_ARG_STRING, &options->filter, "Only where EXPR holds", "EXPR" },
    { "exclude", 'x', 0, G_OPTION_ARG_STRING, &options->exclude, "But for what these patterns match",
      "PATTERN[,PATTERN...]" },
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if (options->loglevel != NULL && options->loglevel_only != NULL)
    return ctl_usage (error, "--loglevel and --loglevel-only exclude each other");
  if (options->all && (*args)[1] != NULL)
    return ctl_usage (error, "--all and a pattern exclude each other");
  if (options->exclude != NULL && !ctl_split_names (options->exclude, "event to exclude", &options->exclusions, error))
    return FALSE;
  return ctl_split_names (options->all ? "*" : (*args)[1], "event", patterns, error);
}

static gboolean
enable_event_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(Options) options = { 0 };
  g_auto(GStrv) patterns = NULL;
  g_autofree char *session = NULL;
  g_autofree char *name = NULL;
  g_autoptr(GVariant) answer = NULL;

  if (!parse (ctl, &options, args, &patterns, error)
      || !ctl_find_session (ctl, options.session, &session, &name, error))
    return FALSE;
  answer = ctl_call (ctl, session, "Session.EnableEvents", enable_events_parameters (&options, patterns), error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  for (guint i = 0; patterns[i] != NULL; i++)
    printf ("Event %s enabled in channel %s of session %s\n", patterns[i],
             options.channel != NULL ? options.channel : "channel0", name);
  return TRUE;
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
