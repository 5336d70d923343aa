/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/verbs.h"

const CtlVerb *const ctl_verbs[] = {
  &ctl_verb_status,
  &ctl_verb_status_of_session,
  &ctl_verb_list,
  &ctl_verb_create,
  &ctl_verb_set_session,
  &ctl_verb_enable_channel,
  &ctl_verb_disable_channel,
  &ctl_verb_enable_event,
  &ctl_verb_disable_event,
  &ctl_verb_add_context,
  &ctl_verb_track,
  &ctl_verb_untrack,
  &ctl_verb_start,
  &ctl_verb_regenerate,
  &ctl_verb_stop,
  &ctl_verb_destroy,
  &ctl_verb_view,
  &ctl_verb_crash,
  &ctl_verb_help,
  &ctl_verb_version,
  NULL,
};

gboolean
ctl_verb_has_style (const CtlVerb *verb, const CtlStyle *style)
{
  return verb->styles == 0 || (verb->styles & style->bit) != 0;
}

const CtlVerb *
ctl_find_verb (const CtlStyle *style, const char *name)
{
  for (guint i = 0; ctl_verbs[i] != NULL; i++)
    if (g_str_equal (ctl_verbs[i]->name, name) && ctl_verb_has_style (ctl_verbs[i], style))
      return ctl_verbs[i];
  return NULL;
}
