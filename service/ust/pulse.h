/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Pulse: what the notify thread tells the link thread about an app without a word: that it is alive.
 *
 * Owner: references, one a thread. Threads: any; atomic.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gint beats; /* atomic: bytes came on the notify socket so often */
} TbusPulse;

static inline TbusPulse *
tbus_pulse_new (void)
{
  return g_atomic_rc_box_new0 (TbusPulse);
}

static inline TbusPulse *
tbus_pulse_ref (TbusPulse *self)
{
  return g_atomic_rc_box_acquire (self);
}

static inline void
tbus_pulse_unref (TbusPulse *self)
{
  g_atomic_rc_box_release (self);
}

static inline void
tbus_pulse_beat (TbusPulse *self)
{
  g_atomic_int_inc (&self->beats);
}

static inline gint
tbus_pulse_get (TbusPulse *self)
{
  return g_atomic_int_get (&self->beats);
}

G_END_DECLS
