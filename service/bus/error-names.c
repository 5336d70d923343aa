/* SPDX-License-Identifier: GPL-2.0-only */
#include "bus/error-names.h"

#include "base/error.h"

#include <string.h>

enum { MAX_MESSAGE = 1024 }; /* bytes: what callers gave may be quoted in it, whatever its length */

static const GDBusErrorEntry entries[] = {
  { TBUS_ERROR_NOT_FOUND, "org.tracebus1.Error.NotFound" },
  { TBUS_ERROR_ALREADY_EXISTS, "org.tracebus1.Error.AlreadyExists" },
  { TBUS_ERROR_INVALID_ARGS, "org.tracebus1.Error.InvalidArgs" },
  { TBUS_ERROR_INVALID_STATE, "org.tracebus1.Error.InvalidState" },
  { TBUS_ERROR_NOT_AUTHORIZED, "org.tracebus1.Error.NotAuthorized" },
  { TBUS_ERROR_UNSUPPORTED, "org.tracebus1.Error.Unsupported" },
  { TBUS_ERROR_FILTER_SYNTAX, "org.tracebus1.Error.FilterSyntax" },
  { TBUS_ERROR_EXHAUSTED, "org.tracebus1.Error.Exhausted" },
  { TBUS_ERROR_OUTPUT_UNAVAILABLE, "org.tracebus1.Error.OutputUnavailable" },
  { TBUS_ERROR_CONSUMER_FAILED, "org.tracebus1.Error.ConsumerFailed" },
  { TBUS_ERROR_APP_GONE, "org.tracebus1.Error.AppGone" },
  { TBUS_ERROR_TIMED_OUT, "org.tracebus1.Error.TimedOut" },
  { TBUS_ERROR_INTERACTIVE, "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired" },
};
G_STATIC_ASSERT (G_N_ELEMENTS (entries) == TBUS_N_ERRORS);

void
tbus_error_names_register (void)
{
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
        g_dbus_error_register_error (TBUS_ERROR, entries[i].error_code, entries[i].dbus_error_name);
      g_once_init_leave (&once, 1);
    }
}

GError *
tbus_error_for_bus (const GError *error)
{
  g_autofree char *message = g_utf8_make_valid (error->message, strnlen (error->message, MAX_MESSAGE));

  if (error->domain == TBUS_ERROR)
    return g_error_new_literal (TBUS_ERROR, error->code, message);
  return g_error_new_literal (G_DBUS_ERROR, G_DBUS_ERROR_FAILED, message);
}
