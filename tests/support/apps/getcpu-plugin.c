/* SPDX-License-Identifier: GPL-2.0-only */
/* Where an app runs, for the tracer, loaded by LTTNG_UST_GETCPU_PLUGIN: on CPU 0, always. */
#include <lttng/ust-getcpu.h>
#include <stdlib.h>

static int
get_cpu (void)
{
  return 0;
}

void lttng_ust_getcpu_plugin_init (void);

void
lttng_ust_getcpu_plugin_init (void)
{
  if (lttng_ust_getcpu_override (get_cpu) < 0)
    abort ();
}
