/* SPDX-License-Identifier: LGPL-2.1-or-later */
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

/* The session's channels that record events, or a new channel0 where there is none. (transfer full): paths */
static GStrv
find_channels (Ctl *ctl, const char *session, const char *name, GError **error)
{
  g_autoptr(GStrvBuilder) found = g_strv_builder_new ();
  g_autoptr(GVariant) properties = NULL;
  g_autoptr(GVariant) made = NULL;
  g_autofree const char **paths = NULL;
  g_autofree char *named = name != NULL ? ctl_find_channel (ctl, session, name, error) : NULL;
  const char *path;
  guint n = 0;

  if (named != NULL)
    g_strv_builder_add (found, named);
  if (name != NULL)
    return named != NULL ? g_strv_builder_end (found) : NULL;
  properties = ctl_get_properties (ctl, session, "Session", error);
  if (properties == NULL)
    return NULL;
  g_variant_lookup (properties, "Channels", "^a&o", &paths);
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    {
      g_autoptr(GVariant) channel = ctl_get_properties (ctl, paths[i], "Channel", error);
      const char *text = "";

      if (channel == NULL)
        return NULL;
      g_variant_lookup (channel, "Name", "&s", &text);
      if (g_str_equal (text, "metadata"))
        continue;
      g_strv_builder_add (found, paths[i]);
      n++;
    }
  if (n > 0)
    return g_strv_builder_end (found);
  made = ctl_call (ctl, session, "Session.CreateChannel",
                   g_variant_new ("(s@a{sv})", "channel0", g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)),
                   error);
  if (made == NULL)
    return NULL;
  g_variant_get (made, "(&o)", &path);
  g_strv_builder_add (found, path);
  return g_strv_builder_end (found);
}

/* Adds @type to each of @channels. One that has it already is an error only where that goes for all. */
static gboolean
add_context (Ctl *ctl, char **channels, const char *type, GError **error)
{
  g_autoptr(GError) already = NULL;
  guint added = 0;

  for (guint i = 0; channels[i] != NULL; i++)
    {
      g_autoptr(GError) local_error = NULL;
      g_autoptr(GVariant) answer = NULL;

      answer = ctl_call (ctl, channels[i], "Channel.AddContext",
                         g_variant_new ("(s@a{sv})", type, g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)),
                         &local_error);
      if (answer != NULL)
        {
          ctl_report (ctl, answer);
          added++;
        }
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
  if (added > 0)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&already));
  return FALSE;
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
    { "channel", 'c', 0, G_OPTION_ARG_STRING, &options->channel,
      "The channel; default: all, and channel0 is made where there is none", "CHANNEL" },
    { "type", 't', 0, G_OPTION_ARG_STRING_ARRAY, &options->types, "What to record; may be given many times", "TYPE" },
    { "list", 0, 0, G_OPTION_ARG_NONE, &options->list, "List the types", NULL },
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if (!options->list && options->types == NULL)
    return ctl_usage (error, "No --type is given; --list lists them");
  return TRUE;
}

static gboolean
add_context_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(Options) options = { 0 };
  g_auto(GStrv) channels = NULL;
  g_autofree char *session = NULL;

  if (!parse (ctl, &options, args, error))
    return FALSE;
  if (options.list)
    return list_types (ctl, error);
  if (!ctl_find_session (ctl, options.session, &session, NULL, error))
    return FALSE;
  channels = find_channels (ctl, session, options.channel, error);
  if (channels == NULL)
    return FALSE;
  for (guint i = 0; options.types[i] != NULL; i++)
    {
      if (!add_context (ctl, channels, options.types[i], error))
        return FALSE;
      printf ("Context %s added to %s%s\n", options.types[i], options.channel != NULL ? "channel " : "all channels",
              options.channel != NULL ? options.channel : "");
    }
  return TRUE;
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
