/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/error.h"

#include <errno.h>

G_DEFINE_QUARK (tbus-error-quark, tbus_error)

TbusError
tbus_error_from_errno (int errnum)
{
  switch (errnum)
    {
    case ENOENT:
    case ESRCH:
      return TBUS_ERROR_NOT_FOUND;
    case EEXIST:
      return TBUS_ERROR_ALREADY_EXISTS;
    case EPERM:
    case EACCES:
      return TBUS_ERROR_NOT_AUTHORIZED;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOSPC:
    case EDQUOT:
      return TBUS_ERROR_EXHAUSTED;
    case EPIPE:
    case ECONNRESET:
      return TBUS_ERROR_APP_GONE;
    case ETIMEDOUT:
      return TBUS_ERROR_TIMED_OUT;
    case ENOSYS:
    case EOPNOTSUPP:
      return TBUS_ERROR_UNSUPPORTED;
    default:
      return TBUS_ERROR_INVALID_ARGS;
    }
}

void
tbus_set_errno (GError **error, TbusError code, int errnum, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, TBUS_ERROR, code, "%s: %s", message, g_strerror (errnum));
}
