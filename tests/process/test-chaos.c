/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whatever goes wrong in whatever order: four sessions, twenty programs, and faults by chance. In the end what was
 * emitted is recorded or counted, traces can be read, and nothing is left over.
 *
 * TRACEBUS_CHAOS_SECONDS says how long both take (60, and 20 with sanitizers), TRACEBUS_CHAOS_SEED how they begin.
 */
#include "support/leak.h"
#include "support/recording.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined (__SANITIZE_ADDRESS__)
enum { SECONDS = 20 };
#else
enum { SECONDS = 60 };
#endif

enum {
  MEMBERS = 20,
  MAX_TALLIES = 1 << 16,
  EVENT_BYTES = 18, /* at least */
  CONSUMER_LIFE_MS = 1500, /* or its death is a quick one, and after some of these none is started for a while */
  SERVICE_LIFE_MS = 5000,
};

#define SMALL "'subbuf-size': <uint64 4096>, 'num-subbuf': <uint64 8>"
#define LARGE "'subbuf-size': <uint64 65536>, 'num-subbuf': <uint64 4>"

static const struct {
  const char *name;
  const char *options;
  guint packet;
} kinds[] = {
  { "user-small", TST_PER ("user") ", " SMALL ", 'switch-timer-us': <uint32 20000>", 4096 },
  { "user-large", TST_PER ("user") ", " LARGE, 65536 },
  { "process-small", TST_PER ("process") ", " SMALL, 4096 },
  { "process-large", TST_PER ("process") ", " LARGE ", 'read-timer-us': <uint32 10000>", 65536 },
};

typedef struct {
  _Atomic guint64 begun, done, who;
} Tally;

/* A program. */
typedef struct {
  TstChild *child;
  gboolean ready, busy, frozen;
} Member;

typedef struct {
  TstService *service;
  TstStore *store;
  char *sessions[G_N_ELEMENTS (kinds)];
  char *path;  /* of what programs count */
  Tally *tallies;
  Member members[MEMBERS];
  GRand *random;
  gboolean with_service; /* is killed as well */
  guint max_exponent; /* of the number of events in a burst */
  gint64 consumer_killed, service_killed; /* monotonic */
  guint64 deaths;    /* of programs that may have been within an event */
  guint n_fds;       /* of the service, before */
  char **shm;
  guint counts[16];  /* of each fault */
} Fixture;

static void
start_member (Fixture *self, Member *member)
{
  static guint number;
  g_autofree char *name = g_strdup_printf ("%u", number++);

  *member = (Member){ .child = tst_app_start (self->service, "app-chaos", self->path, name, NULL) };
}

static void
thaw (Member *member)
{
  if (member->frozen)
    tst_child_signal (member->child, SIGCONT);
  member->frozen = FALSE;
}

/* A program that waits for its buffers for a second while there is no consumer goes on without, and gets them later. */
static void
await_buffers (Fixture *self, Member *member)
{
  g_autofree char *app = NULL;

  g_free (tst_child_wait_line (member->child, "ready"));
  app = tst_wait_app (self->service, tst_child_pid (member->child), "ready");
  tst_wait_until (self->service, tst_get_length (self->service, app, "App.Sessions") == G_N_ELEMENTS (kinds));
}

/* Until it has done what it was told. */
static void
settle (Fixture *self, Member *member)
{
  thaw (member);
  if (!member->ready)
    await_buffers (self, member);
  if (member->busy)
    g_free (tst_child_wait_line (member->child, "done"));
  member->ready = TRUE;
  member->busy = FALSE;
}

static void
replace (Fixture *self, Member *member)
{
  tst_child_wait (member->child);
  tst_child_free (member->child);
  start_member (self, member);
}

static guint
some (Fixture *self)
{
  return 1 + g_rand_int_range (self->random, 0, 1 << g_rand_int_range (self->random, 0, self->max_exponent));
}

/* What can happen. */

static void
emit_some (Fixture *self, Member *member)
{
  settle (self, member);
  tst_child_say (member->child, "go %u", some (self));
  member->busy = TRUE;
}


static void
freeze_or_thaw (Fixture *self, Member *member)
{
  if (member->frozen)
    {
      thaw (member);
      return;
    }
  if (!member->ready)
    settle (self, member); /* who is stopped while it registers would keep us waiting for its end */
  tst_child_freeze (member->child);
  member->frozen = TRUE;
}

static void
kill_member (Fixture *self, Member *member)
{
  if (!member->ready)
    settle (self, member);
  self->deaths++;
  tst_child_signal (member->child, SIGKILL);
  replace (self, member);
}

static void
tear (Fixture *self, Member *member)
{
  settle (self, member);
  self->deaths++;
  tst_child_say (member->child, "raise %d", SIGKILL);
  replace (self, member);
}

static void
end_member (Fixture *self, Member *member)
{
  settle (self, member);
  tst_child_finish (member->child);
  replace (self, member);
}

static gboolean
consumer_runs (Fixture *self)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");
  g_autofree char *state = consumers[0] != NULL ? tst_get_string (self->service, consumers[0], "Consumer.State") : NULL;

  return g_strcmp0 (state, "running") == 0;
}

/* The child gets its buffers in time. */
static void
fork_once (Fixture *self, Member *member)
{
  settle (self, member);
  if (!consumer_runs (self))
    return;
  tst_child_say (member->child, "fork %u", some (self));
  member->busy = TRUE;
  settle (self, member);
}

static gboolean
is_over (gint64 since, guint ms)
{
  return g_get_monotonic_time () - since > ms * G_TIME_SPAN_MILLISECOND;
}

static void
kill_consumer (Fixture *self, Member *member)
{
  if (!is_over (self->consumer_killed, CONSUMER_LIFE_MS) || !consumer_runs (self))
    return;
  self->consumer_killed = g_get_monotonic_time ();
  kill (tst_service_consumer_pid (self->service), SIGKILL);
}

static void
stop_consumer (Fixture *self, Member *member)
{
  pid_t pid;

  settle (self, member);
  if (!consumer_runs (self))
    return;
  pid = tst_service_consumer_pid (self->service);
  kill (pid, SIGSTOP);
  emit_some (self, member);
  settle (self, member);
  kill (pid, SIGCONT);
}

static void
kill_service (Fixture *self, Member *member)
{
  if (!self->with_service || !is_over (self->service_killed, SERVICE_LIFE_MS))
    return;
  settle (self, member);
  /* An answer is a promise: what was asked before is known to the next life. */
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    tst_do (self->service, self->sessions[i], "Session.Flush", "(@a{sv} {},)");
  tst_service_kill (self->service);
  emit_some (self, member);
  tst_service_start (self->service, NULL);
  self->service_killed = g_get_monotonic_time ();
}

static void
flush (Fixture *self, Member *member)
{
  guint i = g_rand_int_range (self->random, 0, G_N_ELEMENTS (kinds));

  tst_do (self->service, self->sessions[i], "Session.Flush", "(@a{sv} {},)");
}

static const struct {
  const char *name;
  void (*happen) (Fixture *self, Member *member);
  guint weight;
} faults[] = {
  { "emit", emit_some, 600 },
  { "fork", fork_once, 30 },
  { "freeze or thaw", freeze_or_thaw, 100 },
  { "kill a program", kill_member, 30 },
  { "kill it within an event", tear, 4 },
  { "end a program", end_member, 20 },
  { "kill the consumer", kill_consumer, 30 },
  { "stop the consumer", stop_consumer, 20 },
  { "kill the service", kill_service, 5 },
  { "flush", flush, 30 },
};

static void
let_something_happen (Fixture *self)
{
  Member *member = &self->members[g_rand_int_range (self->random, 0, MEMBERS)];
  guint total = 0, chosen;

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    total += faults[i].weight;
  chosen = g_rand_int_range (self->random, 0, total);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      if (chosen < faults[i].weight)
        {
          faults[i].happen (self, member);
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
make_tallies (Fixture *self)
{
  int fd;

  self->path = g_build_filename (tst_dir_path (tst_service_dir (self->service)), "tallies", NULL);
  fd = open (self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, MAX_TALLIES * sizeof *self->tallies), ==, 0);
  self->tallies = mmap (NULL, MAX_TALLIES * sizeof *self->tallies, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (self->tallies != MAP_FAILED);
  close (fd);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  guint seed = get_number ("TRACEBUS_CHAOS_SEED", g_random_int ());

  g_test_message ("TRACEBUS_CHAOS_SEED=%u", seed);
  self->with_service = data != NULL;
  self->random = g_rand_new_with_seed (seed);
  self->shm = tst_shm_list ();
  self->service = tst_service_new_idle ();
  self->store = tst_service_use_store (self->service);
  tst_service_start (self->service, NULL);
  self->n_fds = tst_fd_count (tst_service_pid (self->service));
  make_tallies (self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    g_free (self->sessions[i]);
  for (guint i = 0; i < MEMBERS; i++)
    g_clear_pointer (&self->members[i].child, tst_child_free);
  munmap (self->tallies, MAX_TALLIES * sizeof *self->tallies);
  tst_service_free (self->service);
  g_rand_free (self->random);
  g_strfreev (self->shm);
  g_free (self->path);
}

static gboolean
has_problem (Fixture *self, guint i, const char *code)
{
  g_autoptr(GVariant) problems = tst_get (self->service, self->sessions[i], "Session.Problems");
  g_autofree char *text = g_variant_print (problems, FALSE);

  return strstr (text, code) != NULL;
}

/* For whoever has to find out why. */
static void
say_whose_are_missing (Fixture *self, GPtrArray *events)
{
  g_autoptr(GHashTable) found = g_hash_table_new (NULL, NULL);
  guint64 n = self->tallies[0].begun;

  for (guint i = 0; i < events->len; i++)
    {
      g_autofree char *who = tst_trace_field (events->pdata[i], "who");
      gpointer number = GUINT_TO_POINTER ((guint) g_ascii_strtoull (who + 1, NULL, 10)); /* after the quote */

      gsize n_found = GPOINTER_TO_SIZE (g_hash_table_lookup (found, number));

      g_hash_table_replace (found, number, GSIZE_TO_POINTER (n_found + 1));
    }
  for (guint64 i = 1; i <= n; i++)
    {
      guint64 who = self->tallies[i].who, done = 0;
      gsize recorded = GPOINTER_TO_SIZE (g_hash_table_lookup (found, GSIZE_TO_POINTER (who)));

      for (guint64 j = 1; j <= n; j++)
        done += self->tallies[j].who == who ? self->tallies[j].done : 0;
      if (recorded < done)
        g_test_message ("program %" G_GUINT64_FORMAT ": %" G_GUINT64_FORMAT " emitted, %" G_GSIZE_FORMAT " recorded",
                        who, done, recorded);
    }
}

/* What was emitted is recorded, or discarded and counted, but for what torn packets lost. */
static void
check_sums (Fixture *self, guint i)
{
  TstResult result = tst_session_run (self->service, self->sessions[i], "Stop");
  g_autoptr(GPtrArray) events = NULL;
  guint64 begun = 0, done = 0, found, may_lack;
  TstMissing missing;

  for (guint64 number = 1; number <= self->tallies[0].begun; number++)
    {
      begun += self->tallies[number].begun;
      done += self->tallies[number].done;
    }
  events = tst_events_lossy (self->service, kinds[i].name, &missing);
  found = events->len + result.discarded;
  g_test_message ("%s: %" G_GUINT64_FORMAT " emitted, %u recorded, %" G_GUINT64_FORMAT " discarded, %" G_GUINT64_FORMAT
                  " packets lost: %" G_GINT64_FORMAT " missing", kinds[i].name, done, events->len, result.discarded,
                  result.lost, (gint64) (done - found));
  g_assert_cmpuint (begun - done, <=, self->deaths);
  g_assert_cmpuint (result.lost, <=, self->deaths);
  g_assert_cmpuint (result.dropped, ==, 0);
  g_assert_cmpuint (result.failed + result.pending, ==, 0);
  may_lack = result.lost * (kinds[i].packet / EVENT_BYTES);
  if (found + may_lack < done)
    say_whose_are_missing (self, events);
  g_assert_cmpuint (found, <=, begun);
  /* Who was being asked something when the service died registers anew; that what it did meanwhile lacks is said. */
  if (!has_problem (self, i, "service-restarted"))
    g_assert_cmpuint (found + may_lack, >=, done);
}

static gboolean
apps_are_gone (Fixture *self)
{
  g_auto(GStrv) apps = tst_objects (self->service, "App");

  return g_strv_length (apps) == 0;
}

static void
expect_nothing_left (Fixture *self)
{
  g_auto(GStrv) shm = NULL;
  g_auto(GStrv) fds = NULL;
  gint64 began = g_get_monotonic_time ();

  tst_wait_until (self->service, apps_are_gone (self));
  g_assert_cmpuint (tst_children_count (tst_service_pid (self->service)), <=, 1); /* the consumer may stay */
  /* The consumer's link, its end, and its pool. What is written of the service's state just now is closed soon. */
  while (tst_fd_count (tst_service_pid (self->service)) > self->n_fds + 3
         && g_get_monotonic_time () - began < TST_PATIENCE_MS * G_TIME_SPAN_MILLISECOND)
    g_assert_true (apps_are_gone (self));
  fds = tst_fd_list (tst_service_pid (self->service));
  if (g_strv_length (fds) > self->n_fds + 3)
    for (guint i = 0; fds[i] != NULL; i++)
      g_test_message ("still open: %s", fds[i]);
  g_assert_cmpuint (g_strv_length (fds), <=, self->n_fds + 3);
  shm = tst_shm_list ();
  g_assert_true (g_strv_equal ((const char *const *) shm, (const char *const *) self->shm));
}

static void
everything_adds_up (Fixture *self, gconstpointer data)
{
  guint seconds = get_number ("TRACEBUS_CHAOS_SECONDS", SECONDS) / 2;
  gint64 end = g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND;

  self->max_exponent = seconds > 120 ? 7 : 10; /* the traces have to be read */
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    self->sessions[i] = tst_start_recording (self->service, kinds[i].name, kinds[i].options);
  for (guint i = 0; i < MEMBERS; i++)
    start_member (self, &self->members[i]);
  while (g_get_monotonic_time () < end)
    {
      let_something_happen (self);
      g_usleep ((gulong) g_rand_int_range (self->random, 0, 10000)); /* any moment will do */
    }
  for (guint i = 0; i < MEMBERS; i++)
    {
      settle (self, &self->members[i]);
      g_free (tst_wait_app (self->service, tst_child_pid (self->members[i].child), "ready"));
    }
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    g_test_message ("%u times: %s", self->counts[i], faults[i].name);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    check_sums (self, i);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    tst_session_run (self->service, self->sessions[i], "Destroy");
  for (guint i = 0; i < MEMBERS; i++)
    tst_child_finish (self->members[i].child);
  expect_nothing_left (self);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/process/chaos/everything-adds-up", Fixture, NULL, set_up, everything_adds_up, tear_down);
  g_test_add ("/process/chaos/also-where-the-service-is-killed", Fixture, "service", set_up, everything_adds_up,
              tear_down);
  return g_test_run ();
}
