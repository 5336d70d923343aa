/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Provider tbtest, with an event that can end in the middle: the tracer has reserved its room and not committed it yet
 * when it evaluates the field's expression.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER tbtest
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "support/apps/torn-provider.h"

#ifndef TORN_PASSES
#define TORN_PASSES
/* One event is recorded by a session after the other: by so many more before what is to happen within it does. */
extern int torn_passes;
#endif

#if !defined(TORN_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TORN_PROVIDER_H

#include <lttng/tracepoint.h>
#include <signal.h>
#include <stdint.h>

/* Raises signal @number within the event, unless it is 0. */
LTTNG_UST_TRACEPOINT_EVENT (tbtest, torn,
  LTTNG_UST_TP_ARGS (uint64_t, seq, int, number, const char *, who),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (uint64_t, seq, number != 0 && torn_passes-- <= 0 ? (raise (number), seq) : seq)
    lttng_ust_field_string (who, who)))

#endif

#include <lttng/tracepoint-event.h>
