/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/channels.h"

static void
channel_free (gpointer data)
{
  CtlChannel *self = data;

  g_free (self->name);
  g_free (self->path);
  g_free (self);
}

GPtrArray *
ctl_load_channels (Ctl *ctl, const char *session, GError **error)
{
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func (channel_free);
  g_autoptr(GVariant) properties = ctl_get_properties (ctl, session, "Session", error);
  g_autofree const char **paths = NULL;

  if (properties == NULL)
    return NULL;
  g_variant_lookup (properties, "Channels", "^a&o", &paths);
  for (guint i = 0; paths != NULL && paths[i] != NULL; i++)
    {
      g_autoptr(GVariant) properties_of_it = ctl_get_properties (ctl, paths[i], "Channel", error);
      const char *name = "";
      CtlChannel *channel;

      if (properties_of_it == NULL)
        return NULL;
      g_variant_lookup (properties_of_it, "Name", "&s", &name);
      if (g_str_equal (name, "metadata"))
        continue;
      channel = g_new0 (CtlChannel, 1);
      channel->name = g_strdup (name);
      channel->path = g_strdup (paths[i]);
      g_ptr_array_add (found, channel);
    }
  return g_steal_pointer (&found);
}

char *
ctl_make_channel (Ctl *ctl, const char *session, const char *name, GError **error)
{
  g_autoptr(GVariant) answer = NULL;
  char *path;

  answer = ctl_call (ctl, session, "Session.CreateChannel", g_variant_new ("(sa{sv})", name, NULL), error);
  if (answer == NULL)
    return NULL;
  g_variant_get (answer, "(o)", &path);
  return path;
}

char *
ctl_find_or_make_channel (Ctl *ctl, const char *session, const char *name, GError **error)
{
  g_autoptr(GError) local_error = NULL;
  char *path = ctl_find_channel (ctl, session, name, &local_error);

  if (path != NULL)
    return path;
  if (ctl->style->makes_channels && g_error_matches (local_error, CTL_ERROR, CTL_ERROR_NO_CHANNEL))
    return ctl_make_channel (ctl, session, name, error);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

gboolean
ctl_check_default_channel (Ctl *ctl, const char *session, GError **error)
{
  g_autoptr(GPtrArray) channels = NULL;

  if (!ctl->style->strict)
    return TRUE;
  channels = ctl_load_channels (ctl, session, error);
  if (channels == NULL)
    return FALSE;
  for (guint i = 0; i < channels->len; i++)
    {
      const CtlChannel *channel = channels->pdata[i];

      if (g_str_equal (channel->name, CTL_DEFAULT_CHANNEL))
        continue;
      g_set_error (error, CTL_ERROR, CTL_ERROR_NEEDS_CHANNEL,
                   "The session has channels of its own, such as \"%s\": please say which one with --channel",
                   channel->name);
      return FALSE;
    }
  return TRUE;
}
