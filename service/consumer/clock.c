/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/clock.h"

#include <lttng/ust-clock.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRIES = 10 };

static const uint64_t ns_per_s = 1000000000;

static int
digit (char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

/* @uuid stays zero where @text is none. */
static void
parse_uuid (const char *text, uint8_t uuid[16])
{
  uint8_t parsed[16];
  unsigned n = 0;

  for (; *text != '\0'; text++)
    {
      if (*text == '-')
        continue;
      if (digit (*text) < 0 || n == 2 * sizeof parsed)
        return;
      parsed[n / 2] = (uint8_t) ((n % 2 == 0 ? 0 : parsed[n / 2] << 4) | digit (*text));
      n++;
    }
  if (n == 2 * sizeof parsed)
    memcpy (uuid, parsed, sizeof parsed);
}

static int64_t
to_ns (uint64_t cycles, uint64_t frequency)
{
  /* The rest is below a second: what a long double loses of it is below a nanosecond. */
  return (int64_t) (cycles / frequency * ns_per_s
                    + (uint64_t) ((long double) (cycles % frequency) * (long double) ns_per_s
                                  / (long double) frequency));
}

/* The two clocks are not read at once: of several tries the one that took least is nearest. */
static int64_t
sample_offset (lttng_ust_clock_read64_function read_clock, uint64_t frequency)
{
  uint64_t tightest = UINT64_MAX;
  int64_t offset = 0;

  for (unsigned i = 0; i < TRIES; i++)
    {
      uint64_t before = read_clock ();
      uint64_t after;
      struct timespec wall;

      clock_gettime (CLOCK_REALTIME, &wall);
      after = read_clock ();
      if (after - before >= tightest)
        continue;
      tightest = after - before;
      offset = (int64_t) wall.tv_sec * (int64_t) ns_per_s + wall.tv_nsec
        - to_ns (before + (after - before) / 2, frequency);
    }
  return offset;
}

void
tc_clock_read (TwClock *clock)
{
  lttng_ust_clock_read64_function read_clock = NULL;
  lttng_ust_clock_freq_function frequency = NULL;
  lttng_ust_clock_uuid_function uuid = NULL;
  lttng_ust_clock_name_function name = NULL;
  lttng_ust_clock_description_function description = NULL;
  char text[LTTNG_UST_UUID_STR_LEN] = "";

  if (lttng_ust_trace_clock_get_read64_cb (&read_clock) < 0 || lttng_ust_trace_clock_get_freq_cb (&frequency) < 0
      || lttng_ust_trace_clock_get_uuid_cb (&uuid) < 0 || lttng_ust_trace_clock_get_name_cb (&name) < 0
      || lttng_ust_trace_clock_get_description_cb (&description) < 0)
    abort (); /* the library fails only where it gets no pointer */
  *clock = (TwClock) { .name = name (), .description = description (), .frequency = frequency () };
  if (uuid != NULL && uuid (text) == 0)
    {
      text[sizeof text - 1] = '\0';
      parse_uuid (text, clock->uuid);
    }
  clock->offset = clock->frequency > 0 ? sample_offset (read_clock, clock->frequency) : 0;
}
