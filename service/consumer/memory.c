/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void
tc_memory_free (int *fds, unsigned n)
{
  for (unsigned i = 0; i < n; i++)
    if (fds[i] >= 0)
      close (fds[i]);
  free (fds);
}

int *
tc_memory_new (unsigned n)
{
  int *fds = malloc (n * sizeof *fds);

  for (unsigned i = 0; fds != NULL && i < n; i++)
    {
      fds[i] = memfd_create ("tracebus-shape", MFD_CLOEXEC);
      if (fds[i] < 0)
        {
          int errnum = errno;

          tc_memory_free (fds, i);
          errno = errnum;
          return NULL;
        }
    }
  return fds;
}
