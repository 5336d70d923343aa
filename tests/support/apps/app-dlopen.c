/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-dlopen PROVIDER.so: registers, says "ready", then obeys the lines "open", "go N" (events of the open provider)
 * and "close", saying "done" after each; ends with stdin. It may open and close any number of times.
 */
#include "support/apps/app.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef void (*EmitFunc) (uint64_t seq);

static EmitFunc
find_emit (void *library)
{
  EmitFunc emit = NULL;
  void *symbol = library != NULL ? dlsym (library, "late_emit") : NULL;

  memcpy (&emit, &symbol, sizeof emit);
  return emit;
}

int
main (int argc, char **argv)
{
  void *library = NULL;
  EmitFunc emit = NULL;
  char line[64];
  uint64_t seq = 0;
  long n;

  if (argc != 2)
    return 2;
  app_say ("ready");
  while (app_read_line (line, sizeof line))
    {
      n = app_command (line, "go");
      if (strcmp (line, "open") == 0 && library == NULL)
        {
          library = dlopen (argv[1], RTLD_NOW | RTLD_LOCAL);
          emit = find_emit (library);
          if (emit == NULL)
            {
              fprintf (stderr, "%s: %s\n", argv[0], dlerror ());
              return 1;
            }
        }
      else if (strcmp (line, "close") == 0 && library != NULL)
        {
          emit = NULL;
          dlclose (library);
          library = NULL;
        }
      else if (n >= 0 && emit != NULL)
        for (; n > 0; n--)
          emit (seq++);
      else
        return 2;
      app_say ("done");
    }
  return 0;
}
