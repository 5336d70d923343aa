/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tracebusctl: controls the tracing service from a shell. */
#include "client/verbs.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static char *
list_verbs (void)
{
  g_autoptr(GString) text = g_string_new ("Verbs:\n");

  for (guint i = 0; ctl_verbs[i] != NULL; i++)
    g_string_append_printf (text, "  %-17s %s\n", ctl_verbs[i]->name, ctl_verbs[i]->summary);
  g_string_append (text, "\n\"tracebusctl VERB --help\" explains one. See also tracebusctl(1).");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Takes what is before the verb; the verb and what is behind it stay in @args. */
static gboolean
parse_globals (Ctl *ctl, char ***args, GError **error)
{
  g_autoptr(GOptionContext) context = g_option_context_new ("VERB [ARGUMENT...]");
  g_autofree char *verbs = list_verbs ();
  gboolean session = FALSE, system = FALSE, version = FALSE;
  const GOptionEntry entries[] = {
    { "session", 0, 0, G_OPTION_ARG_NONE, &session, "The service on the session bus", NULL },
    { "system", 0, 0, G_OPTION_ARG_NONE, &system, "The service on the system bus", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version of this program", NULL },
    { NULL }
  };

  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_summary (context, "Controls the tracing service " TBUS_BUS_NAME ".");
  g_option_context_set_description (context, verbs);
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse_strv (context, args, error))
    return FALSE;
  if (session && system)
    return ctl_usage (error, "--session and --system exclude each other");
  if (session || system)
    ctl->bus_type = session ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM;
  if (version)
    {
      printf ("tracebusctl " PACKAGE_VERSION "\n");
      exit (CTL_EXIT_OK);
    }
  return TRUE;
}

static gboolean
run (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *program = NULL;
  char **rest;

  if (!parse_globals (ctl, args, error))
    return FALSE;
  rest = *args;
  if (rest[1] == NULL)
    return ctl_usage (error, "No verb is given; \"tracebusctl --help\" lists them");
  ctl->verb = ctl_find_verb (rest[1]);
  if (ctl->verb == NULL)
    return ctl_usage (error, "There is no verb \"%s\"; \"tracebusctl --help\" lists them", rest[1]);
  /* What --help calls the program. */
  program = g_strdup_printf ("tracebusctl %s", ctl->verb->name);
  g_set_prgname (program);
  g_free (rest[0]);
  for (guint i = 0; rest[i] != NULL; i++)
    rest[i] = rest[i + 1];
  return ctl->verb->run (ctl, args, error);
}

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
  g_autoptr(GError) error = NULL;
  Ctl ctl = { .bus_type = G_BUS_TYPE_NONE };
  int status = CTL_EXIT_OK;

  setlocale (LC_ALL, "");
  g_set_prgname ("tracebusctl");
  args = g_strdupv (argv);
  if (!run (&ctl, &args, &error))
    {
      ctl_warn ("%s", error->message);
      status = error->domain == G_OPTION_ERROR ? CTL_EXIT_USAGE : CTL_EXIT_FAILED;
    }
  g_clear_object (&ctl.client);
  if (!flush_answer ())
    status = MAX (status, CTL_EXIT_FAILED);
  return status;
}
