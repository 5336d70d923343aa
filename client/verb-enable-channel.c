/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/estimate.h"
#include "client/units.h"

/* The command line, as it was given. */
typedef struct {
  char *session, *ownership, *allocation, *preallocation, *output;
  char *subbuf_size, *num_subbuf, *tracefile_size, *tracefile_count;
  char *switch_timer, *read_timer, *monitor_timer, *blocking_timeout;
  gboolean userspace, overwrite, discard, buffers_uid, buffers_pid, estimate;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->session);
  g_free (self->ownership);
  g_free (self->allocation);
  g_free (self->preallocation);
  g_free (self->output);
  g_free (self->subbuf_size);
  g_free (self->num_subbuf);
  g_free (self->tracefile_size);
  g_free (self->tracefile_count);
  g_free (self->switch_timer);
  g_free (self->read_timer);
  g_free (self->monitor_timer);
  g_free (self->blocking_timeout);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* The session that channels are enabled in. */
typedef struct {
  const char *path, *session;
  GVariant *attributes;
} Target;

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

/* "inf": the program waits as long as it takes. */
static gboolean
add_blocking_timeout (GVariantDict *dict, const char *text, GError **error)
{
  guint32 microseconds;

  if (text == NULL)
    return TRUE;
  if (g_str_equal (text, "inf"))
    g_variant_dict_insert (dict, "blocking-timeout-us", "x", (gint64) -1);
  else if (ctl_parse_time (text, &microseconds, error))
    g_variant_dict_insert (dict, "blocking-timeout-us", "x", (gint64) microseconds);
  else
    g_prefix_error (error, "--blocking-timeout: ");
  return g_variant_dict_contains (dict, "blocking-timeout-us");
}

/* A file holds whole sub-buffers, one at least. */
static gboolean
add_tracefiles (const Options *options, GVariantDict *dict, GError **error)
{
  guint64 size = 0, count = 0, least = ctl_buffers_read (dict).subbuf_size;

  if (options->tracefile_size != NULL && !ctl_parse_size (options->tracefile_size, &size, error))
    {
      g_prefix_error (error, "--tracefile-size: ");
      return FALSE;
    }
  if (options->tracefile_count != NULL && !ctl_parse_size (options->tracefile_count, &count, error))
    {
      g_prefix_error (error, "--tracefile-count: ");
      return FALSE;
    }
  if (count > 0 && size == 0)
    return ctl_usage (error, "--tracefile-count needs --tracefile-size: without a size there is one file only");
  if (size > 0 && size < least)
    {
      ctl_warn ("Warning: --tracefile-size is rounded up to the size of a sub-buffer, %" G_GUINT64_FORMAT, least);
      size = least;
    }
  if (size > 0)
    g_variant_dict_insert (dict, "tracefile-size", "t", size);
  if (count > 0)
    g_variant_dict_insert (dict, "tracefile-count", "t", count);
  return TRUE;
}

/* Options with one value that can be given. */
static gboolean
check_only_values (const Options *options, GError **error)
{
  if (options->output != NULL && !g_str_equal (options->output, "mmap"))
    return ctl_usage (error, "--output is \"%s\"; buffers of programs can only be read as \"mmap\"", options->output);
  if (options->allocation != NULL && !g_str_equal (options->allocation, "per-cpu"))
    return ctl_usage (error, "--buffer-allocation is \"%s\"; this tracer has \"per-cpu\" only", options->allocation);
  if (options->preallocation != NULL && !g_str_equal (options->preallocation, "preallocate"))
    return ctl_usage (error, "--buffer-preallocation is \"%s\"; this tracer has \"preallocate\" only",
                      options->preallocation);
  return TRUE;
}

static gboolean
add_attributes (const Options *options, GVariantDict *dict, GError **error)
{
  if (options->overwrite && options->discard)
    return ctl_usage (error, "--overwrite and --discard exclude each other");
  if (options->overwrite || options->discard)
    g_variant_dict_insert (dict, "mode", "s", options->overwrite ? "overwrite" : "discard");
  return check_only_values (options, error)
         && add_ownership (options, dict, error)
         && add_size (dict, "subbuf-size", options->subbuf_size, error)
         && add_size (dict, "num-subbuf", options->num_subbuf, error)
         && add_timer (dict, "switch-timer", options->switch_timer, error)
         && add_timer (dict, "read-timer", options->read_timer, error)
         && add_timer (dict, "monitor-timer", options->monitor_timer, error)
         && add_blocking_timeout (dict, options->blocking_timeout, error)
         && add_tracefiles (options, dict, error);
}

/* Enables the channel @path, which is there. */
static gboolean
enable_existing (Ctl *ctl, const char *path, const char *name, GError **error)
{
  g_autoptr(GVariant) properties = NULL;
  gboolean enabled = FALSE;

  if (ctl->style->strict)
    {
      properties = ctl_get_properties (ctl, path, "Channel", error);
      if (properties == NULL)
        return FALSE;
      g_variant_lookup (properties, "Enabled", "b", &enabled);
    }
  if (enabled)
    {
      g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_ALREADY_EXISTS, "Channel %s is there and enabled", name);
      return FALSE;
    }
  return ctl_do (ctl, path, "Channel.Enable", ctl_no_options (), error);
}

/*
 * Where nobody says whose buffers it has, it has the same as the other channels of its session. LTTng's command takes
 * them for those of users, and fails. (transfer full) (nullable)
 */
static GVariant *
complete_attributes (Ctl *ctl, const Target *target, GError **error)
{
  g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (target->attributes);
  g_autoptr(GVariant) session = NULL;
  const char *ownership = "";

  if (ctl->style->strict || g_variant_dict_contains (&dict, "buffer-ownership"))
    return g_variant_ref (target->attributes);
  session = ctl_get_properties (ctl, target->path, "Session", error);
  if (session == NULL)
    return NULL;
  if (g_variant_lookup (session, "BufferOwnership", "&s", &ownership) && g_str_equal (ownership, "process"))
    g_variant_dict_insert (&dict, "buffer-ownership", "s", ownership);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static void
say_estimate (GVariant *attributes, const char *name)
{
  g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (attributes);
  const CtlBuffers buffers = ctl_buffers_read (&dict);

  ctl_estimate_say (&buffers, name);
}

static gboolean
create_channel (Ctl *ctl, const Target *target, const char *name, GError **error)
{
  g_autoptr(GVariant) attributes = complete_attributes (ctl, target, error);
  g_autoptr(GVariant) answer = NULL;

  if (attributes == NULL)
    return FALSE;
  if (!ctl->style->strict && !ctl->quiet)
    say_estimate (attributes, name);
  answer = ctl_call (ctl, target->path, "Session.CreateChannel", g_variant_new ("(s@a{sv})", name, attributes), error);
  if (answer != NULL)
    ctl_say (ctl, CTL_TEXT_CHANNEL_CREATED, name, target->session, NULL);
  return answer != NULL;
}

/*
 * With attributes it can only be a new channel, for those of a channel never change. LTTng's command does not look at
 * them where the channel is there.
 */
static gboolean
enable_channel (Ctl *ctl, const char *name, gpointer user_data, GError **error)
{
  const Target *target = user_data;
  g_autofree char *channel = NULL;
  g_autoptr(GError) local_error = NULL;

  if (g_variant_n_children (target->attributes) > 0 && !ctl->style->strict)
    return create_channel (ctl, target, name, error);
  channel = ctl_find_channel (ctl, target->path, name, &local_error);
  if (channel == NULL && g_error_matches (local_error, CTL_ERROR, CTL_ERROR_NO_CHANNEL))
    return create_channel (ctl, target, name, error);
  if (channel == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!enable_existing (ctl, channel, name, error))
    return FALSE;
  ctl_say (ctl, CTL_TEXT_CHANNEL_ENABLED, name, target->session, NULL);
  return TRUE;
}

static gboolean
print_estimate (Ctl *ctl, const char *name, gpointer user_data, GError **error)
{
  ctl_estimate_print (user_data, name);
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
      "Read counters so often, once a second at most; default: 1s", "PERIOD" },
    { "blocking-timeout", 0, 0, G_OPTION_ARG_STRING, &options->blocking_timeout,
      "When all are full, a program that allows it waits so long; default: 0", "PERIOD|inf" },
    { "tracefile-size", 'C', 0, G_OPTION_ARG_STRING, &options->tracefile_size,
      "Bytes of a trace file; default: 0, as many as there are", "SIZE" },
    { "tracefile-count", 'W', 0, G_OPTION_ARG_STRING, &options->tracefile_count,
      "Keep so many of them, the latest; default: 0, all", "COUNT" },
    { "buffers-uid", 0, 0, G_OPTION_ARG_NONE, &options->buffers_uid, "As --buffer-ownership=user", NULL },
    { "buffers-pid", 0, 0, G_OPTION_ARG_NONE, &options->buffers_pid, "As --buffer-ownership=process", NULL },
    { "buffer-ownership", 0, 0, G_OPTION_ARG_STRING, &options->ownership,
      "Who shares buffers: all programs of a user (default), or none; others of the session have the same",
      "user|process" },
    { "estimate", 0, 0, G_OPTION_ARG_NONE, &options->estimate,
      "Make nothing; say what its buffers would take, here and on large machines", NULL },
    CTL_OPTION_ABSENT ("buffers-global", 0, G_OPTION_FLAG_NO_ARG),
    { "buffer-allocation", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options->allocation, NULL, NULL },
    { "buffer-preallocation", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options->preallocation, NULL, NULL },
    { "output", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options->output, NULL, NULL },
    { NULL }
  };

  return ctl_parse (ctl, entries, args, error) && ctl_check_domain (ctl, options->userspace, error);
}

static gboolean
enable_channel_run (Ctl *ctl, char ***args, GError **error)
{
  g_auto(Options) options = { 0 };
  g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_auto(GStrv) names = NULL;
  g_autoptr(GVariant) attributes = NULL;
  g_autofree char *path = NULL;
  g_autofree char *session = NULL;
  CtlBuffers buffers;
  Target target;

  if (!parse (ctl, &options, args, error) || !ctl_split_names (ctl, (*args)[1], "channel", &names, error)
      || !add_attributes (&options, &dict, error))
    return FALSE;
  buffers = ctl_buffers_read (&dict);
  if (options.estimate)
    return ctl_for_each (ctl, names, print_estimate, &buffers, error);
  if (!ctl_find_session (ctl, options.session, &path, &session, error))
    return FALSE;
  attributes = g_variant_ref_sink (g_variant_dict_end (&dict));
  target = (Target) { path, session, attributes };
  return ctl_for_each (ctl, names, enable_channel, &target, error);
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
