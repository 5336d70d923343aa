/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/error.h"

#include <stdio.h>
#include <string.h>

int
tc_error (TcError *error, int errnum, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  tc_error_valist (error, errnum, format, args);
  va_end (args);
  return -1;
}

void
tc_error_valist (TcError *error, int errnum, const char *format, va_list args)
{
  int used = vsnprintf (error->message, sizeof error->message, format, args);

  error->errnum = errnum;
  if (used >= 0 && (size_t) used < sizeof error->message)
    snprintf (error->message + used, sizeof error->message - (size_t) used, ": %s", strerror (errnum));
}
