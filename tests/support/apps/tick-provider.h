/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Provider tbtest: the events that most tests count. "tick" carries the emitter's number and name,
 * "burst" a payload whose bytes all follow from its number.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER tbtest
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "support/apps/tick-provider.h"

#if !defined(TICK_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TICK_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT (tbtest, tick,
  LTTNG_UST_TP_ARGS (uint64_t, seq, const char *, who),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (uint64_t, seq, seq)
    lttng_ust_field_string (who, who)))

LTTNG_UST_TRACEPOINT_EVENT (tbtest, burst,
  LTTNG_UST_TP_ARGS (uint64_t, seq, const uint8_t *, payload, size_t, length),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (uint64_t, seq, seq)
    lttng_ust_field_sequence (uint8_t, payload, payload, uint32_t, length)))

#endif

#include <lttng/tracepoint-event.h>
