/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/current-session.h"

#include <stdio.h>

static char *
automatic_name (void)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();

  return g_date_time_format (now, "auto-%Y%m%d-%H%M%S");
}

static GVariant *
create_parameters (const char *name, const char *output)
{
  g_auto(GVariantDict) options = G_VARIANT_DICT_INIT (NULL);

  if (output != NULL)
    {
      /* The service would not know what a relative path is relative to. */
      g_autofree char *absolute = g_canonicalize_filename (output, NULL);

      g_variant_dict_insert (&options, "output", "s", absolute);
    }
  return g_variant_new ("(s@a{sv})", name, g_variant_dict_end (&options));
}

static gboolean
create_run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *output = NULL;
  g_autofree char *name = NULL;
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GVariant) properties = NULL;
  g_autoptr(GError) store_error = NULL;
  const char *path;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output,
      "Where the trace goes; default: ~/lttng-traces/NAME-DATE-TIME", "PATH" },
    { NULL }
  };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  if (output != NULL && !g_utf8_validate (output, -1, NULL))
    return ctl_usage (error, "The path of --output is not UTF-8, which D-Bus needs");
  name = (*args)[1] != NULL ? g_strdup ((*args)[1]) : automatic_name ();
  answer = ctl_call (ctl, TBUS_ROOT_PATH, "Manager.CreateSession", create_parameters (name, output), error);
  if (answer == NULL)
    return FALSE;
  printf ("Session %s created\n", name);
  if (!ctl_current_session_store (name, &store_error))
    ctl_warn ("Warning: It is not remembered as the current session: %s", store_error->message);
  g_variant_get (answer, "(&o)", &path);
  properties = ctl_get_properties (ctl, path, "Session", error);
  if (properties == NULL)
    return FALSE;
  g_clear_pointer (&output, g_free);
  if (g_variant_lookup (properties, "Output", "s", &output) && *output != '\0')
    printf ("Its trace will be in %s\n", output);
  return TRUE;
}

const CtlVerb ctl_verb_create = {
  .name = "create",
  .arguments = "[NAME]",
  .summary = "Create a session and make it the current one",
  .details = "Without NAME it is called auto-DATE-TIME. Nothing is recorded before \"tracebusctl start\".",
  .max_arguments = 1,
  .run = create_run,
};
