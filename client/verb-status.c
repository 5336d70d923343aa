/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

#include "client/json.h"
#include "client/show.h"
#include "client/table.h"

/* Names the parts that are stuck. Returns: (transfer full): "alive", or which are not. */
static char *
describe_health (GVariant *properties, guint *stuck)
{
  g_autoptr(GVariant) health = g_variant_lookup_value (properties, "Health", G_VARIANT_TYPE ("a{sa{sv}}"));
  g_autoptr(GString) text = g_string_new (NULL);
  GVariantIter parts;
  GVariant *state;
  const char *part;

  if (health == NULL)
    return g_strdup ("-");
  g_variant_iter_init (&parts, health);
  while (g_variant_iter_loop (&parts, "{&s@a{sv}}", &part, &state))
    {
      const char *doing = "";
      gboolean alive = FALSE;

      g_variant_lookup (state, "alive", "b", &alive);
      g_variant_lookup (state, "doing", "&s", &doing);
      if (alive)
        continue;
      g_string_append_printf (text, "%s%s is stuck%s%s%s", *stuck > 0 ? "; " : "", part, *doing != '\0' ? " (" : "",
                              doing, *doing != '\0' ? ")" : "");
      (*stuck)++;
    }
  return *stuck > 0 ? g_string_free (g_steal_pointer (&text), FALSE) : g_strdup ("alive");
}

static void
print_json (Ctl *ctl, GVariant *properties)
{
  g_auto(GVariantDict) dict = G_VARIANT_DICT_INIT (properties);
  g_autofree char *current = ctl_current_session_load (ctl->style->memory);

  g_variant_dict_insert (&dict, "Bus", "s", ctl_get_bus_name (ctl));
  if (current != NULL)
    g_variant_dict_insert (&dict, "CurrentSession", "s", current);
  ctl_json_print (g_variant_dict_end (&dict));
}

static void
print_table (Ctl *ctl, GVariant *properties, char *health, gboolean legend)
{
  static const char *const heads[] = { "PROPERTY", "VALUE", NULL };
  g_autoptr(CtlTable) table = ctl_table_new (heads);
  g_autofree char *used = ctl_show_number (properties, "FdsInUse");
  g_autofree char *budget = ctl_show_number (properties, "FdBudget");
  char *current = ctl_current_session_load (ctl->style->memory);

  ctl_table_add (table, g_strdup ("version"), ctl_show_text (properties, "Version"));
  ctl_table_add (table, g_strdup ("tracer"), ctl_show_text (properties, "TracerVersion"));
  ctl_table_add (table, g_strdup ("bus"), g_strdup (ctl_get_bus_name (ctl)));
  ctl_table_add (table, g_strdup ("app-socket"), ctl_show_text (properties, "RegistrationSocket"));
  ctl_table_add (table, g_strdup ("sessions"), ctl_show_number (properties, "SessionCount"));
  ctl_table_add (table, g_strdup ("apps"), ctl_show_number (properties, "AppCount"));
  ctl_table_add (table, g_strdup ("apps-refused"), ctl_show_number (properties, "AppsRefused"));
  ctl_table_add (table, g_strdup ("consumers"), ctl_show_number (properties, "ConsumerCount"));
  ctl_table_add (table, g_strdup ("descriptors"), g_strdup_printf ("%s of %s", used, budget));
  ctl_table_add (table, g_strdup ("health"), health);
  ctl_table_add (table, g_strdup ("current-session"), current != NULL ? current : g_strdup ("-"));
  ctl_table_print (table, 0, legend);
}

static gboolean
status_run (Ctl *ctl, char ***args, GError **error)
{
  g_autoptr(GVariant) properties = NULL;
  gboolean json = FALSE, no_legend = FALSE;
  char *health;
  guint stuck = 0;
  const GOptionEntry entries[] = { CTL_OPTION_JSON (&json), CTL_OPTION_NO_LEGEND (&no_legend), { NULL } };

  if (!ctl_parse (ctl, entries, args, error))
    return FALSE;
  properties = ctl_get_properties (ctl, TBUS_ROOT_PATH, "Manager", error);
  if (properties == NULL)
    return FALSE;
  health = describe_health (properties, &stuck);
  if (json)
    {
      print_json (ctl, properties);
      g_free (health);
    }
  else
    print_table (ctl, properties, health, !no_legend);
  if (stuck > 0)
    g_set_error (error, TBUS_CLIENT_ERROR, TBUS_CLIENT_ERROR_TIMED_OUT, "%u part%s of the service %s stuck", stuck,
                 stuck == 1 ? "" : "s", stuck == 1 ? "is" : "are");
  return stuck == 0;
}

const CtlVerb ctl_verb_status = {
  .name = "status",
  .summary = "Show the service: version, bus, counts and health",
  .details = "Fails where a part of the service is stuck.",
  .styles = CTL_STYLE_OWN,
  .run = status_run,
};
