/* SPDX-License-Identifier: GPL-2.0-only */
/* Whatever is wrong is answered with the error that the contract names, and changes nothing. */
#include "rig.h"

#include "base/limits.h"

typedef struct {
  const char *member;
  const char *parameters; /* as text */
  const char *error;
  const char *says; /* nullable: part of the message */
} Case;

static void
assert_unchanged (Rig *rig, const char *before, const char *what)
{
  g_autofree char *after = rig_snapshot (rig);

  if (!g_str_equal (before, after))
    g_error ("%s changed\n%s\nto\n%s", what, before, after);
}

/* @cases end with a NULL member. */
static void
assert_cases (Rig *rig, RigObjects *objects, const Case *cases)
{
  g_autofree char *before = rig_snapshot (rig);

  for (; cases->member != NULL; cases++)
    {
      g_auto(GStrv) names = g_strsplit (cases->member, ".", 2);
      g_autofree char *interface = g_strconcat ("org.tracebus1.", names[0], NULL);
      g_autofree char *why = rig_refused (rig, rig_objects_path (objects, interface), cases->member,
                                          g_variant_new_parsed (cases->parameters), cases->error);

      if (cases->says != NULL && strstr (why, cases->says) == NULL)
        g_error ("%s %s: \"%s\" says nothing of %s", cases->member, cases->parameters, why, cases->says);
      assert_unchanged (rig, before, cases->member);
    }
}

static void
options_of_every_method (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autofree char *before = rig_snapshot (rig);
  guint tried = 0;

  for (guint i = 0; rig_interfaces[i] != NULL; i++)
    {
      const GDBusInterfaceInfo *info = rig_interfaces[i]->info;

      for (guint j = 0; info->methods != NULL && info->methods[j] != NULL; j++)
        {
          GVariant *options = rig_options ("no-such-option", g_variant_new_boolean (TRUE));
          GVariant *parameters = rig_plausible (info->methods[j], options);
          g_autofree char *member = g_strdup_printf ("%s.%s", g_strrstr (info->name, ".") + 1, info->methods[j]->name);
          g_autofree char *why = NULL;

          if (strstr (g_variant_get_type_string (parameters), "a{sv})") == NULL)
            {
              g_variant_unref (g_variant_ref_sink (parameters));
              continue;
            }
          why = rig_refused (rig, rig_objects_path (objects, info->name), member, parameters, "InvalidArgs");
          g_assert_nonnull (strstr (why, "no-such-option"));
          assert_unchanged (rig, before, member);
          tried++;
        }
    }
  g_assert_cmpuint (tried, >, 10);
}

/* GDBus answers before anything of ours runs. */
static void
signatures_of_every_method (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);

  for (guint i = 0; rig_interfaces[i] != NULL; i++)
    {
      const GDBusInterfaceInfo *info = rig_interfaces[i]->info;

      for (guint j = 0; info->methods != NULL && info->methods[j] != NULL; j++)
        {
          g_autofree char *member = g_strdup_printf ("%s.%s", g_strrstr (info->name, ".") + 1, info->methods[j]->name);
          g_autoptr(GError) error = NULL;
          g_autoptr(GVariant) reply = rig_try (rig, rig->caller, rig_objects_path (objects, info->name), member,
                                               g_variant_new ("(d)", 1.5), &error);

          g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
        }
    }
}

static void
types_of_options (Rig *rig)
{
  static const Case cases[] = {
    { "Manager.CreateSession", "('x', {'output': <uint32 1>})", "InvalidArgs", "\"output\"" },
    { "Manager.CreateSession", "('x', {'uids': <[1, 2]>})", "InvalidArgs", "(au)" },
    { "Manager.CreateSession", "('x', {'all-users': <'yes'>})", "InvalidArgs", "(b)" },
    { "Manager.CreateSession", "('x', {'ephemeral': <1>})", "InvalidArgs", "\"ephemeral\"" },
    { "Manager.CreateSession", "('x', {'output-fd': <1>})", "InvalidArgs", "a descriptor (h)" },
    { "Manager.CreateSession", "('x', {'output-fd': <handle 7>})", "InvalidArgs", "descriptor 7 of the message" },
    { "Manager.CreateSession", "('x', {'output-fd': <handle -1>})", "InvalidArgs", "descriptor -1" },
    { "Manager.CreateSession", "('x', {'output-fd': <handle 0>, 'output': <'/x'>})", "InvalidArgs", "exclude" },
    { "Manager.ListTracepoints", "({'app': <'/'>},)", "InvalidArgs", "(o)" },
    { "Manager.ListTracepoints", "({'limit': <1>},)", "InvalidArgs", "(u)" },
    { "App.ListTracepoints", "({'app': <objectpath '/'>},)", "InvalidArgs", "\"app\"" },
    { "App.ListTracepoints", "({'fields': <uint32 1>},)", "InvalidArgs", "(b)" },
    { "Session.CreateChannel", "('x', {'subbuf-size': <uint32 4096>})", "InvalidArgs", "(t)" },
    { "Session.CreateChannel", "('x', {'switch-timer-us': <uint64 1>})", "InvalidArgs", "(u)" },
    { "Session.CreateChannel", "('x', {'blocking-timeout-us': <uint64 1>})", "InvalidArgs", "(x)" },
    { "Session.CreateChannel", "('x', {'mode': <true>})", "InvalidArgs", "(s)" },
    { "Session.Stop", "({'no-wait': <1>},)", "InvalidArgs", "(b)" },
    { "Session.Destroy", "({'no-wait': <'true'>},)", "InvalidArgs", "(b)" },
    { "Session.EnableEvents", "('', [('*', {'loglevel': <uint32 1>})], @a{sv} {})", "InvalidArgs", "\"loglevel\"" },
    { "Channel.EnableEvent", "('*', {'exclude': <'a'>})", "InvalidArgs", "(as)" },
    { "Channel.DisableEvent", "('*', {'filter': <1>})", "InvalidArgs", "(s)" },
    { NULL },
  };
  g_autoptr(RigObjects) objects = rig_objects_new (rig);

  assert_cases (rig, objects, cases);
}

static void
values_of_options (Rig *rig)
{
  static const Case cases[] = {
    { "Manager.CreateSession", "('x', {'output': <'relative/path'>})", "InvalidArgs", "relative/path" },
    { "Manager.CreateSession", "('x', {'output': <'/denied/here'>})", "OutputUnavailable", "/denied/here" },
    { "Manager.CreateSession", "('x', {'uids': <[uint32 1]>, 'all-users': <true>})", "InvalidArgs", "all-users" },
    { "Manager.CreateSession", "('x', {'live-timer-us': <uint32 1>})", "Unsupported", "live-timer-us" },
    { "Session.CreateChannel", "('x', {'buffer-ownership': <'group'>})", "InvalidArgs", "\"process\"" },
    { "Session.CreateChannel", "('x', {'buffer-ownership': <''>})", "InvalidArgs", "\"user\"" },
    { "Session.CreateChannel", "('x', {'mode': <'drop'>})", "InvalidArgs", "\"overwrite\"" },
    { "Session.CreateChannel", "('x', {'subbuf-size': <uint64 5000>})", "InvalidArgs", "5000" },
    { "Session.CreateChannel", "('x', {'subbuf-size': <uint64 1>})", "InvalidArgs", "subbuf-size" },
    { "Session.CreateChannel", "('x', {'subbuf-size': <uint64 0x8000000000000000>})", "InvalidArgs", "subbuf-size" },
    { "Session.CreateChannel", "('x', {'num-subbuf': <uint64 0>})", "InvalidArgs", "num-subbuf" },
    { "Session.CreateChannel", "('x', {'num-subbuf': <uint64 3>})", "InvalidArgs", "num-subbuf" },
    { "Session.CreateChannel", "('x', {'num-subbuf': <uint64 1>, 'mode': <'overwrite'>})", "InvalidArgs", "overwrite" },
    { "Session.CreateChannel", "('x', {'blocking-timeout-us': <int64 -2>})", "InvalidArgs", "-2" },
    { "Session.CreateChannel", "('x', {'tracefile-size': <uint64 4096>})", "InvalidArgs", "tracefile-size" },
    { "Session.CreateChannel", "('x', {'tracefile-count': <uint64 2>})", "InvalidArgs", "tracefile-size" },
    { "Session.EnableEvents", "('', [('*', {'loglevel': <'loud'>})], @a{sv} {})", "InvalidArgs", "loud" },
    { "Session.EnableEvents", "('', [('*', {'loglevel': <15>})], @a{sv} {})", "InvalidArgs", "15" },
    { "Session.EnableEvents", "('', [('*', {'filter': <'a = 1'>})], @a{sv} {})", "FilterSyntax", "Column 3 " },
    { "Session.EnableEvents", "('', [('a', {}), ('b', {'filter': <'$ctx.ip == 1'>})], @a{sv} {})", "FilterSyntax",
      "Rule 2 (\"b\"): Column 1 " },
    { "Channel.EnableEvent", "('*', {'loglevel': <-2>})", "InvalidArgs", "-2" },
    { "Channel.EnableEvent", "('*', {'loglevel-match': <'about'>})", "InvalidArgs", "\"exactly\"" },
    { "Channel.EnableEvent", "('*', {'filter': <'a + 1'>})", "FilterSyntax", "arithmetic" },
    { "Channel.EnableEvent", "('a:b', {'exclude': <['a:c']>})", "InvalidArgs", "a pattern that has a *" },
    { "Channel.EnableEvent", "('a:\\\\*', {'exclude': <['a:c']>})", "InvalidArgs", "a pattern that has a *" },
    { "Channel.EnableEvent", "('*', {'exclude': <['a', '']>})", "InvalidArgs", "1 to 255 bytes" },
    { "Channel.EnableEvent", "('*', {'exclude': <['a', 'b', 'a']>})", "InvalidArgs", "twice" },
    { "Manager.ListTracepoints", "({'app': <objectpath '/org/tracebus1/app/0'>},)", "NotFound", "/app/0" },
    { "Manager.ListTracepoints", "({'app': <objectpath '/org/tracebus1/session/1'>},)", "NotFound", NULL },
    { NULL },
  };
  g_autoptr(RigObjects) objects = rig_objects_new (rig);

  assert_cases (rig, objects, cases);
}

static void
names (Rig *rig)
{
  static const char *const bad[] = {
    "", " ", ".", "..", "-x", ".x", "a/b", "../x", "a b", "a\nb",
    "caf\303\251", "a%s", "a\\", "'", "@x", "+x", ":1", NULL,
  };
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autofree char *before = rig_snapshot (rig);
  g_autofree char *longest = g_strnfill (TBUS_MAX_NAME, 'n');
  g_autofree char *too_long = g_strnfill (TBUS_MAX_NAME + 1, 'n');
  g_autofree char *huge = g_strnfill (4 << 20, 'n');
  g_autofree char *session = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (bad) + 1; i++)
    {
      const char *name = i + 1 < G_N_ELEMENTS (bad) ? bad[i] : i + 1 == G_N_ELEMENTS (bad) ? too_long : huge;
      g_autofree char *one = rig_refused (rig, RIG_ROOT, "Manager.CreateSession",
                                          g_variant_new ("(s@a{sv})", name, rig_options (NULL, NULL)), "InvalidArgs");
      g_autofree char *two = rig_refused (rig, objects->session, "Session.CreateChannel",
                                          g_variant_new ("(s@a{sv})", name, rig_options (NULL, NULL)), "InvalidArgs");

      g_assert_cmpuint (strlen (one), <=, 1024);
      g_assert_cmpuint (strlen (two), <=, 1024);
      assert_unchanged (rig, before, name == huge ? "a huge name" : name);
    }
  session = rig_session (rig, longest);
}

static void
patterns (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autofree char *before = rig_snapshot (rig);
  g_autofree char *too_long = g_strnfill (TBUS_MAX_PATTERN + 1, 'p');
  g_autofree char *empty_why = rig_refused (rig, objects->channel, "Channel.EnableEvent",
                                            g_variant_new ("(s@a{sv})", "", rig_options (NULL, NULL)), "InvalidArgs");
  g_autofree char *long_why = rig_refused (rig, objects->session, "Session.EnableEvents",
                                           rig_one_rule ("events", too_long, rig_options (NULL, NULL)), "InvalidArgs");
  g_autofree char *none_why = rig_refused (rig, objects->session, "Session.EnableEvents",
                                           g_variant_new_parsed ("('', @a(sa{sv}) [], @a{sv} {})"), "InvalidArgs");
  g_autofree char *long_off = rig_refused (rig, objects->channel, "Channel.DisableEvent",
                                           g_variant_new ("(s@a{sv})", too_long, rig_options (NULL, NULL)),
                                           "InvalidArgs");

  assert_unchanged (rig, before, "a bad pattern");
}

static void
more_rules_than_a_channel_has (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autofree char *before = rig_snapshot (rig);
  g_autofree char *why = NULL;
  GVariantBuilder rules;

  g_variant_builder_init (&rules, G_VARIANT_TYPE ("a(sa{sv})"));
  for (guint i = 0; i <= TBUS_MAX_RULES; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("e%u", i);

      g_variant_builder_add (&rules, "(s@a{sv})", pattern, rig_options (NULL, NULL));
    }
  why = rig_refused (rig, objects->session, "Session.EnableEvents",
                     g_variant_new ("(sa(sa{sv})@a{sv})", "", &rules, rig_options (NULL, NULL)), "Exhausted");
  assert_unchanged (rig, before, "too many rules");
}

static void
more_users_than_a_session_has (Rig *rig)
{
  g_autofree guint32 *uids = g_new0 (guint32, 100000);
  GVariant *array = g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, uids, 100000, sizeof *uids);
  g_autofree char *why = rig_refused (rig, RIG_ROOT, "Manager.CreateSession",
                                      g_variant_new ("(s@a{sv})", "x", rig_options ("uids", array)), "Exhausted");

  g_assert_nonnull (strstr (why, "all-users"));
  rig_assert_property (rig, RIG_ROOT, "Manager.SessionCount", "uint32 0");
}

static void
duplicates (Rig *rig)
{
  static const Case cases[] = {
    { "Manager.CreateSession", "('one', @a{sv} {})", "AlreadyExists", "one" },
    { "Session.CreateChannel", "('events', @a{sv} {})", "AlreadyExists", "events" },
    { "Session.CreateChannel", "('x', {'buffer-ownership': <'process'>})", "InvalidState", "buffer-ownership" },
    { "Session.Stop", "({'no-wait': <true>, 'no-wait': <true>},)", "InvalidArgs", "twice" },
    { NULL },
  };
  g_autoptr(RigObjects) objects = rig_objects_new (rig);

  assert_cases (rig, objects, cases);
}

static void
what_is_not_there (Rig *rig)
{
  static const Case cases[] = {
    { "Manager.GetSession", "('two',)", "NotFound", "two" },
    { "Manager.GetSession", "('',)", "NotFound", NULL },
    { "Session.GetChannel", "('no',)", "NotFound", "no" },
    { "Session.EnableEvents", "('no', [('*', @a{sv} {})], @a{sv} {})", "NotFound", "no" },
    { "Channel.DisableEvent", "('never', @a{sv} {})", "NotFound", "never" },
    { NULL },
  };
  g_autoptr(RigObjects) objects = rig_objects_new (rig);

  assert_cases (rig, objects, cases);
}

static void
wrong_states (Rig *rig)
{
  static const Case inactive[] = {
    { "Session.Stop", "(@a{sv} {},)", "InvalidState", "not recording" },
    { NULL },
  };
  static const Case active[] = {
    { "Session.Start", "(@a{sv} {},)", "InvalidState", "recording already" },
    { "Session.CreateChannel", "('late', @a{sv} {})", "InvalidState", NULL },
    { "Session.EnableEvents", "('', [('*', @a{sv} {})], @a{sv} {})", "InvalidState", NULL },
    { NULL },
  };
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  g_autoptr(GVariant) started = NULL, stopped = NULL;

  assert_cases (rig, objects, inactive);
  started = rig_call (rig, objects->session, "Session.Start", rig_no_options ());
  assert_cases (rig, objects, active);
  stopped = rig_call (rig, objects->session, "Session.Stop", rig_no_options ());
  assert_cases (rig, objects, inactive);
}

static void
a_start_without_channels (Rig *rig)
{
  g_autofree char *session = rig_session (rig, "none");
  g_autofree char *why = rig_refused (rig, session, "Session.Start", rig_no_options (), "InvalidState");

  g_assert_nonnull (strstr (why, "channel"));
  rig_assert_property (rig, session, "Session.State", "'inactive'");
}

static void
a_service_without_consumers (Rig *rig)
{
  g_autofree char *why = NULL;

  rig->pool.broken = TRUE;
  why = rig_refused (rig, RIG_ROOT, "Manager.CreateSession", g_variant_new_parsed ("('x', @a{sv} {})"),
                     "ConsumerFailed");
  rig_assert_property (rig, RIG_ROOT, "Manager.SessionCount", "uint32 0");
}

static void
objects_that_are_not_there (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);
  const char *const paths[] = { RIG_ROOT "/session/999", RIG_ROOT "/session", RIG_ROOT "/app/999", "/" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr(GError) error = NULL;
      g_autoptr(GVariant) reply = rig_try (rig, rig->caller, paths[i], "Session.Start", rig_no_options (), &error);

      g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
    }
}

static void
an_app_that_has_ended (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "app");
  TbusTracee *tracee = g_ptr_array_steal_index (rig->tracees, 0);
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = NULL;

  tst_fake_tracer_leave (rig->tracer, rig->core, tracee);
  tbus_tracee_unref (tracee);
  reply = rig_try (rig, rig->caller, app, "App.ListTracepoints", rig_no_options (), &error);
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD);
}

static void
writing_a_property (Rig *rig)
{
  g_autoptr(RigObjects) objects = rig_objects_new (rig);

  for (guint i = 0; rig_interfaces[i] != NULL; i++)
    {
      const GDBusInterfaceInfo *info = rig_interfaces[i]->info;

      for (guint j = 0; info->properties[j] != NULL; j++)
        {
          g_autoptr(GError) error = NULL;
          g_autoptr(GVariant) value = g_variant_ref_sink (g_variant_new_string ("x"));
          g_autoptr(GVariant) parameters = g_variant_ref_sink (
            g_variant_new ("(ssv)", info->name, info->properties[j]->name, value));
          g_autoptr(GVariant) reply = rig_try_standard (rig, rig_objects_path (objects, info->name),
                                                        "org.freedesktop.DBus.Properties", "Set", parameters, &error);

          g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS);
        }
    }
}

static void
add_tests (void)
{
  rig_add ("/bus/refuses/unknown-options-of-every-method", options_of_every_method);
  rig_add ("/bus/refuses/wrong-signatures-of-every-method", signatures_of_every_method);
  rig_add ("/bus/refuses/wrong-types-of-options", types_of_options);
  rig_add ("/bus/refuses/wrong-values-of-options", values_of_options);
  rig_add ("/bus/refuses/bad-names", names);
  rig_add ("/bus/refuses/bad-patterns", patterns);
  rig_add ("/bus/refuses/more-rules-than-a-channel-has", more_rules_than_a_channel_has);
  rig_add ("/bus/refuses/more-users-than-a-session-has", more_users_than_a_session_has);
  rig_add ("/bus/refuses/duplicates", duplicates);
  rig_add ("/bus/refuses/what-is-not-there", what_is_not_there);
  rig_add ("/bus/refuses/wrong-states", wrong_states);
  rig_add ("/bus/refuses/a-start-without-channels", a_start_without_channels);
  rig_add ("/bus/refuses/a-session-without-a-consumer", a_service_without_consumers);
  rig_add ("/bus/refuses/objects-that-are-not-there", objects_that_are_not_there);
  rig_add ("/bus/refuses/an-app-that-has-ended", an_app_that_has_ended);
  rig_add ("/bus/refuses/writing-a-property", writing_a_property);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
