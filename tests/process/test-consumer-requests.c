/* SPDX-License-Identifier: GPL-2.0-only */
/* The consumer process as the service sees it: what it answers, what it refuses, whose rights it has, how it ends. */
#define _GNU_SOURCE
#include "process/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SESSION = 11, SET = 22, CHANNEL = 33 };

typedef struct {
  TstRig *rig;
  TstLog *log;
} Fixture;

static void
set_up (Fixture *f, gconstpointer arguments)
{
  f->rig = tst_rig_new (arguments);
  f->log = tst_log_new ();
}

static void
tear_down (Fixture *f, gconstpointer arguments)
{
  tst_log_free (f->log);
  tst_rig_free (f->rig);
}

static void
ask_output (Fixture *f, TwType type, const char *path, guint32 status, TwMessage *reply)
{
  TwWriter body = { 0 };

  tw_put_output (&body, &(TwOutput) { .session = SESSION, .path = path, .mount = "" });
  tst_rig_ask (f->rig, type, &body, status, reply);
}

static void
tells_its_version_and_bits (Fixture *f, gconstpointer data)
{
  TwWriter body = { 0 };
  TwMessage reply;
  TwHello hello;
  TwReader in;

  tw_put_hello (&body, &(TwHello) { .version = TW_VERSION });
  tst_rig_ask (f->rig, TW_HELLO, &body, 0, &reply);
  in = tst_reader (&reply);
  g_assert_true (tw_get_hello (&in, &hello));
  g_assert_cmpuint (hello.version, ==, TW_VERSION);
  g_assert_cmpuint (hello.bits, ==, GLIB_SIZEOF_LONG * 8);
  g_assert_cmpuint (hello.pid, ==, f->rig->pid);
  tw_message_clear (&reply);
  tw_put_hello (&body, &(TwHello) { .version = TW_VERSION + 1 });
  tst_rig_ask (f->rig, TW_HELLO, &body, EPROTONOSUPPORT, NULL);
}

static void
checks_an_output_without_making_it (Fixture *f, gconstpointer data)
{
  g_autofree char *path = tst_dir_file (f->rig->dir, "a/b/c");
  g_autofree char *parent = tst_dir_file (f->rig->dir, "a");
  TwMessage reply;
  TwReader in;

  ask_output (f, TW_CHECK_OUTPUT, path, 0, &reply);
  in = tst_reader (&reply);
  g_assert_cmpstr (tw_get_str (&in), ==, path);
  tw_message_clear (&reply);
  g_assert_false (g_file_test (parent, G_FILE_TEST_EXISTS));
}

static void
refuses_outputs_that_cannot_be_written (Fixture *f, gconstpointer data)
{
  g_autofree char *file = tst_dir_file (f->rig->dir, "file");
  g_autofree char *below_file = tst_dir_file (f->rig->dir, "file/below");
  g_autofree char *endless = g_strnfill (5000, 'x');

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  endless[0] = '/';
  for (TwType type = TW_CHECK_OUTPUT; type <= TW_OPEN_OUTPUT; type++)
    {
      ask_output (f, type, file, ENOTDIR, NULL);
      ask_output (f, type, below_file, ENOTDIR, NULL);
      ask_output (f, type, "relative/path", EINVAL, NULL);
      ask_output (f, type, "", EINVAL, NULL);
      ask_output (f, type, "~other/traces", EINVAL, NULL);
      ask_output (f, type, endless, ENAMETOOLONG, NULL);
    }
}

/* A directory of a file system that is mounted read-only. NULL where there is none. */
static char *
find_read_only (void)
{
  g_autofree char *mounts = NULL;
  g_auto(GStrv) lines = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/mounts", &mounts, NULL, NULL));
  lines = g_strsplit (mounts, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto(GStrv) words = g_strsplit (lines[i], " ", -1);

      if (g_strv_length (words) >= 4 && g_str_has_prefix (words[3], "ro") && strchr (words[1], '\\') == NULL
          && g_file_test (words[1], G_FILE_TEST_IS_DIR))
        return g_strdup (words[1]);
    }
  return NULL;
}

static void
tells_a_read_only_output (Fixture *f, gconstpointer data)
{
  g_autofree char *mount = find_read_only ();
  g_autofree char *path = NULL;

  if (mount == NULL)
    {
      g_test_skip ("nothing is mounted read-only here");
      return;
    }
  path = g_build_filename (mount, "traces", NULL);
  ask_output (f, TW_CHECK_OUTPUT, path, EROFS, NULL);
  ask_output (f, TW_OPEN_OUTPUT, path, EROFS, NULL);
}

static void
opens_an_output_once (Fixture *f, gconstpointer data)
{
  g_autofree char *path = tst_dir_file (f->rig->dir, "a/b/c");
  g_autofree char *other = tst_dir_file (f->rig->dir, "other");

  ask_output (f, TW_OPEN_OUTPUT, path, 0, NULL);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
  ask_output (f, TW_OPEN_OUTPUT, path, 0, NULL);
  ask_output (f, TW_OPEN_OUTPUT, other, EEXIST, NULL);
  g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
  tst_rig_ask_key (f->rig, TW_CLOSE_OUTPUT, SESSION, 0, NULL);
  tst_rig_ask_key (f->rig, TW_CLOSE_OUTPUT, SESSION, ENOENT, NULL);
  ask_output (f, TW_OPEN_OUTPUT, other, 0, NULL);
}

static void
finds_the_home_of_its_user (Fixture *f, gconstpointer data)
{
  g_autofree char *path = tst_dir_file (f->rig->dir, "lttng-traces/one");
  TwMessage reply;
  TwReader in;

  ask_output (f, TW_OPEN_OUTPUT, "~/lttng-traces/one", 0, &reply);
  in = tst_reader (&reply);
  g_assert_cmpstr (tw_get_str (&in), ==, path);
  tw_message_clear (&reply);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_DIR));
}

static void
ask_set (Fixture *f, guint64 session, const char *directory, guint n_fds, guint32 status)
{
  TwWriter body = { 0 };
  TwMessage reply;

  tw_put_set (&body, &(TwSet) { .set = SET, .session = session, .directory = directory, .shm_path = "" });
  tst_rig_wait_reply (f->rig, tst_rig_send (f->rig, TW_ADD_SET, &body, &f->log->fd, n_fds), &reply);
  g_assert_cmpuint (reply.status, ==, status);
  tw_message_clear (&reply);
}

static void
makes_a_set_below_its_output_only (Fixture *f, gconstpointer data)
{
  static const char *const bad[] = { "", "/etc", "..", "a/../b", "a//b", "a/", "./a", "a/." };
  g_autofree char *output = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *link = NULL;

  ask_set (f, SESSION, "ust/pid/app-1", 1, ENOENT);
  output = tst_rig_open_output (f->rig, SESSION);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    ask_set (f, SESSION, bad[i], 1, EINVAL);
  link = g_build_filename (output, "link", NULL);
  g_assert_cmpint (symlink ("/tmp", link), ==, 0);
  ask_set (f, SESSION, "link/app", 1, ENOTDIR);
  ask_set (f, SESSION, "ust/pid/app-1", 0, EINVAL);
  ask_set (f, SESSION, "ust/pid/app-1", 1, 0);
  directory = g_build_filename (output, "ust/pid/app-1", NULL);
  g_assert_true (g_file_test (directory, G_FILE_TEST_IS_DIR));
  ask_set (f, SESSION, "ust/pid/app-1", 1, 0);
  ask_set (f, SESSION, "ust/pid/app-2", 1, EEXIST);
}

static void
seals_the_memory_of_its_rings (Fixture *f, gconstpointer data)
{
  g_autofree char *output = NULL;
  g_autoptr(TstChannel) channel = NULL;
  TwChannel config;

  output = tst_rig_open_output (f->rig, SESSION);
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  tst_channel_config_init (&config, SET, CHANNEL);
  channel = tst_rig_add_channel (f->rig, &config);
  for (guint i = 0; i < channel->n_streams; i++)
    {
      GStatBuf about;

      g_assert_cmpint (fcntl (channel->memory[i], F_GET_SEALS), ==, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
      g_assert_cmpint (fstat (channel->memory[i], &about), ==, 0);
      g_assert_cmpuint (about.st_size, ==, channel->memory_size);
      g_assert_cmpint (fcntl (channel->stream_wake_up[i], F_GETFL) & O_ACCMODE, ==, O_WRONLY);
      g_assert_cmpint (fcntl (channel->stream_wake_up[i], F_GETFL) & O_NONBLOCK, !=, 0);
      g_assert_cmpint (fcntl (channel->stream_wait[i], F_GETFL) & O_ACCMODE, ==, O_RDONLY);
    }
  g_assert_cmpuint (g_bytes_get_size (channel->header), >, 0);
}

static void
describes_what_it_holds (Fixture *f, gconstpointer data)
{
  g_autofree char *output = NULL;
  g_autoptr(TstChannel) channel = NULL;
  TwDescription description;
  TwWriter nothing = { 0 };
  TwChannel config;
  TwMessage reply;
  TwReader in;

  output = tst_rig_open_output (f->rig, SESSION);
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  tst_channel_config_init (&config, SET, CHANNEL);
  channel = tst_rig_add_channel (f->rig, &config);
  tst_rig_ask (f->rig, TW_DESCRIBE, &nothing, 0, &reply);
  in = tst_reader (&reply);
  g_assert_true (tw_get_description (&in, &description));
  g_assert_cmpuint (description.sessions, ==, 1);
  g_assert_cmpuint (description.sets, ==, 1);
  g_assert_cmpuint (description.channels, ==, 1);
  g_assert_cmpuint (description.streams, ==, tst_possible_cpus ());
  tw_message_clear (&reply);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, SET, 0, NULL);
  tst_rig_ask (f->rig, TW_DESCRIBE, &nothing, 0, &reply);
  in = tst_reader (&reply);
  g_assert_true (tw_get_description (&in, &description));
  g_assert_cmpuint (description.sets + description.channels + description.streams, ==, 0);
  tw_message_clear (&reply);
}

static gboolean
hangs_up (int fd)
{
  struct pollfd ready = { .fd = fd };

  return poll (&ready, 1, 0) == 1 && (ready.revents & POLLHUP) != 0;
}

static void
hands_the_same_channel_over_again (Fixture *f, gconstpointer data)
{
  g_autofree char *output = NULL;
  g_autoptr(TstChannel) first = NULL;
  g_autoptr(TstChannel) second = NULL;
  TwWriter body = { 0 };
  TwChannel config;
  TwMessage event;
  TwReader in;

  output = tst_rig_open_output (f->rig, SESSION);
  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  tst_channel_config_init (&config, SET, CHANNEL);
  first = tst_rig_add_channel (f->rig, &config);
  second = tst_rig_add_channel (f->rig, &config);
  g_assert_true (g_bytes_equal (first->header, second->header));
  g_assert_cmpuint (first->memory_size, ==, second->memory_size);
  /* The new write ends are of the same pipes: they keep them from hanging up. */
  tst_channel_close_write_ends (first);
  for (guint i = 0; i < first->n_streams; i++)
    g_assert_false (hangs_up (first->stream_wait[i]));
  config.num_subbuf *= 2;
  tw_put_channel (&body, &config);
  {
    guint64 serial = tst_rig_send (f->rig, TW_ADD_CHANNEL, &body, second->memory, second->n_streams);

    tst_rig_wait_reply (f->rig, serial, &event);
    g_assert_cmpuint (event.status, ==, EEXIST);
    tw_message_clear (&event);
  }
  tst_channel_close_write_ends (second);
  tst_rig_wait_event (f->rig, TW_HANGUP, &event);
  in = tst_reader (&event);
  g_assert_cmpuint (tw_get_u64 (&in), ==, CHANNEL);
  tw_message_clear (&event);
}

static void
refuses_channels_that_cannot_be (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *name;
    guint64 size, number, file_size;
    guint32 overwrite, streams, status;
  } bad[] = {
    { "chan", 65535, 4, 0, 0, 0, EINVAL },
    { "chan", 0, 4, 0, 0, 0, EINVAL },
    { "chan", 1024, 4, 0, 0, 0, EINVAL },
    { "chan", 65536, 3, 0, 0, 0, EINVAL },
    { "chan", 65536, 0, 0, 0, 0, EINVAL },
    { "chan", 65536, 1, 0, 1, 0, EINVAL },
    { "chan", G_GUINT64_CONSTANT (1) << 40, G_GUINT64_CONSTANT (1) << 20, 0, 0, 0, EINVAL },
    { "chan", G_GUINT64_CONSTANT (1) << 63, G_GUINT64_CONSTANT (1) << 63, 0, 0, 0, EINVAL },
    { "chan", 65536, 4, 4096, 0, 0, EINVAL },
    { "chan", 65536, 4, 0, 0, 1, EINVAL },
    { "../chan", 65536, 4, 0, 0, 0, EINVAL },
    { ".chan", 65536, 4, 0, 0, 0, EINVAL },
    { "", 65536, 4, 0, 0, 0, EINVAL },
  };
  g_autofree char *output = tst_rig_open_output (f->rig, SESSION);
  int fds[TW_FRAGMENT_FDS];

  tst_rig_add_set (f->rig, SESSION, SET, 0, f->log);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      TwWriter body = { 0 };
      TwChannel config;
      TwMessage reply;

      tst_channel_config_init (&config, SET, CHANNEL);
      config.name = bad[i].name;
      config.subbuf_size = bad[i].size;
      config.num_subbuf = bad[i].number;
      config.tracefile_size = bad[i].file_size;
      config.overwrite = bad[i].overwrite;
      config.n_streams += bad[i].streams;
      for (guint n = 0; n < config.n_streams; n++)
        fds[n] = f->log->fd;
      tw_put_channel (&body, &config);
      tst_rig_wait_reply (f->rig, tst_rig_send (f->rig, TW_ADD_CHANNEL, &body, fds, config.n_streams), &reply);
      g_assert_cmpuint (reply.status, ==, bad[i].status);
      tw_message_clear (&reply);
    }
}

static void
refuses_keys_that_it_does_not_know (Fixture *f, gconstpointer data)
{
  TwWriter body = { 0 };

  tst_rig_ask_key (f->rig, TW_CLOSE_OUTPUT, 1, ENOENT, NULL);
  tst_rig_ask_key (f->rig, TW_CLOSE_SET, 1, ENOENT, NULL);
  tst_rig_ask_key (f->rig, TW_CLOSE_CHANNEL, 1, ENOENT, NULL);
  tst_rig_ask_key (f->rig, TW_RESUME, 1, ENOENT, NULL);
  tw_put_push (&body, &(TwPush) { .set = 1 });
  tst_rig_ask (f->rig, TW_PUSH, &body, ENOENT, NULL);
  for (guint scope = TW_FLUSH_SESSION; scope <= TW_FLUSH_CHANNEL; scope++)
    {
      tw_put_flush (&body, &(TwFlush) { .scope = scope, .id = 1 });
      tst_rig_ask (f->rig, TW_FLUSH, &body, ENOENT, NULL);
    }
}

static void
answers_malformed_requests (Fixture *f, gconstpointer data)
{
  for (guint32 type = TW_HELLO; type < TW_DESCRIBE; type++)
    {
      TwWriter body = { 0 };

      tw_put_u32 (&body, 0xffffffff);
      tst_rig_ask (f->rig, type, &body, EINVAL, NULL);
    }
  {
    TwWriter body = { 0 };

    tst_rig_ask (f->rig, 1000, &body, ENOSYS, NULL);
  }
  tst_rig_hello (f->rig);
}

static void
ends_when_the_service_hangs_up (Fixture *f, gconstpointer data)
{
  tst_rig_hello (f->rig);
  tst_rig_hang_up (f->rig);
  tst_rig_wait_exit (f->rig);
  g_assert_true (WIFEXITED (f->rig->status));
  g_assert_cmpint (WEXITSTATUS (f->rig->status), ==, 0);
}

static void
ends_in_order_on_sigterm (Fixture *f, gconstpointer data)
{
  tst_rig_hello (f->rig);
  kill (f->rig->pid, SIGINT); /* the service's to handle */
  tst_rig_hello (f->rig);
  kill (f->rig->pid, SIGTERM);
  tst_rig_wait_exit (f->rig);
  g_assert_true (WIFEXITED (f->rig->status));
  g_assert_cmpint (WEXITSTATUS (f->rig->status), ==, 0);
}

static void
refuses_half_an_owner (void)
{
  static const char *const bad[][3] = {
    { "--uid=1000" }, { "--gid=1000" }, { "--groups=1,2" }, { "--uid=-1", "--gid=1" },
    { "--uid=4294967295", "--gid=1" }, { "--uid=1x", "--gid=1" },
    { "--uid=", "--gid=1" }, { "extra" }, { "--nonsense" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const arguments[] = { bad[i][0], bad[i][1], NULL };
      g_autoptr(TstRig) rig = tst_rig_new (arguments);

      tst_rig_wait_exit (rig);
      g_assert_true (WIFEXITED (rig->status));
      g_assert_cmpint (WEXITSTATUS (rig->status), ==, 2);
    }
}

static char *
status_line (GPid pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", pid);
  g_autofree char *status = NULL;
  g_auto(GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &status, NULL, NULL));
  lines = g_strsplit (status, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], name))
      return g_strdelimit (g_strstrip (g_strdup (lines[i] + strlen (name))), "\t", ' ');
  g_error ("/proc tells no %s", name);
}

static void
assert_status (GPid pid, const char *name, const char *value)
{
  g_autofree char *line = status_line (pid, name);

  g_assert_cmpstr (line, ==, value);
}

/* B8: files are created as the session owner, never as root on a user's behalf. */
static void
gives_up_its_rights_for_good (void)
{
  static const char *const arguments[] = { "--uid=65534", "--gid=65533", "--groups=65531,65532", NULL };
  g_autoptr(TstRig) rig = NULL;
  g_autofree char *mine = NULL;
  TwWriter body = { 0 };

  if (geteuid () != 0)
    {
      g_test_skip ("only root has rights to give up");
      return;
    }
  rig = tst_rig_new (arguments);
  tst_rig_hello (rig);
  assert_status (rig->pid, "Uid:", "65534 65534 65534 65534");
  assert_status (rig->pid, "Gid:", "65533 65533 65533 65533");
  assert_status (rig->pid, "Groups:", "65531 65532");
  assert_status (rig->pid, "NoNewPrivs:", "1");
  assert_status (rig->pid, "CapPrm:", "0000000000000000");
  assert_status (rig->pid, "CapEff:", "0000000000000000");
  assert_status (rig->pid, "CapInh:", "0000000000000000");
  /* The test's directory is root's own. */
  mine = tst_dir_file (rig->dir, "traces");
  tw_put_output (&body, &(TwOutput) { .session = SESSION, .path = mine, .mount = "" });
  tst_rig_ask (rig, TW_CHECK_OUTPUT, &body, EACCES, NULL);
  tw_put_output (&body, &(TwOutput) { .session = SESSION, .path = mine, .mount = "" });
  tst_rig_ask (rig, TW_OPEN_OUTPUT, &body, EACCES, NULL);
}

static void
makes_files_of_its_owner (void)
{
  static const char *const arguments[] = { "--uid=65534", "--gid=65533", NULL };
  g_autoptr(TstRig) rig = NULL;
  g_autoptr(TstLog) log = tst_log_new ();
  g_autofree char *output = NULL;
  g_autofree char *metadata = NULL;
  GStatBuf about;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can act for others");
      return;
    }
  rig = tst_rig_new (arguments);
  g_assert_cmpint (chown (tst_dir_path (rig->dir), 65534, 65533), ==, 0);
  output = tst_rig_open_output (rig, SESSION);
  tst_log_publish (log, "/* CTF 1.8 */\n");
  tst_rig_add_set (rig, SESSION, SET, 0, log);
  metadata = g_build_filename (output, "ust/uid/0/64-bit/metadata", NULL);
  g_assert_cmpint (g_stat (metadata, &about), ==, 0);
  g_assert_cmpuint (about.st_uid, ==, 65534);
  g_assert_cmpuint (about.st_gid, ==, 65533);
  g_assert_cmpuint (about.st_mode & 07007, ==, 0);
}

#define ADD(name, func) g_test_add ("/consumer/requests/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("tells-its-version-and-bits", tells_its_version_and_bits);
  ADD ("checks-an-output-without-making-it", checks_an_output_without_making_it);
  ADD ("refuses-outputs-that-cannot-be-written", refuses_outputs_that_cannot_be_written);
  ADD ("tells-a-read-only-output", tells_a_read_only_output);
  ADD ("opens-an-output-once", opens_an_output_once);
  ADD ("finds-the-home-of-its-user", finds_the_home_of_its_user);
  ADD ("makes-a-set-below-its-output-only", makes_a_set_below_its_output_only);
  ADD ("seals-the-memory-of-its-rings", seals_the_memory_of_its_rings);
  ADD ("describes-what-it-holds", describes_what_it_holds);
  ADD ("hands-the-same-channel-over-again", hands_the_same_channel_over_again);
  ADD ("refuses-channels-that-cannot-be", refuses_channels_that_cannot_be);
  ADD ("refuses-keys-that-it-does-not-know", refuses_keys_that_it_does_not_know);
  ADD ("answers-malformed-requests", answers_malformed_requests);
  ADD ("ends-when-the-service-hangs-up", ends_when_the_service_hangs_up);
  ADD ("ends-in-order-on-sigterm", ends_in_order_on_sigterm);
  g_test_add_func ("/consumer/requests/refuses-half-an-owner", refuses_half_an_owner);
  g_test_add_func ("/consumer/requests/gives-up-its-rights-for-good", gives_up_its_rights_for_good);
  g_test_add_func ("/consumer/requests/makes-files-of-its-owner", makes_files_of_its_owner);
  return g_test_run ();
}
