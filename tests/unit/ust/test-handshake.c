/* SPDX-License-Identifier: GPL-2.0-only */
/* Half-open connections: paired by process, bounded, and each at its own risk. The link role is played by main. */
#define _GNU_SOURCE
#include "fake-app.h"
#include "support/child.h"
#include "support/leak.h"
#include "ust/handshake.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT = 4 };

typedef struct {
  TbusPoller *poller;
  TbusHandshake *handshake;
  TbusHandshakeLimits limits;
  guint n_paired;
  TbusRegistration registration;
  int command_fd, notify_fd; /* of the last pair */
  GPtrArray *refusals;
  uid_t refused_uid; /* the last one's */
  guint fds;
} Fixture;

static void
on_paired (const TbusRegistration *registration, int command_fd, int notify_fd, gpointer data)
{
  Fixture *f = data;

  f->n_paired++;
  f->registration = *registration;
  f->command_fd = command_fd;
  f->notify_fd = notify_fd;
}

static void
on_refused (uid_t uid, const char *why, gpointer data)
{
  ((Fixture *) data)->refused_uid = uid;
  g_ptr_array_add (((Fixture *) data)->refusals, g_strdup (why));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const TbusHandshakeEvents events = { on_paired, on_refused };
  guint timeout_ms = GPOINTER_TO_UINT (data);
  g_autoptr(GError) error = NULL;

  f->fds = tst_fd_count (getpid ());
  f->limits = (TbusHandshakeLimits){ LIMIT, LIMIT, timeout_ms != 0 ? timeout_ms : 60000 };
  f->refusals = g_ptr_array_new_with_free_func (g_free);
  f->poller = tbus_poller_new (tbus_thread_context (TBUS_THREAD_LINK), &error);
  g_assert_no_error (error);
  f->handshake = tbus_handshake_new (f->poller, &f->limits, &events, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  if (f->n_paired > 0)
    {
      close (f->command_fd);
      close (f->notify_fd);
    }
  tbus_handshake_free (f->handshake);
  tbus_poller_free (f->poller);
  g_ptr_array_unref (f->refusals);
  g_assert_cmpuint (tst_fd_count (getpid ()), ==, f->fds);
}

/* Runs what is ready. */
static void
spin (void)
{
  while (g_main_context_iteration (tbus_thread_context (TBUS_THREAD_LINK), FALSE))
    ;
}

/* A connection as just accepted; returns the app's end. */
static int
add (Fixture *f)
{
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), ==, 0);
  tbus_handshake_add (f->handshake, pair[0]);
  return pair[1];
}

static int
add_record (Fixture *f, const TbusUstRegistration *record)
{
  int fd = add (f);

  tst_fake_write (fd, record, sizeof *record);
  spin ();
  return fd;
}

static gboolean
is_closed (int fd)
{
  char byte;

  return recv (fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
}

static void
assert_refused (const Fixture *f, guint n, const char *what)
{
  g_assert_cmpuint (f->refusals->len, ==, n);
  if (strstr (g_ptr_array_index (f->refusals, n - 1), what) == NULL)
    g_error ("\"%s\" does not say \"%s\"", (char *) g_ptr_array_index (f->refusals, n - 1), what);
}

static void
pairs_two_connections_of_a_process (Fixture *f, gconstpointer data)
{
  TbusUstRegistration command = tst_registration ("fake", FALSE), notify = tst_registration ("fake", TRUE);
  int a = add_record (f, &command), b;
  char byte = 0;

  g_assert_cmpuint (f->n_paired, ==, 0);
  g_assert_cmpuint (tbus_handshake_count (f->handshake), ==, 1);
  b = add_record (f, &notify);
  g_assert_cmpuint (f->n_paired, ==, 1);
  g_assert_cmpuint (tbus_handshake_count (f->handshake), ==, 0);
  g_assert_cmpint (send (f->notify_fd, "n", 1, 0), ==, 1);
  g_assert_cmpint (recv (b, &byte, 1, 0), ==, 1);
  g_assert_cmpint (send (f->command_fd, "c", 1, 0), ==, 1);
  g_assert_cmpint (recv (a, &byte, 1, 0), ==, 1);
  close (a);
  close (b);
}

static void
pairs_them_in_either_order (Fixture *f, gconstpointer data)
{
  TbusUstRegistration command = tst_registration ("fake", FALSE), notify = tst_registration ("fake", TRUE);
  int b, a;

  strcpy (notify.name, "other");
  b = add_record (f, &notify);
  a = add_record (f, &command);
  g_assert_cmpuint (f->n_paired, ==, 1);
  g_assert_cmpstr (f->registration.name, ==, "fake"); /* of the command's record */
  close (a);
  close (b);
}

static void
reads_records_byte_by_byte (Fixture *f, gconstpointer data)
{
  TbusUstRegistration records[] = { tst_registration ("fake", FALSE), tst_registration ("fake", TRUE) };
  int fds[] = { add (f), add (f) };

  for (gsize i = 0; i < sizeof records[0]; i++)
    for (guint j = 0; j < 2; j++)
      {
        g_assert_cmpuint (f->n_paired, ==, 0);
        tst_fake_write (fds[j], (const guint8 *) &records[j] + i, 1);
        spin ();
      }
  g_assert_cmpuint (f->n_paired, ==, 1);
  close (fds[0]);
  close (fds[1]);
}

/* Rule 7: identity is the socket's. */
static void
believes_no_claim_of_identity (Fixture *f, gconstpointer data)
{
  TbusUstRegistration command = tst_registration ("fake", FALSE), notify = tst_registration ("fake", TRUE);
  int a, b;

  command.pid = 1;
  command.uid = 4711;
  command.gid = 4712;
  memset (command.name, 'n', sizeof command.name);
  a = add_record (f, &command);
  b = add_record (f, &notify);
  g_assert_cmpint (f->registration.peer.pid, ==, getpid ());
  g_assert_cmpuint (f->registration.peer.uid, ==, getuid ());
  g_assert_cmpuint (f->registration.peer.gid, ==, getgid ());
  g_assert_cmpint (f->registration.parent_pid, ==, 0);
  g_assert_cmpuint (strlen (f->registration.name), ==, 16);
  close (a);
  close (b);
}

typedef struct {
  gsize offset;
  guint32 value;
  const char *why;
} BadRecord;

static void
refuses_records_that_it_cannot_serve (Fixture *f, gconstpointer data)
{
  static const BadRecord bad[] = {
    { 0, 0x12345678, "does not speak" },
    { 0, 0xc57c57c5u >> 24 | (0xc57c57c5u >> 8 & 0xff00) | (0xc57c57c5u << 8 & 0xff0000) | 0xc57c57c5u << 24,
      "byte order" },
    { offsetof (TbusUstRegistration, major), 7, "versions 8 to 9" },
    { offsetof (TbusUstRegistration, major), 10, "versions 8 to 9" },
    { offsetof (TbusUstRegistration, bits_per_long), 16, "16 bits" },
    { offsetof (TbusUstRegistration, align_u64), 12, "alignment" },
    { offsetof (TbusUstRegistration, align_long), 0, "alignment" },
    { offsetof (TbusUstRegistration, align_u8), 128, "alignment" },
    { offsetof (TbusUstRegistration, socket_type), 2, "type 2" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      TbusUstRegistration record = tst_registration ("fake", FALSE);
      int fd;

      memcpy ((guint8 *) &record + bad[i].offset, &bad[i].value, sizeof bad[i].value);
      fd = add_record (f, &record);
      assert_refused (f, i + 1, bad[i].why);
      g_assert_true (is_closed (fd));
      close (fd);
    }
  g_assert_cmpuint (tbus_handshake_count (f->handshake), ==, 0);
}

/* That is how another daemon looks whether we live. */
static void
takes_no_notice_of_one_that_says_nothing (Fixture *f, gconstpointer data)
{
  close (add (f));
  spin ();
  g_assert_cmpuint (f->refusals->len, ==, 0);
  g_assert_cmpuint (tbus_handshake_count (f->handshake), ==, 0);
}

static void
tells_of_one_that_goes_half_way (Fixture *f, gconstpointer data)
{
  TbusUstRegistration record = tst_registration ("fake", FALSE);
  int fd = add (f);

  tst_fake_write (fd, &record, sizeof record - 1);
  spin ();
  close (fd);
  spin ();
  assert_refused (f, 1, "went before");
  fd = add_record (f, &record);
  close (fd);
  spin ();
  assert_refused (f, 2, "went before");
  g_assert_cmpuint (tbus_handshake_count (f->handshake), ==, 0);
}

/* A process that executed another program in between. */
static void
lets_a_later_record_replace_the_former (Fixture *f, gconstpointer data)
{
  TbusUstRegistration first = tst_registration ("fake", FALSE), second = first;
  TbusUstRegistration notify = tst_registration ("fake", TRUE);
  int fds[3];

  strcpy (second.name, "second");
  fds[0] = add_record (f, &first);
  fds[1] = add_record (f, &second);
  assert_refused (f, 1, "again");
  g_assert_true (is_closed (fds[0]));
  fds[2] = add_record (f, &notify);
  g_assert_cmpuint (f->n_paired, ==, 1);
  g_assert_cmpstr (f->registration.name, ==, "second");
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    close (fds[i]);
}

static void
ends_what_does_not_register_in_time (Fixture *f, gconstpointer data)
{
  TbusUstRegistration record = tst_registration ("fake", FALSE);
  int fds[3];

  fds[0] = add (f);
  fds[1] = add (f);
  tst_fake_write (fds[1], &record, 7); /* while no deadline can pass: nothing runs yet */
  fds[2] = add_record (f, &record);
  while (f->refusals->len < G_N_ELEMENTS (fds))
    g_main_context_iteration (tbus_thread_context (TBUS_THREAD_LINK), TRUE);
  g_assert_nonnull (strstr (g_ptr_array_index (f->refusals, 0), "in time"));
  g_assert_nonnull (strstr (g_ptr_array_index (f->refusals, 1), "in time"));
  g_assert_nonnull (strstr (g_ptr_array_index (f->refusals, 2), "never made the second"));
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_assert_true (is_closed (fds[i]));
      close (fds[i]);
    }
}

static void
makes_room_at_the_cost_of_the_oldest (Fixture *f, gconstpointer data)
{
  int fds[LIMIT + 1];

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = add (f);
  g_assert_cmpuint (tbus_handshake_count (f->handshake), ==, LIMIT);
  assert_refused (f, 1, "make room");
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_assert_true (is_closed (fds[i]) == (i == 0));
      close (fds[i]);
    }
}

/* Connections of another user, made by a process of theirs; that waits for its end. */
static pid_t
connect_as (uid_t uid, int listening, guint n)
{
  struct sockaddr_un address;
  socklen_t length = sizeof address;
  pid_t child = fork ();

  if (child != 0)
    return child;
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (setuid (uid) != 0 || getsockname (listening, (struct sockaddr *) &address, &length) != 0)
    _exit (1);
  while (n-- > 0)
    if (connect (socket (AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *) &address, length) != 0)
      _exit (1);
  pause ();
  _exit (0);
}

/* An abstract name, which the kernel chooses: anybody can reach it, and nothing of it stays. */
static int
listen_anywhere (void)
{
  const struct sockaddr_un any = { .sun_family = AF_UNIX };
  int listening = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (bind (listening, (const struct sockaddr *) &any, sizeof any.sun_family), ==, 0);
  g_assert_cmpint (listen (listening, 64), ==, 0);
  return listening;
}

static void
accept_into (Fixture *f, int listening, guint n)
{
  while (n-- > 0)
    {
      int fd = accept4 (listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

      g_assert_cmpint (fd, >=, 0);
      tbus_handshake_add (f->handshake, fd);
    }
}

/* A storm of one user's connections takes nothing from others. */
static void
makes_room_at_the_cost_of_who_fills_it (Fixture *f, gconstpointer data)
{
  TbusUstRegistration command = tst_registration ("fake", FALSE), notify = tst_registration ("fake", TRUE);
  int mine, other, listening;
  pid_t child;

  if (getuid () != 0)
    {
      g_test_skip ("needs root to connect as another user");
      return;
    }
  listening = listen_anywhere ();
  mine = add_record (f, &command); /* the oldest of all */
  child = connect_as (65533, listening, 3 * LIMIT);
  accept_into (f, listening, 3 * LIMIT);
  g_assert_cmpuint (f->refusals->len, ==, 3 * LIMIT - (LIMIT - 1));
  other = add_record (f, &notify);
  g_assert_cmpuint (f->n_paired, ==, 1);
  kill (child, SIGKILL);
  waitpid (child, NULL, 0);
  close (listening);
  close (mine);
  close (other);
}

/* Though there is room: its share is full before the others' is touched. Root has none. */
static void
makes_room_at_the_cost_of_the_oldest_of_a_user (Fixture *f, gconstpointer data)
{
  const TbusHandshakeEvents events = { on_paired, on_refused };
  int fds[2], listening;
  pid_t child;

  if (getuid () != 0)
    {
      g_test_skip ("needs root to connect as another user");
      return;
    }
  tbus_handshake_free (f->handshake);
  f->limits.per_user = 1;
  f->handshake = tbus_handshake_new (f->poller, &f->limits, &events, f);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    fds[i] = add (f);
  g_assert_cmpuint (f->refusals->len, ==, 0);
  listening = listen_anywhere ();
  child = connect_as (65533, listening, 2);
  accept_into (f, listening, 2);
  assert_refused (f, 1, "make room: its user");
  g_assert_cmpuint (f->refused_uid, ==, 65533);
  g_assert_cmpuint (tbus_handshake_count (f->handshake), ==, 3);
  kill (child, SIGKILL);
  waitpid (child, NULL, 0);
  close (listening);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_assert_false (is_closed (fds[i]));
      close (fds[i]);
    }
}

static void
keeps_a_storm_within_its_limit (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 5000; i++)
    {
      int fd = add (f);

      if (i % 2 == 0)
        tst_fake_write (fd, "noise", 5);
      if (i % 16 == 0)
        spin ();
      g_assert_cmpuint (tbus_handshake_count (f->handshake), <=, LIMIT);
      close (fd);
    }
  spin ();
  g_assert_cmpuint (tbus_handshake_count (f->handshake), ==, 0);
}

#define HANDSHAKE_TEST(path, func, timeout_ms) \
  g_test_add ("/ust/handshake/" path, Fixture, GUINT_TO_POINTER (timeout_ms), set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  tbus_thread_init ();
  HANDSHAKE_TEST ("pairs-two-connections-of-a-process", pairs_two_connections_of_a_process, 0);
  HANDSHAKE_TEST ("pairs-them-in-either-order", pairs_them_in_either_order, 0);
  HANDSHAKE_TEST ("reads-records-byte-by-byte", reads_records_byte_by_byte, 0);
  HANDSHAKE_TEST ("believes-no-claim-of-identity", believes_no_claim_of_identity, 0);
  HANDSHAKE_TEST ("refuses-records-that-it-cannot-serve-B23", refuses_records_that_it_cannot_serve, 0);
  HANDSHAKE_TEST ("takes-no-notice-of-one-that-says-nothing", takes_no_notice_of_one_that_says_nothing, 0);
  HANDSHAKE_TEST ("tells-of-one-that-goes-half-way", tells_of_one_that_goes_half_way, 0);
  HANDSHAKE_TEST ("lets-a-later-record-replace-the-former", lets_a_later_record_replace_the_former, 0);
  HANDSHAKE_TEST ("ends-what-does-not-register-in-time", ends_what_does_not_register_in_time, 20);
  HANDSHAKE_TEST ("makes-room-at-the-cost-of-the-oldest", makes_room_at_the_cost_of_the_oldest, 0);
  HANDSHAKE_TEST ("makes-room-at-the-cost-of-who-fills-it", makes_room_at_the_cost_of_who_fills_it, 0);
  HANDSHAKE_TEST ("makes-room-at-the-cost-of-the-oldest-of-a-user", makes_room_at_the_cost_of_the_oldest_of_a_user, 0);
  HANDSHAKE_TEST ("keeps-a-storm-within-its-limit", keeps_a_storm_within_its_limit, 0);
  return g_test_run ();
}
