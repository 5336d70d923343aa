/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/anatomy.h"

#include "consumer/memory.h"
#include "consumer/packet.h"
#include "consumer/ring-view.h"

#include <errno.h>
#include <lttng/ust-ctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { FRESH, ONCE, TWICE, N_LOOKS };

/* A small ring, and its memory as it was made and after each of two packets. */
typedef struct {
  TcRingView view;
  size_t page, subbuf_size;
  size_t len;
  char *looks[N_LOOKS];
} Specimen;

static unsigned long
word_at (const Specimen *self, int look, size_t at)
{
  unsigned long value;

  memcpy (&value, self->looks[look] + at, sizeof value);
  return value;
}

/* The packets themselves and what the record tells of are no news. */
static bool
is_known (const Specimen *self, size_t packets, size_t at)
{
  const TcRingView *view = &self->view;

  return (at >= packets && at < packets + view->num_subbuf * self->subbuf_size)
    || (at >= view->committed && at < view->committed + view->num_subbuf * view->stride)
    || at == view->produced || at == view->consumed;
}

/* The first page that begins like a packet. */
static size_t
find_packets (const Specimen *self)
{
  size_t at = self->page;

  while (at < self->len && !tc_packet_is_begun (self->looks[ONCE] + at))
    at += self->page;
  return at;
}

/*
 * The one word that became @value with the first packet and stayed so, and the one that did with the second: the
 * counters of the first two sub-buffers. 0, or -1 where there is not one such word.
 */
static int
find_counters (const Specimen *self, unsigned long value, size_t *first, size_t *stride)
{
  size_t packets = find_packets (self), second = 0;
  unsigned n_first = 0, n_second = 0;

  for (size_t at = 0; at + sizeof (long) <= self->len; at += sizeof (long))
    {
      unsigned long once = word_at (self, ONCE, at);

      if (is_known (self, packets, at) || word_at (self, FRESH, at) != 0 || word_at (self, TWICE, at) != value)
        continue;
      if (once == value)
        {
          *first = at - self->view.committed;
          n_first++;
        }
      else if (once == 0)
        {
          second = at - self->view.committed;
          n_second++;
        }
    }
  *stride = self->view.num_subbuf > 1 ? second - *first : 0;
  return n_first == 1 && n_second == (self->view.num_subbuf > 1) ? 0 : -1;
}

static int
compare (const Specimen *self, TcAnatomy *anatomy)
{
  if (find_counters (self, self->subbuf_size, &anatomy->delivered, &anatomy->delivered_stride) == 0
      && find_counters (self, 1, &anatomy->sequence, &anatomy->sequence_stride) == 0
      && tc_ring_view_fits (&self->view, anatomy))
    return 0;
  errno = ENOTSUP;
  return -1;
}

static int
look_closely (Specimen *self, struct lttng_ust_ctl_consumer_stream *stream, TcAnatomy *anatomy)
{
  char *space;
  int result;

  self->len = self->view.len;
  space = malloc (N_LOOKS * self->len);
  if (space == NULL)
    return -1;
  for (int i = 0; i < N_LOOKS; i++)
    {
      self->looks[i] = space + (size_t) i * self->len;
      if (i > FRESH && (i == ONCE || self->view.num_subbuf > 1))
        lttng_ust_ctl_flush_buffer (stream, 0);
      memcpy (self->looks[i], self->view.memory, self->len);
    }
  result = compare (self, anatomy);
  free (space);
  return result;
}

static int
dissect_stream (struct lttng_ust_ctl_consumer_channel *ring, int fd, size_t subbuf_size, TcAnatomy *anatomy)
{
  Specimen specimen = { .page = (size_t) sysconf (_SC_PAGESIZE), .subbuf_size = subbuf_size };
  struct lttng_ust_ctl_consumer_stream *stream = lttng_ust_ctl_create_stream (ring, 0);
  int result = -1;

  if (stream == NULL)
    {
      errno = ENOMEM;
      return -1;
    }
  /* Nobody is to be woken: that would take calls that the consumer has no right to. */
  lttng_ust_ctl_stream_close_wakeup_fd (stream);
  if (tc_ring_view_init (&specimen.view, fd) == 0)
    {
      errno = ENOTSUP;
      if (specimen.view.memory != NULL)
        result = look_closely (&specimen, stream, anatomy);
      tc_ring_view_clear (&specimen.view);
    }
  lttng_ust_ctl_destroy_stream (stream);
  return result;
}

static int
dissect (const TcRingShape *shape, TcAnatomy *anatomy)
{
  struct lttng_ust_ctl_consumer_channel_attr attr = {
    .type = LTTNG_UST_ABI_CHAN_PER_CPU,
    .subbuf_size = shape->subbuf_size,
    .num_subbuf = shape->num_subbuf,
    .overwrite = shape->overwrite,
    .output = LTTNG_UST_ABI_MMAP,
  };
  struct lttng_ust_ctl_consumer_channel *ring;
  unsigned n = (unsigned) lttng_ust_ctl_get_nr_stream_per_channel ();
  int *fds = tc_memory_new (n);
  int result = -1;

  if (fds == NULL)
    return -1;
  ring = lttng_ust_ctl_create_channel (&attr, fds, (int) n);
  if (ring != NULL)
    {
      result = dissect_stream (ring, fds[0], (size_t) shape->subbuf_size, anatomy);
      lttng_ust_ctl_destroy_channel (ring);
    }
  else
    errno = ENOMEM;
  tc_memory_free (fds, n);
  return result;
}

void
tc_anatomies_init (TcAnatomies *self)
{
  *self = (TcAnatomies) { .n = 0 };
  pthread_mutex_init (&self->lock, NULL);
}

void
tc_anatomies_clear (TcAnatomies *self)
{
  pthread_mutex_destroy (&self->lock);
}

/* @distance with sub-buffers of one page, and of two, as it is with those of @pages. */
static size_t
extrapolate (size_t one, size_t two, size_t pages)
{
  return one + (two - one) * (pages - 1);
}

static void
fit (const struct TcKnownAnatomy *known, size_t pages, TcAnatomy *anatomy)
{
  *anatomy = known->one;
  anatomy->delivered = extrapolate (known->one.delivered, known->two.delivered, pages);
  anatomy->sequence = extrapolate (known->one.sequence, known->two.sequence, pages);
}

/* Under the lock. */
static int
find (TcAnatomies *self, const TcRingShape *shape, TcAnatomy *anatomy)
{
  size_t page = (size_t) sysconf (_SC_PAGESIZE), pages = (size_t) shape->subbuf_size / page;
  struct TcKnownAnatomy found = { .num_subbuf = shape->num_subbuf, .overwrite = shape->overwrite };
  TcRingShape small = { page, shape->num_subbuf, shape->overwrite };

  for (unsigned i = 0; i < self->n; i++)
    if (self->known[i].num_subbuf == shape->num_subbuf && self->known[i].overwrite == shape->overwrite)
      {
        fit (&self->known[i], pages, anatomy);
        return 0;
      }
  if (shape->num_subbuf > TC_MAX_ANATOMY_SUBBUFS)
    {
      errno = ENOTSUP;
      return -1;
    }
  if (dissect (&small, &found.one) < 0)
    return -1;
  small.subbuf_size = 2 * page;
  if (dissect (&small, &found.two) < 0)
    return -1;
  fit (&found, pages, anatomy);
  if (self->n < TC_MAX_ANATOMIES)
    self->known[self->n++] = found;
  return 0;
}

int
tc_anatomies_find (TcAnatomies *self, const TcRingShape *shape, TcAnatomy *anatomy)
{
  int result;

  pthread_mutex_lock (&self->lock);
  result = find (self, shape, anatomy);
  pthread_mutex_unlock (&self->lock);
  return result;
}
