/* SPDX-License-Identifier: GPL-2.0-only */
/* The whole service beside a polkit that does not answer: who asks waits, and nobody else. */
#include "bus/fake-polkit.h"
#include "support/service.h"

#include <unistd.h>

enum { NOBODY = 65534, N_ASKING = 4, N_CALLS = 300, GENEROUS_MS = 15000 /* polkit's library gives up after 25 s */ };

/* Polkit's answers are the test's to give, and its loop does not run. */
static void
ask_as_nobody (GDBusConnection *nobody, GAsyncReadyCallback callback, gpointer data)
{
  g_autoptr(GError) error = NULL;

  for (guint i = 0; i < N_ASKING; i++)
    g_dbus_connection_call (nobody, "org.tracebus1", TST_ROOT, "org.tracebus1.Manager", "CreateSession",
                            g_variant_new_parsed ("('s', @a{sv} {})"), NULL, G_DBUS_CALL_FLAGS_NONE, TST_CALL_MS, NULL,
                            callback, data);
  g_dbus_connection_flush_sync (nobody, NULL, &error);
  g_assert_no_error (error);
}

static void
call_as_root (GDBusConnection *root)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = NULL;

  reply = g_dbus_connection_call_sync (root, "org.tracebus1", TST_ROOT, "org.tracebus1.Manager", "GetPermissions", NULL,
                                       G_VARIANT_TYPE ("(a{ss})"), G_DBUS_CALL_FLAGS_NONE, GENEROUS_MS, NULL, &error);
  g_assert_no_error (error);
}

static void
count_denied (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autofree char *name = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;

  g_assert_cmpstr (name, ==, "org.tracebus1.Error.NotAuthorized");
  ++*(guint *) data;
}

static void
first_questions_hold_up_nobody_else (void)
{
  g_autoptr(TstService) service = tst_service_new_idle ();
  TstBus *bus = tst_service_bus (service);
  g_autoptr(TstFakePolkit) polkit = tst_fake_polkit_new (tst_bus_address (bus));
  g_autoptr(GDBusConnection) root = tst_bus_connect (bus);
  g_autoptr(GDBusConnection) nobody = NULL;
  guint denied = 0;

  tst_service_start_for_all (service);
  g_assert_cmpint (seteuid (NOBODY), ==, 0);
  nobody = tst_bus_connect (bus);
  g_assert_cmpint (seteuid (getuid ()), ==, 0);
  ask_as_nobody (nobody, count_denied, &denied);
  for (guint i = 0; i < N_CALLS; i++)
    call_as_root (root);
  g_assert_cmpuint (denied, ==, 0);
  tst_wait_until (service, denied == N_ASKING);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/process/slow-polkit/first_questions_hold_up_nobody_else", first_questions_hold_up_nobody_else);
  return g_test_run ();
}
