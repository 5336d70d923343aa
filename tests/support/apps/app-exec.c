/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-exec TIMES N [IMAGE]: emits N ticks as "image-0", then becomes itself anew, TIMES times, as "image-1" and so on:
 * the same process registers again and again.
 */
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

#include <stdio.h>
#include <unistd.h>

int
main (int argc, char **argv)
{
  long times = app_argument (argc, argv, 1, 1);
  long n = app_argument (argc, argv, 2, 1);
  long image = app_argument (argc, argv, 3, 0);
  char who[32], left[32], next[32];
  char *again[] = { argv[0], left, argv[2], next, NULL };

  snprintf (who, sizeof who, "image-%ld", image);
  for (long i = 0; i < n; i++)
    lttng_ust_tracepoint (tbtest, tick, i, who);
  if (times == 0)
    return 0;
  snprintf (left, sizeof left, "%ld", times - 1);
  snprintf (next, sizeof next, "%ld", image + 1);
  execv ("/proc/self/exe", again);
  perror (argv[0]);
  return 1;
}
