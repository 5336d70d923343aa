/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Errors: the one domain that every layer above libc speaks.
 *
 * A message is a sentence for the caller: what was wrong with which value, and
 * what would have been right. bus/error-names gives each code its D-Bus name.
 *
 * Threads: any.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_ERROR_NOT_FOUND,
  TBUS_ERROR_ALREADY_EXISTS,
  TBUS_ERROR_INVALID_ARGS,
  TBUS_ERROR_INVALID_STATE,
  TBUS_ERROR_NOT_AUTHORIZED,
  TBUS_ERROR_UNSUPPORTED,
  TBUS_ERROR_FILTER_SYNTAX,
  TBUS_ERROR_EXHAUSTED,          /* a limit of ours or of the system was met */
  TBUS_ERROR_OUTPUT_UNAVAILABLE, /* the trace cannot be written there */
  TBUS_ERROR_CONSUMER_FAILED,    /* no consumer, or it died or refused */
  TBUS_ERROR_APP_GONE,
  TBUS_ERROR_TIMED_OUT,
  TBUS_ERROR_INTERACTIVE,        /* a prompt would have helped, the caller forbade it */
  TBUS_N_ERRORS
} TbusError;

#define TBUS_ERROR (tbus_error_quark ())
GQuark tbus_error_quark (void);

/* The code that fits @errnum best; for OUTPUT_UNAVAILABLE and the like choose yourself. */
TbusError tbus_error_from_errno (int errnum);

/* Sets @error to @code with "<message>: <strerror>". */
void tbus_set_errno (GError **error, TbusError code, int errnum, const char *format, ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS
