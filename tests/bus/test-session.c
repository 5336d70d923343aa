/* SPDX-License-Identifier: GPL-2.0-only */
/* org.tracebus1.Session, Channel: what a caller can do, and what comes of it. */
#include "rig.h"

static GVariant *
lookup (GVariant *reply, const char *key)
{
  g_autoptr(GVariant) dict = g_variant_get_child_value (reply, 0);

  return g_variant_lookup_value (dict, key, NULL);
}

static void
assert_number (GVariant *reply, const char *key, guint64 expected)
{
  g_autoptr(GVariant) value = lookup (reply, key);

  g_assert_nonnull (value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    g_assert_cmpuint (g_variant_get_uint32 (value), ==, expected);
  else
    g_assert_cmpuint (g_variant_get_uint64 (value), ==, expected);
}

static void
assert_property (Rig *rig, const char *path, const char *property, const char *expected)
{
  g_autoptr(GVariant) value = rig_get (rig, path, property);
  g_autofree char *text = g_variant_print (value, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static GVariant *
no_options (void)
{
  return g_variant_new ("(@a{sv})", rig_options (NULL, NULL));
}

static GVariant *
one_rule (const char *channel, const char *pattern, GVariant *options)
{
  GVariantBuilder rules;

  g_variant_builder_init (&rules, G_VARIANT_TYPE ("a(sa{sv})"));
  g_variant_builder_add (&rules, "(s@a{sv})", pattern, options);
  return g_variant_new ("(sa(sa{sv})@a{sv})", channel, &rules, rig_options (NULL, NULL));
}

static void
session_goes_from_made_to_destroyed (Rig *rig)
{
  g_autofree char *app = rig_app (rig, "app");
  g_autofree char *session = rig_session (rig, "one");
  g_autoptr(GVariant) enabled = rig_call (rig, session, "Session.EnableEvents",
                                          one_rule ("", "*", rig_options (NULL, NULL)));
  g_autoptr(GVariant) started = NULL, stopped = NULL, destroyed = NULL;
  g_autoptr(GVariant) output = NULL;

  assert_property (rig, session, "Session.State", "'inactive'");
  started = rig_call (rig, session, "Session.Start", no_options ());
  assert_number (started, "apps-applied", 1);
  assert_number (started, "apps-failed", 0);
  assert_property (rig, session, "Session.State", "'active'");
  assert_property (rig, session, "Session.BufferOwnership", "'user'");
  assert_property (rig, session, "Session.DataPending", "true");
  stopped = rig_call (rig, session, "Session.Stop", no_options ());
  assert_number (stopped, "events-discarded", 0);
  assert_number (stopped, "packets-lost", 0);
  assert_number (stopped, "bytes-dropped", 0);
  output = lookup (stopped, "output");
  g_assert_true (g_str_has_prefix (g_variant_get_string (output, NULL), "/home/owner/lttng-traces/one-"));
  assert_property (rig, session, "Session.State", "'inactive'");
  destroyed = rig_call (rig, session, "Session.Destroy", no_options ());
  assert_number (destroyed, "events-discarded", 0);
  g_assert_cmpuint (tbus_session_set_count (tbus_core_get_sessions (rig->core)), ==, 0);
}

static void
add_tests (void)
{
  rig_add ("/bus/session/goes-from-made-to-destroyed", session_goes_from_made_to_destroyed);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
