/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The events of the sample program: a shop that takes orders. This is all that lttng-ust asks of a program. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER sample
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "sample/tracebus-sample-provider.h"

#if !defined(TRACEBUS_SAMPLE_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TRACEBUS_SAMPLE_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT (sample, opened,
  LTTNG_UST_TP_ARGS (const char *, name),
  LTTNG_UST_TP_FIELDS (lttng_ust_field_string (name, name)))

LTTNG_UST_TRACEPOINT_ENUM (sample, size,
  LTTNG_UST_TP_ENUM_VALUES (
    lttng_ust_field_enum_value ("small", 0)
    lttng_ust_field_enum_value ("medium", 1)
    lttng_ust_field_enum_value ("large", 2)))

LTTNG_UST_TRACEPOINT_EVENT (sample, order,
  LTTNG_UST_TP_ARGS (int, number, const char *, what, int, size, double, price),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (int, number, number)
    lttng_ust_field_string (what, what)
    lttng_ust_field_enum (sample, size, int, size, size)
    lttng_ust_field_float (double, price, price)))

LTTNG_UST_TRACEPOINT_EVENT (sample, closed,
  LTTNG_UST_TP_ARGS (int, orders, const uint32_t *, sold, size_t, kinds),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (int, orders, orders)
    lttng_ust_field_sequence (uint32_t, sold, sold, uint32_t, kinds)))
LTTNG_UST_TRACEPOINT_LOGLEVEL (sample, closed, LTTNG_UST_TRACEPOINT_LOGLEVEL_NOTICE)

#endif

#include <lttng/tracepoint-event.h>
