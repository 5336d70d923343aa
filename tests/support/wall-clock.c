/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/wall-clock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct TstWallClock {
  TstService *service;
  char *consumer; /* a script that gives it this clock, since the service gives it little of its environment */
  volatile gint64 *shift; /* nanoseconds; in a file that all of them have mapped */
};

static void
write_consumer (TstWallClock *self, const char *module, const char *file)
{
  g_autofree char *program = tst_build_path ("service/consumer/tracebus-consumerd");
  g_autofree char *text = g_strdup_printf ("#!/bin/sh\nLD_PRELOAD=%s TST_SHIFT=%s exec %s \"$@\"\n", module, file,
                                           program);

  g_assert_true (g_file_set_contents (self->consumer, text, -1, NULL));
  g_assert_cmpint (chmod (self->consumer, 0755), ==, 0);
}

TstWallClock *
tst_wall_clock_new (TstService *service)
{
  g_autofree char *file = tst_dir_file (tst_service_dir (service), "shift");
  g_autofree char *module = tst_build_path ("tests/support/shifted-clock.so");
  const char *given = g_environ_getenv ((char **) tst_service_environment (service), "ASAN_OPTIONS");
  g_autofree char *asan = g_strdup_printf ("%s:verify_asan_link_order=0", given); /* ours may come before it */
  TstWallClock *self = g_new0 (TstWallClock, 1);
  int fd = open (file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, sizeof *self->shift), ==, 0);
  self->shift = mmap (NULL, sizeof *self->shift, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (self->shift != MAP_FAILED);
  close (fd);
  self->service = service;
  self->consumer = tst_dir_file (tst_service_dir (service), "consumer");
  write_consumer (self, module, file);
  tst_service_setenv (service, "ASAN_OPTIONS", asan);
  tst_service_setenv (service, "LD_PRELOAD", module);
  tst_service_setenv (service, "TST_SHIFT", file);
  return self;
}

void
tst_wall_clock_free (TstWallClock *self)
{
  munmap ((void *) self->shift, sizeof *self->shift);
  g_free (self->consumer);
  g_free (self);
}

void
tst_wall_clock_start_service (TstWallClock *self)
{
  g_autofree char *option = g_strconcat ("--consumer=", self->consumer, NULL);

  tst_service_start (self->service, option);
}

void
tst_wall_clock_jump (TstWallClock *self, double seconds)
{
  *self->shift += (gint64) (seconds * 1e9);
}

guint64
tst_wall_clock_read (TstWallClock *self)
{
  return g_get_real_time () + *self->shift / 1000;
}
