/* SPDX-License-Identifier: GPL-2.0-only */
#include "base/service-manager.h"

#include "base/thread.h"

#include <systemd/sd-daemon.h>

enum { FEEDS_A_PERIOD = 4, US_A_MS = 1000 };

struct TbusWatchdog {
  gint refs; /* main, and each thread that is asked */
  guint timer;
  guint unanswered; /* threads that were asked and are silent */
  gboolean stopped;
};

void
tbus_service_manager_ready (const char *status)
{
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

static TbusWatchdog *
watchdog_ref (TbusWatchdog *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

static void
on_answered (gpointer data)
{
  TbusWatchdog *self = data;

  tbus_thread_assert_main ();
  if (--self->unanswered == 0 && !self->stopped)
    sd_notify (0, "WATCHDOG=1");
}

/* On another thread. */
static void
answer (gpointer data)
{
  tbus_post (TBUS_THREAD_MAIN, on_answered, watchdog_ref (data), watchdog_unref);
}

static gboolean
on_due (gpointer data)
{
  TbusWatchdog *self = data;

  tbus_thread_assert_main ();
  if (self->unanswered > 0)
    return G_SOURCE_CONTINUE;
  for (TbusThreadRole role = 0; role < TBUS_N_THREADS; role++)
    if (role != TBUS_THREAD_MAIN)
      {
        self->unanswered++;
        tbus_post (role, answer, watchdog_ref (self), watchdog_unref);
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
