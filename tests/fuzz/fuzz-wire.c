/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes as what comes over the link between service and consumer, either way: each body as each of the layouts, which
 * is written again as it was read; and packets with descriptors, which make whole messages or end the connection.
 */
#include "bytes.h"

#include "wire/socket.h"
#include "wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { N_LAYOUTS = 12, MAX_FDS = 3, PACKET = 4096 };

int LLVMFuzzerTestOneInput (const guint8 *data, size_t size);

/* Defines a function that reads @Type by tw_get_@name() and writes it again. */
#define AGAIN(name, Type)                                                                                             \
  static gboolean name##_again (TwReader *in, TwWriter *out)                                                          \
  {                                                                                                                   \
    Type value;                                                                                                       \
                                                                                                                      \
    if (!tw_get_##name (in, &value))                                                                                  \
      return FALSE;                                                                                                   \
    tw_put_##name (out, &value);                                                                                      \
    return TRUE;                                                                                                      \
  }

AGAIN (hello, TwHello)
AGAIN (output, TwOutput)
AGAIN (set, TwSet)
AGAIN (channel, TwChannel)
AGAIN (channel_made, TwChannelMade)
AGAIN (push, TwPush)
AGAIN (flush, TwFlush)
AGAIN (adoption, TwAdoption)
AGAIN (problem, TwProblem)
AGAIN (clock, TwClock)
AGAIN (description, TwDescription)

static gboolean
counters_again (TwReader *in, TwWriter *out)
{
  TwCounters *values = NULL;
  gint64 n = tw_get_counters (in, &values);

  if (n < 0)
    return FALSE;
  tw_put_counters (out, values, (guint32) n);
  free (values);
  return TRUE;
}

static void
check_body (guint layout, const guint8 *data, gsize size)
{
  static gboolean (*const again[N_LAYOUTS]) (TwReader *, TwWriter *) = {
    hello_again, output_again,   set_again,     channel_again, channel_made_again, push_again,
    flush_again, adoption_again, problem_again, clock_again,   description_again,  counters_again,
  };
  TwReader in = { .data = data, .len = size };
  TwWriter out = { 0 };

  if (again[layout % N_LAYOUTS](&in, &out))
    {
      g_assert_true (tw_reader_done (&in) && !out.failed);
      g_assert_cmpmem (out.data, out.len, data, size);
    }
  tw_writer_clear (&out);
}

static void
send_packet (int fd, Bytes *bytes)
{
  guint8 control[CMSG_SPACE (sizeof (int) * MAX_FDS)] = { 0 };
  guint n_fds = bytes_take (bytes) % (MAX_FDS + 1);
  gsize n = bytes_take_number (bytes) % PACKET;
  const guint8 *block = bytes_take_block (bytes, &n);
  struct iovec vector = { (void *) block, n };
  struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };

  if (n_fds > 0)
    {
      struct cmsghdr *header;
      int *fds;

      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE (sizeof (int) * n_fds);
      header = CMSG_FIRSTHDR (&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN (sizeof (int) * n_fds);
      fds = (int *) (void *) CMSG_DATA (header);
      for (guint i = 0; i < n_fds; i++)
        fds[i] = fd;
    }
  if (n > 0)
    g_assert_cmpint (sendmsg (fd, &message, MSG_NOSIGNAL), ==, n);
}

static gboolean
receive_all (TwSocket *socket)
{
  TwMessage message = { 0 };
  int result;

  while ((result = tw_socket_receive (socket, &message)) > 0)
    {
      g_assert_cmpuint (message.body_len, <=, TW_MAX_BODY);
      g_assert_cmpuint (message.n_fds, <=, TW_MAX_FDS);
      for (gsize i = 0; i < message.n_fds; i++)
        g_assert_cmpint (fcntl (message.fds[i], F_GETFD), ==, FD_CLOEXEC);
      for (guint layout = 0; layout < N_LAYOUTS; layout++)
        check_body (layout, message.body, message.body_len);
      tw_message_clear (&message);
    }
  if (result < 0)
    g_assert_true (errno == EPROTO || errno == EPIPE);
  return result == 0;
}

static void
check_packets (Bytes *bytes)
{
  TwSocket *socket;
  int ends[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), ==, 0);
  socket = tw_socket_new (ends[0]);
  g_assert_nonnull (socket);
  if (bytes_take (bytes) & 1)
    tw_socket_allow_cuts (socket, false);
  do
    send_packet (ends[1], bytes);
  while (receive_all (socket) && bytes_left (bytes) > 0);
  tw_socket_free (socket);
  close (ends[1]);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  Bytes bytes = { data, data + size };
  guint8 kind = bytes_take (&bytes);

  if (kind < 128)
    check_body (kind, bytes.next, bytes_left (&bytes));
  else
    check_packets (&bytes);
  return 0;
}
