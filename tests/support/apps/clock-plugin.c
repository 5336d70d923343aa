/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A clock for the tracer, loaded by LTTNG_UST_CLOCK_PLUGIN: 3 MHz, and by as many seconds ahead as the file
 * $LTTNG_HOME/clock-shift says (a native int64), where there is one.
 */
#include <fcntl.h>
#include <lttng/ust-clock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const uint64_t frequency = 3000000;
static const int64_t no_shift;
static const volatile int64_t *shift = &no_shift;

static uint64_t
read_clock (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (uint64_t) (now.tv_sec + *shift) * frequency + (uint64_t) now.tv_nsec * frequency / 1000000000;
}

static uint64_t
get_frequency (void)
{
  return frequency;
}

static int
get_uuid (char *uuid)
{
  memcpy (uuid, "0dd0c10c-1234-4abc-8def-0123456789aB", LTTNG_UST_UUID_STR_LEN);
  return 0;
}

static const char *
get_name (void)
{
  return "tbtest_clock";
}

static const char *
get_description (void)
{
  return "A clock of the tests";
}

static void
map_shift (void)
{
  const char *home = getenv ("LTTNG_HOME");
  char path[4096];
  void *map;
  int fd;

  if (home == NULL || snprintf (path, sizeof path, "%s/clock-shift", home) >= (int) sizeof path)
    return;
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  map = mmap (NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
  if (map != MAP_FAILED)
    shift = map;
  close (fd);
}

void lttng_ust_clock_plugin_init (void);

void
lttng_ust_clock_plugin_init (void)
{
  map_shift ();
  if (lttng_ust_trace_clock_set_read64_cb (read_clock) < 0 || lttng_ust_trace_clock_set_freq_cb (get_frequency) < 0
      || lttng_ust_trace_clock_set_uuid_cb (get_uuid) < 0 || lttng_ust_trace_clock_set_name_cb (get_name) < 0
      || lttng_ust_trace_clock_set_description_cb (get_description) < 0 || lttng_ust_enable_trace_clock_override () < 0)
    abort ();
}
