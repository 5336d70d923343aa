/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/users.h"

#include <pwd.h>

static gboolean
find_user (const char *text, guint32 *uid, GError **error)
{
  const struct passwd *user;
  guint64 number;

  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32 - 1, &number, NULL))
    {
      *uid = (guint32) number;
      return TRUE;
    }
  user = getpwnam (text);
  if (user == NULL)
    return ctl_usage (error, "There is no user \"%s\"", text);
  *uid = user->pw_uid;
  return TRUE;
}

gboolean
ctl_users_add (Ctl *ctl, GVariantDict *options, const char *list, gboolean all, GError **error)
{
  g_auto(GVariantBuilder) uids = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("au"));
  g_auto(GStrv) names = NULL;

  if (list != NULL && all)
    return ctl_usage (error, "--uids and --all-users exclude each other");
  if (all)
    g_variant_dict_insert (options, "all-users", "b", TRUE);
  if (list == NULL)
    return TRUE;
  if (!ctl_split_names (ctl, list, "user", &names, error))
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    {
      guint32 uid = 0;

      if (!find_user (names[i], &uid, error))
        return FALSE;
      g_variant_builder_add (&uids, "u", uid);
    }
  g_variant_dict_insert_value (options, "uids", g_variant_builder_end (&uids));
  return TRUE;
}
