/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to the service and to its consumer. */
#include "chaos.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
  CONSUMER_LIFE_MS = 1500, /* or its death is a quick one, and after some of these none is started for a while */
  SERVICE_LIFE_MS = 5000,
  PAUSE_US = 20000, /* for which everything stands still, at most */
};

gboolean
chaos_consumer_runs (Chaos *self)
{
  g_auto(GStrv) consumers = tst_objects (self->service, "Consumer");
  g_autofree char *state = consumers[0] != NULL ? tst_get_string (self->service, consumers[0], "Consumer.State") : NULL;

  return g_strcmp0 (state, "running") == 0;
}

/* Sends it @signum; not where it has just gone: 0 would be ourselves. Returns: its pid, or 0. */
static pid_t
signal_consumer (Chaos *self, int signum)
{
  pid_t pid = chaos_consumer_runs (self) ? tst_service_consumer_pid (self->service) : 0;

  if (pid > 0)
    kill (pid, signum);
  return pid;
}

static gboolean
is_over (gint64 since, guint ms)
{
  return g_get_monotonic_time () - since > ms * G_TIME_SPAN_MILLISECOND;
}

void
chaos_kill_consumer (Chaos *self, ChaosMember *member)
{
  if (is_over (self->consumer_killed, CONSUMER_LIFE_MS) && signal_consumer (self, SIGKILL) > 0)
    self->consumer_killed = g_get_monotonic_time ();
}

void
chaos_stop_consumer (Chaos *self, ChaosMember *member)
{
  pid_t pid;

  chaos_settle (self, member);
  pid = signal_consumer (self, SIGSTOP);
  if (pid == 0)
    return;
  chaos_emit (self, member);
  chaos_settle (self, member);
  kill (pid, SIGCONT);
}

static void
shuffle (Chaos *self, pid_t *pids, guint n)
{
  for (guint i = n; i > 1; i--)
    {
      guint j = g_rand_int_range (self->random, 0, i);
      pid_t pid = pids[j];

      pids[j] = pids[i - 1];
      pids[i - 1] = pid;
    }
}

/* As a machine does that is suspended: whatever state it is in, and in whatever order. */
void
chaos_suspend_all (Chaos *self, ChaosMember *member)
{
  pid_t pids[CHAOS_MEMBERS + 2];
  guint n = 0;

  chaos_emit (self, member);
  pids[n] = signal_consumer (self, SIGSTOP);
  n += pids[n] > 0;
  pids[n++] = tst_service_pid (self->service);
  for (guint i = 0; i < CHAOS_MEMBERS; i++)
    if (!self->members[i].frozen)
      pids[n++] = tst_child_pid (self->members[i].child);
  shuffle (self, pids, n);
  for (guint i = 0; i < n; i++)
    kill (pids[i], SIGSTOP);
  g_usleep ((gulong) g_rand_int_range (self->random, 0, PAUSE_US));
  shuffle (self, pids, n);
  for (guint i = 0; i < n; i++)
    kill (pids[i], SIGCONT);
}

/* What is known of a program before the service ends. */
typedef struct {
  char *app; /* NULL: it is just registering */
  guint64 done;
} Known;

static void
remember (Chaos *self, Known known[CHAOS_MEMBERS])
{
  for (guint i = 0; i < CHAOS_MEMBERS; i++)
    {
      const ChaosMember *member = &self->members[i];

      known[i] = (Known){ NULL, 0 };
      if (!member->ready)
        continue;
      known[i].app = tst_wait_app (self->service, tst_child_pid (member->child), NULL);
      known[i].done = self->tallies[member->tally].done;
    }
}

/* Its object, if it has one yet. (transfer full) (nullable) */
static char *
find_app (Chaos *self, const ChaosMember *member)
{
  g_autoptr(GVariant) reply = tst_call (self->service, TST_ROOT, "Manager.GetAppsByPid", "(%u,)",
                                        (guint) tst_child_pid (member->child));
  g_auto(GStrv) paths = NULL;

  g_variant_get (reply, "(^ao)", &paths);
  return g_strdup (paths[0]);
}

/*
 * Who was being told something when the service ended registers anew, and what it did meanwhile is not recorded. Of all
 * others everything is.
 */
static void
count_unseen (Chaos *self, Known known[CHAOS_MEMBERS])
{
  for (guint i = 0; i < CHAOS_MEMBERS; i++)
    {
      ChaosMember *member = &self->members[i];
      g_autofree char *before = known[i].app;
      g_autofree char *after = before != NULL ? find_app (self, member) : NULL;

      if (g_strcmp0 (before, after) == 0)
        continue;
      chaos_settle (self, member);
      chaos_await_recorded (self, member);
      for (guint j = 0; j < CHAOS_SESSIONS; j++)
        self->sessions[j].unseen += self->tallies[member->tally].done - known[i].done;
    }
}

static void
end_and_start (Chaos *self, ChaosMember *member, void (*end) (TstService *service), gboolean with_consumer)
{
  pid_t consumer = with_consumer && chaos_consumer_runs (self) ? tst_service_consumer_pid (self->service) : 0;
  Known known[CHAOS_MEMBERS];

  chaos_settle (self, member);
  /* An answer is a promise: what was asked before is known to the next life. */
  for (guint i = 0; i < CHAOS_SESSIONS; i++)
    tst_do (self->service, self->sessions[i].path, "Session.Flush", "(@a{sv} {},)");
  remember (self, known);
  end (self->service);
  if (consumer > 0)
    kill (consumer, SIGKILL);
  chaos_emit (self, member);
  tst_service_start (self->service, NULL);
  count_unseen (self, known);
  self->service_killed = g_get_monotonic_time ();
}

static gboolean
may_end (Chaos *self)
{
  return self->with_service && is_over (self->service_killed, SERVICE_LIFE_MS);
}

void
chaos_kill_service (Chaos *self, ChaosMember *member)
{
  if (may_end (self))
    end_and_start (self, member, tst_service_kill, FALSE);
}

void
chaos_kill_both (Chaos *self, ChaosMember *member)
{
  if (may_end (self) && is_over (self->consumer_killed, CONSUMER_LIFE_MS))
    {
      self->consumer_killed = g_get_monotonic_time ();
      end_and_start (self, member, tst_service_kill, TRUE);
    }
}

void
chaos_restart_service (Chaos *self, ChaosMember *member)
{
  if (may_end (self))
    end_and_start (self, member, tst_service_stop, FALSE);
}

void
chaos_flush (Chaos *self, ChaosMember *member)
{
  guint i = g_rand_int_range (self->random, 0, CHAOS_SESSIONS);

  tst_do (self->service, self->sessions[i].path, "Session.Flush", "(@a{sv} {},)");
}
