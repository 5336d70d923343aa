/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-setuid UID N: registers with the rights it was started with, says "ready"; at the next line it becomes user UID,
 * emits N ticks and says "done"; ends with stdin.
 */
#define _GNU_SOURCE
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

#include <unistd.h>

int
main (int argc, char **argv)
{
  uid_t uid = (uid_t) app_argument (argc, argv, 1, 0);
  long n = app_argument (argc, argv, 2, 1);
  char line[64];

  app_say ("ready");
  if (!app_read_line (line, sizeof line))
    return 1;
  if (setresgid (uid, uid, uid) < 0 || setresuid (uid, uid, uid) < 0)
    {
      app_say ("cannot become user %u", (unsigned) uid);
      return 1;
    }
  for (long seq = 0; seq < n; seq++)
    lttng_ust_tracepoint (tbtest, tick, seq, "setuid");
  app_say ("done");
  while (app_read_line (line, sizeof line))
    ;
  return 0;
}
