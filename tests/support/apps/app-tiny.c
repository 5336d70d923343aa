/* SPDX-License-Identifier: GPL-2.0-only */
/* app-tiny [NAME]: one tick as the first thing of main(), then exits. */
#include "support/apps/tick-provider.h"

int
main (int argc, char **argv)
{
  lttng_ust_tracepoint (tbtest, tick, 0, argc > 1 ? argv[1] : "tiny");
  return 0;
}
