/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "client/lttng-codes.h"

#include "client/ctl.h"

/* Beside the codes of TbusClientError and CtlError, which are one row of numbers. */
enum {
  ANYTHING = -3,
  WRONG_OPTION = -2,
  WRONG_USAGE = -1,
};

/* What stands before the verb is wrong. */
#define NO_VERB ""

typedef struct {
  const char *verb; /* NULL: any, or none */
  int failure;
  int code;
} Row;

/* What lttng-tools 2.13.9 was seen to exit with. The first row that fits counts. */
static const Row rows[] = {
  { NO_VERB, WRONG_OPTION, 1 },
  { "help", CTL_ERROR_ABSENT_VERB, 1 },
  { NULL, WRONG_OPTION, 2 },
  { NULL, CTL_ERROR_ABSENT_VERB, 2 },
  { NULL, CTL_ERROR_ABSENT_FORMAT, 165 },
  { NULL, WRONG_USAGE, 1 },
  { NULL, CTL_ERROR_NO_CURRENT_SESSION, 1 },
  { "enable-channel", TBUS_CLIENT_ERROR_ALREADY_EXISTS, 4 },
  { "disable-channel", ANYTHING, 4 },
  { "enable-event", CTL_ERROR_NO_SERVICE, 19 },
  { "enable-event", CTL_ERROR_NO_SESSION, 23 },
  { "enable-event", CTL_ERROR_ABSENT_OPTION, 5 },
  { "enable-event", CTL_ERROR_ABSENT_DOMAIN, 33 },
  { "enable-event", CTL_ERROR_NEEDS_CHANNEL, 83 },
  { "enable-event", TBUS_CLIENT_ERROR_ALREADY_EXISTS, 55 },
  { "enable-event", TBUS_CLIENT_ERROR_FILTER_SYNTAX, 106 },
  { "enable-event", TBUS_CLIENT_ERROR_INVALID_ARGS, 97 },
  { "enable-event", ANYTHING, 63 },
  { "disable-event", CTL_ERROR_NO_SERVICE, 19 },
  { "disable-event", CTL_ERROR_NO_SESSION, 23 },
  { "disable-event", CTL_ERROR_ABSENT_DOMAIN, 33 },
  { "disable-event", CTL_ERROR_NEEDS_CHANNEL, 83 },
  { "disable-event", CTL_ERROR_NO_CHANNEL, 59 },
  { "disable-event", TBUS_CLIENT_ERROR_NOT_FOUND, 76 },
  { "disable-event", ANYTHING, 64 },
  { "add-context", TBUS_CLIENT_ERROR_INVALID_ARGS, 3 },
  { "add-context", ANYTHING, 4 },
  { "start", CTL_ERROR_NO_SERVICE, 19 },
  { "start", CTL_ERROR_NO_SESSION, 23 },
  { "start", CTL_ERROR_NO_CHANNELS, 72 },
  { "start", TBUS_CLIENT_ERROR_INVALID_STATE, 80 },
  { "start", ANYTHING, 66 },
  { "stop", CTL_ERROR_NO_SERVICE, 19 },
  { "stop", CTL_ERROR_NO_SESSION, 23 },
  { "stop", TBUS_CLIENT_ERROR_INVALID_STATE, 81 },
  { "stop", ANYTHING, 67 },
  { "destroy", CTL_ERROR_NO_SESSION, 23 },
  { "regenerate", CTL_ERROR_NO_SERVICE, 19 },
  { "regenerate", CTL_ERROR_NO_SESSION, 23 },
  { "regenerate", TBUS_CLIENT_ERROR_INVALID_STATE, 118 },
  { NULL, ANYTHING, 1 },
};

static int
failure_of (const GError *error)
{
  if (error->domain == TBUS_CLIENT_ERROR || error->domain == CTL_ERROR)
    return error->code;
  if (error->domain == G_OPTION_ERROR)
    return error->code == G_OPTION_ERROR_FAILED ? WRONG_USAGE : WRONG_OPTION;
  return ANYTHING;
}

int
ctl_lttng_code (const char *verb, gboolean coarse, const GError *error)
{
  int failure = failure_of (error);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Row *row = &rows[i];

      if (row->verb != NULL && (coarse || !g_str_equal (row->verb, verb != NULL ? verb : NO_VERB)))
        continue;
      if (row->failure == failure || row->failure == ANYTHING)
        return row->code;
    }
  g_return_val_if_reached (1);
}
