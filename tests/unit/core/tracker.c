/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/tracker.h"

#include "base/error.h"

#include <string.h>

typedef struct {
  TbusTracker tracker;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  tbus_tracker_init (&f->tracker);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tbus_tracker_clear (&f->tracker);
}

static void
takes_all_at_first (Fixture *f, gconstpointer data)
{
  g_assert_true (tbus_tracker_takes (&f->tracker, 0));
  g_assert_true (tbus_tracker_takes (&f->tracker, G_MAXUINT32));
  g_assert_false (tbus_tracker_set_all (&f->tracker));
}

static void
takes_only_what_was_added (Fixture *f, gconstpointer data)
{
  g_assert_true (tbus_tracker_add (&f->tracker, 7));
  g_assert_true (tbus_tracker_add (&f->tracker, 3));
  g_assert_true (tbus_tracker_add (&f->tracker, G_MAXUINT32));
  g_assert_false (tbus_tracker_add (&f->tracker, 7));
  g_assert_true (tbus_tracker_takes (&f->tracker, 3));
  g_assert_true (tbus_tracker_takes (&f->tracker, 7));
  g_assert_true (tbus_tracker_takes (&f->tracker, G_MAXUINT32));
  g_assert_false (tbus_tracker_takes (&f->tracker, 0));
  g_assert_false (tbus_tracker_takes (&f->tracker, 5));
}

static void
what_was_removed_is_not_taken (Fixture *f, gconstpointer data)
{
  g_assert_false (tbus_tracker_remove (&f->tracker, 1)); /* from all, nothing can be taken out */
  g_assert_true (tbus_tracker_takes (&f->tracker, 1));
  tbus_tracker_add (&f->tracker, 1);
  tbus_tracker_add (&f->tracker, 2);
  g_assert_true (tbus_tracker_remove (&f->tracker, 1));
  g_assert_false (tbus_tracker_remove (&f->tracker, 1));
  g_assert_false (tbus_tracker_takes (&f->tracker, 1));
  g_assert_true (tbus_tracker_takes (&f->tracker, 2));
}

/* Not all, which an empty set could be taken for. */
static void
takes_none_when_the_last_is_removed (Fixture *f, gconstpointer data)
{
  tbus_tracker_add (&f->tracker, 1);
  tbus_tracker_remove (&f->tracker, 1);
  g_assert_false (tbus_tracker_takes (&f->tracker, 1));
  g_assert_false (tbus_tracker_takes (&f->tracker, 2));
  g_assert_false (tbus_tracker_set_none (&f->tracker));
}

static void
all_and_none_forget_what_was_added (Fixture *f, gconstpointer data)
{
  tbus_tracker_add (&f->tracker, 1);
  g_assert_true (tbus_tracker_set_none (&f->tracker));
  g_assert_false (tbus_tracker_takes (&f->tracker, 1));
  tbus_tracker_add (&f->tracker, 2);
  g_assert_true (tbus_tracker_set_all (&f->tracker));
  g_assert_true (tbus_tracker_takes (&f->tracker, 1));
  tbus_tracker_add (&f->tracker, 3);
  g_assert_false (tbus_tracker_takes (&f->tracker, 2));
}

static void
keeps_values_in_order (Fixture *f, gconstpointer data)
{
  static const guint32 given[] = { 9, 1, 5, 5, 0, 7 }, kept[] = { 0, 1, 5, 7, 9 };

  for (guint i = 0; i < G_N_ELEMENTS (given); i++)
    tbus_tracker_add (&f->tracker, given[i]);
  g_assert_cmpmem (f->tracker.values->data, f->tracker.values->len * sizeof (guint32), kept, sizeof kept);
}

static void
attributes_have_names (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;
  TbusTracked tracked;

  for (TbusTracked i = 0; i < TBUS_N_TRACKED; i++)
    {
      g_assert_true (tbus_tracked_parse (tbus_tracked_to_string (i), &tracked, NULL));
      g_assert_cmpint (tracked, ==, i);
    }
  g_assert_false (tbus_tracked_parse ("pid", &tracked, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS);
  g_assert_nonnull (strstr (error->message, "vpid"));
}

#define ADD(path, function) g_test_add ("/core/tracker/" path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("takes-all-at-first", takes_all_at_first);
  ADD ("takes-only-what-was-added", takes_only_what_was_added);
  ADD ("what-was-removed-is-not-taken", what_was_removed_is_not_taken);
  ADD ("takes-none-when-the-last-is-removed", takes_none_when_the_last_is_removed);
  ADD ("all-and-none-forget-what-was-added", all_and_none_forget_what_was_added);
  ADD ("keeps-values-in-order", keeps_values_in_order);
  ADD ("attributes-have-names", attributes_have_names);
  return g_test_run ();
}
