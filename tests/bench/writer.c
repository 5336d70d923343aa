/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * writer N LENGTH RATE: says "ready", waits for a line, emits N events with a text of LENGTH characters, RATE a second
 * (0: flat out), and says "emitted N NANOSECONDS"; ends with stdin. One thread: the load is that of processes.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "bench/writer-provider.h"

#include "support/apps/app.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BURSTS = 1000 }; /* a second */

static void
emit (long from, long to, const char *text)
{
  for (long i = from; i < to; i++)
    lttng_ust_tracepoint (tbbench, write, 1, i, text);
}

static void
emit_paced (long n, long rate, const char *text)
{
  struct timespec due;
  long done = 0, burst = rate / BURSTS > 0 ? rate / BURSTS : 1;

  clock_gettime (CLOCK_MONOTONIC, &due);
  while (done < n)
    {
      long until = done + burst < n ? done + burst : n;

      emit (done, until, text);
      done = until;
      due.tv_nsec += 1000000000L / BURSTS;
      if (due.tv_nsec >= 1000000000L)
        {
          due.tv_sec++;
          due.tv_nsec -= 1000000000L;
        }
      clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
}

static long long
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int
main (int argc, char **argv)
{
  long n = app_argument (argc, argv, 1, 1000);
  long length = app_argument (argc, argv, 2, 16);
  long rate = app_argument (argc, argv, 3, 0);
  char *text = calloc (1, length + 1);
  char line[64];
  long long began;

  if (text == NULL)
    return 1;
  memset (text, 'x', length);
  app_say ("ready");
  while (app_read_line (line, sizeof line))
    {
      began = now_ns ();
      if (rate > 0)
        emit_paced (n, rate, text);
      else
        emit (0, n, text);
      app_say ("emitted %ld %lld", n, now_ns () - began);
    }
  free (text);
  return 0;
}
