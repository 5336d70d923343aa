/* SPDX-License-Identifier: GPL-2.0-only */
/* The shared object of app-dlopen: a provider and one function that emits its events. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "support/apps/late-provider.h"

__attribute__ ((visibility ("default"))) void late_emit (uint64_t seq);

void
late_emit (uint64_t seq)
{
  lttng_ust_tracepoint (tbtest_late, tick, seq);
}
