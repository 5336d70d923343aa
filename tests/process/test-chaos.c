/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whatever goes wrong in whatever order: four sessions, twenty programs, and faults by chance. In the end what was
 * emitted is recorded or counted, traces can be read, and nothing is left over.
 *
 * TRACEBUS_CHAOS_SECONDS says how long both take (60, and 20 with sanitizers), TRACEBUS_CHAOS_SEED how they begin.
 */
#include "chaos.h"
#include "support/leak.h"
#include "support/mounts.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined (__SANITIZE_ADDRESS__)
enum { SECONDS = 20 };
#else
enum { SECONDS = 60 };
#endif

enum {
  EVENT_BYTES = 14, /* at least: 4 of its header, 8 of a number, and a name of one digit */
  HEADER_BYTES = 84, /* of a packet, with its context */
  SMALLEST_PACKET = 4096,
  CONSUMER_MORE = 1 << 20, /* bytes */
  SHM_MIB = 64,
};

#define SMALL "'subbuf-size': <uint64 4096>, 'num-subbuf': <uint64 8>"
#define LARGE "'subbuf-size': <uint64 65536>, 'num-subbuf': <uint64 4>"

const ChaosKind chaos_kinds[CHAOS_SESSIONS] = {
  { "user-small", TST_PER ("user") ", " SMALL ", 'switch-timer-us': <uint32 20000>", 4096, TRUE },
  { "user-large", TST_PER ("user") ", " LARGE, 65536, TRUE },
  { "process-small", TST_PER ("process") ", " SMALL, 4096, FALSE },
  { "process-large", TST_PER ("process") ", " LARGE ", 'read-timer-us': <uint32 10000>", 65536, FALSE },
};

static const struct {
  const char *name;
  ChaosEvent happen;
  guint weight;
} faults[] = {
  { "emit", chaos_emit, 600 },
  { "fork", chaos_fork, 30 },
  { "freeze or thaw", chaos_freeze_or_thaw, 100 },
  { "kill a program", chaos_kill, 30 },
  { "kill it within an event", chaos_tear, 8 },
  { "end a program", chaos_end, 20 },
  { "run one with few descriptors", chaos_run_poor, 6 },
  { "kill the consumer", chaos_kill_consumer, 30 },
  { "stop the consumer", chaos_stop_consumer, 20 },
  { "suspend everything", chaos_suspend_all, 10 },
  { "kill the service", chaos_kill_service, 5 },
  { "kill service and consumer", chaos_kill_both, 3 },
  { "restart the service", chaos_restart_service, 3 },
  { "flush", chaos_flush, 30 },
  { "fill or free a disk", chaos_fill_or_free_disk, 10 },
  { "remove or make an output", chaos_remove_or_make_output, 10 },
};

typedef struct {
  Chaos chaos;
  char **fds; /* of the service, before */
  guint n_fds;
  char **shm;
  guint counts[G_N_ELEMENTS (faults)];
  pid_t seen;       /* the service, in its present life, */
  gint64 seen_at;   /* since when, */
  TstHolding early; /* and what it held after a third of the time; 0: it has not lived as long */
} Fixture;

static void
let_something_happen (Fixture *self)
{
  Chaos *chaos = &self->chaos;
  ChaosMember *member = &chaos->members[g_rand_int_range (chaos->random, 0, CHAOS_MEMBERS)];
  guint total = 0, chosen;

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    total += faults[i].weight;
  chosen = g_rand_int_range (chaos->random, 0, total);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      if (chosen < faults[i].weight)
        {
          faults[i].happen (chaos, member);
          self->counts[i]++;
          return;
        }
      chosen -= faults[i].weight;
    }
}

static guint
get_number (const char *variable, guint otherwise)
{
  const char *text = g_getenv (variable);

  return text != NULL ? (guint) g_ascii_strtoull (text, NULL, 10) : otherwise;
}

static void
make_tallies (Chaos *self)
{
  const gsize size = CHAOS_MAX_TALLIES * sizeof *self->tallies;
  int fd;

  self->path = g_build_filename (tst_dir_path (tst_service_dir (self->service)), "tallies", NULL);
  fd = open (self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, (off_t) size), ==, 0);
  self->tallies = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (self->tallies != MAP_FAILED);
  close (fd);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  Chaos *chaos = &self->chaos;
  guint seed = get_number ("TRACEBUS_CHAOS_SEED", g_random_int ());

  g_test_message ("TRACEBUS_CHAOS_SEED=%u", seed);
  chaos->with_service = data != NULL;
  chaos->random = g_rand_new_with_seed (seed);
  self->shm = tst_shm_list ();
  chaos->service = tst_service_new_idle ();
  chaos->store = tst_service_use_store (chaos->service);
  chaos_mount (chaos);
  tst_service_start (chaos->service, NULL);
  self->fds = tst_fd_list (tst_service_pid (chaos->service));
  self->n_fds = g_strv_length (self->fds);
  make_tallies (chaos);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  Chaos *chaos = &self->chaos;

  for (guint i = 0; i < CHAOS_SESSIONS; i++)
    {
      g_free (chaos->sessions[i].path);
      g_free (chaos->sessions[i].folder);
      g_free (chaos->sessions[i].output);
    }
  for (guint i = 0; i < CHAOS_MEMBERS; i++)
    g_clear_pointer (&chaos->members[i].child, tst_child_free);
  munmap (chaos->tallies, CHAOS_MAX_TALLIES * sizeof *chaos->tallies);
  chaos_unmount (chaos);
  tst_service_free (chaos->service);
  g_rand_free (chaos->random);
  g_strfreev (self->shm);
  g_strfreev (self->fds);
  g_free (chaos->path);
}

static void
begin (Chaos *self)
{
  for (guint i = 0; i < CHAOS_SESSIONS; i++)
    {
      const char *name = chaos_kinds[i].name;
      g_autofree char *output = g_strdup_printf ("%s/%s", name, name);

      self->sessions[i].path = tst_start_recording (self->service, output, chaos_kinds[i].options);
      self->sessions[i].folder = tst_output (self->service, name);
      self->sessions[i].output = tst_output (self->service, output);
    }
  for (guint i = 0; i < CHAOS_MEMBERS; i++)
    chaos_start_member (self, &self->members[i]);
}

/* Events that program @who has emitted. */
static guint64
count_done (const Chaos *self, guint64 who)
{
  guint64 done = 0;

  for (guint64 i = 1; i <= self->tallies[0].begun; i++)
    done += self->tallies[i].who == who ? self->tallies[i].done : 0;
  return done;
}

/* For whoever has to find out why. */
static void
say_whose_are_missing (const Chaos *self, GPtrArray *events)
{
  g_autoptr(GHashTable) found = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < events->len; i++)
    {
      g_autofree char *who = tst_trace_field (events->pdata[i], "who");
      gpointer number = GUINT_TO_POINTER ((guint) g_ascii_strtoull (who + 1, NULL, 10)); /* after the quote */

      gsize n_found = GPOINTER_TO_SIZE (g_hash_table_lookup (found, number));

      g_hash_table_replace (found, number, GSIZE_TO_POINTER (n_found + 1));
    }
  for (guint64 i = 1; i <= self->tallies[0].begun; i++)
    {
      guint64 who = self->tallies[i].who, done = count_done (self, who);
      gsize recorded = GPOINTER_TO_SIZE (g_hash_table_lookup (found, GSIZE_TO_POINTER (who)));

      if (recorded < done)
        g_test_message ("program %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " emitted, %" G_GSIZE_FORMAT " recorded",
                        who, done, recorded);
    }
}

/*
 * How many events may be in what was lost: as many as what found no output when its program ended can have held; and
 * those that others wrote into a torn packet after its hole. Of a process's own packet only the torn event is missing.
 */
static guint64
count_lost (const ChaosKind *kind, const TstResult *result)
{
  guint64 n_dropped = (result->dropped + kind->packet - 1) / kind->packet; /* at least */
  guint64 n_torn = result->lost - MIN (n_dropped, result->lost);
  guint64 dropped = (result->dropped - n_dropped * HEADER_BYTES) / EVENT_BYTES;

  return dropped + (kind->shared ? n_torn * ((kind->packet - HEADER_BYTES) / EVENT_BYTES) : 0);
}

/* What was emitted is recorded, or discarded and counted, but for that, and for what was told. */
static void
check_sums (Chaos *self, guint i)
{
  const ChaosSession *session = &self->sessions[i];
  TstResult result = tst_session_run (self->service, session->path, "Stop");
  g_autoptr(GPtrArray) events = NULL;
  guint64 begun = 0, done = 0, found, may_lack;
  TstMissing missing;

  for (guint64 number = 1; number <= self->tallies[0].begun; number++)
    {
      begun += self->tallies[number].begun;
      done += self->tallies[number].done;
    }
  events = tst_events_lossy (self->service, chaos_kinds[i].name, &missing);
  found = events->len + result.discarded;
  may_lack = count_lost (&chaos_kinds[i], &result) + session->unseen;
  g_test_message ("%s: %" G_GUINT64_FORMAT " emitted, %u recorded, %" G_GUINT64_FORMAT " discarded, %" G_GUINT64_FORMAT
                  " packets lost, %" G_GUINT64_FORMAT " bytes dropped: %" G_GINT64_FORMAT " missing, of %"
                  G_GUINT64_FORMAT " that may be", chaos_kinds[i].name, done, events->len, result.discarded,
                  result.lost, result.dropped, (gint64) (done - found), may_lack);
  g_assert_cmpuint (begun - done, <=, self->deaths);
  g_assert_cmpuint (result.lost, <=, self->deaths + result.dropped / SMALLEST_PACKET);
  g_assert_true (result.dropped == 0 || session->removals > 0);
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  if (found + may_lack < done)
    say_whose_are_missing (self, events);
  g_assert_cmpuint (found, <=, begun);
  g_assert_cmpuint (found + may_lack, >=, done);
}

/* What is taken once is there by then: tables, and what the allocator keeps. */
static void
watch_growth (Fixture *self, gint64 third)
{
  pid_t service = tst_service_pid (self->chaos.service);
  gint64 now = g_get_monotonic_time ();

  if (service != self->seen)
    {
      self->seen = service;
      self->seen_at = now;
      self->early = (TstHolding) { 0 };
    }
  else if (self->early.memory == 0 && now - self->seen_at > third)
    self->early = tst_holding_look (service);
}

static void
expect_little_more (const char *who, guint64 before, guint64 after, guint64 more)
{
  g_test_message ("%s: %" G_GUINT64_FORMAT " kB, and then %" G_GUINT64_FORMAT, who, before / 1024, after / 1024);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed, to tell of its use */
  g_assert_cmpuint (after, <=, before + more);
#endif
}

/*
 * In the end there are as many programs and sessions as there were early. A consumer that has gone through all of that
 * holds hardly more than one that has just come, and goes on with the same.
 */
static void
expect_no_growth (Fixture *self)
{
  Chaos *chaos = &self->chaos;
  TstHolding late = tst_holding_look (tst_service_pid (chaos->service)), consumer;
  pid_t pid;

  if (self->early.memory > 0 && self->seen == tst_service_pid (chaos->service))
    expect_little_more ("the service", self->early.memory, late.memory, self->early.memory / 10);
  tst_wait_until (chaos->service, chaos_consumer_runs (chaos));
  pid = tst_service_consumer_pid (chaos->service);
  consumer = tst_holding_look (pid);
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  tst_wait_until (chaos->service, chaos_consumer_runs (chaos) && tst_service_consumer_pid (chaos->service) != pid);
  chaos_calm_down (chaos);
  late = tst_holding_look (tst_service_consumer_pid (chaos->service));
  expect_little_more ("a new consumer, the last one", late.own, consumer.own, CONSUMER_MORE);
}

static gboolean
apps_are_gone (Chaos *self)
{
  g_auto(GStrv) apps = tst_objects (self->service, "App");

  return g_strv_length (apps) == 0;
}

static void
expect_nothing_left (Fixture *self)
{
  TstService *service = self->chaos.service;
  g_auto(GStrv) shm = NULL;
  g_auto(GStrv) fds = NULL;
  gint64 began = g_get_monotonic_time ();

  tst_wait_until (service, apps_are_gone (&self->chaos));
  g_assert_cmpuint (tst_children_count (tst_service_pid (service)), <=, 1); /* the consumer may stay */
  /* The consumer's link, its end, and its pool. What is written of the service's state just now is closed soon. */
  while (tst_fd_count (tst_service_pid (service)) > self->n_fds + 3
         && g_get_monotonic_time () - began < TST_PATIENCE_MS * G_TIME_SPAN_MILLISECOND)
    g_assert_true (apps_are_gone (&self->chaos));
  fds = tst_fd_list (tst_service_pid (service));
  if (g_strv_length (fds) > self->n_fds + 3)
    {
      g_autofree char *before = g_strjoinv (", ", self->fds);
      g_autofree char *after = g_strjoinv (", ", fds);

      g_test_message ("open before: %s; and after: %s", before, after);
    }
  g_assert_cmpuint (g_strv_length (fds), <=, self->n_fds + 3);
  g_assert_cmpuint (tst_store_count (self->chaos.store, "ring-"), ==, 0);
  g_assert_cmpuint (tst_store_count (self->chaos.store, "log-"), ==, 0);
  g_assert_cmpuint (tst_store_count (self->chaos.store, "app-"), ==, 0);
  shm = tst_shm_list ();
  g_assert_true (g_strv_equal ((const char *const *) shm, (const char *const *) self->shm));
}

static void
everything_adds_up (Fixture *self, gconstpointer data)
{
  Chaos *chaos = &self->chaos;
  guint seconds = get_number ("TRACEBUS_CHAOS_SECONDS", SECONDS) / 2;
  gint64 end = g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND;

  chaos->max_exponent = seconds > 120 ? 7 : 10; /* the traces have to be read */
  begin (chaos);
  while (g_get_monotonic_time () < end)
    {
      let_something_happen (self);
      watch_growth (self, seconds * G_TIME_SPAN_SECOND / 3);
      g_usleep ((gulong) g_rand_int_range (chaos->random, 0, 10000)); /* any moment will do */
    }
  chaos_calm_down (chaos);
  for (guint i = 0; i < CHAOS_MEMBERS; i++)
    {
      chaos_settle (chaos, &chaos->members[i]);
      chaos_await_recorded (chaos, &chaos->members[i]);
    }
  expect_no_growth (self);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    g_test_message ("%u times: %s", self->counts[i], faults[i].name);
  for (guint i = 0; i < CHAOS_SESSIONS; i++)
    check_sums (chaos, i);
  for (guint i = 0; i < CHAOS_SESSIONS; i++)
    tst_session_run (chaos->service, chaos->sessions[i].path, "Destroy");
  for (guint i = 0; i < CHAOS_MEMBERS; i++)
    tst_child_finish (chaos->members[i].child);
  expect_nothing_left (self);
}

int
main (int argc, char **argv)
{
  const char *why;

  g_test_init (&argc, &argv, NULL);
  if (tst_mounts_own (&why)) /* or no disk is full, and others' shared memory is seen */
    tst_mount ("tmpfs", "/dev/shm", SHM_MIB, &why);
  g_test_add ("/process/chaos/everything-adds-up", Fixture, NULL, set_up, everything_adds_up, tear_down);
  g_test_add ("/process/chaos/also-where-the-service-is-killed", Fixture, "service", set_up, everything_adds_up,
              tear_down);
  return g_test_run ();
}
