/* SPDX-License-Identifier: GPL-2.0-only */
/* app-paced N MICROSECONDS [NAME]: N ticks with a pause after each, then says "done"; N 0 never ends. */
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

#include <unistd.h>

int
main (int argc, char **argv)
{
  long n = app_argument (argc, argv, 1, 0);
  long pause_us = app_argument (argc, argv, 2, 1000);
  const char *who = argc > 3 ? argv[3] : "paced";

  app_say ("ready");
  for (uint64_t seq = 0; n == 0 || seq < (uint64_t) n; seq++)
    {
      lttng_ust_tracepoint (tbtest, tick, seq, who);
      usleep (pause_us);
    }
  app_say ("done");
  return 0;
}
