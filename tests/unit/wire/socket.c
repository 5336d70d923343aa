/* SPDX-License-Identifier: GPL-2.0-only */
/* The socket: big messages, slow peers, hostile peers, and no descriptor lost whatever happens. */
#include "wire/socket.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  TwSocket *a, *b;
  int raw; /* of b, for a peer that speaks no protocol */
  guint fds_before;
} Fixture;

static guint
count_fds (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  guint n = 0;

  while (readdir (dir) != NULL)
    n++;
  closedir (dir);
  return n;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  int fds[2];

  f->fds_before = count_fds ();
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
  f->a = tw_socket_new (fds[0]);
  f->b = tw_socket_new (fds[1]);
  f->raw = fds[1];
  g_assert_nonnull (f->a);
  g_assert_nonnull (f->b);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  tw_socket_free (f->a);
  tw_socket_free (f->b);
  g_assert_cmpuint (count_fds (), ==, f->fds_before);
}

/* Lets @a send and @b receive until a message is whole. */
static void
pump (Fixture *f, TwMessage *message)
{
  int got = 0;

  while (got == 0)
    {
      g_assert_cmpint (tw_socket_flush (f->a), ==, 0);
      got = tw_socket_receive (f->b, message);
    }
  g_assert_cmpint (got, ==, 1);
}

static guint8 *
pattern (gsize len)
{
  guint8 *data = g_malloc (len);

  for (gsize i = 0; i < len; i++)
    data[i] = (guint8) (i * 31 + i / 251);
  return data;
}

static void
carries_a_message_with_descriptors (Fixture *f, gconstpointer data)
{
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  TwMessage message = { 0 };
  struct stat here, there;

  g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 16, 0, 42, (void *) "body", 4, &fd, 1 }), ==, 0);
  g_assert_false (tw_socket_wants_write (f->a));
  pump (f, &message);
  g_assert_cmpuint (message.type, ==, 16);
  g_assert_cmpuint (message.status, ==, 0);
  g_assert_cmpuint (message.serial, ==, 42);
  g_assert_cmpmem (message.body, message.body_len, "body", 4);
  g_assert_cmpuint (message.n_fds, ==, 1);
  g_assert_cmpint (fstat (fd, &here), ==, 0);
  g_assert_cmpint (fstat (message.fds[0], &there), ==, 0);
  g_assert_cmpuint (here.st_rdev, ==, there.st_rdev);
  g_assert_cmpint (fcntl (message.fds[0], F_GETFD), ==, FD_CLOEXEC);
  tw_message_clear (&message);
  close (fd);
}

static void
carries_an_empty_message (Fixture *f, gconstpointer data)
{
  TwMessage message = { 0 };

  g_assert_cmpint (tw_socket_receive (f->b, &message), ==, 0);
  g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 1, ENOSPC, 3, NULL, 0, NULL, 0 }), ==, 0);
  pump (f, &message);
  g_assert_cmpuint (message.type, ==, 1);
  g_assert_cmpuint (message.status, ==, ENOSPC);
  g_assert_cmpuint (message.body_len, ==, 0);
  tw_message_clear (&message);
}

static void
carries_bodies_larger_than_a_packet (Fixture *f, gconstpointer data)
{
  static const gsize sizes[] = { TW_FRAGMENT_BODY, TW_FRAGMENT_BODY + 1, 2 * TW_FRAGMENT_BODY, 1000003, TW_MAX_BODY };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree guint8 *body = pattern (sizes[i]);
      TwMessage message = { 0 };

      g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 20, 0, i, (void *) body, sizes[i], NULL, 0 }), ==, 0);
      pump (f, &message);
      g_assert_cmpuint (message.serial, ==, i);
      g_assert_cmpmem (message.body, message.body_len, body, sizes[i]);
      tw_message_clear (&message);
    }
}

static void
carries_more_descriptors_than_a_packet_holds (Fixture *f, gconstpointer data)
{
  enum { N = 3 * TW_FRAGMENT_FDS + 7 };
  g_autofree guint8 *body = pattern (100000);
  int fds[N];
  TwMessage message = { 0 };
  struct rlimit limit;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 4 * N)
    {
      g_test_skip ("the limit of open files is too low for this test");
      return;
    }
  for (int i = 0; i < N; i++)
    fds[i] = open (i % 2 ? "/dev/null" : "/dev/zero", O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 21, 0, 1, (void *) body, 100000, fds, N }), ==, 0);
  pump (f, &message);
  g_assert_cmpmem (message.body, message.body_len, body, 100000);
  g_assert_cmpuint (message.n_fds, ==, N);
  for (int i = 0; i < N; i++)
    {
      struct stat here, there;

      g_assert_cmpint (fstat (fds[i], &here), ==, 0);
      g_assert_cmpint (fstat (message.fds[i], &there), ==, 0);
      g_assert_cmpuint (here.st_rdev, ==, there.st_rdev);
      close (fds[i]);
    }
  tw_message_clear (&message);
}

static void
queues_in_order_while_the_peer_does_not_read (Fixture *f, gconstpointer data)
{
  enum { N = 3000 };
  g_autofree guint8 *body = pattern (4096);
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  for (guint i = 1; i <= N; i++)
    g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 17, 0, i, (void *) body, 4096, &fd, i % 100 == 0 }), ==, 0);
  close (fd);
  g_assert_true (tw_socket_wants_write (f->a));
  for (guint i = 1; i <= N; i++)
    {
      TwMessage message = { 0 };

      pump (f, &message);
      g_assert_cmpuint (message.serial, ==, i);
      g_assert_cmpmem (message.body, message.body_len, body, 4096);
      g_assert_cmpuint (message.n_fds, ==, i % 100 == 0);
      tw_message_clear (&message);
    }
  g_assert_false (tw_socket_wants_write (f->a));
}

static void
frees_what_was_never_sent_and_never_taken (Fixture *f, gconstpointer data)
{
  g_autofree guint8 *body = pattern (1 << 20);
  int fds[2] = { open ("/dev/null", O_RDONLY | O_CLOEXEC), open ("/dev/null", O_RDONLY | O_CLOEXEC) };
  TwMessage message = { 0 };

  g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 17, 0, 1, (void *) body, 1 << 20, fds, 2 }), ==, 0);
  g_assert_true (tw_socket_wants_write (f->a));
  g_assert_cmpint (tw_socket_receive (f->b, &message), ==, 0); /* half of it */
  close (fds[0]);
  close (fds[1]);
  /* tear_down counts */
}

static void
sends_nothing_when_descriptors_run_out (Fixture *f, gconstpointer data)
{
  g_autofree guint8 *body = pattern (4096);
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  struct rlimit limit, none;
  guint n = 0;

  while (!tw_socket_wants_write (f->a))
    g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 17, 0, ++n, (void *) body, 4096, NULL, 0 }), ==, 0);
  getrlimit (RLIMIT_NOFILE, &limit);
  none = limit;
  none.rlim_cur = 3;
  setrlimit (RLIMIT_NOFILE, &none);
  g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 17, 0, 9999, NULL, 0, &fd, 1 }), ==, -1);
  g_assert_cmpint (errno, ==, EMFILE);
  setrlimit (RLIMIT_NOFILE, &limit);
  close (fd);
  for (guint i = 1; i <= n; i++)
    {
      TwMessage message = { 0 };

      pump (f, &message);
      g_assert_cmpuint (message.serial, ==, i);
      tw_message_clear (&message);
    }
}

static void
tells_when_there_is_no_room_for_descriptors (Fixture *f, gconstpointer data)
{
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  TwMessage message = { 0 };
  struct rlimit limit, none;
  int got;

  g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 17, 0, 1, NULL, 0, &fd, 1 }), ==, 0);
  close (fd);
  getrlimit (RLIMIT_NOFILE, &limit);
  none = limit;
  none.rlim_cur = 3;
  setrlimit (RLIMIT_NOFILE, &none);
  got = tw_socket_receive (f->b, &message);
  setrlimit (RLIMIT_NOFILE, &limit);
  g_assert_cmpint (got, ==, -1);
  g_assert_cmpint (errno, ==, EMFILE);
}

static void
refuses_what_is_too_big_to_carry (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 17, 0, 1, (void *) "", TW_MAX_BODY + 1, NULL, 0 }), ==, -1);
  g_assert_cmpint (errno, ==, E2BIG);
  g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 17, 0, 1, NULL, 0, NULL, TW_MAX_FDS + 1 }), ==, -1);
  g_assert_cmpint (errno, ==, E2BIG);
}

static void
tells_the_end_from_silence (Fixture *f, gconstpointer data)
{
  TwMessage message = { 0 };

  g_assert_cmpint (tw_socket_send (f->a, &(TwMessage){ 17, 0, 1, NULL, 0, NULL, 0 }), ==, 0);
  tw_socket_free (f->a);
  f->a = NULL;
  g_assert_cmpint (tw_socket_receive (f->b, &message), ==, 1);
  tw_message_clear (&message);
  g_assert_cmpint (tw_socket_receive (f->b, &message), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
  g_assert_cmpint (tw_socket_send (f->b, &(TwMessage){ 17, 0, 1, NULL, 0, NULL, 0 }), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
}

/* As socket.c writes it: type, status, serial, body length, descriptors, offset of each. */
typedef struct {
  guint32 type, status;
  guint64 serial;
  guint32 body_len, n_fds, body_offset, fd_offset;
} Packet;

static void
send_packet (Fixture *f, const Packet *packet, gsize body_len, gboolean with_fd)
{
  union { struct cmsghdr align; char space[CMSG_SPACE (sizeof (int))]; } control = { 0 };
  static guint8 body[TW_FRAGMENT_BODY];
  struct iovec iov[] = { { (void *) packet, sizeof *packet }, { body, body_len } };
  struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };

  if (with_fd)
    {
      struct cmsghdr *cmsg;

      message.msg_control = &control;
      message.msg_controllen = sizeof control;
      cmsg = CMSG_FIRSTHDR (&message);
      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN (sizeof (int));
      memcpy (CMSG_DATA (cmsg), &f->raw, sizeof (int));
    }
  g_assert_cmpint (sendmsg (f->raw, &message, 0), ==, (gssize) (sizeof *packet + body_len));
}

typedef struct {
  const char *name;
  Packet first;
  gsize first_body;
  gboolean first_fd;
  gboolean has_second;
  Packet second;
  gsize second_body;
} Malformed;

enum { FULL = TW_FRAGMENT_BODY };

static const Malformed malformed[] = {
  { "type-zero", { .type = 0 } },
  { "body-without-its-length", { .type = 1 }, .first_body = 1 },
  { "length-over-the-limit", { .type = 1, .body_len = TW_MAX_BODY + 1 }, .first_body = 1 },
  { "descriptors-over-the-limit", { .type = 1, .n_fds = TW_MAX_FDS + 1 }, 0, TRUE },
  { "length-of-all-ones", { .type = 1, .body_len = G_MAXUINT32 }, .first_body = 1 },
  { "begins-in-the-middle", { .type = 1, .body_len = 8, .body_offset = 4 }, .first_body = 4 },
  { "descriptor-that-is-not-announced", { .type = 1 }, 0, TRUE },
  { "first-brings-nothing", { .type = 1, .body_len = 8 } },
  { "first-is-not-full", { .type = 1, .body_len = 8 }, .first_body = 4 },
  { "second-brings-nothing", { .type = 1, .body_len = FULL + 8 }, FULL, FALSE, TRUE,
    { .type = 1, .body_len = FULL + 8, .body_offset = FULL } },
  { "second-is-not-full", { .type = 1, .body_len = FULL + 8 }, FULL, FALSE, TRUE,
    { .type = 1, .body_len = FULL + 8, .body_offset = FULL }, 4 },
  { "second-leaves-a-hole", { .type = 1, .body_len = FULL + 8 }, FULL, FALSE, TRUE,
    { .type = 1, .body_len = FULL + 8, .body_offset = FULL + 1 }, 7 },
  { "second-overlaps", { .type = 1, .body_len = FULL + 8 }, FULL, FALSE, TRUE,
    { .type = 1, .body_len = FULL + 8, .body_offset = FULL - 1 }, 9 },
  { "second-goes-beyond", { .type = 1, .body_len = FULL + 8 }, FULL, FALSE, TRUE,
    { .type = 1, .body_len = FULL + 8, .body_offset = FULL }, 9 },
  { "second-is-of-another-message", { .type = 1, .body_len = FULL + 8 }, FULL, FALSE, TRUE,
    { .type = 1, .serial = 2, .body_len = FULL + 8, .body_offset = FULL }, 8 },
  { "second-grows-the-message", { .type = 1, .body_len = FULL + 8 }, FULL, FALSE, TRUE,
    { .type = 1, .body_len = FULL + 64, .body_offset = FULL }, 64 },
};

static void
refuses_malformed_fragments (Fixture *f, gconstpointer data)
{
  const Malformed *bad = data;
  TwMessage message = { 0 };

  send_packet (f, &bad->first, bad->first_body, bad->first_fd);
  if (bad->has_second)
    send_packet (f, &bad->second, bad->second_body, FALSE);
  g_assert_cmpint (tw_socket_receive (f->a, &message), ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
}

static void
takes_no_more_descriptors_than_it_expects (Fixture *f, gconstpointer data)
{
  int fds[] = { f->raw, f->raw, f->raw };
  TwMessage two = { .type = 1, .fds = fds, .n_fds = 2 }, three = { .type = 1, .fds = fds, .n_fds = 3 }, message = { 0 };

  tw_socket_expect_fds (f->b, 2);
  g_assert_cmpint (tw_socket_send (f->a, &two), ==, 0);
  g_assert_cmpint (tw_socket_receive (f->b, &message), ==, 1);
  g_assert_cmpuint (message.n_fds, ==, 2);
  tw_message_clear (&message);
  g_assert_cmpint (tw_socket_send (f->a, &three), ==, 0);
  g_assert_cmpint (tw_socket_receive (f->b, &message), ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
}

static void
refuses_a_packet_shorter_than_its_header (Fixture *f, gconstpointer data)
{
  TwMessage message = { 0 };

  g_assert_cmpint (send (f->raw, "x", 1, 0), ==, 1);
  g_assert_cmpint (tw_socket_receive (f->a, &message), ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
}

static void
refuses_a_packet_larger_than_a_fragment (Fixture *f, gconstpointer data)
{
  g_autofree guint8 *body = g_malloc0 (TW_FRAGMENT_BODY + 4096);
  TwMessage message = { 0 };

  body[0] = 1;
  g_assert_cmpint (send (f->raw, body, TW_FRAGMENT_BODY + 4096, 0), ==, TW_FRAGMENT_BODY + 4096);
  g_assert_cmpint (tw_socket_receive (f->a, &message), ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
}

/* What is left of a message whose reader died, then one whose writer did, then a whole one. */
static void
gets_over_cuts_where_they_are_allowed (Fixture *f, gconstpointer data)
{
  const Packet rest = { .type = 1, .serial = 1, .body_len = 2 * FULL, .body_offset = FULL };
  const Packet begun = { .type = 1, .serial = 2, .body_len = FULL + 8, .n_fds = 1 };
  const Packet whole = { .type = 1, .serial = 3, .body_len = 8 };
  TwMessage message = { 0 };

  tw_socket_allow_cuts (f->a, false);
  send_packet (f, &rest, FULL, TRUE);
  send_packet (f, &begun, FULL, TRUE);
  send_packet (f, &whole, 8, FALSE);
  g_assert_cmpint (tw_socket_receive (f->a, &message), ==, 1);
  g_assert_cmpuint (message.serial, ==, 3);
  g_assert_cmpuint (message.body_len, ==, 8);
  g_assert_cmpuint (message.n_fds, ==, 0);
  tw_message_clear (&message);
}

/* Who came later than the other end finds the rest of one message at most: after a whole one, nothing is dropped. */
static void
gets_over_one_cut_where_only_this_end_is_new (Fixture *f, gconstpointer data)
{
  const Packet rest = { .type = 1, .serial = 1, .body_len = 2 * FULL, .body_offset = FULL };
  const Packet whole = { .type = 1, .serial = 2, .body_len = 8 };
  TwMessage message = { 0 };

  tw_socket_allow_cuts (f->a, true);
  send_packet (f, &rest, FULL, TRUE);
  send_packet (f, &whole, 8, FALSE);
  send_packet (f, &rest, FULL, TRUE);
  g_assert_cmpint (tw_socket_receive (f->a, &message), ==, 1);
  g_assert_cmpuint (message.serial, ==, 2);
  tw_message_clear (&message);
  g_assert_cmpint (tw_socket_receive (f->a, &message), ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
}

/* Whoever begins message after message, or goes on with none, is not one who died now and then. */
static void
ends_a_flood_of_cuts (Fixture *f, gconstpointer data)
{
  const gboolean begins = GPOINTER_TO_INT (data);
  const Packet piece = { .type = 1, .serial = 1, .body_len = 2 * FULL, .body_offset = begins ? 0 : FULL };
  TwMessage message = { 0 };
  int n = 0, result;

  tw_socket_allow_cuts (f->a, false);
  do
    {
      send_packet (f, &piece, FULL, FALSE);
      result = tw_socket_receive (f->a, &message);
    }
  while (result == 0 && ++n < 100000);
  g_assert_cmpint (result, ==, -1);
  g_assert_cmpint (errno, ==, EPROTO);
}

static void
takes_only_packet_sockets (void)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  g_assert_null (tw_socket_new (fds[0]));
  g_assert_cmpint (errno, ==, EPROTOTYPE);
  g_assert_cmpint (close (fds[0]), ==, 0);
  close (fds[1]);
}

#define ADD(name, func) g_test_add ("/wire/socket/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("carries-a-message-with-descriptors", carries_a_message_with_descriptors);
  ADD ("carries-an-empty-message", carries_an_empty_message);
  ADD ("carries-bodies-larger-than-a-packet", carries_bodies_larger_than_a_packet);
  ADD ("carries-more-descriptors-than-a-packet-holds", carries_more_descriptors_than_a_packet_holds);
  ADD ("queues-in-order-while-the-peer-does-not-read", queues_in_order_while_the_peer_does_not_read);
  ADD ("frees-what-was-never-sent-and-never-taken", frees_what_was_never_sent_and_never_taken);
  ADD ("sends-nothing-when-descriptors-run-out", sends_nothing_when_descriptors_run_out);
  ADD ("tells-when-there-is-no-room-for-descriptors", tells_when_there_is_no_room_for_descriptors);
  ADD ("refuses-what-is-too-big-to-carry", refuses_what_is_too_big_to_carry);
  ADD ("tells-the-end-from-silence", tells_the_end_from_silence);
  ADD ("gets-over-cuts-where-they-are-allowed", gets_over_cuts_where_they_are_allowed);
  ADD ("gets-over-one-cut-where-only-this-end-is-new", gets_over_one_cut_where_only_this_end_is_new);
  g_test_add ("/wire/socket/ends-a-flood-of-beginnings", Fixture, GINT_TO_POINTER (TRUE), set_up, ends_a_flood_of_cuts,
              tear_down);
  g_test_add ("/wire/socket/ends-a-flood-of-ends", Fixture, GINT_TO_POINTER (FALSE), set_up, ends_a_flood_of_cuts,
              tear_down);
  ADD ("takes-no-more-descriptors-than-it-expects", takes_no_more_descriptors_than_it_expects);
  ADD ("refuses-a-packet-shorter-than-its-header", refuses_a_packet_shorter_than_its_header);
  ADD ("refuses-a-packet-larger-than-a-fragment", refuses_a_packet_larger_than_a_fragment);
  for (gsize i = 0; i < G_N_ELEMENTS (malformed); i++)
    {
      g_autofree char *name = g_strconcat ("/wire/socket/refuses-malformed-fragments/", malformed[i].name, NULL);

      g_test_add (name, Fixture, &malformed[i], set_up, refuses_malformed_fragments, tear_down);
    }
  g_test_add_func ("/wire/socket/takes-only-packet-sockets", takes_only_packet_sockets);
  return g_test_run ();
}
