/* SPDX-License-Identifier: GPL-2.0-only */
/* Ring buffers in files: they record like others, and what they hold outlives everybody. */
#include "support/recording.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  const char *scheme, *mode;
} Shape;

typedef struct {
  TstService *service;
  char *shm_path, *session;
} Fixture;

static const Shape shapes[] = {
  { "user", "discard" },
  { "process", "discard" },
  { "user", "overwrite" },
};

static void
set_up (Fixture *self, gconstpointer data)
{
  const Shape *shape = data;
  g_autofree char *output = NULL;
  g_autoptr(GVariant) reply = NULL;

  self->service = tst_service_new ();
  self->shm_path = tst_dir_file (tst_service_dir (self->service), "buffers");
  output = tst_output (self->service, "trace");
  reply = tst_call (self->service, TST_ROOT, "Manager.CreateSession", "('s', {'output': <%s>, 'shm-path': <%s>})",
                    output, self->shm_path);
  g_variant_get (reply, "(o)", &self->session);
  tst_do (self->service, self->session, "Session.CreateChannel",
          "('events', {'buffer-ownership': <%s>, 'mode': <%s>, 'subbuf-size': <uint64 4096>, "
          "'num-subbuf': <uint64 64>})", shape->scheme, shape->mode);
  tst_enable (self->service, self->session, "events", "tbtest:*");
  tst_session_run (self->service, self->session, "Start");
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_free (self->shm_path);
  g_free (self->session);
  tst_service_free (self->service);
}

/* Files below @path that are called @name, or begin with it where it ends with '_'. */
static guint
count_files (const char *path, const char *name)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *entry;
  guint n = 0;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *below = g_build_filename (path, entry, NULL);

      n += g_str_has_suffix (name, "_") ? g_str_has_prefix (entry, name) : g_str_equal (entry, name);
      n += count_files (below, name);
    }
  return n;
}

static void
records_and_leaves_nothing (Fixture *self, gconstpointer data)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *told = NULL;

  tst_app_go (app, 500);
  g_assert_cmpuint (count_files (self->shm_path, "events_"), ==, g_get_num_processors ());
  g_assert_cmpuint (count_files (self->shm_path, "metadata"), ==, 1);
  told = tst_get_string (self->service, self->session, "Session.ShmPath");
  g_assert_true (g_str_has_prefix (told, self->shm_path));
  g_assert_true (g_file_test (told, G_FILE_TEST_IS_DIR));
  tst_session_run (self->service, self->session, "Destroy");
  tst_child_finish (app);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, 500);
  g_assert_false (g_file_test (told, G_FILE_TEST_EXISTS));
}

static void
goes_on_with_another_consumer (Fixture *self, gconstpointer data)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  pid_t first = tst_service_consumer_pid (self->service);

  tst_app_go (app, 300);
  g_assert_cmpint (kill (first, SIGKILL), ==, 0);
  tst_app_go (app, 200);
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'consumer-restarting'")
                                 && tst_get_length (self->service, self->session, "Session.Problems") == 0);
  tst_session_run (self->service, self->session, "Destroy");
  tst_child_finish (app);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, 500);
  g_assert_cmpuint (count_files (self->shm_path, "events_"), ==, 0);
}

/* A clock that was set back names two directories alike: what is there of another session stays as it is. */
static void
goes_beside_what_is_there (Fixture *self, gconstpointer data)
{
  g_autofree char *told = tst_get_string (self->service, self->session, "Session.ShmPath");
  g_autofree char *taken = g_strdup_printf ("%s/ust/uid/%u/%zu-bit", told, (guint) getuid (), 8 * sizeof (long));
  g_autofree char *free_one = g_strconcat (taken, "-1", NULL);
  g_autofree char *metadata = g_build_filename (taken, "metadata", NULL);
  g_autofree char *ring = g_build_filename (taken, "events_0", NULL);
  g_autofree char *content = NULL;
  g_autoptr(TstChild) app = NULL;

  g_assert_cmpint (g_mkdir_with_parents (taken, 0700), ==, 0);
  g_assert_true (g_file_set_contents (metadata, "precious", -1, NULL));
  g_assert_true (g_file_set_contents (ring, "precious", -1, NULL));
  app = tst_app_start (self->service, "app-idle", NULL);
  tst_app_go (app, 100);
  g_assert_cmpuint (count_files (free_one, "events_"), ==, g_get_num_processors ());
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'consumer-restarting'")
                                 && tst_get_length (self->service, self->session, "Session.Problems") == 0);
  tst_app_go (app, 100);
  tst_session_run (self->service, self->session, "Destroy");
  tst_child_finish (app);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, 200);
  g_assert_false (g_file_test (free_one, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_get_contents (metadata, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "precious");
  g_clear_pointer (&content, g_free);
  g_assert_true (g_file_get_contents (ring, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "precious");
}

/* Returns what the command said. */
static char *
recover (Fixture *self, const char *name)
{
  g_autofree char *program = tst_build_path ("client/tracebusctl");
  g_autofree char *target = tst_output (self->service, name);
  const char *argv[] = { program, "crash", "--extract", target, self->shm_path, NULL };
  char *said = NULL;
  int status;

  g_assert_true (g_spawn_sync (NULL, (char **) argv, (char **) tst_service_environment (self->service),
                               G_SPAWN_DEFAULT, NULL, NULL, &said, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  return said;
}

/* Nobody of the service, its consumer and the app gets to do anything more. */
static void
kill_all (Fixture *self, TstChild *app)
{
  tst_service_kill (self->service);
  tst_child_signal (app, SIGKILL);
  g_assert_true (WIFSIGNALED (tst_child_wait (app)));
}

static guint
count_where_there (Fixture *self, const char *name)
{
  g_autofree char *output = tst_output (self->service, name);

  return count_files (output, "events_") > 0 ? tst_count (self->service, name, "tbtest:tick") : 0;
}

static void
outlives_everybody (Fixture *self, gconstpointer data)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  pid_t consumer = tst_service_consumer_pid (self->service);
  g_autofree char *said = NULL;

  tst_app_go (app, 100);
  tst_do (self->service, self->session, "Session.Flush", "(@a{sv} {},)");
  /* What is emitted from here on nobody empties. */
  g_assert_cmpint (kill (consumer, SIGSTOP), ==, 0);
  tst_app_go (app, 700);
  g_assert_cmpint (kill (consumer, SIGKILL), ==, 0);
  kill_all (self, app);
  said = recover (self, "recovered");
  g_assert_nonnull (strstr (said, "packets"));
  g_assert_cmpuint (count_where_there (self, "recovered"), >, 0);
  g_assert_cmpuint (count_where_there (self, "trace") + count_where_there (self, "recovered"), ==, 800);
}

static void
tells_what_is_damaged (Fixture *self, gconstpointer data)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *ring = NULL;
  g_autofree char *memory = tst_get_string (self->service, self->session, "Session.ShmPath");
  g_autofree char *whole = NULL;
  g_autofree char *said = NULL;
  gsize len;

  tst_app_go (app, 10);
  g_assert_cmpint (kill (tst_service_consumer_pid (self->service), SIGKILL), ==, 0);
  kill_all (self, app);
  /* As a file system may leave it: the first half. */
  ring = g_build_filename (memory, "ust", "uid", "0", "64-bit", "events_0", NULL);
  g_assert_true (g_file_get_contents (ring, &whole, &len, NULL));
  g_assert_true (g_file_set_contents (ring, whole, len / 2, NULL));
  said = recover (self, "recovered");
  g_assert_nonnull (strstr (said, "of 1 buffers"));
}

static void
is_for_ones_own_programs_only (Fixture *self, gconstpointer data)
{
  tst_expect (tst_refused (self->service, TST_ROOT, "Manager.CreateSession",
                           "('o', {'shm-path': <'/buffers'>, 'all-users': <true>})"), "InvalidArgs: ");
  tst_expect (tst_refused (self->service, TST_ROOT, "Manager.CreateSession",
                           "('o', {'shm-path': <'/buffers'>, 'uids': <[uint32 4711]>})"), "InvalidArgs: ");
  tst_expect (tst_refused (self->service, TST_ROOT, "Manager.CreateSession", "('o', {'shm-path': <'buffers'>})"),
              "InvalidArgs: ");
}

/* Where nothing can be made, Start says so for each app. */
static void
must_lead_to_a_directory (Fixture *self, gconstpointer data)
{
  g_autofree char *file = tst_dir_file (tst_service_dir (self->service), "file");
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autofree char *path = tst_wait_app (self->service, tst_child_pid (app), "ready");
  g_autofree char *session = NULL;
  g_autoptr(GVariant) reply = NULL;
  TstResult result;

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  reply = tst_call (self->service, TST_ROOT, "Manager.CreateSession", "('o', {'shm-path': <%s>})", file);
  g_variant_get (reply, "(o)", &session);
  tst_enable (self->service, session, "", "tbtest:*");
  result = tst_session_run (self->service, session, "Start");
  g_assert_cmpuint (result.failed, ==, 1);
  g_assert_cmpuint (result.applied, ==, 0);
  tst_child_finish (app);
}

/* Cuts all ring files below @path; how many. */
static guint
cut_files (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *entry;
  guint n = 0;

  while (dir != NULL && (entry = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *below = g_build_filename (path, entry, NULL);

      if (g_str_has_prefix (entry, "events_"))
        {
          g_assert_cmpint (truncate (below, 0), ==, 0);
          n++;
        }
      n += cut_files (below);
    }
  return n;
}

/* Files cannot be sealed. Who cuts them has cut off what was in them, and nothing else. */
static void
survives_that_files_are_cut (Fixture *self, gconstpointer data)
{
  g_autoptr(TstChild) app = tst_app_start (self->service, "app-idle", NULL);
  g_autoptr(TstChild) later = NULL;
  pid_t consumer = tst_service_consumer_pid (self->service);

  tst_app_go (app, 200);
  tst_do (self->service, self->session, "Session.Flush", "(" TST_NO_OPTIONS ",)");
  g_assert_cmpuint (cut_files (self->shm_path), ==, g_get_num_processors ());
  tst_do (self->service, self->session, "Session.Flush", "(" TST_NO_OPTIONS ",)");
  tst_wait_until (self->service, tst_heard (self->service, "Session.Problems", "'torn-stream'"));
  later = tst_app_start (self->service, "app-idle", NULL);
  tst_app_go (later, 50);
  tst_session_run (self->service, self->session, "Destroy");
  g_assert_cmpint (tst_service_consumer_pid (self->service), ==, consumer);
  g_assert_cmpuint (tst_count (self->service, "trace", "tbtest:tick"), ==, 250);
}

static void
add (const char *name, const Shape *shape, void (*test) (Fixture *, gconstpointer))
{
  g_autofree char *path = g_strdup_printf ("/process/shm-path/%s/%s/%s", name, shape->scheme, shape->mode);

  g_test_add (path, Fixture, shape, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      add ("records-and-leaves-nothing", &shapes[i], records_and_leaves_nothing);
      add ("goes-on-with-another-consumer", &shapes[i], goes_on_with_another_consumer);
      add ("outlives-everybody", &shapes[i], outlives_everybody);
    }
  add ("goes-beside-what-is-there", &shapes[0], goes_beside_what_is_there);
  add ("tells-what-is-damaged", &shapes[0], tells_what_is_damaged);
  add ("is-for-ones-own-programs-only", &shapes[0], is_for_ones_own_programs_only);
  add ("survives-that-files-are-cut", &shapes[1], survives_that_files_are_cut);
  add ("must-lead-to-a-directory", &shapes[0], must_lead_to_a_directory);
  return g_test_run ();
}
