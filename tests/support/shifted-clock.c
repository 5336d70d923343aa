/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loaded by LD_PRELOAD: the wall clock of a program is by as many nanoseconds ahead as the file $TST_SHIFT says at that
 * moment (a native int64). The other clocks are what they are, and so is what the kernel waits for.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__ ((visibility ("default")))

enum { NS_PER_S = 1000000000 };

static const int64_t no_shift;
static const volatile int64_t *shift = &no_shift;

__attribute__ ((constructor)) static void
begin (void)
{
  const char *file = getenv ("TST_SHIFT");
  int fd = file != NULL ? open (file, O_RDONLY | O_CLOEXEC) : -1;
  void *map = fd >= 0 ? mmap (NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

  if (map != MAP_FAILED)
    shift = map;
  if (fd >= 0)
    close (fd);
}

/* Not in the constructor: another's may be first. */
static int
read_clock (clockid_t clock, struct timespec *now)
{
  static int (*function) (clockid_t, struct timespec *);

  if (function == NULL)
    function = (int (*) (clockid_t, struct timespec *)) dlsym (RTLD_NEXT, "clock_gettime");
  return function (clock, now);
}

static struct timespec
shifted (void)
{
  struct timespec now;
  int64_t ns;

  read_clock (CLOCK_REALTIME, &now);
  ns = (int64_t) now.tv_sec * NS_PER_S + now.tv_nsec + *shift;
  return (struct timespec) { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
}

EXPORT int
clock_gettime (clockid_t clock, struct timespec *now)
{
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
    return read_clock (clock, now);
  *now = shifted ();
  return 0;
}

EXPORT int
gettimeofday (struct timeval *restrict now, void *restrict zone)
{
  struct timespec wall = shifted ();

  (void) zone;
  *now = (struct timeval) { .tv_sec = wall.tv_sec, .tv_usec = wall.tv_nsec / 1000 };
  return 0;
}

EXPORT time_t
time (time_t *now)
{
  struct timespec wall = shifted ();

  if (now != NULL)
    *now = wall.tv_sec;
  return wall.tv_sec;
}
