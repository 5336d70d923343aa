/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/channels.h"
#include "client/verbs.h"

#include <stdio.h>

typedef struct {
  char *session, *channel;
  char **types;
  gboolean userspace, list;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->session);
  g_free (self->channel);
  g_strfreev (self->types);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

typedef struct {
  char **channels;  /* paths */
  const char *name; /* that was given; NULL: they are all that there are */
} Target;

/* The session's channels that record events, or a new channel0 where there is none. (transfer full): paths */
static GStrv
find_channels (Ctl *ctl, const char *session, const char *name, GError **error)
{
  g_autoptr(GStrvBuilder) found = g_strv_builder_new ();
  g_autoptr(GPtrArray) channels = NULL;
  g_autofree char *path = NULL;

  if (name == NULL)
    {
      channels = ctl_load_channels (ctl, session, error);
      if (channels == NULL)
        return NULL;
      for (guint i = 0; i < channels->len; i++)
        g_strv_builder_add (found, ((const CtlChannel *) channels->pdata[i])->path);
      if (channels->len > 0)
        return g_strv_builder_end (found);
    }
  path = name != NULL ? ctl_find_or_make_channel (ctl, session, name, error)
                      : ctl_make_channel (ctl, session, CTL_DEFAULT_CHANNEL, error);
  if (path == NULL)
    return NULL;
  g_strv_builder_add (found, path);
  return g_strv_builder_end (found);
}

/* Adds @type to each channel. One that has it already is an error only where that goes for all. */
static gboolean
add_context (Ctl *ctl, const char *type, gpointer user_data, GError **error)
{
  const Target *target = user_data;
  g_autoptr(GError) already = NULL;
  guint added = 0;

  for (guint i = 0; target->channels[i] != NULL; i++)
    {
      g_autoptr(GError) local_error = NULL;

      if (ctl_do (ctl, target->channels[i], "Channel.AddContext", g_variant_new ("(sa{sv})", type, NULL), &local_error))
        added++;
      else if (g_error_matches (local_error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_ALREADY_EXISTS))
        {
          g_clear_error (&already);
          already = g_steal_pointer (&local_error);
        }
      else
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
  if (added == 0)
    {
      g_propagate_error (error, g_steal_pointer (&already));
      return FALSE;
    }
  ctl_say (ctl, target->name != NULL ? CTL_TEXT_CONTEXT_ADDED : CTL_TEXT_CONTEXT_ADDED_TO_ALL, type, target->name,
           NULL);
  return TRUE;
}

static gboolean
list_types (Ctl *ctl, GError **error)
{
  g_autoptr(GVariant) manager = ctl_get_properties (ctl, TBUS_ROOT_PATH, "Manager", error);
  g_autofree const char **types = NULL;

  if (manager == NULL)
    return FALSE;
  g_variant_lookup (manager, "ContextTypes", "^a&s", &types);
  for (guint i = 0; types != NULL && types[i] != NULL; i++)
    printf ("%s\n", types[i]);
  return TRUE;
}

static gboolean
parse (Ctl *ctl, Options *options, char ***args, GError **error)
{
  const GOptionEntry entries[] = {
    CTL_OPTION_SESSION (&options->session),
    CTL_OPTION_USERSPACE (&options->userspace),
    CTL_OPTIONS_AGENTS,
    { "channel", 'c', 0, G_OPTION_ARG_STRING, &options->channel,
      "The channel; default: all, and channel0 is made where there is none", "CHANNEL" },
    { "type", 't', 0, G_OPTION_ARG_STRING_ARRAY, &options->types, "What to record; may be given many times", "TYPE" },
    { "list", 0, 0, G_OPTION_ARG_NONE, &options->list, "List the types", NULL },
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if (options->list)
    return TRUE;
  if (options->types == NULL)
    return ctl_usage (error, "No --type is given; --list lists them");
  return ctl_check_domain (ctl, options->userspace, error);
}

static gboolean
add_context_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(Options) options = { 0 };
  g_auto(GStrv) channels = NULL;
  g_autofree char *session = NULL;
  Target target;

  if (!parse (ctl, &options, args, error))
    return FALSE;
  if (options.list)
    return list_types (ctl, error);
  if (!ctl_find_session (ctl, options.session, &session, NULL, error))
    return FALSE;
  channels = find_channels (ctl, session, options.channel, error);
  if (channels == NULL)
    return FALSE;
  target = (Target) { channels, options.channel };
  return ctl_for_each (ctl, options.types, add_context, &target, error);
}

const CtlVerb ctl_verb_add_context = {
  .name = "add-context",
  .arguments = "--type TYPE... | --list",
  .summary = "Record more with each event: who, where, counters",
  .details = "Beside the types of --list there are perf:thread:raw:rN:NAME, the counter with the raw number N "
             "(hexadecimal) as\nNAME, and $app.PROVIDER:TYPE, what programs provide themselves. Contexts are added "
             "before the first start of\ntheir session.",
  .run = add_context_run,
};
