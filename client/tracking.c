/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/tracking.h"

#include "client/verbs.h"

typedef enum { VPID, VUID, VGID, N_ATTRIBUTES } Attribute;

static const char *const names[N_ATTRIBUTES] = { "vpid", "vuid", "vgid" };

typedef struct {
  char *session;
  gboolean userspace, all;
  char *lists[N_ATTRIBUTES]; /* NULL: not given; "": given without a list */
  GVariant *values[N_ATTRIBUTES]; /* of each that is given */
} Options;

static void
options_clear (Options *self)
{
  g_free (self->session);
  for (guint i = 0; i < N_ATTRIBUTES; i++)
    {
      g_free (self->lists[i]);
      g_clear_pointer (&self->values[i], g_variant_unref);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* As LTTng has it: "--vpid=1,2", and "--vpid" alone with "--all". "--pid" is its older name. */
static gboolean
on_attribute (const char *option, const char *value, gpointer data, GError **error)
{
  Options *options = data;
  Attribute attribute = g_str_equal (option, "--vuid") ? VUID : g_str_equal (option, "--vgid") ? VGID : VPID;
  const char *list = value != NULL ? value : "";

  if (options->lists[attribute] != NULL)
    return ctl_usage (error, "--%s is given twice", names[attribute]);
  options->lists[attribute] = g_strdup (list);
  return TRUE;
}

static gboolean
check (const Options *options, GError **error)
{
  guint given = 0;

  for (guint i = 0; i < N_ATTRIBUTES; i++)
    {
      const char *list = options->lists[i];

      if (list == NULL)
        continue;
      given++;
      if (options->all && *list != '\0')
        return ctl_usage (error, "--all and a list of values exclude each other: --%s=%s", names[i], list);
      if (!options->all && *list == '\0')
        return ctl_usage (error, "--%s needs values, or --all", names[i]);
    }
  if (given == 0)
    return ctl_usage (error, "What is it about? --vpid, --vuid or --vgid says so");
  return TRUE;
}

/* An id where it is one, else a name. */
static GVariant *
make_value (const char *text)
{
  guint64 number;

  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &number, NULL))
    return g_variant_new_uint32 (number);
  return g_variant_new_string (text);
}

static gboolean
make_values (Ctl *ctl, Options *options, GError **error)
{
  for (guint i = 0; i < N_ATTRIBUTES; i++)
    {
      g_autoptr(GVariantBuilder) builder = g_variant_builder_new (G_VARIANT_TYPE ("av"));
      const char *list = options->lists[i];
      g_auto(GStrv) words = NULL;

      if (list == NULL)
        continue;
      if (*list != '\0' && !ctl_split_names (ctl, list, names[i], &words, error))
        return FALSE;
      for (guint j = 0; words != NULL && words[j] != NULL; j++)
        g_variant_builder_add (builder, "v", make_value (words[j]));
      options->values[i] = g_variant_ref_sink (g_variant_builder_end (builder));
    }
  return TRUE;
}

static gboolean
parse (Ctl *ctl, Options *options, char ***args, GError **error)
{
  const GOptionEntry entries[] = {
    CTL_OPTION_SESSION (&options->session),
    CTL_OPTION_USERSPACE (&options->userspace),
    { "vpid", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_attribute, "Processes", "PID[,PID...]" },
    { "vuid", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_attribute, "Users, by id or name",
      "USER[,USER...]" },
    { "vgid", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_attribute, "Groups, by id or name",
      "GROUP[,GROUP...]" },
    { "pid", 'p', G_OPTION_FLAG_OPTIONAL_ARG | G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_CALLBACK, on_attribute, NULL, NULL },
    { "all", 'a', 0, G_OPTION_ARG_NONE, &options->all, "All values", NULL },
    { NULL }
  };

  return ctl_parse_into (ctl, entries, options, args, error) && ctl_check_domain (ctl, options->userspace, error)
         && check (options, error)
         && make_values (ctl, options, error);
}

gboolean
ctl_change_trackers (Ctl *ctl, char ***args, const CtlTracking *tracking, GError **error)
{
  g_auto(Options) options = { 0 };
  g_autofree char *session = NULL;
  g_autofree char *name = NULL;

  if (!parse (ctl, &options, args, error) || !ctl_find_session (ctl, options.session, &session, &name, error))
    return FALSE;
  for (Attribute i = 0; i < N_ATTRIBUTES; i++)
    {
      if (options.lists[i] == NULL)
        continue;
      if (!ctl_do (ctl, session, tracking->method, g_variant_new ("(s@ava{sv})", names[i], options.values[i], NULL),
                   error))
        return FALSE;
      ctl_say (ctl, options.all ? tracking->done_with_all : tracking->done, names[i], options.lists[i], name);
    }
  return TRUE;
}
