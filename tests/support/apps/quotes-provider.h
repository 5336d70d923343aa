/* SPDX-License-Identifier: GPL-2.0-only */
/* Provider tbtest_quotes: a model URI that ends its quoted string, which lttng-sessiond 2.13 writes out as it is. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER tbtest_quotes
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "support/apps/quotes-provider.h"

#if !defined(QUOTES_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define QUOTES_PROVIDER_H

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT (tbtest_quotes, model, LTTNG_UST_TP_ARGS (int, n),
  LTTNG_UST_TP_FIELDS (lttng_ust_field_integer (int, n, n)))
LTTNG_UST_TRACEPOINT_MODEL_EMF_URI (tbtest_quotes, model, "http://example.org/\"; id = 99; }; \\ \n")

#endif

#include <lttng/tracepoint-event.h>
