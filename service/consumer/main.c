/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracebus-consumerd: drains one owner's ring buffers into files, as that owner.
 *
 * tracebusd starts it, with the link on descriptor 3, and with rights that it gives up before it
 * does anything else. Then it gives up what it will not need (consumer/sandbox), before the first request.
 */
#define _GNU_SOURCE
#include "consumer/consumer.h"
#include "consumer/rights.h"
#include "consumer/ring-guard.h"
#include "consumer/sandbox.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <lttng/ust-ctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
  EXIT_USAGE = 2,
  MAX_GROUPS = 65536,
  MAX_STAGING = sizeof (void *) > 4 ? TC_STAGING_MAX : 512, /* MiB that there is address space for */
};

DEFINE_LTTNG_UST_SIGBUS_STATE ();

typedef struct {
  bool has_uid, has_gid;
  unsigned staging; /* MiB */
  TcOwner owner;
} Options;

/* A number up to UINT_MAX - 1, which ends at @end: -1 means "leave it" to the kernel. */
static bool
get_id (const char *text, char end, unsigned *id, const char **rest)
{
  char *stop;
  unsigned long long value;

  errno = 0;
  value = strtoull (text, &stop, 10);
  if (errno != 0 || stop == text || text[0] < '0' || text[0] > '9' || value >= UINT_MAX)
    return false;
  if (*stop != end && *stop != '\0')
    return false;
  *id = (unsigned) value;
  *rest = *stop == '\0' ? stop : stop + 1;
  return true;
}

static bool
get_groups (const char *text, TcOwner *owner)
{
  while (*text != '\0')
    {
      gid_t *groups;

      if (owner->n_groups >= MAX_GROUPS)
        return false;
      groups = realloc (owner->groups, (owner->n_groups + 1) * sizeof *groups);
      if (groups == NULL)
        return false;
      owner->groups = groups;
      if (!get_id (text, ',', &owner->groups[owner->n_groups], &text))
        return false;
      owner->n_groups++;
    }
  return true;
}

static bool
get_options (int argc, char **argv, Options *options)
{
  static const struct option known[] = {
    { "uid", required_argument, NULL, 'u' },
    { "gid", required_argument, NULL, 'g' },
    { "groups", required_argument, NULL, 'G' },
    { "staging-pool", required_argument, NULL, 's' },
    { NULL, 0, NULL, 0 },
  };
  bool groups = false, good = true;
  const char *rest;
  int option;

  while (good && (option = getopt_long (argc, argv, "", known, NULL)) != -1)
    switch (option)
      {
      case 'u':
        good = options->has_uid = get_id (optarg, '\0', &options->owner.uid, &rest);
        break;
      case 'g':
        good = options->has_gid = get_id (optarg, '\0', &options->owner.gid, &rest);
        break;
      case 'G':
        good = groups = get_groups (optarg, &options->owner);
        break;
      case 's':
        good = get_id (optarg, '\0', &options->staging, &rest) && options->staging <= TC_STAGING_MAX;
        break;
      default:
        good = false;
      }
  /* Half an owner is a mistake. */
  return good && optind == argc && options->has_uid == options->has_gid && (!groups || options->has_uid);
}

static void
set_up_signals (void)
{
  sigset_t claimed;

  /* The tracer library wants these for threads of its own, which are never started here. */
  sigemptyset (&claimed);
  for (int i = 0; i < 3; i++)
    sigaddset (&claimed, SIGRTMIN + i);
  sigprocmask (SIG_BLOCK, &claimed, NULL);
  tc_ring_guard_install ();
  signal (SIGPIPE, SIG_IGN);
  /* A limit on file sizes is a write error, not a death. */
  signal (SIGXFSZ, SIG_IGN);
  /* A ^C on the service's terminal is the service's to handle: it hangs up when it has stopped. */
  signal (SIGINT, SIG_IGN);
}

static void
raise_limits (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) < 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  (void) setrlimit (RLIMIT_NOFILE, &limit);
}

static int
fail (const char *what)
{
  fprintf (stderr, "tracebus-consumerd: %s: %s\n", what, strerror (errno));
  return EXIT_FAILURE;
}

int
main (int argc, char **argv)
{
  Options options = { .staging = TC_STAGING_DEFAULT };
  TcConsumer *consumer;

  if (!get_options (argc, argv, &options))
    {
      free (options.owner.groups);
      fprintf (stderr, "Usage: tracebus-consumerd [--uid=UID --gid=GID [--groups=GID,...]] [--staging-pool=MIB]\n"
                       "It is started by tracebusd, with a socket on descriptor %d.\n", TW_LINK_FD);
      return EXIT_USAGE;
    }
  raise_limits ();
  if ((options.has_uid && tc_rights_become (&options.owner) < 0) || tc_rights_renounce () < 0)
    return fail ("cannot give up the rights it was started with");
  free (options.owner.groups);
  set_up_signals ();
  if (chdir ("/") < 0)
    return fail ("cannot enter the root directory");
  /* The last question to the name service, which may leave descriptors open. */
  tc_output_find_home ();
  if (tc_sandbox_close_others (TW_LINK_FD) < 0)
    return fail ("cannot close what it was not given");
  if (options.staging > MAX_STAGING)
    options.staging = MAX_STAGING;
  consumer = tc_consumer_new (TW_LINK_FD, (size_t) options.staging << 20);
  if (consumer == NULL)
    return fail ("cannot take the link to tracebusd, which starts it");
  if (tc_sandbox_enter () < 0)
    return fail ("cannot confine itself");
  tc_consumer_run (consumer);
  tc_consumer_free (consumer);
  return EXIT_SUCCESS;
}
