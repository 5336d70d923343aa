/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-torn [NAME]: registers on one CPU, says "ready"; each line "go N" emits N events, "raise S" one more, in the
 * middle of which it raises signal S; then it says "done". It ends with stdin.
 */
#define _GNU_SOURCE
#include "support/apps/app.h"
#include "support/apps/torn-provider.h"

#include <sched.h>

/* All that do so write into the same ring buffer. */
static void
settle (void)
{
  cpu_set_t cpus;
  int first = 0;

  sched_getaffinity (0, sizeof cpus, &cpus);
  while (!CPU_ISSET (first, &cpus))
    first++;
  CPU_ZERO (&cpus);
  CPU_SET (first, &cpus);
  sched_setaffinity (0, sizeof cpus, &cpus);
}

int
main (int argc, char **argv)
{
  const char *who = argc > 1 ? argv[1] : "torn";
  uint64_t seq = 0;
  char line[64];

  settle ();
  app_say ("ready");
  while (app_read_line (line, sizeof line))
    {
      long n = app_command (line, "go"), number = app_command (line, "raise");

      for (; n > 0; n--)
        lttng_ust_tracepoint (tbtest, torn, seq++, 0, who);
      if (number > 0)
        lttng_ust_tracepoint (tbtest, torn, seq++, (int) number, who);
      app_say ("done");
    }
  return 0;
}
