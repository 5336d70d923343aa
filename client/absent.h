/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
/*
 * Absent: what LTTng's command knows and the service has not, so that whoever asks for it hears in one sentence
 * that it is not there, and what does much the same, if something does.
 *
 * Threads: any; pure.
 */
#include <glib.h>

G_BEGIN_DECLS

/* %CTL_ERROR_ABSENT_VERB for @verb, which is in no table of verbs. Returns: %FALSE */
gboolean ctl_absent_verb (const char *program, const char *verb, GError **error);
/* A GOptionArgFunc: %CTL_ERROR_ABSENT_OPTION or, of options that name a domain, %CTL_ERROR_ABSENT_DOMAIN. */
gboolean ctl_absent_option (const char *option, const char *value, gpointer user_data, GError **error);

/* An option that is understood, and refused. @flags: whether it has no value. */
#define CTL_OPTION_ABSENT(name, letter, flags) \
  { name, letter, G_OPTION_FLAG_HIDDEN | (flags), G_OPTION_ARG_CALLBACK, ctl_absent_option, NULL, NULL }

G_END_DECLS
