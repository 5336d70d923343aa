/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/ring-pages.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

enum {
  LARGE = 2 << 20,
  ATTEMPTS = 5, /* a page that is just being written to the disk cannot be replaced */
};

/* The process's memory is locked for much of the time, and to map or unmap anything has to wait. */
static atomic_bool under_way;

/* A second map of the ring's memory, which nobody else knows of. */
typedef struct {
  TcMail mail;
  char *memory;
  size_t len;
} Job;

/* Of @len bytes, at the start of a large page. NULL: there is none. */
static char *
reserve (size_t len)
{
  char *all = mmap (NULL, len + LARGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), *memory;
  size_t before;

  if (all == MAP_FAILED)
    return NULL;
  before = (LARGE - (uintptr_t) all % LARGE) % LARGE;
  memory = all + before;
  if (before > 0)
    munmap (all, before);
  munmap (memory + len, LARGE - before);
  return memory;
}

/*
 * Maps what is at @from at the start of a large page, and there only if @move. NULL: it is where it was. Then nobody
 * knows whether the place was given up, and what another thread has there by now: it is left alone.
 */
static char *
map_again (char *from, size_t len, bool move)
{
  char *memory = reserve (len);

  if (memory == NULL || mremap (from, move ? len : 0, len, MREMAP_MAYMOVE | MREMAP_FIXED, memory) != memory)
    return NULL;
  return memory;
}

static void
run (TcMail *mail)
{
  Job *self = (Job *) ((char *) mail - offsetof (Job, mail));

  for (size_t at = 0; at < self->len; at += LARGE)
    for (unsigned i = 0; i < ATTEMPTS && madvise (self->memory + at, LARGE, MADV_COLLAPSE) < 0 && errno == EAGAIN; i++)
      ;
  munmap (self->memory, self->len);
  free (self);
  atomic_store (&under_way, false);
}

/* Whether the job is on its way. */
static bool
begin (TcRingView *view, size_t len, TcLoop *loop)
{
  char *memory = map_again (view->memory, len, true);
  Job *job;

  if (memory == NULL)
    return false;
  view->memory = memory;
  job = calloc (1, sizeof *job);
  if (job == NULL)
    return false;
  job->mail.run = run;
  job->len = len / LARGE * LARGE;
  job->memory = map_again (view->memory, job->len, false);
  if (job->memory == NULL)
    {
      free (job);
      return false;
    }
  tc_loop_post (loop, &job->mail);
  return true;
}

bool
tc_ring_pages_enlarge (TcRingView *view, TcLoop *loop)
{
  size_t page = (size_t) sysconf (_SC_PAGESIZE);
  size_t len = (view->len + page - 1) / page * page;

  if (view->memory == NULL || len < LARGE)
    return true;
  if (atomic_exchange (&under_way, true))
    return false;
  if (!begin (view, len, loop))
    atomic_store (&under_way, false);
  return true;
}
