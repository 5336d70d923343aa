/* SPDX-License-Identifier: GPL-2.0-only */
/* What happens to programs. */
#include "chaos.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static guint n_members; /* each has a number of its own, whatever service it registers with */

static char *
next_name (void)
{
  return g_strdup_printf ("%u", n_members++);
}

void
chaos_start_member (Chaos *self, ChaosMember *member)
{
  g_autofree char *name = next_name ();

  *member = (ChaosMember){ .child = tst_app_start (self->service, "app-chaos", self->path, name, NULL) };
}

static void
thaw (ChaosMember *member)
{
  if (member->frozen)
    tst_child_signal (member->child, SIGCONT);
  member->frozen = FALSE;
}

void
chaos_await_recorded (Chaos *self, ChaosMember *member)
{
  g_autofree char *app = tst_wait_app (self->service, tst_child_pid (member->child), "ready");

  tst_wait_until (self->service, tst_get_length (self->service, app, "App.Sessions") == CHAOS_SESSIONS);
}

/* A program that waits for its buffers for a second while there is no consumer goes on without, and gets them later. */
static void
await_buffers (Chaos *self, ChaosMember *member)
{
  g_autofree char *line = tst_child_wait_line (member->child, "ready ");

  member->tally = (guint) atoi (line + strlen ("ready "));
  chaos_await_recorded (self, member);
}

void
chaos_settle (Chaos *self, ChaosMember *member)
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
replace (Chaos *self, ChaosMember *member)
{
  tst_child_wait (member->child);
  tst_child_free (member->child);
  chaos_start_member (self, member);
}

guint
chaos_some (Chaos *self)
{
  return 1 + g_rand_int_range (self->random, 0, 1 << g_rand_int_range (self->random, 0, self->max_exponent));
}

void
chaos_get_late (Chaos *self, guint64 late[CHAOS_SESSIONS])
{
  for (guint i = 0; i < CHAOS_SESSIONS; i++)
    late[i] = tst_get_number (self->service, self->sessions[i].path, "Session.AppsLate");
}

void
chaos_emit (Chaos *self, ChaosMember *member)
{
  chaos_settle (self, member);
  tst_child_say (member->child, "go %u", chaos_some (self));
  member->busy = TRUE;
}

/* The child gets its buffers in time, or is counted by those that it had to go on without. */
void
chaos_fork (Chaos *self, ChaosMember *member)
{
  guint64 before[CHAOS_SESSIONS], after[CHAOS_SESSIONS];
  guint n = chaos_some (self);

  chaos_settle (self, member);
  chaos_get_late (self, before);
  tst_child_say (member->child, "fork %u", n);
  member->busy = TRUE;
  chaos_settle (self, member);
  chaos_get_late (self, after);
  for (guint i = 0; i < CHAOS_SESSIONS; i++)
    self->sessions[i].unseen += after[i] > before[i] ? n : 0;
}

void
chaos_freeze_or_thaw (Chaos *self, ChaosMember *member)
{
  if (member->frozen)
    {
      thaw (member);
      return;
    }
  if (!member->ready)
    chaos_settle (self, member); /* who is stopped while it registers would keep us waiting for its end */
  tst_child_freeze (member->child);
  member->frozen = TRUE;
}

void
chaos_kill (Chaos *self, ChaosMember *member)
{
  if (!member->ready)
    chaos_settle (self, member);
  self->deaths++;
  tst_child_signal (member->child, SIGKILL);
  replace (self, member);
}

void
chaos_tear (Chaos *self, ChaosMember *member)
{
  chaos_settle (self, member);
  self->deaths++;
  tst_child_say (member->child, "tear %d", g_rand_int_range (self->random, 1, CHAOS_SESSIONS + 1));
  replace (self, member);
}

void
chaos_end (Chaos *self, ChaosMember *member)
{
  chaos_settle (self, member);
  tst_child_finish (member->child);
  replace (self, member);
}

/* One with too few descriptors for all of its buffers: it goes on, and whoever does not record it says so. */
void
chaos_run_poor (Chaos *self, ChaosMember *member)
{
  g_autofree char *program = tst_build_path ("tests/support/apps/app-chaos");
  g_autofree char *limit = g_strdup_printf ("%d", g_rand_int_range (self->random, 10, 40));
  g_autofree char *name = next_name ();
  const char *const argv[] = { "sh", "-c", "ulimit -S -n \"$1\"; shift; exec \"$@\"", "sh",
                               limit, program, self->path, name, NULL };
  g_autoptr(TstChild) child = NULL;
  g_autofree char *app = NULL;
  guint64 before[CHAOS_SESSIONS], after[CHAOS_SESSIONS];
  guint n = chaos_some (self), n_sessions;

  chaos_get_late (self, before);
  child = tst_child_start (argv, tst_service_environment (self->service));
  g_free (tst_child_wait_line (child, "ready "));
  tst_child_say (child, "go %u", n);
  g_free (tst_child_wait_line (child, "done"));
  app = tst_wait_app (self->service, tst_child_pid (child), "ready");
  n_sessions = tst_get_length (self->service, app, "App.Sessions");
  chaos_get_late (self, after);
  /* One that was late may have ended its connection when its buffers came. */
  for (guint i = 0; i < CHAOS_SESSIONS; i++)
    if (memcmp (before, after, sizeof before) != 0
        || (n_sessions == 0 && tst_has_problem (self->service, self->sessions[i].path, "app-failed")))
      self->sessions[i].unseen += n;
  tst_child_finish (child);
}
