/* SPDX-License-Identifier: GPL-2.0-only */
/* app-quotes: one event whose description would break a metadata text that is not escaped. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "support/apps/quotes-provider.h"

int
main (void)
{
  lttng_ust_tracepoint (tbtest_quotes, model, 1);
  return 0;
}
