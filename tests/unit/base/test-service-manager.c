/* SPDX-License-Identifier: GPL-2.0-only */
/* What systemd is told, and when its watchdog is fed. */
#include "base/service-manager.h"

#include "base/thread.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct {
  char *directory, *path;
  int fd;
} Manager;

static void
set_up (Manager *self, gconstpointer data)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *pid = g_strdup_printf ("%d", (int) getpid ());

  self->directory = g_dir_make_tmp ("tracebus-XXXXXX", NULL);
  self->path = g_build_filename (self->directory, "notify", NULL);
  g_strlcpy (address.sun_path, self->path, sizeof address.sun_path);
  self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_setenv ("NOTIFY_SOCKET", self->path, TRUE);
  g_setenv ("WATCHDOG_USEC", "40000", TRUE);
  g_setenv ("WATCHDOG_PID", pid, TRUE);
}

static void
tear_down (Manager *self, gconstpointer data)
{
  close (self->fd);
  unlink (self->path);
  rmdir (self->directory);
  g_free (self->path);
  g_free (self->directory);
}

/* The next message, main's loop running meanwhile; "" where @cancelled is set first. */
static char *
receive (Manager *self, const gboolean *cancelled)
{
  char text[256];

  for (;;)
    {
      gssize n = recv (self->fd, text, sizeof text, MSG_DONTWAIT);

      if (n >= 0)
        return g_strndup (text, n);
      if (cancelled != NULL && *cancelled)
        return g_strdup ("");
      g_main_context_iteration (NULL, TRUE);
    }
}

static void
says_that_it_is_ready_and_that_it_ends (Manager *self, gconstpointer data)
{
  g_autofree char *ready = NULL, *stopping = NULL;

  tbus_service_manager_ready ("It goes well");
  ready = receive (self, NULL);
  g_assert_cmpstr (ready, ==, "READY=1\nSTATUS=It goes well");
  tbus_service_manager_stopping ();
  stopping = receive (self, NULL);
  g_assert_cmpstr (stopping, ==, "STOPPING=1");
}

/* On a busy machine a thread may well be late once, which is told. */
static void
feeds_the_watchdog_again_and_again (Manager *self, gconstpointer data)
{
  g_autoptr(TbusWatchdog) watchdog = tbus_watchdog_start ();
  guint n_fed = 0;

  while (n_fed < 5)
    {
      g_autofree char *said = receive (self, NULL);

      if (!g_str_has_prefix (said, "STATUS="))
        g_assert_cmpstr (said, ==, "WATCHDOG=1");
      n_fed += said[0] == 'W';
    }
}

static void
has_none_to_feed_without_systemd (Manager *self, gconstpointer data)
{
  g_unsetenv ("WATCHDOG_USEC");
  g_assert_null (tbus_watchdog_start ());
}

static GMutex gate;

static void
wait_at_the_gate (gpointer data)
{
  g_mutex_lock (&gate);
  g_mutex_unlock (&gate);
}

static gboolean
on_patience (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Silence cannot be waited for but with a clock: five times the watchdog's patience. */
static void
a_thread_that_hangs_starves_it_and_is_named (Manager *self, gconstpointer data)
{
  g_autoptr(TbusWatchdog) watchdog = NULL;
  g_autofree char *complaint = NULL, *silence = NULL, *fed = NULL, *well = NULL;
  gboolean enough = FALSE;

  g_mutex_lock (&gate);
  tbus_post (TBUS_THREAD_NOTIFY, wait_at_the_gate, NULL, NULL);
  watchdog = tbus_watchdog_start ();
  complaint = receive (self, NULL);
  g_assert_true (g_str_has_prefix (complaint, "STATUS=The thread notify is stuck for "));
  g_timeout_add (200, on_patience, &enough);
  silence = receive (self, &enough);
  g_assert_cmpstr (silence, ==, "");
  g_mutex_unlock (&gate);
  fed = receive (self, NULL);
  g_assert_cmpstr (fed, ==, "WATCHDOG=1");
  well = receive (self, NULL);
  g_assert_cmpstr (well, ==, "STATUS=It goes well");
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  tbus_thread_start (TBUS_THREAD_LINK);
  tbus_thread_start (TBUS_THREAD_NOTIFY);
  g_test_add ("/base/service-manager/says-that-it-is-ready-and-that-it-ends", Manager, NULL, set_up,
              says_that_it_is_ready_and_that_it_ends, tear_down);
  g_test_add ("/base/service-manager/feeds-the-watchdog-again-and-again", Manager, NULL, set_up,
              feeds_the_watchdog_again_and_again, tear_down);
  g_test_add ("/base/service-manager/has-none-to-feed-without-systemd", Manager, NULL, set_up,
              has_none_to_feed_without_systemd, tear_down);
  g_test_add ("/base/service-manager/a-thread-that-hangs-starves-it-and-is-named", Manager, NULL,
              set_up, a_thread_that_hangs_starves_it_and_is_named, tear_down);
  status = g_test_run ();
  tbus_thread_stop (TBUS_THREAD_LINK);
  tbus_thread_stop (TBUS_THREAD_NOTIFY);
  return status;
}
