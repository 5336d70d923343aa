/* SPDX-License-Identifier: GPL-2.0-only */
/* Who holds the tracer's socket and wakes the apps: one daemon at a time, and nothing of a dead one in the way. */
#define _GNU_SOURCE
#include "base/error.h"
#include "base/fd-store.h"
#include "support/dir.h"
#include "support/leak.h"
#include "support/store.h"
#include "ust/rendezvous.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
  TstDir *home;
  TbusRendezvousPaths paths;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  f->home = tst_dir_new ();
  g_setenv ("LTTNG_HOME", tst_dir_path (f->home), TRUE);
  tbus_rendezvous_paths_init (&f->paths, FALSE, &error);
  g_assert_no_error (error);
  g_free (f->paths.wait_shm); /* apps of this user sleep on the real one */
  f->paths.wait_shm = g_strdup_printf ("/tbus-test-wait-%d", (int) getpid ());
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  shm_unlink (f->paths.wait_shm);
  tbus_rendezvous_paths_clear (&f->paths);
  tst_dir_free (f->home);
}

static TbusRendezvous *
claim (Fixture *f)
{
  g_autoptr(GError) error = NULL;
  TbusRendezvous *rendezvous = tbus_rendezvous_claim (&f->paths, &error);

  g_assert_no_error (error);
  return rendezvous;
}

static void
refuse (Fixture *f, TbusError code, const char *what)
{
  g_autoptr(GError) error = NULL;
  guint before = tst_fd_count (getpid ());

  g_assert_null (tbus_rendezvous_claim (&f->paths, &error));
  g_assert_error (error, TBUS_ERROR, (int) code);
  if (strstr (error->message, what) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, what);
  g_assert_cmpuint (tst_fd_count (getpid ()), ==, before);
}

static mode_t
mode_of (const char *path)
{
  struct stat status;

  g_assert_cmpint (lstat (path, &status), ==, 0);
  return status.st_mode & 07777;
}

static int
open_word (Fixture *f)
{
  int fd = shm_open (f->paths.wait_shm, O_RDWR | O_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static gint32
read_word (Fixture *f)
{
  int fd = open_word (f);
  gint32 value = -1;

  g_assert_cmpint (pread (fd, &value, sizeof value, 0), ==, sizeof value);
  close (fd);
  return value;
}

static int
make_socket (const char *path, gboolean listening)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *directory = g_path_get_dirname (path);
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_mkdir_with_parents (directory, 0755);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  if (listening)
    g_assert_cmpint (listen (fd, 1), ==, 0);
  return fd;
}

static int
connect_to (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int result;

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  result = connect (fd, (struct sockaddr *) &address, sizeof address);
  close (fd);
  return result;
}

static void
knows_the_paths_of_both_instances (Fixture *f, gconstpointer data)
{
  g_auto(TbusRendezvousPaths) system = { 0 }, user = { 0 };
  g_autofree char *name = g_strdup_printf ("/lttng-ust-wait-8-%u", (unsigned) getuid ());
  g_autofree char *socket_path = tst_dir_file (f->home, ".lttng/lttng-ust-sock-8");
  g_autoptr(GError) error = NULL;

  g_assert_true (tbus_rendezvous_paths_init (&system, TRUE, NULL));
  g_assert_cmpstr (system.socket, ==, "/var/run/lttng/lttng-ust-sock-8");
  g_assert_cmpstr (system.wait_shm, ==, "/lttng-ust-wait-8");
  g_assert_cmpint (system.wait_mode, ==, 0664);
  g_assert_true (tbus_rendezvous_paths_init (&user, FALSE, NULL));
  g_assert_cmpstr (user.socket, ==, socket_path);
  g_assert_cmpstr (user.wait_shm, ==, name);
  g_assert_cmpint (user.wait_mode, ==, 0640);
  g_setenv ("LTTNG_HOME", "relative", TRUE);
  tbus_rendezvous_paths_clear (&user);
  g_assert_false (tbus_rendezvous_paths_init (&user, FALSE, &error));
  g_assert_error (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND);
}

static void
lets_every_user_connect (Fixture *f, gconstpointer data)
{
  mode_t before = umask (0077);
  g_autoptr(TbusRendezvous) rendezvous = claim (f);

  umask (before);
  g_assert_cmpint (mode_of (f->paths.socket), ==, 0666);
  g_assert_cmpint (mode_of (f->paths.directory), ==, 0750);
  g_assert_cmpint (connect_to (f->paths.socket), ==, 0);
  g_assert_cmpstr (tbus_rendezvous_get_socket_path (rendezvous), ==, f->paths.socket);
}

static void
leaves_nothing_but_the_wait_word_at_zero (Fixture *f, gconstpointer data)
{
  guint before = tst_fd_count (getpid ());
  TbusRendezvous *rendezvous = claim (f);

  g_assert_cmpint (read_word (f), ==, 0);
  tbus_rendezvous_publish (rendezvous);
  g_assert_cmpint (read_word (f), ==, 1);
  tbus_rendezvous_free (rendezvous);
  g_assert_cmpint (read_word (f), ==, 0);
  g_assert_false (g_file_test (f->paths.socket, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (tst_fd_count (getpid ()), ==, before);
  tbus_rendezvous_free (claim (f));
}

static void
can_be_left_as_it_is (Fixture *f, gconstpointer data)
{
  guint before = tst_fd_count (getpid ());
  TbusRendezvous *rendezvous = claim (f);

  tbus_rendezvous_publish (rendezvous);
  tbus_rendezvous_leave (rendezvous);
  g_assert_cmpint (read_word (f), ==, 1);
  g_assert_true (g_file_test (f->paths.socket, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (tst_fd_count (getpid ()), ==, before);
  tbus_rendezvous_free (claim (f));
}

static void
can_leave_the_word_to_others (Fixture *f, gconstpointer data)
{
  TbusRendezvous *rendezvous;

  f->paths.stay_awake = TRUE;
  rendezvous = claim (f);
  tbus_rendezvous_publish (rendezvous);
  tbus_rendezvous_free (rendezvous);
  g_assert_cmpint (read_word (f), ==, 1);
}

static gpointer
wait_like_an_app (gpointer word)
{
  while (__atomic_load_n ((gint32 *) word, __ATOMIC_ACQUIRE) == 0)
    syscall (SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
  return NULL;
}

/* An app made the shared memory before us, and sleeps on it. */
static void
wakes_apps_that_wait (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusRendezvous) rendezvous = NULL;
  int fd = shm_open (f->paths.wait_shm, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  gpointer word;
  GThread *app;

  g_assert_cmpint (ftruncate (fd, sysconf (_SC_PAGE_SIZE)), ==, 0);
  word = mmap (NULL, sizeof (gint32), PROT_READ, MAP_SHARED, fd, 0);
  app = g_thread_new ("app", wait_like_an_app, word);
  rendezvous = claim (f);
  tbus_rendezvous_publish (rendezvous);
  g_thread_join (app);
  munmap (word, sizeof (gint32));
  close (fd);
}

static void
narrows_what_an_app_left_open (Fixture *f, gconstpointer data)
{
  int fd = shm_open (f->paths.wait_shm, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  g_autoptr(TbusRendezvous) rendezvous = claim (f);
  struct stat status;

  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0640);
  g_assert_cmpint (status.st_size, >=, sysconf (_SC_PAGE_SIZE));
  close (fd);
}

/* Whoever has it open for writing can do this at any time. */
static void
survives_its_memory_cut_short (Fixture *f, gconstpointer data)
{
  TbusRendezvous *rendezvous = claim (f);
  int fd = open_word (f);

  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  close (fd);
  tbus_rendezvous_publish (rendezvous);
  tbus_rendezvous_free (rendezvous);
}

/* It serves, and whatever the name led to is as it was. */
static void
assert_replaced (Fixture *f, const char *path)
{
  TbusRendezvous *rendezvous = claim (f);
  struct stat status;

  tbus_rendezvous_publish (rendezvous);
  g_assert_cmpint (lstat (path, &status), ==, 0);
  g_assert_true (S_ISREG (status.st_mode));
  g_assert_cmpuint (status.st_nlink, ==, 1);
  tbus_rendezvous_free (rendezvous);
  g_assert_cmpint (unlink (path), ==, 0);
}

static void
replaces_what_is_no_file_of_its_own (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_strconcat ("/dev/shm", f->paths.wait_shm, NULL);
  g_autofree char *other = g_strconcat (path, "-other", NULL);
  g_autofree char *text = NULL;

  g_assert_cmpint (mkfifo (path, 0666), ==, 0);
  assert_replaced (f, path);
  g_assert_true (g_file_set_contents (other, "mine", -1, NULL));
  g_assert_cmpint (symlink (other, path), ==, 0);
  assert_replaced (f, path);
  g_assert_cmpint (link (other, path), ==, 0);
  assert_replaced (f, path);
  g_assert_true (g_file_get_contents (other, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "mine");
  g_assert_cmpint (unlink (other), ==, 0);
}

static void
refuses_a_second_service (Fixture *f, gconstpointer data)
{
  g_autoptr(TbusRendezvous) first = claim (f);

  refuse (f, TBUS_ERROR_ALREADY_EXISTS, "Another tracebusd");
  g_assert_cmpint (connect_to (f->paths.socket), ==, 0);
}

static void
refuses_beside_another_daemon_that_lives (Fixture *f, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int other = make_socket (f->paths.socket, TRUE);
  int waiting[8];
  guint n;

  g_strlcpy (address.sun_path, f->paths.socket, sizeof address.sun_path);
  refuse (f, TBUS_ERROR_ALREADY_EXISTS, "is listening on");
  g_assert_true (g_file_test (f->paths.socket, G_FILE_TEST_EXISTS));
  for (n = 0; n < G_N_ELEMENTS (waiting); n++) /* neither when its queue is full */
    {
      waiting[n] = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (connect (waiting[n], (struct sockaddr *) &address, sizeof address) < 0)
        break;
    }
  g_assert_cmpint (errno, ==, EAGAIN);
  refuse (f, TBUS_ERROR_ALREADY_EXISTS, "is listening on");
  for (guint i = 0; i <= n; i++)
    close (waiting[i]);
  close (other);
}

static void
takes_a_dead_ones_socket_over (Fixture *f, gconstpointer data)
{
  TbusRendezvous *rendezvous;

  close (make_socket (f->paths.socket, TRUE));
  g_assert_cmpint (connect_to (f->paths.socket), ==, -1);
  rendezvous = claim (f);
  g_assert_cmpint (connect_to (f->paths.socket), ==, 0);
  tbus_rendezvous_free (rendezvous);
}

static void
removes_nothing_but_sockets (Fixture *f, gconstpointer data)
{
  g_mkdir_with_parents (f->paths.directory, 0755);
  g_assert_true (g_file_set_contents (f->paths.socket, "mine", -1, NULL));
  refuse (f, TBUS_ERROR_ALREADY_EXISTS, "not a socket");
  g_assert_true (g_file_test (f->paths.socket, G_FILE_TEST_EXISTS));
}

/* A process that finds what @store keeps, claims the rendezvous, and is gone. */
static void
live_with (Fixture *f, TstStore *store, void (*live) (Fixture *f))
{
  g_auto(GStrv) environment = tst_store_environ (store, g_get_environ ());
  int status;
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      static const char *const variables[] = { "NOTIFY_SOCKET", "FDSTORE", "LISTEN_FDS", "LISTEN_FDNAMES" };
      g_autofree char *own = g_strdup_printf ("%d", (int) getpid ());
      const int *fds;
      gsize n;

      for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
        g_setenv (variables[i], g_environ_getenv (environment, variables[i]), TRUE);
      g_setenv ("LISTEN_PID", own, TRUE);
      fds = tst_store_get_fds (store, &n);
      g_assert_cmpuint (n, <=, 1);
      if (n == 1)
        g_assert_cmpint (dup2 (fds[0], 3), ==, 3);
      tbus_fd_store_init ();
      live (f);
      _exit (tbus_fd_store_flush (G_MAXINT) ? 0 : 1);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

static void
live_once (Fixture *f)
{
  (void) claim (f);
}

static void
fail_to_live (Fixture *f)
{
  g_autoptr(GError) error = NULL;

  g_free (f->paths.wait_shm);
  f->paths.wait_shm = g_strdup ("/no/such/memory");
  g_assert_null (tbus_rendezvous_claim (&f->paths, &error));
  g_assert_nonnull (error);
}

/* Whoever came before is still in the queue. */
static void
accept_who_waits (Fixture *f)
{
  g_assert_cmpint (accept (tbus_rendezvous_get_fd (claim (f)), NULL, NULL), >=, 0);
}

static void
leaves_a_kept_socket_that_it_could_not_use (Fixture *f, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autoptr(TstStore) store = tst_store_new (f->home, 10);
  int app = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  live_with (f, store, live_once);
  g_assert_cmpuint (tst_store_count (store, "rendezvous-"), ==, 1);
  g_assert_cmpuint (g_strlcpy (address.sun_path, f->paths.socket, sizeof address.sun_path), <,
                    sizeof address.sun_path);
  g_assert_cmpint (connect (app, (struct sockaddr *) &address, sizeof address), ==, 0);
  live_with (f, store, fail_to_live);
  g_assert_cmpuint (tst_store_count (store, "rendezvous-"), ==, 1);
  live_with (f, store, accept_who_waits);
  close (app);
}

static void
says_what_it_cannot_make (Fixture *f, gconstpointer data)
{
  g_autofree char *parent = tst_dir_file (f->home, "missing/.lttng");
  g_autofree char *deep = g_strnfill (150, 'd');

  g_free (f->paths.directory);
  f->paths.directory = g_steal_pointer (&parent);
  refuse (f, TBUS_ERROR_NOT_FOUND, "missing/.lttng");
  g_free (f->paths.directory);
  f->paths.directory = g_strdup (tst_dir_path (f->home));
  g_free (f->paths.socket);
  f->paths.socket = tst_dir_file (f->home, deep);
  g_free (f->paths.lock);
  f->paths.lock = tst_dir_file (f->home, "lock");
  refuse (f, TBUS_ERROR_INVALID_ARGS, "longer than");
}

#define RENDEZVOUS_TEST(path, func) g_test_add ("/ust/rendezvous/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  RENDEZVOUS_TEST ("knows-the-paths-of-both-instances", knows_the_paths_of_both_instances);
  RENDEZVOUS_TEST ("lets-every-user-connect", lets_every_user_connect);
  RENDEZVOUS_TEST ("leaves-nothing-but-the-wait-word-at-zero", leaves_nothing_but_the_wait_word_at_zero);
  RENDEZVOUS_TEST ("can-be-left-as-it-is", can_be_left_as_it_is);
  RENDEZVOUS_TEST ("can-leave-the-word-to-others", can_leave_the_word_to_others);
  RENDEZVOUS_TEST ("wakes-apps-that-wait", wakes_apps_that_wait);
  RENDEZVOUS_TEST ("narrows-what-an-app-left-open", narrows_what_an_app_left_open);
  RENDEZVOUS_TEST ("survives-its-memory-cut-short", survives_its_memory_cut_short);
  RENDEZVOUS_TEST ("replaces-what-is-no-file-of-its-own", replaces_what_is_no_file_of_its_own);
  RENDEZVOUS_TEST ("refuses-a-second-service", refuses_a_second_service);
  RENDEZVOUS_TEST ("refuses-beside-another-daemon-that-lives", refuses_beside_another_daemon_that_lives);
  RENDEZVOUS_TEST ("takes-a-dead-ones-socket-over", takes_a_dead_ones_socket_over);
  RENDEZVOUS_TEST ("removes-nothing-but-sockets", removes_nothing_but_sockets);
  RENDEZVOUS_TEST ("leaves-a-kept-socket-that-it-could-not-use", leaves_a_kept_socket_that_it_could_not_use);
  RENDEZVOUS_TEST ("says-what-it-cannot-make", says_what_it_cannot_make);
  return g_test_run ();
}
