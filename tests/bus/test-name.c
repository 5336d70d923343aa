/* SPDX-License-Identifier: GPL-2.0-only */
/* The service's name on the bus: taken, not given, given back, lost. */
#include "rig.h"

#include "base/error.h"

static void
a_name_that_is_taken_is_not_waited_for (Rig *rig)
{
  g_autoptr(TbusBus) second = rig_make_bus (rig);
  g_autoptr(GError) error = NULL;

  g_assert_false (rig_own (rig, second, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS);
  rig_assert_property (rig, RIG_ROOT, "Manager.SessionCount", "uint32 0"); /* the first goes on */
}

static void
a_name_is_given_back (Rig *rig)
{
  rig_restart_bus (rig);
  rig_assert_property (rig, RIG_ROOT, "Manager.SessionCount", "uint32 0");
}

static void
an_address_where_nobody_listens_is_an_error (Rig *rig)
{
  g_autoptr(TbusBus) bus = rig_make_bus (rig);
  g_autoptr(GError) error = NULL;

  g_assert_false (rig_own_at (rig, bus, "unix:path=/nonexistent/bus", &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (rig_own_at (rig, bus, "nonsense", &error));
  g_assert_nonnull (error);
}

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
a_stop_while_it_connects_leaves_nothing (Rig *rig)
{
  g_autoptr(TbusBus) second = rig_make_bus (rig);
  g_autoptr(GAsyncResult) owned = NULL, stopped = NULL;
  g_autoptr(GError) error = NULL;

  tbus_bus_own_async (second, tst_bus_address (rig->daemon), FALSE, NULL, keep_result, &owned);
  tbus_bus_stop_async (second, keep_result, &stopped);
  rig_wait_until (owned != NULL && stopped != NULL);
  tbus_bus_stop_finish (second, stopped);
  g_assert_false (tbus_bus_own_finish (second, owned, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
on_lost (TbusBus *bus, const GError *error, gpointer data)
{
  *(char **) data = g_strdup (error->message);
}

static void
a_bus_that_ends_is_told (Rig *rig)
{
  g_autofree char *message = NULL;

  g_signal_connect (rig->bus, "lost", G_CALLBACK (on_lost), &message);
  rig_end_daemon (rig);
  rig_wait_until (message != NULL);
  g_assert_true (g_utf8_validate (message, -1, NULL));
}

static void
add_tests (void)
{
  rig_add ("/bus/name/that-is-taken-is-not-waited-for", a_name_that_is_taken_is_not_waited_for);
  rig_add ("/bus/name/is-given-back", a_name_is_given_back);
  rig_add ("/bus/name/wants-somebody-who-listens", an_address_where_nobody_listens_is_an_error);
  rig_add ("/bus/name/is-not-taken-after-a-stop", a_stop_while_it_connects_leaves_nothing);
  rig_add ("/bus/name/is-lost-with-the-bus", a_bus_that_ends_is_told);
}

int
main (int argc, char **argv)
{
  return rig_main (argc, argv, add_tests);
}
