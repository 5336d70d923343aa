/* SPDX-License-Identifier: GPL-2.0-only */
/* How the service starts, how it refuses to, who may knock at its door, and how it ends. */
#include "support/recording.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  TstService *service;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->service = tst_service_new_idle ();
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  tst_service_free (self->service);
}

static void
open_socket (Fixture *self, struct sockaddr_un *address, int *fd)
{
  g_autofree char *path = tst_dir_file (tst_service_dir (self->service), ".lttng/lttng-ust-sock-8");

  *address = (struct sockaddr_un) { .sun_family = AF_UNIX };
  g_assert_cmpuint (g_strlcpy (address->sun_path, path, sizeof address->sun_path), <, sizeof address->sun_path);
  *fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (*fd, >=, 0);
}

/* Another daemon's socket where ours should be. */
static int
listen_first (Fixture *self)
{
  g_autofree char *directory = tst_dir_file (tst_service_dir (self->service), ".lttng");
  struct sockaddr_un address;
  int fd;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  open_socket (self, &address, &fd);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (fd, 1), ==, 0);
  return fd;
}

static int
knock (Fixture *self, const void *data, size_t len)
{
  struct sockaddr_un address;
  int fd;

  open_socket (self, &address, &fd);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (send (fd, data, len, MSG_NOSIGNAL), ==, len);
  return fd;
}

/* It does not start: its status is @status, and it says why, with @word in it. */
static void
assert_refuses (Fixture *self, const char *option, int status, const char *word)
{
  g_autofree char *log = tst_dir_file (tst_service_dir (self->service), "refusal");
  g_autofree char *said = NULL;
  TstChild *child = tst_service_launch (self->service, option, log);
  int actual = tst_child_wait (child);

  g_assert_true (WIFEXITED (actual));
  g_assert_cmpint (WEXITSTATUS (actual), ==, status);
  g_assert_true (g_file_get_contents (log, &said, NULL, NULL));
  g_test_message ("%s", said);
  g_assert_true (g_str_has_prefix (said, "tracebusd: "));
  g_assert_nonnull (strstr (said, word));
  tst_service_kill (self->service);
}

static void
records_a_program (TstService *service, const char *name)
{
  g_autofree char *session = tst_start_recording (service, name, TST_PER ("user"));

  tst_app_run (service, "app-tiny", NULL);
  tst_session_run (service, session, "Stop");
  g_assert_cmpuint (tst_count (service, name, "tbtest:tick"), ==, 1);
}

static void
refuses_where_another_service_is_alive (Fixture *self, gconstpointer data)
{
  g_autoptr(TstService) other = tst_service_new ();
  g_autofree char *option = g_strdup_printf ("--rundir=%s/.lttng", tst_dir_path (tst_service_dir (other)));

  assert_refuses (self, option, 1, "Another tracebusd");
  records_a_program (other, "unharmed");
}

static void
refuses_where_another_daemon_listens (Fixture *self, gconstpointer data)
{
  struct sockaddr_un address;
  int other = listen_first (self);
  int fd;

  assert_refuses (self, NULL, 1, "lttng-ust-sock-8");
  open_socket (self, &address, &fd);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  close (fd);
  close (other);
}

static void
takes_over_what_a_dead_one_left (Fixture *self, gconstpointer data)
{
  close (listen_first (self));
  tst_service_start (self->service, NULL);
  records_a_program (self->service, "over");
}

static void
refuses_a_name_that_is_taken (Fixture *self, gconstpointer data)
{
  g_autofree char *option = g_strdup_printf ("--rundir=%s/other", tst_dir_path (tst_service_dir (self->service)));
  g_autoptr(GDBusConnection) owner = tst_bus_connect (tst_service_bus (self->service));
  g_autoptr(GVariant) reply = NULL;

  reply = g_dbus_connection_call_sync (owner, "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "RequestName",
                                       g_variant_new ("(su)", "org.tracebus1", 4), NULL, G_DBUS_CALL_FLAGS_NONE,
                                       TST_CALL_MS, NULL, NULL);
  g_assert_nonnull (reply);
  assert_refuses (self, option, 1, "org.tracebus1");
  g_dbus_connection_close_sync (owner, NULL, NULL);
}

static void
refuses_options_that_it_does_not_know (Fixture *self, gconstpointer data)
{
  assert_refuses (self, "--nonsense", 2, "nonsense");
  assert_refuses (self, "--system", 2, "exclude");
  assert_refuses (self, "nonsense", 2, "nonsense");
}

/* Line and sentence; that a limit is set is heard where it is met. */
static void
reads_limits_from_a_file (Fixture *self, gconstpointer data)
{
  g_autofree char *path = tst_dir_file (tst_service_dir (self->service), "limits.conf");
  g_autofree char *option = g_strconcat ("--config=", path, NULL);
  g_autofree char *wrong = g_strconcat (path, ", line 2: SessionsPerUser takes a number from 1 to 65536", NULL);

  assert_refuses (self, option, 1, "Cannot read");
  g_assert_true (g_file_set_contents (path, "[Limits]\nSessionsPerUser=x\n", -1, NULL));
  assert_refuses (self, option, 1, wrong);
  g_assert_true (g_file_set_contents (path, "[Limits]\nSessionsPerUser=1\n", -1, NULL));
  tst_service_start (self->service, option);
  tst_do (self->service, TST_ROOT, "Manager.CreateSession", "('one', " TST_NO_OPTIONS ")");
  tst_expect (tst_refused (self->service, TST_ROOT, "Manager.CreateSession", "('two', " TST_NO_OPTIONS ")"),
              "Exhausted: A user has at most 1 sessions; SessionsPerUser in tracebus.conf sets how many");
}

static void
writes_everything_before_it_ends (Fixture *self, int signum)
{
  static const char *const names[] = { "user", "process" };
  static const char *const options[] = { TST_PER ("user"), TST_PER ("process") };
  g_autoptr(TstChild) app = NULL;
  TstChild *daemon = tst_service_launch (self->service, NULL, NULL);

  tst_bus_wait_name (tst_service_bus (self->service), "org.tracebus1");
  app = tst_app_start (self->service, "app-idle", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (tst_start_recording (self->service, names[i], options[i]));
  tst_app_go (app, 500);
  tst_child_signal (daemon, signum);
  tst_child_finish (daemon);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_cmpuint (tst_count (self->service, names[i], "tbtest:tick"), ==, 500);
  g_assert_true (tst_child_running (app));
}

static void
writes_everything_when_it_is_asked_to_end (Fixture *self, gconstpointer data)
{
  writes_everything_before_it_ends (self, SIGTERM);
}

static void
writes_everything_when_it_is_interrupted (Fixture *self, gconstpointer data)
{
  writes_everything_before_it_ends (self, SIGINT);
}

/* What the tracer's registration record begins with, and no more of it. */
static void
strangers_at_the_door_cost_nobody_anything (Fixture *self, gconstpointer data)
{
  enum { STRANGERS = 50 };
  static const guint32 half[] = { 0xC57C57C5, 9, 0 };
  guint8 garbage[4096];
  int fds[3 * STRANGERS];

  memset (garbage, 0xa5, sizeof garbage);
  tst_service_start (self->service, NULL);
  for (guint i = 0; i < STRANGERS; i++)
    {
      fds[3 * i] = knock (self, "", 0);
      fds[3 * i + 1] = knock (self, half, sizeof half);
      fds[3 * i + 2] = knock (self, garbage, sizeof garbage);
    }
  records_a_program (self->service, "unharmed");
  g_assert_cmpuint (tst_get_number (self->service, TST_ROOT, "Manager.AppCount"), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
  records_a_program (self->service, "still-unharmed");
}

/* Programs that were there first find the service by themselves. */
static void
programs_wait_for_it (Fixture *self, gconstpointer data)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *session = NULL;

  tst_app_go (app, 1);
  tst_service_start (self->service, NULL);
  g_free (tst_wait_app (self->service, tst_child_pid (app), "ready"));
  session = tst_start_recording (self->service, "first", TST_PER ("user"));
  tst_app_go (app, 3);
  tst_session_run (self->service, session, "Stop");
  g_assert_cmpuint (tst_count (self->service, "first", "tbtest:tick"), ==, 3);
}

static void
leaves_nothing_behind (Fixture *self, gconstpointer data)
{
  g_autofree char *rundir = tst_dir_file (tst_service_dir (self->service), ".lttng");
  g_autoptr(GDir) dir = NULL;
  const char *name;

  tst_service_start (self->service, NULL);
  records_a_program (self->service, "nothing");
  tst_service_stop (self->service);
  dir = g_dir_open (rundir, 0, NULL);
  /* The lock's file stays: whoever removes it takes away what another may hold. So does what it has to know again. */
  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_true (g_str_has_suffix (name, ".lock") || g_str_equal (name, "state"));
}

#define ADD(name, test) g_test_add ("/process/start/" name, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("refuses-where-another-service-is-alive", refuses_where_another_service_is_alive);
  ADD ("refuses-where-another-daemon-listens", refuses_where_another_daemon_listens);
  ADD ("takes-over-what-a-dead-one-left", takes_over_what_a_dead_one_left);
  ADD ("refuses-a-name-that-is-taken", refuses_a_name_that_is_taken);
  ADD ("refuses-options-that-it-does-not-know", refuses_options_that_it_does_not_know);
  ADD ("reads-limits-from-a-file", reads_limits_from_a_file);
  ADD ("writes-everything-when-it-is-asked-to-end", writes_everything_when_it_is_asked_to_end);
  ADD ("writes-everything-when-it-is-interrupted", writes_everything_when_it_is_interrupted);
  ADD ("strangers-at-the-door-cost-nobody-anything", strangers_at_the_door_cost_nobody_anything);
  ADD ("programs-wait-for-it", programs_wait_for_it);
  ADD ("leaves-nothing-behind", leaves_nothing_behind);
  return g_test_run ();
}
