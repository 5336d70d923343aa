/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "consumer/channel.h"

#include "consumer/adoption.h"
#include "consumer/consumer.h"
#include "consumer/handover.h"
#include "consumer/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <lttng/ust-ctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_NAME = 200 };

static bool
is_power_of_two (uint64_t value)
{
  return value > 0 && (value & (value - 1)) == 0;
}

/* The library asserts, or multiplies without a look: nothing may reach it that does not fit. */
static int
check (const TwChannel *config, TcError *error)
{
  uint64_t page = (uint64_t) sysconf (_SC_PAGESIZE);
  uint64_t limit = sizeof (void *) > 4 ? (uint64_t) 1 << 40 : (uint64_t) 1 << 30;

  if (config->name[0] == '\0' || config->name[0] == '.' || strchr (config->name, '/') != NULL
      || strlen (config->name) > MAX_NAME)
    return tc_error (error, EINVAL, "\"%s\" is no name for the files of a channel", config->name);
  if (!is_power_of_two (config->subbuf_size) || config->subbuf_size < page || config->subbuf_size > limit
      || !is_power_of_two (config->num_subbuf) || config->num_subbuf > limit / config->subbuf_size
      || config->num_subbuf > 1u << 20 || (config->overwrite && config->num_subbuf < 2))
    return tc_error (error, EINVAL, "Channel %s cannot have %llu sub-buffers of %llu bytes", config->name,
                     (unsigned long long) config->num_subbuf, (unsigned long long) config->subbuf_size);
  if (config->tracefile_size > 0 && config->tracefile_size < config->subbuf_size)
    return tc_error (error, EINVAL, "Files of %llu bytes cannot hold a sub-buffer of channel %s",
                     (unsigned long long) config->tracefile_size, config->name);
  if (config->n_streams != (unsigned) lttng_ust_ctl_get_nr_stream_per_channel ())
    return tc_error (error, EINVAL, "Channel %s came with %u streams, this machine has %d", config->name,
                     config->n_streams, lttng_ust_ctl_get_nr_stream_per_channel ());
  return 0;
}

/* Rings in @fds, which nobody else has yet. */
static int
make_ring (TcChannel *self, const int *fds, TcError *error)
{
  const TwChannel *config = &self->config;
  struct lttng_ust_ctl_consumer_channel_attr attr = {
    .type = LTTNG_UST_ABI_CHAN_PER_CPU,
    .subbuf_size = config->subbuf_size,
    .num_subbuf = config->num_subbuf,
    .overwrite = (int) config->overwrite,
    /* No intervals: they would start the library's own thread, which touches rings unguarded. */
    .output = LTTNG_UST_ABI_MMAP,
    .chan_id = config->chan_id,
    .blocking_timeout = config->blocking_timeout_us,
  };

  memcpy (attr.uuid, config->uuid, sizeof attr.uuid);
  errno = 0;
  self->ring = lttng_ust_ctl_create_channel (&attr, fds, (int) config->n_streams);
  if (self->ring == NULL)
    return tc_error (error, errno != 0 ? errno : ENOMEM, "Cannot make the buffers of channel %s", config->name);
  return 0;
}

static int
seal_ring (TcChannel *self, const int *fds, TcError *error)
{
  const TwChannel *config = &self->config;
  struct stat about;

  /* An app that could cut the memory would kill whoever reads it. The last seal keeps apps from adding more. */
  for (unsigned i = 0; self->files == NULL && i < config->n_streams; i++)
    if (fcntl (fds[i], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
      return tc_error (error, errno, "Cannot seal the buffers of channel %s", config->name);
  if (fstat (fds[0], &about) < 0 || tc_handover_header (self->ring, &self->header, &self->header_len) < 0)
    return tc_error (error, errno, "Cannot hand over channel %s", config->name);
  self->memory_size = (uint64_t) about.st_size;
  return 0;
}

/* On a drain, or a writer. */
static void
on_stream_active (TcStream *stream)
{
  TcChannel *self = stream->channel;

  if (!atomic_load_explicit (&self->active, memory_order_relaxed) && !atomic_exchange (&self->active, true))
    tc_loop_post (self->consumer->loop, &self->active_mail);
}

/* On a drain. */
static void
on_stream_hung_up (TcStream *stream)
{
  TcChannel *self = stream->channel;

  if (atomic_fetch_sub (&self->live, 1) == 1)
    tc_loop_post (self->consumer->loop, &self->hung_up_mail);
}

/* On a drain. */
static void
on_stream_stuck (TcStream *stream)
{
  TcChannel *self = stream->channel;

  if (!atomic_exchange (&self->stuck, true))
    tc_loop_post (self->consumer->loop, &self->stuck_mail);
}

/* On a drain. */
static void
on_stream_settled (TcStream *stream)
{
  tc_drain_review (stream->drain);
}

static const TcStreamFuncs stream_funcs = {
  .active = on_stream_active, .hung_up = on_stream_hung_up, .stuck = on_stream_stuck, .settled = on_stream_settled,
};

static int
make_stream (TcChannel *self, unsigned cpu, int memory, TcError *error)
{
  const TwChannel *config = &self->config;
  TcStream *stream = &self->streams[cpu];
  struct lttng_ust_ctl_consumer_stream *ring;
  TcPacketOrigin origin = {
    .channel = config->chan_id,
    .cpu = cpu,
    .max_size = (size_t) config->subbuf_size,
    .page_size = (size_t) sysconf (_SC_PAGESIZE),
  };

  memcpy (origin.uuid, config->uuid, sizeof origin.uuid);
  stream->funcs = &stream_funcs;
  stream->channel = self;
  stream->drain = &self->consumer->drains[cpu % self->consumer->n_drains];
  stream->metadata = &self->set->metadata;
  stream->folder = &self->set->folder;
  stream->folder_number = atomic_load (&self->set->folder.number);
  stream->subject.problems = &self->set->output->problems;
  stream->staged_subject.problems = stream->subject.problems;
  tc_stage_init (&stream->stage, &tc_stream_stage_funcs, self->consumer->staging,
                 self->consumer->writers[cpu % self->consumer->n_writers].loop, stream->drain->loop);
  stream->by_timer = config->read_timer_us > 0;
  stream->overwrites = config->overwrite != 0;
  stream->unfinished.anatomies = &self->consumer->anatomies;
  stream->max_packets = (unsigned) config->num_subbuf + 2; /* one that is read, one that was closed just now */
  tc_trace_file_init (&stream->file, self->set->folder.fd, self->config.name, &origin);
  stream->file.max_size = config->tracefile_size;
  stream->file.max_count = config->tracefile_count;
  stream->file.reserve = config->subbuf_size * (config->num_subbuf + 1); /* what the ring may still hold at the end */
  ring = lttng_ust_ctl_create_stream (self->ring, (int) cpu);
  if (ring == NULL || tc_stream_init (stream, ring, memory) < 0)
    {
      int errnum = errno;

      if (ring != NULL)
        lttng_ust_ctl_destroy_stream (ring);
      tc_stage_clear (&stream->stage);
      return tc_error (error, errnum != 0 ? errnum : ENOMEM, "Cannot read the buffers of channel %s", config->name);
    }
  self->n_streams++;
  return 0;
}

static int
make_streams (TcChannel *self, const int *fds, TcError *error)
{
  while (self->n_streams < self->config.n_streams)
    if (make_stream (self, self->n_streams, fds[self->n_streams], error) < 0)
      return -1;
  atomic_init (&self->live, self->n_streams);
  return 0;
}

/* Without rings. */
static TcChannel *
channel_new (TcConsumer *consumer, TcSet *set, const TwChannel *config, TcError *error)
{
  TcChannel *self;

  if (check (config, error) < 0)
    return NULL;
  self = calloc (1, sizeof *self);
  if (self == NULL)
    {
      tc_error (error, ENOMEM, "No memory for channel %s", config->name);
      return NULL;
    }
  self->node.key = config->channel;
  self->consumer = consumer;
  self->set = set;
  self->config = *config;
  self->config.name = strdup (config->name);
  self->streams = calloc (config->n_streams, sizeof *self->streams);
  if (self->config.name != NULL && self->streams != NULL)
    return self;
  tc_error (error, ENOMEM, "No memory for channel %s", config->name);
  tc_channel_free (self);
  return NULL;
}

static void
undo (TcChannel *self)
{
  for (unsigned i = 0; i < self->n_streams; i++)
    tc_stream_close (&self->streams[i]);
  tc_channel_free (self);
}

TcChannel *
tc_channel_new (TcConsumer *consumer, TcSet *set, const TwChannel *config, const int *fds, TcError *error)
{
  TcChannel *self = channel_new (consumer, set, config, error);

  if (self == NULL)
    return NULL;
  if (set->files != NULL)
    {
      if (tc_ring_files_make (set->files, config->name, config->n_streams, &self->files) < 0)
        {
          tc_error (error, errno, "Cannot make the files for the buffers of channel %s in %s", config->name,
                    set->files->path);
          undo (self);
          return NULL;
        }
      fds = self->files;
    }
  if (make_ring (self, fds, error) == 0 && seal_ring (self, fds, error) == 0 && make_streams (self, fds, error) == 0)
    return self;
  undo (self);
  return NULL;
}

/* Never less than was told before: where files are gone or came round again, they do not tell it all. */
static void
count_from (_Atomic uint64_t *counter, uint64_t now, uint64_t told)
{
  if (now < told)
    atomic_fetch_add (counter, told - now);
}

static void
go_on_counting (TcChannel *self, const TwCounters *told)
{
  TcStreamCounters *first = &self->streams[0].counters;
  TwCounters now;

  tc_channel_count (self, &now);
  count_from (&first->bytes_written, now.bytes_written, told->bytes_written);
  count_from (&first->packets_written, now.packets_written, told->packets_written);
  count_from (&first->packets_lost, now.packets_lost, told->packets_lost);
  count_from (&first->bytes_dropped, now.bytes_dropped, told->bytes_dropped);
}

/* Each stream, made in @shape, takes the place of the dead one's. */
static int
adopt_streams (TcChannel *self, const TwAdoption *adoption, const int *shape, int *fds, TcError *error)
{
  unsigned n = self->config.n_streams;

  if (make_ring (self, shape, error) < 0 || make_streams (self, shape, error) < 0)
    return -1;
  tc_channel_close_write_ends (self);
  for (unsigned i = 0; i < n; i++)
    {
      TcStream *stream = &self->streams[i];

      if (self->set->files == NULL && !tc_is_sealed (fds[i]))
        return tc_error (error, EINVAL, "The memory of channel %s could shrink", self->config.name);
      if (tc_stream_adopt (stream, shape[i], fds[i], fds[n + i], adoption->counted.packets_written > 0) < 0)
        return tc_error (error, errno, "Cannot go on with the buffers of channel %s", self->config.name);
      fds[n + i] = -1;
      stream->quiescent = adoption->quiescent;
    }
  go_on_counting (self, &adoption->counted);
  return 0;
}

TcChannel *
tc_channel_adopt (TcConsumer *consumer, TcSet *set, const TwAdoption *adoption, int *fds, TcError *error)
{
  TcChannel *self = channel_new (consumer, set, &adoption->channel, error);
  int *shape;
  int result;

  if (self == NULL)
    return NULL;
  shape = tc_memory_new (self->config.n_streams);
  if (shape == NULL)
    {
      tc_error (error, errno, "No memory for channel %s", self->config.name);
      undo (self);
      return NULL;
    }
  result = adopt_streams (self, adoption, shape, fds, error);
  tc_memory_free (shape, self->config.n_streams);
  if (result == 0)
    {
      /* From here on its files, where it has some, are ours. */
      self->adopted = true;
      return self;
    }
  undo (self);
  return NULL;
}

void
tc_channel_free (TcChannel *self)
{
  tc_loop_disarm (self->consumer->loop, &self->report);
  tc_loop_disarm (self->consumer->loop, &self->switch_timer);
  tc_loop_disarm (self->consumer->loop, &self->read_timer);
  if (self->ring != NULL)
    lttng_ust_ctl_destroy_channel (self->ring);
  if (self->files != NULL)
    tc_memory_free (self->files, self->config.n_streams);
  if (self->files != NULL || (self->adopted && self->set->files != NULL))
    tc_ring_files_remove (self->set->files, self->config.name, self->config.n_streams);
  free (self->streams);
  free (self->header);
  free ((char *) self->config.name);
  free (self);
}

bool
tc_channel_matches (const TcChannel *self, const TwChannel *config)
{
  const TwChannel *mine = &self->config;

  return config->set == mine->set && strcmp (config->name, mine->name) == 0 && config->chan_id == mine->chan_id
    && memcmp (config->uuid, mine->uuid, sizeof mine->uuid) == 0 && config->subbuf_size == mine->subbuf_size
    && config->num_subbuf == mine->num_subbuf && config->overwrite == mine->overwrite
    && config->switch_timer_us == mine->switch_timer_us && config->read_timer_us == mine->read_timer_us
    && config->monitor_timer_us == mine->monitor_timer_us && config->blocking_timeout_us == mine->blocking_timeout_us
    && config->tracefile_size == mine->tracefile_size && config->tracefile_count == mine->tracefile_count
    && config->n_streams == mine->n_streams;
}

bool
tc_channel_is_in (const TcChannel *self, const int *memories)
{
  for (unsigned i = 0; i < self->n_streams; i++)
    {
      struct stat about;

      if (fstat (memories[i], &about) < 0 || about.st_dev != self->streams[i].device
          || about.st_ino != self->streams[i].inode)
        return false;
    }
  return true;
}

/* The write end of the pipe whose read end is @read_end. Our own are closed by now: /proc makes another. */
static int
reopen_write_end (int read_end)
{
  char path[64];

  snprintf (path, sizeof path, "/proc/self/fd/%d", read_end);
  return open (path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

int
tc_channel_get_fds (TcChannel *self, bool again, int **fds_out, size_t *n_fds)
{
  size_t n = 0;
  int *fds = malloc ((1 + 3 * (size_t) self->n_streams) * sizeof *fds);

  if (fds == NULL)
    return -1;
  fds[n++] = again ? reopen_write_end (lttng_ust_ctl_channel_get_wait_fd (self->ring))
                   : lttng_ust_ctl_channel_get_wakeup_fd (self->ring);
  for (unsigned i = 0; i < self->n_streams && fds[n - 1] >= 0; i++)
    {
      TcStream *stream = &self->streams[i];

      fds[n] = stream->watch.fd;
      fds[n + 1] = fds[n];
      fds[n] = again ? reopen_write_end (stream->watch.fd) : lttng_ust_ctl_stream_get_wakeup_fd (stream->ring);
      n += fds[n] >= 0 ? 2 : 1;
    }
  if (fds[n - 1] < 0)
    {
      int errnum = errno;

      tc_channel_release_fds (self, again, fds, n);
      errno = errnum != 0 ? errnum : EBADF;
      return -1;
    }
  for (unsigned i = 0; self->files != NULL && i < self->n_streams; i++)
    fds[n++] = self->files[i];
  *fds_out = fds;
  *n_fds = n;
  return 0;
}

void
tc_channel_release_fds (const TcChannel *self, bool again, int *fds, size_t n_fds)
{
  /* [0], then pairs: a write end and a read end, which stays the library's; files stay ours. */
  for (size_t i = 0; again && i < n_fds && i < 1 + 2 * (size_t) self->n_streams; i += i == 0 ? 1 : 2)
    if (fds[i] >= 0)
      close (fds[i]);
  free (fds);
}

void
tc_channel_close_write_ends (TcChannel *self)
{
  lttng_ust_ctl_channel_close_wakeup_fd (self->ring);
  for (unsigned i = 0; i < self->n_streams; i++)
    tc_ring_guard_close_write_end (&self->streams[i].guard);
}

static uint64_t
load (const _Atomic uint64_t *counter)
{
  return atomic_load_explicit (counter, memory_order_relaxed);
}

void
tc_channel_count (const TcChannel *self, TwCounters *counters)
{
  *counters = (TwCounters) { .channel = self->node.key };
  for (unsigned i = 0; i < self->n_streams; i++)
    {
      const TcStreamCounters *stream = &self->streams[i].counters;

      counters->bytes_written += load (&stream->bytes_written);
      counters->packets_written += load (&stream->packets_written);
      counters->events_discarded += load (&stream->events_discarded);
      counters->packets_lost += load (&stream->packets_lost);
      counters->bytes_dropped += load (&stream->bytes_dropped);
    }
}
