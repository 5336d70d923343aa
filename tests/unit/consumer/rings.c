/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "rings.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

DEFINE_LTTNG_UST_SIGBUS_STATE ();

void
tst_rings_start (void)
{
  sigset_t claimed;

  sigemptyset (&claimed);
  for (int i = 0; i < 3; i++)
    sigaddset (&claimed, SIGRTMIN + i);
  sigprocmask (SIG_BLOCK, &claimed, NULL);
}

int *
tst_memory_new (void)
{
  int n = lttng_ust_ctl_get_nr_stream_per_channel ();
  int *fds = g_new (int, n);

  for (int i = 0; i < n; i++)
    fds[i] = memfd_create ("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  return fds;
}

void
tst_memory_free (int *fds)
{
  for (int i = 0; i < lttng_ust_ctl_get_nr_stream_per_channel (); i++)
    close (fds[i]);
  g_free (fds);
}

void
tst_ring_open (TstRing *self, const TcRingShape *shape, const int *memory)
{
  struct lttng_ust_ctl_consumer_channel_attr attr = {
    .type = LTTNG_UST_ABI_CHAN_PER_CPU, .subbuf_size = shape->subbuf_size, .num_subbuf = shape->num_subbuf,
    .overwrite = shape->overwrite, .output = LTTNG_UST_ABI_MMAP,
  };

  self->channel = lttng_ust_ctl_create_channel (&attr, memory, lttng_ust_ctl_get_nr_stream_per_channel ());
  g_assert_nonnull (self->channel);
  self->stream = lttng_ust_ctl_create_stream (self->channel, 0);
  g_assert_nonnull (self->stream);
}

void
tst_ring_close (TstRing *self)
{
  if (self->stream != NULL)
    lttng_ust_ctl_destroy_stream (self->stream);
  lttng_ust_ctl_destroy_channel (self->channel);
}

char *
tst_shape_path (const char *area, const char *function, const TcRingShape *shape)
{
  g_autofree char *sentence = g_strdelimit (g_strdup (function), "_", '-');

  return g_strdup_printf ("%s/%s/%ux%u%s", area, sentence, (guint) shape->num_subbuf, (guint) shape->subbuf_size,
                          shape->overwrite ? "-overwrite" : "");
}
