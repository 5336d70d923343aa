/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists that scripts made for LTTng's command find their way in: its layout, and its words. */
#include "client/levels.h"
#include "client/list.h"
#include "client/show.h"

#include <stdio.h>

#define LINE "-------------"

static void
print_sessions (GPtrArray *sessions, const CtlListing *listing)
{
  if (sessions->len == 0)
    {
      printf ("Currently no available recording session\n");
      return;
    }
  printf ("Available recording sessions:\n");
  for (guint i = 0; i < sessions->len; i++)
    {
      g_autofree char *name = ctl_show_text (sessions->pdata[i], "Name");
      g_autofree char *state = ctl_show_text (sessions->pdata[i], "State");
      g_autofree char *output = ctl_show_text (sessions->pdata[i], "Output");

      printf ("  %u) %s [%s]\n    Trace output: %s\n\n", i + 1, name, state, output);
    }
  printf ("\nUse lttng list <session_name> for more details\n");
}

/* A number of @unit, or @none where it is 0. */
static void
print_number (GVariant *channel, const char *label, const char *key, const char *unit, const char *none)
{
  g_autofree char *number = ctl_show_number (channel, key);

  if (none != NULL && g_str_equal (number, "0"))
    printf ("      %-17s %s\n", label, none);
  else
    printf ("      %-17s %s%s\n", label, number, unit);
}

static void
print_attributes (GVariant *channel, const char *mode)
{
  gint64 blocking = 0;

  g_variant_lookup (channel, "BlockingTimeoutUs", "x", &blocking);
  printf ("    Attributes:\n      %-17s %s\n", "Event-loss mode:", mode);
  print_number (channel, "Sub-buffer size:", "SubbufSize", " bytes", NULL);
  print_number (channel, "Sub-buffer count:", "NumSubbuf", "", NULL);
  print_number (channel, "Switch timer:", "SwitchTimerUs", " us", "inactive");
  print_number (channel, "Read timer:", "ReadTimerUs", " us", "inactive");
  print_number (channel, "Monitor timer:", "MonitorTimerUs", " us", "inactive");
  if (blocking < 0)
    printf ("      %-17s infinite\n", "Blocking timeout:");
  else if (g_str_equal (mode, "discard"))
    printf ("      %-17s %" G_GINT64_FORMAT " us\n", "Blocking timeout:", blocking);
  print_number (channel, "Trace file count:", "TracefileCount", " per stream", "1 per stream");
  print_number (channel, "Trace file size:", "TracefileSize", " bytes", "unlimited");
  printf ("      %-17s mmap\n\n", "Output mode:");
}

static void
print_rule (GVariant *rule)
{
  g_autofree char *pattern = ctl_show_text (rule, "pattern");
  g_autofree const char **exclusions = NULL;
  const char *match = "", *filter = "";
  gboolean enabled = FALSE;
  gint32 level = -1;

  g_variant_lookup (rule, "enabled", "b", &enabled);
  g_variant_lookup (rule, "loglevel", "i", &level);
  g_variant_lookup (rule, "loglevel-match", "&s", &match);
  g_variant_lookup (rule, "filter", "&s", &filter);
  g_variant_lookup (rule, "exclude", "^a&s", &exclusions);
  printf ("      %s", pattern);
  if (level >= 0)
    printf (" (loglevel %s %s (%d))", g_str_equal (match, "exactly") ? "==" : "<=", ctl_level_name (level), level);
  printf (" (type: tracepoint) [%s]", enabled ? "enabled" : "disabled");
  if (exclusions != NULL && exclusions[0] != NULL)
    {
      g_autofree char *list = g_strjoinv (",", (char **) exclusions);

      printf (" [exclusions: %s]", list);
    }
  if (*filter != '\0')
    printf (" [filter: '%s']", filter);
  printf ("\n");
}

static void
print_rules (GVariant *channel)
{
  g_autoptr(GVariant) rules = g_variant_lookup_value (channel, "Rules", G_VARIANT_TYPE ("aa{sv}"));
  gsize count = rules != NULL ? g_variant_n_children (rules) : 0;

  printf ("    Recording event rules:\n%s", count == 0 ? "      None\n" : "");
  for (gsize i = 0; i < count; i++)
    {
      g_autoptr(GVariant) rule = g_variant_get_child_value (rules, i);

      print_rule (rule);
    }
  printf ("\n");
}

static void
print_channel (GVariant *channel)
{
  g_autofree char *name = ctl_show_text (channel, "Name");
  g_autofree char *mode = ctl_show_text (channel, "Mode");
  g_autofree char *lost = ctl_show_number (channel, "PacketsLost");
  g_autofree char *discarded = ctl_show_number (channel, "EventsDiscarded");
  gboolean enabled = TRUE;

  g_variant_lookup (channel, "Enabled", "b", &enabled);
  printf ("- %s: [%s]\n\n", name, enabled ? "enabled" : "disabled");
  print_attributes (channel, mode);
  printf ("    Statistics:\n");
  if (g_str_equal (mode, "discard"))
    printf ("      %-17s %s\n\n", "Discarded events:", discarded);
  else
    printf ("      %-17s %s\n\n", "Lost packets:", lost);
  print_rules (channel);
}

static void
print_tracker (GVariant *trackers, const char *label, const char *attribute)
{
  g_autoptr(GVariant) values = NULL;
  gsize count;

  printf ("  %-21s ", label);
  if (trackers != NULL)
    values = g_variant_lookup_value (trackers, attribute, G_VARIANT_TYPE ("au"));
  count = values != NULL ? g_variant_n_children (values) : 0;
  if (count == 0)
    printf ("%s", values != NULL ? "none" : "all");
  for (gsize i = 0; i < count; i++)
    {
      guint32 value;

      g_variant_get_child (values, i, "u", &value);
      printf ("%s%u", i > 0 ? ", " : "", value);
    }
  printf ("\n");
}

static void
print_domain (GVariant *session)
{
  g_autoptr(GVariant) trackers = g_variant_lookup_value (session, "Trackers", G_VARIANT_TYPE_VARDICT);
  const char *ownership = "";

  g_variant_lookup (session, "BufferOwnership", "&s", &ownership);
  printf ("=== Domain: User space ===\n\nBuffering scheme: per-%s\n\nTracked process attributes\n", ownership);
  print_tracker (trackers, "Virtual process IDs:", "vpid");
  print_tracker (trackers, "Virtual user IDs:", "vuid");
  print_tracker (trackers, "Virtual group IDs:", "vgid");
  printf ("\n");
}

static void
print_session (GVariant *session, GPtrArray *channels, const CtlListing *listing)
{
  g_autofree char *name = ctl_show_text (session, "Name");
  g_autofree char *state = ctl_show_text (session, "State");
  g_autofree char *output = ctl_show_text (session, "Output");

  printf ("Recording session %s: [%s]\n    Trace output: %s\n\n", name, state, output);
  if (listing->domains)
    {
      printf ("Domains:\n" LINE "\n%s", channels->len > 0 ? "  - UST global\n" : "  None\n");
      return;
    }
  if (channels->len == 0)
    return;
  print_domain (session);
  printf ("Channels:\n" LINE "\n");
  for (guint i = 0; i < channels->len; i++)
    print_channel (channels->pdata[i]);
}

static void
print_fields (GVariant *tracepoint)
{
  g_autoptr(GVariant) fields = g_variant_lookup_value (tracepoint, "fields", G_VARIANT_TYPE ("aa{sv}"));
  gsize count = fields != NULL ? g_variant_n_children (fields) : 0;

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr(GVariant) field = g_variant_get_child_value (fields, i);
      g_autofree char *name = ctl_show_text (field, "name");
      g_autofree char *type = ctl_show_text (field, "type");

      /* The types that it has no name for. */
      printf ("        field: %s (%s)\n", name, g_str_equal (type, "other") ? "unknown" : type);
    }
}

/* It may have ended meanwhile. */
static void
print_app (Ctl *ctl, const char *path, GVariant *tracepoint)
{
  g_autoptr(GVariant) app = ctl_get_properties (ctl, path, "App", NULL);
  g_autofree char *pid = ctl_show_number (tracepoint, "pid");
  g_autofree char *name = app != NULL ? ctl_show_text (app, "Name") : g_strdup ("-");

  printf ("\nPID: %s - Name: %s\n", pid, name);
}

static void
print_tracepoints (Ctl *ctl, GVariant *tracepoints, const CtlListing *listing)
{
  gsize count = g_variant_n_children (tracepoints);
  g_autofree char *latest = NULL;

  printf ("UST events:\n" LINE "\n%s", count == 0 ? "None\n" : "");
  for (gsize i = 0; i < count; i++)
    {
      g_autoptr(GVariant) tracepoint = g_variant_get_child_value (tracepoints, i);
      g_autofree char *name = ctl_show_text (tracepoint, "name");
      g_autofree char *level = ctl_show_text (tracepoint, "loglevel-name");
      g_autofree char *number = ctl_show_number (tracepoint, "loglevel");
      g_autofree char *app = NULL;

      g_variant_lookup (tracepoint, "app", "o", &app);
      if (g_strcmp0 (app, latest) != 0)
        print_app (ctl, app, tracepoint);
      printf ("      %s (loglevel: %s (%s)) (type: tracepoint)\n", name, level, number);
      if (listing->fields)
        print_fields (tracepoint);
      g_free (latest);
      latest = g_steal_pointer (&app);
    }
  printf ("\n");
}

const struct CtlLister ctl_lister_lttng = {
  .sessions = print_sessions,
  .session = print_session,
  .tracepoints = print_tracepoints,
};
