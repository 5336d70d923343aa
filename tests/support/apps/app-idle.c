/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-idle [NAME]: registers, says "ready"; each line "go N" emits N ticks, then says "done M": so many of them were
 * recorded, or discarded and counted. It ends with stdin.
 */
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

int
main (int argc, char **argv)
{
  const char *who = argc > 1 ? argv[1] : "idle";
  char line[64];
  uint64_t seq = 0;
  long n, wanted;

  app_say ("ready");
  while (app_read_line (line, sizeof line))
    {
      n = app_command (line, "go");
      if (n < 0)
        {
          app_say ("unknown: %s", line);
          return 2;
        }
      for (wanted = 0; n > 0; n--, seq++)
        if (lttng_ust_tracepoint_enabled (tbtest, tick))
          {
            lttng_ust_do_tracepoint (tbtest, tick, seq, who);
            wanted++;
          }
      app_say ("done %ld", wanted);
    }
  return 0;
}
