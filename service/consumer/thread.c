/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/thread.h"

#include <errno.h>
#include <signal.h>

int
tc_thread_start (pthread_t *thread, void *(*run) (void *data), void *data)
{
  sigset_t all, before;
  int errnum;

  sigfillset (&all);
  sigdelset (&all, SIGBUS);
  sigdelset (&all, SIGSEGV);
  sigdelset (&all, SIGFPE);
  sigdelset (&all, SIGABRT);
  pthread_sigmask (SIG_BLOCK, &all, &before);
  errnum = pthread_create (thread, NULL, run, data);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  if (errnum == 0)
    return 0;
  errno = errnum;
  return -1;
}
