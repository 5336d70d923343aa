/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tracebusctl: controls the tracing service from a shell. */
#include "client/general.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>

static gboolean
flush_answer (void)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return TRUE;
  if (errno == EPIPE)
    {
      /* Whoever read it has read enough. GIO ignores the signal that tools end with then. */
      signal (SIGPIPE, SIG_DFL);
      raise (SIGPIPE);
    }
  ctl_warn ("The answer could not be written: %s", g_strerror (errno));
  return FALSE;
}

int
main (int argc, char **argv)
{
  g_auto(GStrv) args = NULL;
  Ctl ctl = { .bus_type = G_BUS_TYPE_NONE };
  int status;

  setlocale (LC_ALL, "");
  ctl.style = ctl_style_of_program (argc > 0 ? argv[0] : "");
  g_set_prgname (ctl.style->program);
  args = g_strdupv (argv);
  status = ctl_run (&ctl, &args);
  g_clear_pointer (&ctl.agent, ctl_agent_free);
  g_clear_object (&ctl.client);
  if (!flush_answer ())
    status = MAX (status, CTL_EXIT_FAILED);
  return status;
}
