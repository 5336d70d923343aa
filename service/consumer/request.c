/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

void
tc_request_refuse (TcRequest *self, int errnum, const char *format, ...)
{
  TcError error;
  va_list args;

  va_start (args, format);
  tc_error_valist (&error, errnum, format, args);
  va_end (args);
  tc_consumer_refuse (self->consumer, self->serial, &error);
}

void
tc_request_malformed (TcRequest *self)
{
  tc_request_refuse (self, EINVAL, "Request %" PRIu64 " is malformed", self->serial);
}

void
tc_request_reply_empty (TcRequest *self)
{
  TwWriter body = { 0 };

  tc_consumer_reply (self->consumer, self->serial, &body);
}

bool
tc_request_get_key (TcRequest *self, uint64_t *key)
{
  *key = tw_get_u64 (&self->body);
  return tw_reader_done (&self->body);
}
