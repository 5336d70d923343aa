/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole service, real programs and a real consumer, and users who call everything with everything: one who may do
 * nothing, one who may trace what is hers, and root. TRACEBUS_FUZZ_CALLS says how many calls, TRACEBUS_FUZZ_SEED which.
 */
#include "swarm.h"

#include "bus/fake-polkit.h"
#include "support/leak.h"
#include "support/recording.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Users that the bus knows on every Debian. */
enum { NOBODY = 65534, DAEMON = 1, ROOT = 0 };
enum { DEFAULT_CALLS = 20000, TICKS = 50, MAX_REFUSED = 2 /* of more than thirty */ };

typedef struct {
  TstService *service;
  TstFakePolkit *polkit;
  TstChild *app_of_root, *app_of_daemon;
  GDBusConnection *root;
  TstKnown *known;
  TstValues *values;
  TstOddFiles *files;
  char *victim; /* root's session, which runs */
} Fixture;

static guint
get_number (const char *variable, guint otherwise)
{
  const char *text = g_getenv (variable);

  return text != NULL ? g_ascii_strtoull (text, NULL, 10) : otherwise;
}

/* A program of @uid; others may not be able to reach where it was built. (transfer full) */
static TstChild *
start_app_of (Fixture *f, uid_t uid)
{
  g_autofree char *built = tst_build_path ("tests/support/apps/app-idle");
  g_autofree char *program = tst_dir_file (tst_service_dir (f->service), "app-idle");
  g_autofree char *reuid = g_strdup_printf ("--reuid=%u", uid);
  g_autofree char *regid = g_strdup_printf ("--regid=%u", uid);
  const char *argv[] = { "setpriv", reuid, regid, "--clear-groups", program, NULL };
  g_autofree char *content = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *ready = NULL;
  TstChild *app;
  gsize size;

  g_file_get_contents (built, &content, &size, &error);
  g_assert_no_error (error);
  g_file_set_contents_full (program, content, size, G_FILE_SET_CONTENTS_NONE, 0755, &error);
  g_assert_no_error (error);
  app = tst_child_start (argv, tst_service_environment (f->service));
  ready = tst_child_wait_line (app, "ready");
  return app;
}

/* Whatever a caller names as output comes to be below here, if anywhere. */
static void
teach_outputs (Fixture *f)
{
  g_autofree char *out = tst_dir_file (tst_service_dir (f->service), "out");
  static const char *const below[] = {
    "", "/a", "/b", "/b/c/d", "/../out/e", "/./f//g", "/link/h", "/loop/i", "/\xc3\xa9 '\"\n", "/%s", "/closed/j",
  };
  g_autofree char *link = g_build_filename (out, "link", NULL);
  g_autofree char *loop = g_build_filename (out, "loop", NULL);
  g_autofree char *closed = g_build_filename (out, "closed", NULL);

  g_assert_cmpint (mkdir (out, 0777), ==, 0);
  g_assert_cmpint (chmod (out, 0777), ==, 0);
  g_assert_cmpint (mkdir (closed, 0700), ==, 0);
  g_assert_cmpint (symlink ("/", link), ==, 0);
  g_assert_cmpint (symlink ("loop", loop), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (below); i++)
    {
      g_autofree char *path = g_strconcat (out, below[i], NULL);

      tst_values_add_hint (f->values, "output", path);
    }
}

static void
teach (Fixture *f)
{
  TstChild *const apps[] = { f->app_of_root, f->app_of_daemon };

  tst_known_teach (f->values);
  teach_outputs (f);
  for (guint i = 0; i < G_N_ELEMENTS (apps); i++)
    {
      g_autofree char *pid = g_strdup_printf ("%d", tst_child_pid (apps[i]));

      tst_values_add_hint (f->values, "pid", pid);
      tst_values_add_hint (f->values, "values", pid);
    }
}

static Fixture *
fixture_new (void)
{
  Fixture *f = g_new0 (Fixture, 1);
  guint seed = get_number ("TRACEBUS_FUZZ_SEED", g_random_int ());

  g_test_message ("TRACEBUS_FUZZ_SEED=%u gives these values again", seed);
  f->values = tst_values_new (seed);
  f->service = tst_service_new_idle ();
  f->polkit = tst_fake_polkit_new (tst_bus_address (tst_service_bus (f->service)));
  tst_service_start_for_all (f->service);
  f->app_of_root = tst_app_start (f->service, "app-idle", "of-root", NULL);
  f->app_of_daemon = start_app_of (f, DAEMON);
  g_free (tst_wait_app (f->service, tst_child_pid (f->app_of_root), "ready"));
  g_free (tst_wait_app (f->service, tst_child_pid (f->app_of_daemon), "ready"));
  f->victim = tst_start_recording (f->service, "victim", TST_PER ("user"));
  tst_app_go (f->app_of_root, TICKS);
  f->root = tst_bus_connect (tst_service_bus (f->service));
  f->known = tst_known_new (f->root);
  f->files = tst_odd_files_new (tst_service_dir (f->service));
  teach (f);
  return f;
}

static void
fixture_free (Fixture *f)
{
  tst_odd_files_free (f->files);
  tst_known_free (f->known);
  tst_values_free (f->values);
  g_dbus_connection_close_sync (f->root, NULL, NULL);
  g_object_unref (f->root);
  tst_child_finish (f->app_of_root);
  tst_child_finish (f->app_of_daemon);
  tst_child_free (f->app_of_root);
  tst_child_free (f->app_of_daemon);
  tst_service_stop (f->service);
  tst_fake_polkit_free (f->polkit);
  tst_service_free (f->service);
  g_free (f->victim);
  g_free (f);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* What can be seen. */

static void
add_lines (GPtrArray *lines, const char *path, const char *what, GVariant *value)
{
  g_autofree char *text = g_variant_print (value, TRUE);

  g_ptr_array_add (lines, g_strdup_printf ("%s %s: %s", path, what, text));
}

/* What lists say of the object at @path. */
static void
look_at (Fixture *f, GPtrArray *lines, const char *path)
{
  g_autoptr(GVariant) seen = NULL;

  if (tst_known_fits (path, "org.tracebus1.Channel"))
    seen = tst_call (f->service, path, "Channel.ListEventRules", "(" TST_NO_OPTIONS ",)");
  else if (tst_known_fits (path, "org.tracebus1.Session"))
    seen = tst_call (f->service, path, "Session.ListBufferRegistries", "()");
  if (seen != NULL)
    add_lines (lines, path, "lists", seen);
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* A line for each object whose path begins with @prefix, and more. (transfer full) */
static char *
snapshot (Fixture *f, const char *prefix)
{
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GVariantIter) objects = NULL;
  g_autoptr(GError) error = NULL;
  GVariant *interfaces;
  const char *path;

  reply = g_dbus_connection_call_sync (f->root, "org.tracebus1", TST_ROOT, "org.freedesktop.DBus.ObjectManager",
                                       "GetManagedObjects", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, TST_CALL_MS, NULL,
                                       &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(a{oa{sa{sv}}})", &objects);
  while (g_variant_iter_next (objects, "{&o@a{sa{sv}}}", &path, &interfaces))
    {
      if (g_str_has_prefix (path, prefix))
        {
          add_lines (lines, path, "has", interfaces);
          look_at (f, lines, path);
        }
      g_variant_unref (interfaces);
    }
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

/* The service's log, which is root's to change. (transfer full) */
static char *
log_settings (Fixture *f)
{
  g_autoptr(GVariant) reply = NULL;
  g_autoptr(GError) error = NULL;

  reply = g_dbus_connection_call_sync (f->root, "org.tracebus1", "/org/freedesktop/LogControl1",
                                       "org.freedesktop.DBus.Properties", "GetAll",
                                       g_variant_new ("(s)", "org.freedesktop.LogControl1"), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, TST_CALL_MS, NULL, &error);
  g_assert_no_error (error);
  return g_variant_print (reply, TRUE);
}

/* Ends every session but the victim. */
static void
clean_up (Fixture *f)
{
  static const uid_t owners[] = { ROOT, DAEMON, NOBODY };

  for (guint i = 0; i < G_N_ELEMENTS (owners); i++)
    {
      g_autoptr(GPtrArray) sessions = tst_known_sessions (f->root, owners[i]);

      for (guint j = 0; j < sessions->len; j++)
        if (!g_str_equal (g_ptr_array_index (sessions, j), f->victim))
          tst_do (f->service, g_ptr_array_index (sessions, j), "Session.Destroy", "(" TST_NO_OPTIONS ",)");
    }
}

/* Waits until the service has no more descriptors than in @before: some go after an answer, but before a later one. */
static void
wait_for_descriptors (Fixture *f, GStrv before)
{
  const gint64 end = g_get_monotonic_time () + TST_PATIENCE_MS * G_TIME_SPAN_MILLISECOND;
  pid_t service = tst_service_pid (f->service);

  while (tst_fd_count (service) > g_strv_length (before))
    {
      g_free (log_settings (f));
      if (g_get_monotonic_time () > end)
        {
          g_auto(GStrv) after = tst_fd_list (service);
          g_autofree char *old = g_strjoinv (", ", before);
          g_autofree char *new = g_strjoinv (", ", after);

          g_error ("the service had open %s; and later %s", old, new);
        }
    }
}

static TstSwarm *
make_swarm (Fixture *f, uid_t uid)
{
  const TstSwarmParts parts = { f->service, f->known, f->values, f->files, uid };

  return tst_swarm_new (&parts);
}

static guint
total_calls (void)
{
  return get_number ("TRACEBUS_FUZZ_CALLS", DEFAULT_CALLS);
}

/* The tests. */

static void
who_may_do_nothing_changes_nothing (void)
{
  g_autoptr(Fixture) f = fixture_new ();
  g_autofree char *before = snapshot (f, TST_ROOT);
  g_autofree char *log_before = log_settings (f);
  g_autofree char *after = NULL;
  g_autofree char *log_after = NULL;
  g_autoptr(TstSwarm) swarm = make_swarm (f, NOBODY);

  tst_swarm_run (swarm, total_calls () / 2);
  tst_swarm_report (swarm, "nobody");
  after = snapshot (f, TST_ROOT);
  log_after = log_settings (f);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpstr (log_before, ==, log_after);
  g_assert_cmpuint (tst_swarm_count (swarm, "NotAuthorized"), >, total_calls () / 8);
  g_assert_cmpuint (tst_swarm_count (swarm, "OutputUnavailable"), ==, 0);
}

/* Twice, so that what the first calls have made for good is there when it is counted. */
static void
run_without_leak (Fixture *f, TstSwarm *swarm, guint n)
{
  g_auto(GStrv) before = NULL;

  tst_swarm_run (swarm, n / 3);
  clean_up (f);
  before = tst_fd_list (tst_service_pid (f->service));
  tst_swarm_run (swarm, n - n / 3);
  clean_up (f);
  wait_for_descriptors (f, before);
}

static void
an_owner_changes_nothing_of_others (void)
{
  g_autoptr(Fixture) f = fixture_new ();
  g_autofree char *app = tst_wait_app (f->service, tst_child_pid (f->app_of_root), "ready");
  g_autofree char *victim_before = snapshot (f, f->victim);
  g_autofree char *app_before = snapshot (f, app);
  g_autofree char *victim_after = NULL;
  g_autofree char *app_after = NULL;
  g_autoptr(TstSwarm) swarm = make_swarm (f, DAEMON);

  tst_fake_polkit_answer (f->polkit, "trace-own", TST_POLKIT_YES);
  tst_fake_polkit_answer (f->polkit, "trace-others", TST_POLKIT_AUTH);
  run_without_leak (f, swarm, total_calls () * 3 / 10);
  tst_swarm_report (swarm, "daemon");
  victim_after = snapshot (f, f->victim);
  app_after = snapshot (f, app);
  g_assert_cmpstr (victim_before, ==, victim_after);
  g_assert_cmpstr (app_before, ==, app_after);
  g_assert_cmpuint (tst_swarm_count (swarm, "InteractiveAuthorizationRequired"), >, 0);
}

static void
root_breaks_nothing (void)
{
  g_autoptr(Fixture) f = fixture_new ();
  g_autoptr(TstSwarm) swarm = make_swarm (f, ROOT);

  run_without_leak (f, swarm, total_calls () / 5);
  tst_swarm_report (swarm, "root");
  g_assert_cmpuint (tst_swarm_count (swarm, "NotAuthorized"), ==, 0);
  /* What is always refused for its arguments was not tried. */
  if (total_calls () >= DEFAULT_CALLS)
    g_assert_cmpuint (tst_swarm_count_refused (swarm, "org.tracebus1."), <=, MAX_REFUSED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fuzz/bus/who_may_do_nothing_changes_nothing", who_may_do_nothing_changes_nothing);
  g_test_add_func ("/fuzz/bus/an_owner_changes_nothing_of_others", an_owner_changes_nothing_of_others);
  g_test_add_func ("/fuzz/bus/root_breaks_nothing", root_breaks_nothing);
  return g_test_run ();
}
