/* SPDX-License-Identifier: GPL-2.0-only */
/* org.tracebus1.Channel: its configuration and its event rules. */
#include "rig.h"

static void
call (Rig *rig, const char *path, const char *member, GVariant *parameters)
{
  g_autoptr(GVariant) reply = rig_call (rig, path, member, parameters);
}

/* @text: the options as text */
static char *
make_channel (Rig *rig, const char *session, const char *name, const char *text)
{
  GVariant *options = g_variant_new_parsed (text);
  g_autoptr(GVariant) reply = rig_call (rig, session, "Session.CreateChannel",
                                        g_variant_new ("(s@a{sv})", name, options));
  char *path;

  g_variant_get (reply, "(o)", &path);
  return path;
}

/* The rules as text. */
static char *
list_rules (Rig *rig, const char *channel)
{
  g_autoptr(GVariant) reply = rig_call (rig, channel, "Channel.ListEventRules", rig_no_options ());
  g_autoptr(GVariant) rules = g_variant_get_child_value (reply, 0);

  return g_variant_print (rules, FALSE);
}

static GVariant *
event (const char *pattern, const char *key, GVariant *value)
{
  return g_variant_new ("(s@a{sv})", pattern, rig_options (key, value));
}

static void
has_defaults (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "plain");
  g_autofree char *owner = g_strdup_printf ("objectpath '%s'", session);

  rig_assert_property (rig, channel, "Channel.Name", "'plain'");
  rig_assert_property (rig, channel, "Channel.Session", owner);
  rig_assert_property (rig, channel, "Channel.Enabled", "true");
  rig_assert_property (rig, channel, "Channel.BufferOwnership", "'user'");
  rig_assert_property (rig, channel, "Channel.SubbufSize", "uint64 524288");
  rig_assert_property (rig, channel, "Channel.NumSubbuf", "uint64 4");
  rig_assert_property (rig, channel, "Channel.Mode", "'discard'");
  rig_assert_property (rig, channel, "Channel.SwitchTimerUs", "uint32 0");
  rig_assert_property (rig, channel, "Channel.ReadTimerUs", "uint32 0");
  rig_assert_property (rig, channel, "Channel.MonitorTimerUs", "uint32 1000000");
  rig_assert_property (rig, channel, "Channel.BlockingTimeoutUs", "int64 0");
  rig_assert_property (rig, channel, "Channel.TracefileSize", "uint64 0");
  rig_assert_property (rig, channel, "Channel.TracefileCount", "uint64 0");
  rig_assert_property (rig, channel, "Channel.EventRuleCount", "uint32 0");
  rig_assert_property (rig, channel, "Channel.Contexts", "@as []");
  rig_assert_property (rig, channel, "Channel.EventsDiscarded", "uint64 0");
  rig_assert_property (rig, channel, "Channel.PacketsLost", "uint64 0");
  rig_assert_property (rig, channel, "Channel.BytesWritten", "uint64 0");
}

static void
has_what_it_was_made_with (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = make_channel (rig, session, "tuned",
                                           "{'buffer-ownership': <'process'>, 'subbuf-size': <uint64 65536>,"
                                           " 'num-subbuf': <uint64 8>, 'mode': <'overwrite'>,"
                                           " 'switch-timer-us': <uint32 1000>, 'read-timer-us': <uint32 2000>,"
                                           " 'monitor-timer-us': <uint32 3000>}");
  g_autofree char *blocking = make_channel (rig, session, "blocking",
                                            "{'buffer-ownership': <'process'>, 'blocking-timeout-us': <int64 -1>}");

  rig_assert_property (rig, channel, "Channel.BufferOwnership", "'process'");
  rig_assert_property (rig, channel, "Channel.SubbufSize", "uint64 65536");
  rig_assert_property (rig, channel, "Channel.NumSubbuf", "uint64 8");
  rig_assert_property (rig, channel, "Channel.Mode", "'overwrite'");
  rig_assert_property (rig, channel, "Channel.SwitchTimerUs", "uint32 1000");
  rig_assert_property (rig, channel, "Channel.ReadTimerUs", "uint32 2000");
  rig_assert_property (rig, channel, "Channel.MonitorTimerUs", "uint32 3000");
  rig_assert_property (rig, blocking, "Channel.BlockingTimeoutUs", "int64 -1");
  rig_assert_property (rig, blocking, "Channel.SubbufSize", "uint64 16384");
  rig_assert_property (rig, session, "Session.BufferOwnership", "'process'");
}

/* An option that is given its default is always accepted. */
static void
takes_every_default_by_name (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = make_channel (rig, session, "plain",
                                           "{'buffer-ownership': <'user'>, 'subbuf-size': <uint64 0>,"
                                           " 'num-subbuf': <uint64 4>, 'mode': <'discard'>,"
                                           " 'switch-timer-us': <uint32 0>, 'read-timer-us': <uint32 0>,"
                                           " 'monitor-timer-us': <uint32 1000000>, 'blocking-timeout-us': <int64 0>,"
                                           " 'tracefile-size': <uint64 0>, 'tracefile-count': <uint64 0>}");

  rig_assert_property (rig, channel, "Channel.SubbufSize", "uint64 524288");
  call (rig, channel, "Channel.EnableEvent",
        g_variant_new ("(s@a{sv})", "*",
                       g_variant_new_parsed ("{'loglevel': <''>, 'loglevel-match': <'at-least'>, 'filter': <''>,"
                                             " 'exclude': <@as []>}")));
  call (rig, channel, "Channel.EnableEvent", event ("*", "loglevel", g_variant_new_int32 (-1)));
  rig_assert_property (rig, channel, "Channel.EventRuleCount", "uint32 1");
}

/* B22 */
static void
metadata_has_defaults_of_its_own (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = make_channel (rig, session, "metadata", "{'switch-timer-us': <uint32 500000>}");
  g_autofree char *why = NULL;

  rig_assert_property (rig, channel, "Channel.SubbufSize", "uint64 4096");
  rig_assert_property (rig, channel, "Channel.NumSubbuf", "uint64 2");
  rig_assert_property (rig, channel, "Channel.SwitchTimerUs", "uint32 500000");
  rig_assert_property (rig, session, "Session.BufferOwnership", "''");
  why = rig_refused (rig, channel, "Channel.EnableEvent", event ("*", NULL, NULL), "InvalidArgs");
}

static void
files_are_limited_in_size_and_count (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = make_channel (rig, session, "files",
                                           "{'tracefile-size': <uint64 1048576>, 'tracefile-count': <uint64 3>}");
  g_autofree char *small = NULL, *endless = NULL;

  rig_assert_property (rig, channel, "Channel.TracefileSize", "uint64 1048576");
  rig_assert_property (rig, channel, "Channel.TracefileCount", "uint64 3");
  small = rig_refused (rig, session, "Session.CreateChannel",
                       g_variant_new_parsed ("('small', {'tracefile-size': <uint64 4096>})"), "InvalidArgs");
  g_assert_nonnull (strstr (small, "4096"));
  endless = rig_refused (rig, session, "Session.CreateChannel",
                         g_variant_new_parsed ("('endless', {'tracefile-count': <uint64 3>})"), "InvalidArgs");
  g_assert_nonnull (strstr (endless, "tracefile-size"));
}

/* 24 GiB a CPU and channel: sooner or later the machine has not so much. Nothing is made of what is refused. */
static void
memory_that_is_not_there_is_refused (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) channels = NULL;
  guint n = 0;

  while (error == NULL)
    {
      g_autofree char *name = g_strdup_printf ("huge%u", n);
      GVariant *options = g_variant_new_parsed ("{'subbuf-size': <uint64 0x200000000>, 'num-subbuf': <uint64 2>}");
      g_autoptr(GVariant) made = rig_try (rig, rig->caller, session, "Session.CreateChannel",
                                          g_variant_new ("(s@a{sv})", name, options), &error);

      n += made != NULL;
    }
  g_assert_cmpuint (n, <, 64);
  g_assert_nonnull (strstr (error->message, "org.tracebus1.Error.Exhausted"));
  g_assert_nonnull (strstr (error->message, "make subbuf-size or num-subbuf smaller"));
  channels = rig_get (rig, session, "Session.Channels");
  g_assert_cmpuint (g_variant_n_children (channels), ==, n);
}

static void
rules_are_added_disabled_and_enabled_again (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");
  g_autofree char *enabled = NULL, *disabled = NULL, *again = NULL;

  call (rig, channel, "Channel.EnableEvent", event ("app:*", NULL, NULL));
  rig_assert_property (rig, channel, "Channel.EventRuleCount", "uint32 1");
  enabled = list_rules (rig, channel);
  g_assert_cmpstr (enabled, ==, "[{'pattern': <'app:*'>, 'enabled': <true>, 'loglevel': <-1>,"
                                " 'loglevel-match': <'at-least'>, 'filter': <''>, 'exclude': <@as []>,"
                                " 'problem': <''>}]");
  call (rig, channel, "Channel.DisableEvent", event ("app:*", NULL, NULL));
  disabled = list_rules (rig, channel);
  g_assert_nonnull (strstr (disabled, "'enabled': <false>"));
  call (rig, channel, "Channel.EnableEvent", event ("app:*", NULL, NULL));
  again = list_rules (rig, channel);
  g_assert_cmpstr (again, ==, enabled);
}

static void
levels_are_names_or_numbers (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");
  g_autofree char *rules = NULL;

  call (rig, channel, "Channel.EnableEvent", event ("e", "loglevel", g_variant_new_string ("TRACE_INFO")));
  call (rig, channel, "Channel.EnableEvent", event ("e", "loglevel", g_variant_new_string ("info")));
  call (rig, channel, "Channel.EnableEvent", event ("e", "loglevel", g_variant_new_int32 (6)));
  rig_assert_property (rig, channel, "Channel.EventRuleCount", "uint32 1");
  call (rig, channel, "Channel.EnableEvent",
        g_variant_new ("(s@a{sv})", "e",
                       g_variant_new_parsed ("{'loglevel': <'info'>, 'loglevel-match': <'exactly'>}")));
  rules = list_rules (rig, channel);
  g_assert_nonnull (strstr (rules, "'loglevel': <6>, 'loglevel-match': <'at-least'>"));
  g_assert_nonnull (strstr (rules, "'loglevel': <6>, 'loglevel-match': <'exactly'>"));
}

static void
filters_and_exclusions_are_kept_as_written (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");
  const char *options = "{'filter': <'a  == \"b*\"'>, 'exclude': <['e:x', 'e:y*']>}";
  g_autofree char *rules = NULL, *disabled = NULL;

  call (rig, channel, "Channel.EnableEvent", event ("e:*", NULL, NULL));
  for (guint i = 0; i < 2; i++)
    call (rig, channel, "Channel.EnableEvent", g_variant_new ("(s@a{sv})", "e:*", g_variant_new_parsed (options)));
  rig_assert_property (rig, channel, "Channel.EventRuleCount", "uint32 2");
  rules = list_rules (rig, channel);
  g_assert_nonnull (strstr (rules, "'filter': <'a  == \"b*\"'>, 'exclude': <['e:x', 'e:y*']>, 'problem': <''>"));
  call (rig, channel, "Channel.DisableEvent", g_variant_new ("(s@a{sv})", "e:*", g_variant_new_parsed (options)));
  disabled = list_rules (rig, channel);
  g_assert_nonnull (strstr (disabled, "'enabled': <true>, 'loglevel': <-1>, 'loglevel-match': <'at-least'>,"
                                      " 'filter': <''>"));
  g_assert_nonnull (strstr (disabled, "'enabled': <false>, 'loglevel': <-1>, 'loglevel-match': <'at-least'>,"
                                      " 'filter': <'a"));
}

static void
options_disable_exactly_one_rule (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");
  g_autofree char *one = NULL, *both = NULL;

  call (rig, channel, "Channel.EnableEvent", event ("e", "loglevel", g_variant_new_int32 (3)));
  call (rig, channel, "Channel.EnableEvent", event ("e", "loglevel", g_variant_new_int32 (6)));
  call (rig, channel, "Channel.DisableEvent", event ("e", "loglevel", g_variant_new_int32 (3)));
  one = list_rules (rig, channel);
  g_assert_nonnull (strstr (one, "'enabled': <false>, 'loglevel': <3>"));
  g_assert_nonnull (strstr (one, "'enabled': <true>, 'loglevel': <6>"));
  call (rig, channel, "Channel.DisableEvent", event ("e", NULL, NULL));
  both = list_rules (rig, channel);
  g_assert_null (strstr (both, "'enabled': <true>"));
}

static void
many_rules_come_all_or_none (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");
  const char *good = "('events', [('a', @a{sv} {}), ('b', {'loglevel': <3>})], @a{sv} {})";
  const char *bad = "('events', [('c', @a{sv} {}), ('d', {'loglevel': <99>})], @a{sv} {})";
  g_autofree char *why = NULL;

  call (rig, session, "Session.EnableEvents", g_variant_new_parsed (good));
  rig_assert_property (rig, channel, "Channel.EventRuleCount", "uint32 2");
  why = rig_refused (rig, session, "Session.EnableEvents", g_variant_new_parsed (bad), "InvalidArgs");
  g_assert_nonnull (strstr (why, "99"));
  rig_assert_property (rig, channel, "Channel.EventRuleCount", "uint32 2");
}

static GVariant *
context (const char *type)
{
  return g_variant_new ("(s@a{sv})", type, rig_options (NULL, NULL));
}

static void
contexts_are_added_once_and_in_order (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");
  g_autofree char *why = NULL;

  call (rig, channel, "Channel.AddContext", context ("vtid"));
  call (rig, channel, "Channel.AddContext", context ("perf:thread:cycles"));
  call (rig, channel, "Channel.AddContext", context ("$app.a:b"));
  rig_assert_property (rig, channel, "Channel.Contexts", "['vtid', 'perf:thread:cycles', '$app.a:b']");
  why = rig_refused (rig, channel, "Channel.AddContext", context ("vtid"), "AlreadyExists");
  g_assert_cmpstr (why, ==, "Channel \"events\" has the context \"vtid\" already");
  rig_assert_property (rig, channel, "Channel.Contexts", "['vtid', 'perf:thread:cycles', '$app.a:b']");
}

static void
contexts_come_before_the_first_start (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");
  g_autofree char *active = NULL, *inactive = NULL;

  call (rig, session, "Session.Start", rig_no_options ());
  active = rig_refused (rig, channel, "Channel.AddContext", context ("vtid"), "InvalidState");
  call (rig, session, "Session.Stop", rig_no_options ());
  inactive = rig_refused (rig, channel, "Channel.AddContext", context ("vtid"), "InvalidState");
  g_assert_nonnull (strstr (inactive, "before the first Start"));
  rig_assert_property (rig, channel, "Channel.Contexts", "@as []");
}

static void
contexts_have_a_limit (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");
  g_autofree char *why = NULL;

  for (guint i = 0; i < 64; i++)
    {
      g_autofree char *type = g_strdup_printf ("$app.x:n%u", i);

      call (rig, channel, "Channel.AddContext", context (type));
    }
  why = rig_refused (rig, channel, "Channel.AddContext", context ("vtid"), "Exhausted");
  g_assert_nonnull (strstr (why, "64"));
}

static void
contexts_that_there_are_not_are_refused (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");
  g_autofree char *metadata = rig_channel (rig, session, "metadata");
  g_autofree char *unknown = rig_refused (rig, channel, "Channel.AddContext", context ("weather"), "InvalidArgs");
  g_autofree char *kernel = rig_refused (rig, channel, "Channel.AddContext", context ("tid"), "InvalidArgs");
  g_autofree char *nowhere = rig_refused (rig, metadata, "Channel.AddContext", context ("vtid"), "InvalidArgs");

  g_assert_nonnull (strstr (unknown, "procname"));
  g_assert_nonnull (strstr (kernel, "vtid"));
  g_assert_nonnull (strstr (nowhere, "metadata"));
}

static void
is_disabled_and_enabled (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "one");
  g_autofree char *channel = rig_channel (rig, session, "events");

  call (rig, channel, "Channel.Disable", rig_no_options ());
  rig_assert_property (rig, channel, "Channel.Enabled", "false");
  call (rig, channel, "Channel.Disable", rig_no_options ());
  call (rig, channel, "Channel.Enable", rig_no_options ());
  rig_assert_property (rig, channel, "Channel.Enabled", "true");
  call (rig, channel, "Channel.Flush", rig_no_options ());
}

static void
add_tests (void)
{
  rig_add ("/bus/channel/has-defaults", has_defaults);
  rig_add ("/bus/channel/has-what-it-was-made-with", has_what_it_was_made_with);
  rig_add ("/bus/channel/takes-every-default-by-name", takes_every_default_by_name);
  rig_add ("/bus/channel/metadata-has-defaults-of-its-own", metadata_has_defaults_of_its_own);
  rig_add ("/bus/channel/files-are-limited-in-size-and-count", files_are_limited_in_size_and_count);
  rig_add ("/bus/channel/memory-that-is-not-there-is-refused", memory_that_is_not_there_is_refused);
  rig_add ("/bus/channel/rules-are-added-disabled-and-enabled-again", rules_are_added_disabled_and_enabled_again);
  rig_add ("/bus/channel/levels-are-names-or-numbers", levels_are_names_or_numbers);
  rig_add ("/bus/channel/filters-and-exclusions-are-kept-as-written", filters_and_exclusions_are_kept_as_written);
  rig_add ("/bus/channel/options-disable-exactly-one-rule", options_disable_exactly_one_rule);
  rig_add ("/bus/channel/many-rules-come-all-or-none", many_rules_come_all_or_none);
  rig_add ("/bus/channel/contexts-are-added-once-and-in-order", contexts_are_added_once_and_in_order);
  rig_add ("/bus/channel/contexts-come-before-the-first-start", contexts_come_before_the_first_start);
  rig_add ("/bus/channel/contexts-have-a-limit", contexts_have_a_limit);
  rig_add ("/bus/channel/contexts-that-there-are-not-are-refused", contexts_that_there_are_not_are_refused);
  rig_add ("/bus/channel/is-disabled-and-enabled", is_disabled_and_enabled);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
