/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/general.h"

#include "client/absent.h"
#include "client/lttng-codes.h"
#include "client/verbs.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
  gboolean session, system, lttng, version, quiet, list_verbs;
  gboolean no_sessiond;   /* of use to LTTng's own command alone, as what follows */
  char *group, *sessiond; /* (not read) */
  char *format;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->group);
  g_free (self->sessiond);
  g_free (self->format);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static char *
describe_verbs (const CtlStyle *style)
{
  g_autoptr(GString) text = g_string_new ("Verbs:\n");

  for (guint i = 0; ctl_verbs[i] != NULL; i++)
    if (ctl_verb_has_style (ctl_verbs[i], style))
      g_string_append_printf (text, "  %-17s %s\n", ctl_verbs[i]->name, ctl_verbs[i]->summary);
  g_string_append_printf (text, "\n\"%s VERB --help\" explains one. See also tracebusctl(1).", style->program);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
parse (Ctl *ctl, Options *options, char ***args, GError **error)
{
  g_autoptr(GOptionContext) context = g_option_context_new ("VERB [ARGUMENT...]");
  g_autofree char *verbs = describe_verbs (ctl->style);
  const GOptionEntry entries[] = {
    { "session", 0, 0, G_OPTION_ARG_NONE, &options->session, "The service on the session bus", NULL },
    { "system", 0, 0, G_OPTION_ARG_NONE, &options->system, "The service on the system bus", NULL },
    { "lttng", 0, 0, G_OPTION_ARG_NONE, &options->lttng, "Speak as LTTng's command does", NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->quiet, "Print nothing, not even errors", NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &ctl->verbose, "Tell each call to the service", NULL },
    { "no-ask-password", 0, 0, G_OPTION_ARG_NONE, &ctl->never_asks, "Never ask for a password", NULL },
    { "version", 'V', 0, G_OPTION_ARG_NONE, &options->version, "Print the version of this program", NULL },
    { "list-commands", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->list_verbs, NULL, NULL },
    { "mi", 'm', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options->format, NULL, NULL },
    { "no-sessiond", 'n', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &options->no_sessiond, NULL, NULL },
    { "group", 'g', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options->group, NULL, NULL },
    { "sessiond-path", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &options->sessiond, NULL, NULL },
    { NULL }
  };

  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_summary (context, "Controls the tracing service " TBUS_BUS_NAME ".");
  g_option_context_set_description (context, verbs);
  g_option_context_add_main_entries (context, entries, NULL);
  return g_option_context_parse_strv (context, args, error);
}

static void
list_verbs (const CtlStyle *style)
{
  for (guint i = 0; ctl_verbs[i] != NULL; i++)
    if (ctl_verb_has_style (ctl_verbs[i], style))
      printf ("%s\n", ctl_verbs[i]->name);
}

gboolean
ctl_parse_general (Ctl *ctl, char ***args, GError **error)
{
  g_auto(Options) options = { 0 };

  if (!parse (ctl, &options, args, error))
    return FALSE;
  if (options.lttng)
    ctl->style = &ctl_style_lttng;
  if (options.session && options.system)
    return ctl_usage (error, "--session and --system exclude each other");
  if (options.session || options.system)
    ctl->bus_type = options.session ? G_BUS_TYPE_SESSION : G_BUS_TYPE_SYSTEM;
  ctl->quiet = options.quiet;
  if (options.version || options.list_verbs)
    {
      if (options.version)
        ctl_say (ctl, CTL_TEXT_VERSION, PACKAGE_VERSION, NULL, NULL);
      else
        list_verbs (ctl->style);
      exit (CTL_EXIT_OK);
    }
  if (options.format == NULL)
    return TRUE;
  g_set_error (error, CTL_ERROR, CTL_ERROR_ABSENT_FORMAT,
               "--mi: there is no machine interface in \"%s\" here; programs talk to " TBUS_BUS_NAME " over D-Bus, or "
               "read what \"tracebusctl list --json\" prints", options.format);
  return FALSE;
}

static gboolean
hush (GError **error)
{
  if (freopen ("/dev/null", "w", stdout) != NULL && freopen ("/dev/null", "w", stderr) != NULL)
    return TRUE;
  return ctl_usage (error, "--quiet: /dev/null cannot be opened");
}

static gboolean
dispatch (Ctl *ctl, char ***args, GError **error)
{
  g_autofree char *program = NULL;
  char **rest;

  if (!ctl_parse_general (ctl, args, error))
    return FALSE;
  rest = *args;
  if (rest[1] == NULL)
    return ctl_usage (error, "No verb is given; \"%s --help\" lists them", ctl->style->program);
  ctl->verb = ctl_find_verb (ctl->style, rest[1]);
  if (ctl->verb == NULL)
    return ctl_absent_verb (ctl->style->program, rest[1], error);
  if (ctl->quiet && !ctl->verb->becomes_other && !hush (error))
    return FALSE;
  /* What --help calls the program. */
  program = g_strdup_printf ("%s %s", ctl->style->program, ctl->verb->name);
  g_set_prgname (program);
  g_free (rest[0]);
  for (guint i = 0; rest[i] != NULL; i++)
    rest[i] = rest[i + 1];
  return ctl->verb->run (ctl, args, error);
}

static int
own_code (const GError *error)
{
  gboolean absent = error->domain == CTL_ERROR && error->code >= CTL_ERROR_ABSENT_VERB;

  return absent || error->domain == G_OPTION_ERROR ? CTL_EXIT_USAGE : CTL_EXIT_FAILED;
}

int
ctl_run (Ctl *ctl, char ***args)
{
  g_autoptr(GError) error = NULL;

  if (dispatch (ctl, args, &error))
    return CTL_EXIT_OK;
  ctl_print_error (ctl, error);
  if (ctl->style->lttng_codes)
    return ctl_lttng_code (ctl->verb != NULL ? ctl->verb->name : NULL, ctl->coarse, error);
  return own_code (error);
}
