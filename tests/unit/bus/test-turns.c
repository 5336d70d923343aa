/* SPDX-License-Identifier: GPL-2.0-only */
/* The order in which calls of one caller begin. */
#include "bus/turns.h"

static GString *ran;

static void
run (gpointer data)
{
  g_string_append (ran, data);
}

static void
begin (void)
{
  ran = g_string_new (NULL);
}

static void
assert_ran (const char *expected)
{
  g_assert_cmpstr (ran->str, ==, expected);
  g_string_truncate (ran, 0);
}

static void
what_is_ready_waits_for_what_came_before (void)
{
  g_autoptr(TbusTurns) turns = tbus_turns_new ();
  TbusTurn *a = tbus_turns_take (turns, "lane", run, (gpointer) "a");
  TbusTurn *b = tbus_turns_take (turns, "lane", run, (gpointer) "b");
  TbusTurn *c = tbus_turns_take (turns, "lane", run, (gpointer) "c");

  begin ();
  tbus_turn_ready (c);
  tbus_turn_ready (b);
  assert_ran ("");
  tbus_turn_ready (a);
  assert_ran ("abc");
  g_string_free (ran, TRUE);
}

static void
who_leaves_is_waited_for_no_more (void)
{
  g_autoptr(TbusTurns) turns = tbus_turns_new ();
  TbusTurn *a = tbus_turns_take (turns, "lane", run, (gpointer) "a");
  TbusTurn *b = tbus_turns_take (turns, "lane", run, (gpointer) "b");

  begin ();
  tbus_turn_ready (b);
  tbus_turn_leave (a);
  assert_ran ("b");
  g_string_free (ran, TRUE);
}

static void
lanes_do_not_wait_for_each_other (void)
{
  static const char *const left = "left", *const right = "right";
  g_autoptr(TbusTurns) turns = tbus_turns_new ();
  TbusTurn *a = tbus_turns_take (turns, left, run, (gpointer) "a");
  TbusTurn *b = tbus_turns_take (turns, right, run, (gpointer) "b");
  TbusTurn *c = tbus_turns_take (turns, left, run, (gpointer) "c");

  begin ();
  tbus_turn_ready (b);
  assert_ran ("b");
  tbus_turn_ready (c);
  assert_ran ("");
  tbus_turn_ready (a);
  assert_ran ("ac");
  g_string_free (ran, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus/turns/what-is-ready-waits-for-what-came-before", what_is_ready_waits_for_what_came_before);
  g_test_add_func ("/bus/turns/who-leaves-is-waited-for-no-more", who_leaves_is_waited_for_no_more);
  g_test_add_func ("/bus/turns/lanes-do-not-wait-for-each-other", lanes_do_not_wait_for_each_other);
  return g_test_run ();
}
