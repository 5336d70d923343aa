/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/list.h"

#include "client/json.h"
#include "client/show.h"
#include "client/table.h"

void
ctl_print_sessions (GPtrArray *sessions, const CtlListing *listing)
{
  static const char *const heads[] = { "NAME", "STATE", ">OWNER", ">WRITTEN", ">DISCARDED", ">LOST", "OUTPUT", NULL };
  g_autoptr(CtlTable) table = ctl_table_new (heads);

  for (guint i = 0; i < sessions->len; i++)
    {
      GVariant *session = sessions->pdata[i];

      ctl_table_add (table, ctl_show_text (session, "Name"), ctl_show_text (session, "State"),
                     ctl_show_number (session, "Owner"), ctl_show_size (session, "BytesWritten"),
                     ctl_show_number (session, "EventsDiscarded"), ctl_show_number (session, "PacketsLost"),
                     ctl_show_text (session, "Output"));
    }
  ctl_table_print (table, 0, listing->legend);
}

gboolean
ctl_list_sessions (Ctl *ctl, const CtlListing *listing, GError **error)
{
  g_autoptr(GPtrArray) sessions = ctl_get_objects (ctl, "Session", error);

  if (sessions == NULL)
    return FALSE;
  if (listing->json)
    ctl_json_print (ctl_array_of_objects (sessions));
  else
    ctl->style->lister->sessions (sessions, listing);
  return TRUE;
}
