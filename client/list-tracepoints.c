/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/list.h"

#include "client/json.h"
#include "client/show.h"
#include "client/table.h"

static GVariant *
list_parameters (const CtlListing *listing)
{
  g_auto(GVariantDict) options = G_VARIANT_DICT_INIT (NULL);

  if (listing->fields)
    g_variant_dict_insert (&options, "fields", "b", TRUE);
  return g_variant_new ("(@a{sv})", g_variant_dict_end (&options));
}

/* "count: int32, text: string". (transfer full) */
static char *
describe_fields (GVariant *tracepoint)
{
  g_autoptr(GVariant) fields = g_variant_lookup_value (tracepoint, "fields", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr(GString) text = g_string_new (NULL);
  gsize count = fields != NULL ? g_variant_n_children (fields) : 0;

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr(GVariant) field = g_variant_get_child_value (fields, i);
      const char *name = "", *type = "";

      g_variant_lookup (field, "name", "&s", &name);
      g_variant_lookup (field, "type", "&s", &type);
      g_string_append_printf (text, "%s%s: %s", i > 0 ? ", " : "", name, type);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static char *
describe_level (GVariant *tracepoint)
{
  g_autofree char *name = ctl_show_text (tracepoint, "loglevel-name");
  g_autofree char *number = ctl_show_number (tracepoint, "loglevel");

  return g_strdup_printf ("%s (%s)", name, number);
}

void
ctl_print_tracepoints (Ctl *ctl, GVariant *tracepoints, const CtlListing *listing)
{
  static const char *const heads[] = { ">PID", "NAME", "LOGLEVEL", NULL };
  static const char *const heads_with_fields[] = { ">PID", "NAME", "LOGLEVEL", "FIELDS", NULL };
  g_autoptr(CtlTable) table = ctl_table_new (listing->fields ? heads_with_fields : heads);
  gsize count = g_variant_n_children (tracepoints);

  for (gsize i = 0; i < count; i++)
    {
      g_autoptr(GVariant) tracepoint = g_variant_get_child_value (tracepoints, i);

      ctl_table_add (table, ctl_show_number (tracepoint, "pid"), ctl_show_text (tracepoint, "name"),
                     describe_level (tracepoint), listing->fields ? describe_fields (tracepoint) : NULL);
    }
  ctl_table_print (table, 0, listing->legend);
}

gboolean
ctl_list_tracepoints (Ctl *ctl, const CtlListing *listing, GError **error)
{
  g_autoptr(GVariant) answer = NULL;
  g_autoptr(GVariant) tracepoints = NULL;

  answer = ctl_call (ctl, TBUS_ROOT_PATH, "Manager.ListTracepoints", list_parameters (listing), error);
  if (answer == NULL)
    return FALSE;
  ctl_report (ctl, answer);
  tracepoints = g_variant_get_child_value (answer, 0);
  if (listing->json)
    ctl_json_print (tracepoints);
  else
    ctl->style->lister->tracepoints (ctl, tracepoints, listing);
  return TRUE;
}
