/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/targets.h"

#include <unistd.h>

void
ctl_targets_clear (CtlTargets *self)
{
  g_clear_pointer (&self->session, g_free);
}

static gboolean
is_target (const CtlTargets *targets, GVariant *session, const char *pattern)
{
  const char *name = "", *state = "";
  guint32 owner = G_MAXUINT32;

  g_variant_lookup (session, "Name", "&s", &name);
  g_variant_lookup (session, "State", "&s", &state);
  g_variant_lookup (session, "Owner", "u", &owner);
  return owner == getuid () && (targets->state == NULL || g_str_equal (state, targets->state))
         && (targets->all || g_pattern_match_simple (pattern, name));
}

static gboolean
for_several (Ctl *ctl, const CtlTargets *targets, CtlSessionFunc function, gpointer user_data, GError **error)
{
  const char *pattern = targets->argument != NULL ? targets->argument : targets->session;
  g_autoptr(GPtrArray) sessions = ctl_get_objects (ctl, "Session", error);
  guint found = 0, failed = 0;

  if (sessions == NULL)
    return FALSE;
  for (guint i = 0; i < sessions->len; i++)
    {
      GVariant *session = sessions->pdata[i];
      g_autoptr(GError) local_error = NULL;
      const char *path, *name = "";

      if (!is_target (targets, session, pattern))
        continue;
      found++;
      g_variant_lookup (session, "Path", "&o", &path);
      g_variant_lookup (session, "Name", "&s", &name);
      if (function (ctl, path, name, user_data, &local_error))
        continue;
      g_prefix_error (&local_error, "%s: ", name);
      ctl_print_error (ctl, local_error);
      failed++;
    }
  if (found == 0)
    ctl_say (ctl, CTL_TEXT_NO_SESSIONS, NULL, NULL, NULL);
  if (failed > 0)
    g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_INVALID_STATE, "It failed for %u of %u sessions", failed,
                 found);
  return failed == 0;
}

gboolean
ctl_for_targets (Ctl *ctl, const CtlTargets *targets, CtlSessionFunc function, gpointer user_data, GError **error)
{
  const char *wanted = targets->argument != NULL ? targets->argument : targets->session;
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;

  if (targets->all && (wanted != NULL || targets->glob))
    return ctl_usage (error, "--all and the name of a session exclude each other");
  if (targets->glob && wanted == NULL)
    return ctl_usage (error, "--glob needs a pattern");
  if (targets->all || targets->glob)
    return for_several (ctl, targets, function, user_data, error);
  return ctl_find_session (ctl, wanted, &path, &name, error) && function (ctl, path, name, user_data, error);
}
