/* SPDX-License-Identifier: GPL-2.0-only */
/* app-many-classes: emits each of 2,000 different events once, then says "emitted 2000". */
#include "support/apps/app.h"

int many_emit (void);

int
main (void)
{
  app_say ("emitted %d", many_emit ());
  return 0;
}
