/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "ring-maker.h"

#include "base/fd-budget.h"

#include <fcntl.h>
#include <lttng/ust-ctl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

DEFINE_LTTNG_UST_SIGBUS_STATE ();

typedef struct lttng_ust_abi_object_data Object;

static int
duplicate (int fd)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 0);

  g_assert_cmpint (copy, >=, 0);
  return copy;
}

/* The library has no shorter way from its own channel to what is sent to an app. */
static Object *
get_channel_object (struct lttng_ust_ctl_consumer_channel *channel, int pair[2])
{
  Object *object = NULL;

  g_assert_cmpint (lttng_ust_ctl_send_channel_to_sessiond (pair[0], channel), ==, 0);
  g_assert_cmpint (lttng_ust_ctl_recv_channel_from_consumer (pair[1], &object), ==, 0);
  return object;
}

static Object *
get_stream_object (struct lttng_ust_ctl_consumer_stream *stream, int pair[2])
{
  Object *object = NULL;

  g_assert_cmpint (lttng_ust_ctl_send_stream_to_sessiond (pair[0], stream), ==, 0);
  g_assert_cmpint (lttng_ust_ctl_recv_stream_from_consumer (pair[1], &object), ==, 0);
  return object;
}

static void
get_stream (struct lttng_ust_ctl_consumer_channel *channel, int cpu, int pair[2], TbusRingParts *parts, int fds[2])
{
  struct lttng_ust_ctl_consumer_stream *stream = lttng_ust_ctl_create_stream (channel, cpu);
  Object *object;

  g_assert_nonnull (stream);
  object = get_stream_object (stream, pair);
  parts->memory_size = object->size;
  fds[0] = duplicate (object->u.stream.wakeup_fd);
  fds[1] = duplicate (lttng_ust_ctl_stream_get_wait_fd (stream));
  lttng_ust_ctl_release_object (-1, object);
  free (object);
  lttng_ust_ctl_destroy_stream (stream);
}

TbusRing *
tst_ring_make (const TbusBufferSet *set, guint32 chan_id)
{
  struct lttng_ust_ctl_consumer_channel_attr attributes = {
    .type = LTTNG_UST_ABI_CHAN_PER_CPU,
    .subbuf_size = 4096,
    .num_subbuf = 4,
    .output = LTTNG_UST_ABI_MMAP,
    .chan_id = chan_id,
  };
  int n = lttng_ust_ctl_get_nr_stream_per_channel ();
  g_autofree int *memory = g_new (int, n), *fds = g_new (int, 1 + 2 * n);
  TbusRingParts parts = { .n_streams = n, .memory_fds = memory, .fds = fds };
  struct lttng_ust_ctl_consumer_channel *channel;
  TbusRing *ring;
  Object *object;
  int pair[2];

  g_assert_true (tbus_fd_budget_take (tbus_ring_cost (n), "A ring", NULL));
  memcpy (attributes.uuid, set->uuid, sizeof attributes.uuid);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  for (int i = 0; i < n; i++)
    memory[i] = memfd_create ("ring", MFD_CLOEXEC);
  channel = lttng_ust_ctl_create_channel (&attributes, memory, n);
  g_assert_nonnull (channel);
  object = get_channel_object (channel, pair);
  parts.header = object->u.channel.data;
  parts.header_len = object->size;
  fds[0] = duplicate (object->u.channel.wakeup_fd);
  for (int i = 0; i < n; i++)
    get_stream (channel, i, pair, &parts, &fds[1 + 2 * i]);
  ring = tbus_ring_new (&parts);
  lttng_ust_ctl_release_object (-1, object);
  free (object);
  lttng_ust_ctl_destroy_channel (channel);
  close (pair[0]);
  close (pair[1]);
  return ring;
}
