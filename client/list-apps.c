/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/list.h"

#include "client/json.h"
#include "client/show.h"
#include "client/table.h"

gboolean
ctl_list_apps (Ctl *ctl, const CtlListing *listing, GError **error)
{
  static const char *const heads[] = { ">PID", ">UID", "NAME", "STATE", ">BITS", "TRACER", NULL };
  g_autoptr(GPtrArray) apps = ctl_get_objects (ctl, "App", error);
  g_autoptr(CtlTable) table = ctl_table_new (heads);

  if (apps == NULL)
    return FALSE;
  if (listing->json)
    {
      ctl_json_print (ctl_array_of_objects (apps));
      return TRUE;
    }
  for (guint i = 0; i < apps->len; i++)
    {
      GVariant *app = apps->pdata[i];

      ctl_table_add (table, ctl_show_number (app, "Pid"), ctl_show_number (app, "Uid"), ctl_show_text (app, "Name"),
                     ctl_show_text (app, "State"), ctl_show_number (app, "BitsPerLong"),
                     ctl_show_text (app, "TracerVersion"));
    }
  ctl_table_print (table, 0, listing->legend);
  return TRUE;
}
