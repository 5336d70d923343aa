/* SPDX-License-Identifier: GPL-2.0-only */
/* Provider tbbench: one event whose size follows from its text: 12 bytes, the text, its end, and the header. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER tbbench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "bench/writer-provider.h"

#if !defined(WRITER_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define WRITER_PROVIDER_H

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT (tbbench, write,
  LTTNG_UST_TP_ARGS (int, writer, long, seq, const char *, text),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (int, writer, writer)
    lttng_ust_field_integer (long, seq, seq)
    lttng_ust_field_string (text, text)))

#endif

#include <lttng/tracepoint-event.h>
