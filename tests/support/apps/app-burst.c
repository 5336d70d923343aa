/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-burst N PAYLOAD: says "ready", emits N events of PAYLOAD bytes flat out, then says "emitted N" and how long it
 * took.
 */
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C (1000000000) + now.tv_nsec;
}

int
main (int argc, char **argv)
{
  long n = app_argument (argc, argv, 1, 100000);
  size_t length = app_argument (argc, argv, 2, 16);
  uint8_t *payload = malloc (length + 1);
  int64_t began, ended;

  if (payload == NULL)
    return 1;
  app_say ("ready");
  began = now_ns ();
  for (long i = 0; i < n; i++)
    {
      memset (payload, (uint8_t) i, length);
      lttng_ust_tracepoint (tbtest, burst, i, payload, length);
    }
  ended = now_ns ();
  free (payload);
  app_say ("emitted %ld", n);
  app_say ("nanoseconds %lld", (long long) (ended - began));
  return 0;
}
