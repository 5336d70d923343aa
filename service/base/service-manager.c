/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/service-manager.h"

#include "base/thread.h"

#include <systemd/sd-daemon.h>

enum { FEEDS_A_PERIOD = 4, US_A_MS = 1000 };

struct TbusWatchdog {
  gint refs; /* main, and each thread that is asked */
  guint timer;
  gint64 asked_at;
  guint unanswered; /* threads that were asked and are silent */
  gboolean silent[TBUS_N_THREADS]; /* which */
  gboolean complained;
  gboolean stopped;
};

/* One thread's question. */
typedef struct {
  TbusWatchdog *watchdog; /* a reference */
  TbusThreadRole role;
} Question;

/* What systemd shows while all is well. */
static char *status_line;

void
tbus_service_manager_ready (const char *status)
{
  g_free (status_line);
  status_line = g_strdup (status);
  sd_notifyf (0, "READY=1\nSTATUS=%s", status);
}

void
tbus_service_manager_stopping (void)
{
  sd_notify (0, "STOPPING=1");
}

static void
watchdog_unref (gpointer data)
{
  TbusWatchdog *self = data;

  if (g_atomic_int_dec_and_test (&self->refs))
    g_free (self);
}

static Question *
question_new (TbusWatchdog *watchdog, TbusThreadRole role)
{
  Question *question = g_new (Question, 1);

  g_atomic_int_inc (&watchdog->refs);
  *question = (Question){ watchdog, role };
  return question;
}

static void
question_free (gpointer data)
{
  Question *question = data;

  watchdog_unref (question->watchdog);
  g_free (question);
}

static void
on_answered (gpointer data)
{
  Question *question = data;
  TbusWatchdog *self = question->watchdog;

  tbus_thread_assert_main ();
  self->silent[question->role] = FALSE;
  if (--self->unanswered > 0 || self->stopped)
    return;
  sd_notify (0, "WATCHDOG=1");
  if (self->complained)
    sd_notifyf (0, "STATUS=%s", status_line != NULL ? status_line : "");
  self->complained = FALSE;
}

/* On another thread. */
static void
answer (gpointer data)
{
  Question *question = data;

  tbus_post (TBUS_THREAD_MAIN, on_answered, question_new (question->watchdog, question->role), question_free);
}

/* Before systemd ends us, it knows why. */
static void
complain (TbusWatchdog *self)
{
  gint64 now = g_get_monotonic_time ();

  /* One that has said nothing of what it does has been silent since it was asked. */
  for (TbusThreadRole role = 0; role < TBUS_N_THREADS && !self->complained; role++)
    {
      TbusHealth health = tbus_thread_health (role);

      gint64 since = health.doing != NULL ? health.since : self->asked_at;

      if (!self->silent[role])
        continue;
      sd_notifyf (0, "STATUS=The thread %s is stuck for %.1f s%s%s", tbus_thread_role_name (role),
                  (double) (now - since) / G_TIME_SPAN_SECOND, health.doing != NULL ? ": " : "",
                  health.doing != NULL ? health.doing : "");
      self->complained = TRUE;
    }
}

static gboolean
on_due (gpointer data)
{
  TbusWatchdog *self = data;

  tbus_thread_assert_main ();
  if (self->unanswered > 0)
    {
      complain (self);
      return G_SOURCE_CONTINUE;
    }
  self->asked_at = g_get_monotonic_time ();
  for (TbusThreadRole role = 0; role < TBUS_N_THREADS; role++)
    if (role != TBUS_THREAD_MAIN)
      {
        self->silent[role] = TRUE;
        self->unanswered++;
        tbus_post (role, answer, question_new (self, role), question_free);
      }
  return G_SOURCE_CONTINUE;
}

TbusWatchdog *
tbus_watchdog_start (void)
{
  guint64 period_us;
  TbusWatchdog *self;

  tbus_thread_assert_main ();
  if (sd_watchdog_enabled (0, &period_us) <= 0)
    return NULL;
  self = g_new0 (TbusWatchdog, 1);
  self->refs = 1;
  self->timer = g_timeout_add (MAX (period_us / US_A_MS / FEEDS_A_PERIOD, 1), on_due, self);
  on_due (self);
  return self;
}

void
tbus_watchdog_stop (TbusWatchdog *self)
{
  self->stopped = TRUE;
  g_clear_handle_id (&self->timer, g_source_remove);
  watchdog_unref (self);
}
