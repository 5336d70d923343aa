/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process can do no more that has entered the sandbox, tried in real processes. */
#define _GNU_SOURCE
#include "consumer/sandbox.h"
#include "rings.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#define REPORTS_NEED_IT TRUE
#else
#define REPORTS_NEED_IT FALSE
#endif

enum { DONE = 0, CANNOT_ENTER = 255 };

/* An errno value, or 0. */
typedef int (*Attempt) (void);

typedef struct {
  const char *name;
  Attempt attempt;
  int refused; /* errno; negative: the signal that ends the process */
  gboolean relaxed; /* where a sanitizer watches */
} Case;

static int
result_of (long result)
{
  return result < 0 ? errno : DONE;
}

static int
make_a_socket (void)
{
  return result_of (socket (AF_UNIX, SOCK_STREAM, 0));
}

static int
make_a_network_socket (void)
{
  return result_of (socket (AF_INET, SOCK_DGRAM, 0));
}

static int
make_datagram_sockets (void)
{
  int fds[2];

  return result_of (socketpair (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds));
}

static int
connect_the_link (void)
{
  struct sockaddr address = { .sa_family = AF_UNSPEC };

  return result_of (connect (STDIN_FILENO, &address, sizeof address));
}

static int
run_a_program (void)
{
  static char *const arguments[] = { (char *) "true", NULL };

  return result_of (execv ("/bin/true", arguments));
}

static int
make_a_process (void)
{
  return result_of (syscall (SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

static int
trace_the_parent (void)
{
  return result_of (ptrace (PTRACE_PEEKDATA, getppid (), NULL, NULL));
}

static int
write_into_the_parent (void)
{
  struct iovec nothing = { 0 };

  return result_of (process_vm_writev (getppid (), &nothing, 1, &nothing, 1, 0));
}

static int
signal_the_parent (void)
{
  return result_of (kill (getppid (), 0));
}

static int
make_code (void)
{
  void *memory = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return result_of (mprotect (memory, 4096, PROT_READ | PROT_EXEC));
}

static int
leave_for_a_namespace (void)
{
  return result_of (unshare (CLONE_NEWUSER));
}

static int
change_who_it_is (void)
{
  return result_of (setuid (getuid ()));
}

static int
mount_something (void)
{
  return result_of (syscall (SYS_mount, "none", "/", "tmpfs", 0, NULL));
}

static int
filter_anew (void)
{
  return result_of (syscall (SYS_seccomp, 1, 0, NULL));
}

static const Case cases[] = {
  { "/sandbox/refuses/sockets", make_a_socket, ENOSYS, FALSE },
  { "/sandbox/refuses/the-network", make_a_network_socket, ENOSYS, FALSE },
  { "/sandbox/refuses/datagrams", make_datagram_sockets, ENOSYS, FALSE },
  { "/sandbox/refuses/connecting", connect_the_link, ENOSYS, FALSE },
  { "/sandbox/refuses/other-programs", run_a_program, -SIGSYS, FALSE },
  { "/sandbox/refuses/processes", make_a_process, ENOSYS, REPORTS_NEED_IT },
  { "/sandbox/refuses/tracing", trace_the_parent, -SIGSYS, REPORTS_NEED_IT },
  { "/sandbox/refuses/other-memory", write_into_the_parent, -SIGSYS, FALSE },
  { "/sandbox/refuses/signals", signal_the_parent, ENOSYS, REPORTS_NEED_IT },
  { "/sandbox/refuses/code", make_code, ENOSYS, FALSE },
  { "/sandbox/refuses/namespaces", leave_for_a_namespace, ENOSYS, FALSE },
  { "/sandbox/refuses/other-users", change_who_it_is, ENOSYS, FALSE },
  { "/sandbox/refuses/mounts", mount_something, ENOSYS, FALSE },
  { "/sandbox/refuses/other-filters", filter_anew, ENOSYS, FALSE },
};

/* How @attempt ends in a process that has entered, or has not. */
static int
run (Attempt attempt, gboolean inside)
{
  pid_t child = fork ();
  int status;

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      if (inside && tc_sandbox_enter () < 0)
        _exit (CANNOT_ENTER);
      _exit (attempt ());
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  return WIFSIGNALED (status) ? -WTERMSIG (status) : WEXITSTATUS (status);
}

static void
refuses (gconstpointer data)
{
  const Case *c = data;

  if (c->relaxed)
    {
      g_test_skip ("a sanitizer's reports need it");
      return;
    }
  /* Refused for that reason, and not as it would be anyhow. */
  g_assert_cmpint (run (c->attempt, FALSE), !=, c->refused);
  g_assert_cmpint (run (c->attempt, TRUE), ==, c->refused);
}

static void *
return_it (void *data)
{
  return data;
}

static int
do_what_is_needed (void)
{
  static const char text[] = "packet";
  int directory = open ("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int memory = memfd_create ("ring", MFD_CLOEXEC);
  int fds[2];
  pthread_t thread;
  void *data = NULL;

  if (directory < 0 || memory < 0 || ftruncate (memory, 4096) < 0 || pwrite (memory, text, sizeof text, 0) < 0)
    return errno;
  if (pthread_create (&thread, NULL, return_it, fds) != 0 || pthread_join (thread, &data) != 0 || data != fds)
    return EINVAL;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0 || send (fds[0], text, sizeof text, 0) < 0)
    return errno;
  if (mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0) == MAP_FAILED)
    return errno;
  free (malloc (1 << 20));
  return sysconf (_SC_NPROCESSORS_ONLN) > 0 ? DONE : EINVAL;
}

static void
allows_what_a_consumer_does (void)
{
  g_assert_cmpint (run (do_what_is_needed, TRUE), ==, DONE);
}

/* The library's calls on rings, before and after: it tells readers, who are ourselves, by a pipe that is open here. */
static int
use_rings (void)
{
  const TcRingShape shape = { 65536, 2, FALSE };

  for (int round = 0; round < 2; round++)
    {
      int *memory = tst_memory_new ();
      TstRing ring;

      tst_ring_open (&ring, &shape, memory);
      if (round == 0 && tc_sandbox_enter () < 0)
        return CANNOT_ENTER;
      lttng_ust_ctl_flush_buffer (ring.stream, 0);
      if (lttng_ust_ctl_get_next_subbuf (ring.stream) < 0 || lttng_ust_ctl_put_next_subbuf (ring.stream) < 0)
        return EINVAL;
      tst_ring_close (&ring);
      tst_memory_free (memory);
    }
  return DONE;
}

static void
allows_what_the_tracer_does (void)
{
  g_assert_cmpint (run (use_rings, FALSE), ==, DONE);
}

static int
abort_it (void)
{
  abort ();
}

/* An assertion of a library ends it as such, and not in a loop. */
static void
allows_to_abort (void)
{
  g_assert_cmpint (run (abort_it, TRUE), ==, -SIGABRT);
}

/* The owner's rights are what files are opened with. */
static int
open_what_is_others (void)
{
  if (getuid () == 0 && (setgid (65534) < 0 || setuid (65534) < 0))
    return errno;
  return tc_sandbox_enter () < 0 ? CANNOT_ENTER : result_of (open ("/etc/shadow", O_RDONLY | O_CLOEXEC));
}

static void
leaves_files_to_their_owners (void)
{
  g_assert_cmpint (run (open_what_is_others, FALSE), ==, EACCES);
}

static pthread_barrier_t entered;

static void *
try_from_a_thread (void *data)
{
  int *result = data;

  pthread_barrier_wait (&entered);
  *result = make_a_socket ();
  return NULL;
}

static int
try_from_an_older_thread (void)
{
  pthread_t thread;
  int result = DONE;

  pthread_barrier_init (&entered, NULL, 2);
  if (pthread_create (&thread, NULL, try_from_a_thread, &result) != 0 || tc_sandbox_enter () < 0)
    return CANNOT_ENTER;
  pthread_barrier_wait (&entered);
  return pthread_join (thread, NULL) == 0 ? result : CANNOT_ENTER;
}

static void
holds_for_threads_that_are_there (void)
{
  g_assert_cmpint (run (try_from_an_older_thread, FALSE), ==, ENOSYS);
}

static int
close_others (void)
{
  int kept = fcntl (STDERR_FILENO, F_DUPFD, 40);
  int closed = fcntl (STDERR_FILENO, F_DUPFD, kept + 1);
  int far = fcntl (STDERR_FILENO, F_DUPFD, 900);

  if (kept < 0 || closed < 0 || far < 0 || tc_sandbox_close_others (kept) < 0)
    return EINVAL;
  return fcntl (kept, F_GETFD) == 0 && fcntl (closed, F_GETFD) < 0 && fcntl (far, F_GETFD) < 0 ? DONE : EEXIST;
}

static void
closes_what_it_was_not_given (void)
{
  g_assert_cmpint (run (close_others, FALSE), ==, DONE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].name, &cases[i], refuses);
  g_test_add_func ("/sandbox/allows/work", allows_what_a_consumer_does);
  g_test_add_func ("/sandbox/allows/rings", allows_what_the_tracer_does);
  g_test_add_func ("/sandbox/allows/abort", allows_to_abort);
  g_test_add_func ("/sandbox/files", leaves_files_to_their_owners);
  g_test_add_func ("/sandbox/threads", holds_for_threads_that_are_there);
  g_test_add_func ("/sandbox/descriptors", closes_what_it_was_not_given);
  return g_test_run ();
}
