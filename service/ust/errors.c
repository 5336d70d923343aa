/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/errors.h"

#include "base/error.h"

#include <errno.h>
#include <lttng/ust-error.h>

const char *
tbus_ust_strerror (int code)
{
  switch (-code)
    {
    case LTTNG_UST_OK:
      return "done";
    case LTTNG_UST_ERR:
      return "the tracer could not do it (busy, or out of memory)";
    case LTTNG_UST_ERR_NOENT:
      return "no such object";
    case LTTNG_UST_ERR_EXIST:
      return "it is there already";
    case LTTNG_UST_ERR_INVAL:
      return "the tracer does not take this argument";
    case LTTNG_UST_ERR_PERM:
      return "the tracer does not permit it in this state";
    case LTTNG_UST_ERR_NOSYS:
      return "the tracer does not know this command";
    case LTTNG_UST_ERR_EXITING:
      return "the process is exiting";
    case ECANCELED:
      return "not tried, for what it depends on failed";
    case EPIPE:
      return "the process is gone";
    default:
      return code > -LTTNG_UST_ERR ? g_strerror (-code) : "unknown code of the tracer";
    }
}

int
tbus_ust_code_check (int code)
{
  return code <= -LTTNG_UST_ERR && code > -LTTNG_UST_ERR_NR ? code : -LTTNG_UST_ERR;
}

int
tbus_ust_code_from_error (const GError *error)
{
  if (g_error_matches (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED))
    return -ENOMEM;
  if (g_error_matches (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND))
    return -ENOENT;
  if (g_error_matches (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS))
    return -EEXIST;
  return -EINVAL;
}
