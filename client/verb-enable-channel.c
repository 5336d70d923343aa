/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/units.h"

#include <stdio.h>

/* The command line, as it was given. */
typedef struct {
  char *session, *ownership;
  char *subbuf_size, *num_subbuf;
  char *switch_timer, *read_timer, *monitor_timer;
  gboolean userspace, overwrite, discard, buffers_uid, buffers_pid;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->session);
  g_free (self->ownership);
  g_free (self->subbuf_size);
  g_free (self->num_subbuf);
  g_free (self->switch_timer);
  g_free (self->read_timer);
  g_free (self->monitor_timer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
add_ownership (const Options *options, GVariantDict *dict, GError **error)
{
  const char *ownership = options->ownership;

  if (options->buffers_uid + options->buffers_pid + (ownership != NULL) > 1)
    return ctl_usage (error, "--buffers-uid, --buffers-pid and --buffer-ownership exclude each other");
  if (options->buffers_uid)
    ownership = "user";
  else if (options->buffers_pid)
    ownership = "process";
  if (ownership == NULL)
    return TRUE;
  if (!g_str_equal (ownership, "user") && !g_str_equal (ownership, "process"))
    return ctl_usage (error, "--buffer-ownership is \"%s\"; it takes \"user\" or \"process\"", ownership);
  g_variant_dict_insert (dict, "buffer-ownership", "s", ownership);
  return TRUE;
}

/* Powers of two, as the tracer has them; what is not is rounded up, as users of LTTng know it. */
static gboolean
add_size (GVariantDict *dict, const char *key, const char *text, GError **error)
{
  guint64 size, rounded;

  if (text == NULL)
    return TRUE;
  if (!ctl_parse_size (text, &size, error))
    {
      g_prefix_error (error, "--%s: ", key);
      return FALSE;
    }
  rounded = ctl_round_up (size);
  if (size == 0 || rounded == 0)
    return ctl_usage (error, "--%s: \"%s\" is out of range", key, text);
  if (rounded != size)
    ctl_warn ("Warning: --%s is rounded up to the next power of two, %" G_GUINT64_FORMAT, key, rounded);
  g_variant_dict_insert (dict, key, "t", rounded);
  return TRUE;
}

static gboolean
add_timer (GVariantDict *dict, const char *key, const char *text, GError **error)
{
  g_autofree char *key_us = g_strconcat (key, "-us", NULL);
  guint32 microseconds;

  if (text == NULL)
    return TRUE;
  if (!ctl_parse_time (text, &microseconds, error))
    {
      g_prefix_error (error, "--%s: ", key);
      return FALSE;
    }
  g_variant_dict_insert (dict, key_us, "u", microseconds);
  return TRUE;
}

static gboolean
add_attributes (const Options *options, GVariantDict *dict, GError **error)
{
  if (options->overwrite && options->discard)
    return ctl_usage (error, "--overwrite and --discard exclude each other");
  if (options->overwrite || options->discard)
    g_variant_dict_insert (dict, "mode", "s", options->overwrite ? "overwrite" : "discard");
  return add_ownership (options, dict, error)
         && add_size (dict, "subbuf-size", options->subbuf_size, error)
         && add_size (dict, "num-subbuf", options->num_subbuf, error)
         && add_timer (dict, "switch-timer", options->switch_timer, error)
         && add_timer (dict, "read-timer", options->read_timer, error)
         && add_timer (dict, "monitor-timer", options->monitor_timer, error);
}

/* Enables the channel that is there. Returns: %FALSE with NotFound where there is none */
static gboolean
enable_existing (Ctl *ctl, const char *session, const char *name, GError **error)
{
  g_autofree char *channel = ctl_find_channel (ctl, session, name, error);
  g_autoptr(GVariant) answer = NULL;

  if (channel == NULL)
    return FALSE;
  answer = ctl_call (ctl, channel, "Channel.Enable", ctl_no_options (), error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  printf ("Channel %s enabled\n", name);
  return TRUE;
}

/* With attributes it can only be a new channel: those of a channel never change. */
static gboolean
enable_channel (Ctl *ctl, const char *session, const char *name, GVariant *attributes, GError **error)
{
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GError) local_error = NULL;

  if (g_variant_n_children (attributes) == 0)
    {
      if (enable_existing (ctl, session, name, &local_error))
        return TRUE;
      if (!g_error_matches (local_error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
    }
  answer = ctl_call (ctl, session, "Session.CreateChannel", g_variant_new ("(s@a{sv})", name, attributes), error);
  if (answer == NULL)
    return FALSE;
  printf ("Channel %s created\n", name);
  return TRUE;
}

static gboolean
parse (Ctl *ctl, Options *options, char ***args, GError **error)
{
  const GOptionEntry entries[] = {
    CTL_OPTION_SESSION (&options->session),
    CTL_OPTION_USERSPACE (&options->userspace),
    { "subbuf-size", 0, 0, G_OPTION_ARG_STRING, &options->subbuf_size,
      "Size of a sub-buffer; default: 512k, with buffers per process 16k", "SIZE" },
    { "num-subbuf", 0, 0, G_OPTION_ARG_STRING, &options->num_subbuf, "Sub-buffers of each CPU; default: 4", "COUNT" },
    { "discard", 0, 0, G_OPTION_ARG_NONE, &options->discard, "When all are full, discard new events (default)", NULL },
    { "overwrite", 0, 0, G_OPTION_ARG_NONE, &options->overwrite, "When all are full, overwrite the oldest", NULL },
    { "switch-timer", 0, 0, G_OPTION_ARG_STRING, &options->switch_timer,
      "Write out also what is not full, so often; default: 0, off", "PERIOD" },
    { "read-timer", 0, 0, G_OPTION_ARG_STRING, &options->read_timer,
      "Look for full sub-buffers so often; default: 0, when they are full", "PERIOD" },
    { "monitor-timer", 0, 0, G_OPTION_ARG_STRING, &options->monitor_timer,
      "Send counters so often; default: 0, after activity", "PERIOD" },
    { "buffers-uid", 0, 0, G_OPTION_ARG_NONE, &options->buffers_uid, "As --buffer-ownership=user", NULL },
    { "buffers-pid", 0, 0, G_OPTION_ARG_NONE, &options->buffers_pid, "As --buffer-ownership=process", NULL },
    { "buffer-ownership", 0, 0, G_OPTION_ARG_STRING, &options->ownership,
      "Who shares buffers: all apps of a user (default), or none", "user|process" },
    { NULL }
  };

  return ctl_parse (ctl, entries, args, error);
}

static gboolean
enable_channel_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(Options) options = { 0 };
  g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_auto(GStrv) names = NULL;
  g_autoptr(GVariant) attributes = NULL;
  g_autofree char *session = NULL;

  if (!parse (ctl, &options, args, error) || !ctl_split_names ((*args)[1], "channel", &names, error)
      || !add_attributes (&options, &dict, error) || !ctl_find_session (ctl, options.session, &session, NULL, error))
    return FALSE;
  attributes = g_variant_ref_sink (g_variant_dict_end (&dict));
  for (guint i = 0; names[i] != NULL; i++)
    if (!enable_channel (ctl, session, names[i], attributes, error))
      return FALSE;
  return TRUE;
}

const CtlVerb ctl_verb_enable_channel = {
  .name = "enable-channel",
  .arguments = "CHANNEL[,CHANNEL...]",
  .summary = "Create channels, or enable those that are there",
  .details = "A channel says how events are buffered. Sizes take the suffixes k, M and G, periods are in microseconds "
             "or take\nthe suffixes us, ms, s, m and h. Channels are made before the first start of their session.\n"
             "The channel called \"metadata\" says how the description of the trace is written.",
  .max_arguments = 1,
  .run = enable_channel_run,
};
