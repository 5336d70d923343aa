/* SPDX-License-Identifier: GPL-2.0-only */
/* Provider tbtest_late: lives in a shared object that app-dlopen opens after it has registered. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER tbtest_late
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "support/apps/late-provider.h"

#if !defined(LATE_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define LATE_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_ENUM (tbtest_late, mood,
  LTTNG_UST_TP_ENUM_VALUES (
    lttng_ust_field_enum_value ("calm", 0)
    lttng_ust_field_enum_range ("busy", 1, 9)))

LTTNG_UST_TRACEPOINT_EVENT (tbtest_late, tick,
  LTTNG_UST_TP_ARGS (uint64_t, seq),
  LTTNG_UST_TP_FIELDS (
    lttng_ust_field_integer (uint64_t, seq, seq)
    lttng_ust_field_enum (tbtest_late, mood, int, mood, (int) (seq % 10))))

#endif

#include <lttng/tracepoint-event.h>
