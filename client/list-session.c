/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/list.h"

#include "client/json.h"
#include "client/show.h"
#include "client/table.h"
#include "client/units.h"

#include <stdio.h>

/* The properties of the channel at @path, with "Path" (o) and "Rules" (aa{sv}) added. */
static GVariant *
load_channel (Ctl *ctl, const char *path, GError **error)
{
  g_autoptr(GVariant) properties = ctl_get_properties (ctl, path, "Channel", error);
  g_auto(GVariantDict) channel = G_VARIANT_DICT_INIT (properties);
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GVariant) rules = NULL;

  if (properties == NULL)
    return NULL;
  answer = ctl_call (ctl, path, "Channel.ListEventRules", ctl_no_options (), error);
  if (answer == NULL)
    return NULL;
  rules = g_variant_get_child_value (answer, 0);
  g_variant_dict_insert (&channel, "Path", "o", path);
  g_variant_dict_insert_value (&channel, "Rules", rules);
  return g_variant_ref_sink (g_variant_dict_end (&channel));
}

/* The channels of @session; only @only where that is not NULL. */
static GPtrArray *
load_channels (Ctl *ctl, GVariant *session, const char *only, GError **error)
{
  g_autoptr(GPtrArray) channels = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  g_autofree const char **paths = NULL;

  g_variant_lookup (session, "Channels", "^a&o", &paths);
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    {
      g_autoptr(GVariant) channel = load_channel (ctl, paths[i], error);
      const char *name = "";

      if (channel == NULL)
        return NULL;
      g_variant_lookup (channel, "Name", "&s", &name);
      if (only == NULL || g_str_equal (name, only))
        g_ptr_array_add (channels, g_steal_pointer (&channel));
    }
  return g_steal_pointer (&channels);
}

static void
print_json (GVariant *session, const char *path, GPtrArray *channels)
{
  g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (session);

  g_variant_dict_insert (&dict, "Path", "o", path);
  g_variant_dict_insert_value (&dict, "Channels", ctl_array_of_objects (channels));
  ctl_json_print (g_variant_dict_end (&dict));
}

/* "<= 6": as severe as 6, or more. (transfer full) */
static char *
describe_level (GVariant *rule)
{
  const char *match = "";
  gint32 level = -1;

  g_variant_lookup (rule, "loglevel", "i", &level);
  g_variant_lookup (rule, "loglevel-match", "&s", &match);
  if (level < 0)
    return g_strdup ("-");
  return g_strdup_printf ("%s %d", g_str_equal (match, "exactly") ? "=" : "<=", level);
}

/* The strings (as) of @key; "-" where there are none. (transfer full) */
static char *
show_list (GVariant *properties, const char *key, const char *separator)
{
  g_autofree const char **words = NULL;

  g_variant_lookup (properties, key, "^a&s", &words);
  return words != NULL && words[0] != NULL ? g_strjoinv (separator, (char **) words) : g_strdup ("-");
}

static void
print_rules (GVariant *channel, gboolean legend)
{
  static const char *const heads[] = { "EVENT", "ENABLED", "LOGLEVEL", "FILTER", "EXCLUDE", "PROBLEM", NULL };
  g_autoptr(GVariant) rules = g_variant_lookup_value (channel, "Rules", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr(CtlTable) table = ctl_table_new (heads);
  gsize count = rules != NULL ? g_variant_n_children (rules) : 0;

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr(GVariant) rule = g_variant_get_child_value (rules, i);
      gboolean enabled = FALSE;

      g_variant_lookup (rule, "enabled", "b", &enabled);
      ctl_table_add (table, ctl_show_text (rule, "pattern"), g_strdup (enabled ? "yes" : "no"), describe_level (rule),
                     ctl_show_text (rule, "filter"), show_list (rule, "exclude", ","), ctl_show_text (rule, "problem"));
    }
  if (count > 0)
    ctl_table_print (table, 4, legend);
}

static void
print_channel (GVariant *channel, gboolean legend)
{
  g_autofree char *name = ctl_show_text (channel, "Name");
  g_autofree char *size = ctl_show_size (channel, "SubbufSize");
  g_autofree char *count = ctl_show_number (channel, "NumSubbuf");
  g_autofree char *mode = ctl_show_text (channel, "Mode");
  g_autofree char *switch_timer = ctl_show_number (channel, "SwitchTimerUs");
  g_autofree char *read_timer = ctl_show_number (channel, "ReadTimerUs");
  g_autofree char *written = ctl_show_size (channel, "BytesWritten");
  g_autofree char *discarded = ctl_show_number (channel, "EventsDiscarded");
  g_autofree char *lost = ctl_show_number (channel, "PacketsLost");
  g_autofree char *contexts = show_list (channel, "Contexts", ", ");
  gboolean enabled = TRUE;

  g_variant_lookup (channel, "Enabled", "b", &enabled);
  printf ("\n  Channel %s%s: %s x %s, %s, switch timer %s us, read timer %s us\n", name, enabled ? "" : " (disabled)",
           count, size, mode, switch_timer, read_timer);
  printf ("    %s written, %s events discarded, %s packets lost\n", written, discarded, lost);
  if (!g_str_equal (contexts, "-"))
    printf ("    contexts: %s\n", contexts);
  print_rules (channel, legend);
}

/* "vpid 1, 2", "vuid none": of those that do not take all. */
static void
print_trackers (GVariant *session)
{
  static const char *const attributes[] = { "vpid", "vuid", "vgid" };
  g_autoptr(GVariant) trackers = g_variant_lookup_value (session, "Trackers", G_VARIANT_TYPE_VARDICT);

  for (guint i = 0; trackers != NULL && i < G_N_ELEMENTS (attributes); i++)
    {
      g_autoptr(GVariant) values = g_variant_lookup_value (trackers, attributes[i], G_VARIANT_TYPE ("au"));
      gsize n = values != NULL ? g_variant_n_children (values) : 0;

      if (values == NULL)
        continue;
      printf ("  Tracked    %s%s", attributes[i], n == 0 ? " none" : "");
      for (gsize j = 0; j < n; j++)
        {
          guint32 value;

          g_variant_get_child (values, j, "u", &value);
          printf ("%s %u", j > 0 ? "," : "", value);
        }
      printf ("\n");
    }
}

static void
print_problems (GVariant *session)
{
  g_autoptr(GVariant) problems = g_variant_lookup_value (session, "Problems", G_VARIANT_TYPE ("aa{sv}"));
  gsize count = problems != NULL ? g_variant_n_children (problems) : 0;

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr(GVariant) problem = g_variant_get_child_value (problems, i);
      g_autofree char *code = ctl_show_text (problem, "code");
      g_autofree char *message = ctl_show_text (problem, "message");

      printf ("  Problem    %s: %s\n", code, message);
    }
}

static void
print_attributes (GVariant *session)
{
  g_autofree char *name = ctl_show_text (session, "Name");
  g_autofree char *state = ctl_show_text (session, "State");
  g_autofree char *owner = ctl_show_number (session, "Owner");
  g_autofree char *output = ctl_show_text (session, "Output");
  g_autofree char *ownership = ctl_show_text (session, "BufferOwnership");
  g_autofree char *written = ctl_show_size (session, "BytesWritten");
  g_autofree char *discarded = ctl_show_number (session, "EventsDiscarded");
  g_autofree char *lost = ctl_show_number (session, "PacketsLost");
  g_autofree char *created = NULL;
  guint64 created_at = 0, late = 0;

  g_variant_lookup (session, "AppsLate", "t", &late);
  g_variant_lookup (session, "CreatedAt", "t", &created_at);
  created = ctl_format_time (created_at);
  printf ("Session %s (%s)\n", name, state);
  printf ("  Owner      %s\n  Created    %s\n  Output     %s\n  Buffers    %s\n", owner, created, output, ownership);
  printf ("  Totals     %s written, %s events discarded, %s packets lost\n", written, discarded, lost);
  if (late > 0)
    printf ("  Late       %" G_GUINT64_FORMAT " programs were not recorded from their start on\n", late);
  print_trackers (session);
  print_problems (session);
}

void
ctl_print_session (GVariant *session, GPtrArray *channels, const CtlListing *listing)
{
  print_attributes (session);
  for (guint i = 0; i < channels->len; i++)
    print_channel (channels->pdata[i], listing->legend);
}

gboolean
ctl_list_session (Ctl *ctl, const CtlListing *listing, const char *name, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr(GVariant) session = NULL;
  g_autoptr(GPtrArray) channels = NULL;

  if (!ctl_find_session (ctl, name, &path, NULL, error))
    return FALSE;
  session = ctl_get_properties (ctl, path, "Session", error);
  if (session == NULL)
    return FALSE;
  channels = load_channels (ctl, session, listing->channel, error);
  if (channels == NULL)
    return FALSE;
  if (listing->channel != NULL && channels->len == 0)
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_NO_CHANNEL, "Channel %s not found", listing->channel);
      return FALSE;
    }
  if (listing->json)
    print_json (session, path, channels);
  else
    ctl->style->lister->session (session, channels, listing);
  return TRUE;
}
