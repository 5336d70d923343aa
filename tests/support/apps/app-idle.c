/* SPDX-License-Identifier: GPL-2.0-only */
/* app-idle [NAME]: registers, says "ready"; each line "go N" emits N ticks, then says "done"; ends with stdin. */
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

int
main (int argc, char **argv)
{
  const char *who = argc > 1 ? argv[1] : "idle";
  char line[64];
  uint64_t seq = 0;
  long n;

  app_say ("ready");
  while (app_read_line (line, sizeof line))
    {
      n = app_command (line, "go");
      if (n < 0)
        {
          app_say ("unknown: %s", line);
          return 2;
        }
      for (; n > 0; n--)
        lttng_ust_tracepoint (tbtest, tick, seq++, who);
      app_say ("done");
    }
  return 0;
}
