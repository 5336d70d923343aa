/* SPDX-License-Identifier: GPL-2.0-only */
/* app-threads THREADS N: each thread emits N ticks as "thread-0" and so on; says how many in all. */
#include "support/apps/app.h"
#include "support/apps/tick-provider.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
  pthread_t thread;
  long index;
  long n;
} Emitter;

static void *
emit (void *data)
{
  Emitter *self = data;
  char who[32];

  snprintf (who, sizeof who, "thread-%ld", self->index);
  for (long i = 0; i < self->n; i++)
    lttng_ust_tracepoint (tbtest, tick, i, who);
  return NULL;
}

int
main (int argc, char **argv)
{
  long threads = app_argument (argc, argv, 1, 4);
  long n = app_argument (argc, argv, 2, 1000);
  Emitter *emitters = calloc (threads + 1, sizeof *emitters);

  if (emitters == NULL)
    return 1;
  for (long i = 0; i < threads; i++)
    {
      emitters[i] = (Emitter) { .index = i, .n = n };
      if (pthread_create (&emitters[i].thread, NULL, emit, &emitters[i]) != 0)
        return 1;
    }
  for (long i = 0; i < threads; i++)
    pthread_join (emitters[i].thread, NULL);
  free (emitters);
  app_say ("emitted %ld", threads * n);
  return 0;
}
