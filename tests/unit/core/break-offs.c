/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/break-offs.h"

enum { PID = 100, OTHER = 101 };

typedef struct {
  TbusBreakOffs *break_offs;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->break_offs = tbus_break_offs_new ();
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tbus_break_offs_free (f->break_offs);
}

static gint64
at (guint ms)
{
  return G_TIME_SPAN_DAY + ms * G_TIME_SPAN_MILLISECOND;
}

static void
counts_each_process (Fixture *f, gconstpointer data)
{
  tbus_break_offs_add (f->break_offs, PID, at (0));
  tbus_break_offs_add (f->break_offs, OTHER, at (0));
  tbus_break_offs_add (f->break_offs, PID, at (TBUS_BREAK_OFF_MS));
  g_assert_cmpuint (tbus_break_offs_count (f->break_offs, PID, at (TBUS_BREAK_OFF_MS)), ==, 2);
  g_assert_cmpuint (tbus_break_offs_count (f->break_offs, OTHER, at (TBUS_BREAK_OFF_MS)), ==, 1);
  g_assert_cmpuint (tbus_break_offs_count (f->break_offs, PID + OTHER, at (0)), ==, 0);
}

static void
forgets_who_was_not_heard_of_for_a_while (Fixture *f, gconstpointer data)
{
  const gint64 later = at (TBUS_BREAK_OFF_MS + 1);

  tbus_break_offs_add (f->break_offs, PID, at (0));
  tbus_break_offs_add (f->break_offs, OTHER, at (1));
  g_assert_cmpuint (tbus_break_offs_count (f->break_offs, PID, later), ==, 0);
  g_assert_cmpuint (tbus_break_offs_count (f->break_offs, OTHER, later), ==, 1);
  tbus_break_offs_add (f->break_offs, PID, later);
  g_assert_cmpuint (tbus_break_offs_count (f->break_offs, PID, later), ==, 1);
  g_assert_cmpuint (tbus_break_offs_count (f->break_offs, OTHER, later), ==, 1);
}

#define ADD(name, func) g_test_add ("/core/break-offs/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("counts-each-process", counts_each_process);
  ADD ("forgets-who-was-not-heard-of-for-a-while", forgets_who_was_not_heard_of_for_a_while);
  return g_test_run ();
}
