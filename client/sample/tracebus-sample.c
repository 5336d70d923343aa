/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tracebus-sample [ORDERS] [MICROSECONDS]: a small program to trace. It takes ORDERS orders (10) with a pause of
 * MICROSECONDS (1000) after each, and knows nothing of who traces it, or whether anybody does.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "sample/tracebus-sample-provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { KINDS = 4, SIZES = 3 };

static const char *const kinds[KINDS] = { "coffee", "tea", "cake", "soup" };
static const double prices[KINDS] = { 2.5, 2.25, 3.75, 4.5 };

int
main (int argc, char **argv)
{
  int orders = argc > 1 ? atoi (argv[1]) : 10;
  long pause_us = argc > 2 ? atol (argv[2]) : 1000;
  struct timespec pause = { .tv_sec = pause_us / 1000000, .tv_nsec = pause_us % 1000000 * 1000 };
  uint32_t sold[KINDS] = { 0 };

  if (orders < 0 || pause_us < 0)
    {
      fprintf (stderr, "usage: %s [ORDERS] [MICROSECONDS]\n", argv[0]);
      return 2;
    }
  lttng_ust_tracepoint (sample, opened, "The Ring Buffer");
  for (int i = 0; i < orders; i++)
    {
      int kind = i % KINDS;
      int size = i / KINDS % SIZES;

      lttng_ust_tracepoint (sample, order, i + 1, kinds[kind], size, prices[kind] * (size + 1));
      sold[kind]++;
      nanosleep (&pause, NULL);
    }
  lttng_ust_tracepoint (sample, closed, orders, sold, KINDS);
  printf ("served %d orders\n", orders);
  return 0;
}
