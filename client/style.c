/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/style.h"

#include "client/list.h"

static const char *const own_texts[CTL_N_TEXTS] = {
  [CTL_TEXT_SESSION_CREATED] = "Session $1 created",
  [CTL_TEXT_OUTPUT_WILL_BE] = "Its trace will be in $1",
  [CTL_TEXT_SESSION_SET] = "The current session is $1",
  [CTL_TEXT_SESSION_STARTED] = "Session $1 is recording",
  [CTL_TEXT_SESSION_STOPPED] = "Session $1 has stopped recording",
  [CTL_TEXT_SESSION_DESTROYED] = "Session $1 destroyed",
  [CTL_TEXT_OUTPUT_IS] = "Its trace is in $1",
  [CTL_TEXT_CHANNEL_CREATED] = "Channel $1 created",
  [CTL_TEXT_CHANNEL_ENABLED] = "Channel $1 enabled",
  [CTL_TEXT_CHANNEL_DISABLED] = "Channel $1 disabled",
  [CTL_TEXT_EVENT_ENABLED] = "Event $1 enabled in channel $2 of session $3",
  [CTL_TEXT_ALL_EVENTS_ENABLED] = "Event $1 enabled in channel $2 of session $3",
  [CTL_TEXT_EVENT_DISABLED] = "Event $1 disabled",
  [CTL_TEXT_ALL_EVENTS_DISABLED] = "All events disabled in channel $2",
  [CTL_TEXT_CONTEXT_ADDED] = "Context $1 added to channel $2",
  [CTL_TEXT_CONTEXT_ADDED_TO_ALL] = "Context $1 added to all channels",
  [CTL_TEXT_TRACKED] = "$1 $2: tracked in session $3",
  [CTL_TEXT_ALL_TRACKED] = "$1 all: tracked in session $3",
  [CTL_TEXT_UNTRACKED] = "$1 $2: not tracked in session $3",
  [CTL_TEXT_ALL_UNTRACKED] = "$1 all: not tracked in session $3",
  [CTL_TEXT_METADATA_REGENERATED] = "Metadata of session $1 regenerated",
  [CTL_TEXT_STATE_REGENERATED] = "Programs of session $1 have told their state",
  [CTL_TEXT_VERSION] = "tracebusctl $1",
};

/* The words that scripts look for. */
static const char *const lttng_texts[CTL_N_TEXTS] = {
  [CTL_TEXT_SESSION_CREATED] = "Session $1 created.",
  [CTL_TEXT_OUTPUT_WILL_BE] = "Traces will be output to $1",
  [CTL_TEXT_SESSION_SET] = "Session set to $1",
  [CTL_TEXT_SESSION_STARTED] = "Tracing started for session $1",
  [CTL_TEXT_STOPPING] = "Waiting for data availability",
  [CTL_TEXT_SESSION_STOPPED] = "Tracing stopped for session $1",
  [CTL_TEXT_SESSION_DESTROYED] = "Session $1 destroyed",
  [CTL_TEXT_NO_SESSIONS] = "No session found, nothing to do.",
  [CTL_TEXT_CHANNEL_CREATED] = "ust channel $1 enabled for session $2",
  [CTL_TEXT_CHANNEL_ENABLED] = "ust channel $1 enabled for session $2",
  [CTL_TEXT_CHANNEL_DISABLED] = "ust channel $1 disabled for session $2",
  [CTL_TEXT_EVENT_ENABLED] = "ust event $1 created in channel $2",
  [CTL_TEXT_ALL_EVENTS_ENABLED] = "All ust events are enabled in channel $2",
  [CTL_TEXT_EVENT_DISABLED] = "ust $1 of type any disabled in channel $2 for session $3",
  [CTL_TEXT_ALL_EVENTS_DISABLED] = "All ust events of type any are disabled in channel $2",
  [CTL_TEXT_CONTEXT_ADDED] = "ust context $1 added to channel $2",
  [CTL_TEXT_CONTEXT_ADDED_TO_ALL] = "ust context $1 added to all channels",
  [CTL_TEXT_TRACKED] = "Added $2 to the $1 tracker inclusion set",
  [CTL_TEXT_ALL_TRACKED] = "The $1 tracking policy is set to `include all`",
  [CTL_TEXT_UNTRACKED] = "Removed $2 from the $1 tracker inclusion set",
  [CTL_TEXT_ALL_UNTRACKED] = "The $1 tracking policy is set to `exclude all`",
  [CTL_TEXT_METADATA_REGENERATED] = "Metadata successfully regenerated for session $1",
  [CTL_TEXT_STATE_REGENERATED] = "State dump successfully regenerated for session $1",
  /* The version whose command this is compared with, for scripts that want one at least. */
  [CTL_TEXT_VERSION] = "lttng version 2.13.9 - tracebus $1",
};

const CtlStyle ctl_style_own = {
  .bit = CTL_STYLE_OWN,
  .program = "tracebusctl",
  .error_prefix = "",
  .texts = own_texts,
  .memory = &ctl_memory_own,
  .lister = &ctl_lister_own,
};

const CtlStyle ctl_style_lttng = {
  .bit = CTL_STYLE_LTTNG,
  .program = "lttng",
  .error_prefix = "Error: ",
  .texts = lttng_texts,
  .memory = &ctl_memory_lttngrc,
  .lister = &ctl_lister_lttng,
  .needs_domain = TRUE,
  .makes_channels = TRUE,
  .keeps_going = TRUE,
  .skips_empty = TRUE,
  .strict = TRUE,
  .lttng_codes = TRUE,
};

const CtlStyle *
ctl_style_of_program (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);

  return g_str_equal (name, ctl_style_lttng.program) ? &ctl_style_lttng : &ctl_style_own;
}

char *
ctl_style_text (const CtlStyle *style, CtlText text, const char *const *quotes)
{
  const char *from = style->texts[text];
  g_autoptr(GString) out = g_string_new (NULL);

  if (from == NULL)
    return NULL;
  for (; *from != '\0'; from++)
    if (from[0] == '$' && from[1] >= '1' && from[1] <= '3')
      {
        const char *quote = quotes[from[1] - '1'];

        g_string_append (out, quote != NULL ? quote : "");
        from++;
      }
    else
      g_string_append_c (out, *from);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
