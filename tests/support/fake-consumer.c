/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A consumer that traces nothing: it speaks the wire's protocol, and breaks it where it is told to.
 *
 * How it starts is in its name ("fake-consumer-mute"); what it does next is in the path of a TW_CHECK_OUTPUT
 * ("/kill", "/refuse/13") or in the name of a channel ("unsealed"). Anything else is answered as a good one would.
 */
#define _GNU_SOURCE
#include "wire/socket.h"
#include "wire/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CHANNELS = 64, MEMORY_SIZE = 65536, FOREIGN_CHANNEL = 424242 };

static TwSocket *link_socket;
static uint64_t channels[MAX_CHANNELS];
static unsigned n_channels, n_closed;
static uint64_t late_serial; /* answered after the third question whether we live */
static int argc;
static char **argv;

/* Of @message its body and the descriptors are not used. */
static void
say (TwMessage message, TwWriter *body, const int *fds, size_t n_fds)
{
  message.body = body->data;
  message.body_len = body->len;
  message.fds = (int *) fds;
  message.n_fds = n_fds;
  if (tw_socket_send (link_socket, &message) < 0 && errno == EPIPE)
    exit (0);
  tw_writer_clear (body);
}

static TwMessage
reply_to (uint64_t serial)
{
  return (TwMessage){ .type = TW_REPLY, .serial = serial };
}

static void
reply_string (uint32_t status, uint64_t serial, const char *text)
{
  TwWriter body = { 0 };

  tw_put_str (&body, text);
  say ((TwMessage){ .type = TW_REPLY, .status = status, .serial = serial }, &body, NULL, 0);
}

static void
reply_nothing (uint64_t serial)
{
  TwWriter body = { 0 };

  say (reply_to (serial), &body, NULL, 0);
}

/* Of all that it holds, and of one that it does not. */
static void
put_counters (TwWriter *body)
{
  TwCounters counters[MAX_CHANNELS + 1] = { 0 };

  for (unsigned i = 0; i < n_channels; i++)
    counters[i] = (TwCounters){ .channel = channels[i], .bytes_written = 1000 + channels[i], .packets_written = 7 };
  counters[n_channels].channel = FOREIGN_CHANNEL;
  tw_put_counters (body, counters, n_channels + 1);
}

static void
send_event (const char *what)
{
  TwWriter body = { 0 };
  uint32_t type = TW_METADATA_REQUEST;
  const char *slash = strchr (what, '/');
  uint64_t key = slash != NULL ? strtoull (slash + 1, NULL, 10) : 0;
  const TwProblem problem = { .session = key, .code = "no-space", .active = 1, .message = "full \xff stop" };

  if (strncmp (what, "counters", 8) == 0)
    {
      type = TW_COUNTERS;
      put_counters (&body);
    }
  else if (strncmp (what, "problem", 7) == 0)
    {
      type = TW_PROBLEM;
      tw_put_problem (&body, &problem);
    }
  else if (strncmp (what, "stuck", 5) == 0)
    {
      type = TW_OUTPUT_STUCK;
      tw_put_u64 (&body, key);
    }
  else
    {
      type = strncmp (what, "hangup", 6) == 0 ? TW_HANGUP : strncmp (what, "junk", 4) == 0 ? 99 : TW_METADATA_REQUEST;
      tw_put_u64 (&body, key);
    }
  say ((TwMessage){ .type = type }, &body, NULL, 0);
}

static void
reply_arguments (uint64_t serial)
{
  char text[4096] = "/";

  for (int i = 1; i < argc; i++)
    {
      strncat (text, argv[i], sizeof text - strlen (text) - 1);
      strncat (text, " ", sizeof text - strlen (text) - 1);
    }
  reply_string (0, serial, text);
}

/* What breaks the protocol. Returns whether @path asked for it. */
static int
misbehave (const char *path, uint64_t serial)
{
  TwWriter body = { 0 };
  int zero = STDIN_FILENO;

  if (strcmp (path, "/kill") == 0)
    raise (SIGKILL);
  else if (strcmp (path, "/stop") == 0)
    raise (SIGSTOP);
  else if (strcmp (path, "/late") == 0)
    {
      late_serial = serial;
      return 1;
    }
  else if (strncmp (path, "/exit/", 6) == 0)
    exit (atoi (path + 6));
  else if (strcmp (path, "/unlink") == 0)
    {
      shutdown (tw_socket_fd (link_socket), SHUT_RDWR);
      pause ();
    }
  else if (strcmp (path, "/unknown") == 0)
    reply_nothing (999);
  else if (strcmp (path, "/garbage") == 0)
    send (tw_socket_fd (link_socket), "abc", 3, 0);
  else if (strcmp (path, "/malformed") == 0)
    reply_nothing (serial);
  else if (strcmp (path, "/fds") == 0)
    {
      tw_put_str (&body, "/fds");
      say (reply_to (serial), &body, &zero, 1);
    }
  else
    return 0;
  return 1;
}

static void
check_output (const TwMessage *message)
{
  TwReader reader = { .data = message->body, .len = message->body_len };
  char number[32];
  TwOutput output;

  if (!tw_get_output (&reader, &output))
    abort ();
  if (misbehave (output.path, message->serial) || strcmp (output.path, "/hold") == 0)
    return;
  if (strncmp (output.path, "/refuse/", 8) == 0)
    reply_string ((uint32_t) atoi (output.path + 8), message->serial, "it is \xff refused");
  else if (strcmp (output.path, "/relative") == 0)
    reply_string (0, message->serial, "relative/path");
  else if (strcmp (output.path, "/latin1") == 0)
    reply_string (0, message->serial, "/\xe9");
  else if (strcmp (output.path, "/arguments") == 0)
    reply_arguments (message->serial);
  else if (strncmp (output.path, "/environment/", 13) == 0)
    {
      const char *value = getenv (output.path + 13);

      reply_string (0, message->serial, value != NULL ? value : "/unset");
    }
  else if (strcmp (output.path, "/closed") == 0)
    {
      snprintf (number, sizeof number, "/%u", n_closed);
      reply_string (0, message->serial, number);
    }
  else if (strncmp (output.path, "/event/", 7) == 0)
    {
      send_event (output.path + 7);
      reply_string (0, message->serial, output.path);
    }
  else if (strcmp (output.path, "/last-words") == 0)
    {
      reply_string (0, message->serial, output.path);
      exit (0);
    }
  else
    reply_string (0, message->serial, output.path);
}

static void
forget_channel (uint64_t key)
{
  n_closed++;
  for (unsigned i = 0; i < n_channels; i++)
    if (channels[i] == key)
      channels[i] = channels[--n_channels];
}

static void
seal (int fd, const char *name)
{
  int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

  if (ftruncate (fd, strcmp (name, "small") == 0 ? MEMORY_SIZE / 2 : MEMORY_SIZE) < 0)
    abort ();
  if (strcmp (name, "frozen") == 0)
    seals |= F_SEAL_WRITE;
  if (strcmp (name, "unsealed") != 0)
    fcntl (fd, F_ADD_SEALS, seals);
}

/* Writes the descriptors of a reply to @fds, which holds 1 + 2 @n. */
static void
make_pipes (int *fds, size_t n, const char *name)
{
  int ends[2];

  for (size_t i = 0; i <= n; i++)
    {
      if (pipe2 (ends, O_CLOEXEC) < 0)
        abort ();
      if (strcmp (name, "swapped") == 0)
        {
          int end = ends[0];

          ends[0] = ends[1];
          ends[1] = end;
        }
      if (strcmp (name, "files") == 0)
        dup2 (STDIN_FILENO, ends[1]);
      if (i == 0)
        {
          fds[0] = ends[1];
          close (ends[0]);
          continue;
        }
      fds[2 * i - 1] = ends[1];
      fds[2 * i] = ends[0];
    }
}

static void
add_channel (const TwMessage *message)
{
  static uint8_t header[(1 << 20) + 1] = "header";
  TwReader reader = { .data = message->body, .len = message->body_len };
  TwWriter body = { 0 };
  TwChannel channel;
  TwChannelMade made = { .header = header, .header_len = 100, .memory_size = MEMORY_SIZE };
  static int fds[1 + 2 * TW_MAX_STREAMS];

  if (!tw_get_channel (&reader, &channel) || channel.n_streams != message->n_fds)
    abort ();
  if (strcmp (channel.name, "refused") == 0)
    {
      reply_string (ENOMEM, message->serial, "no memory for it");
      return;
    }
  if (strcmp (channel.name, "fatal") == 0)
    raise (SIGKILL);
  for (size_t i = 0; i < message->n_fds; i++)
    seal (message->fds[i], channel.name);
  make_pipes (fds, message->n_fds, channel.name);
  made.n_streams = channel.n_streams - (strcmp (channel.name, "few") == 0);
  if (strcmp (channel.name, "headless") == 0)
    made.header_len = 0;
  else if (strcmp (channel.name, "huge") == 0)
    made.header_len = sizeof header;
  channels[n_channels++] = channel.channel;
  tw_put_channel_made (&body, &made);
  say (reply_to (message->serial), &body, fds, strcmp (channel.name, "short") == 0 ? 2 : 1 + 2 * message->n_fds);
  for (size_t i = 0; i < 1 + 2 * message->n_fds; i++)
    close (fds[i]);
}

static void
say_hello (const TwMessage *message, const char *manner)
{
  TwHello hello = { .version = TW_VERSION, .bits = 8 * sizeof (long), .pid = (uint64_t) getpid () };
  TwWriter body = { 0 };

  if (strcmp (manner, "rude") == 0)
    send_event ("metadata/1");
  if (strcmp (manner, "older") == 0)
    {
      reply_string (EPROTONOSUPPORT, message->serial, "What is version 1?");
      return;
    }
  if (strcmp (manner, "old") == 0)
    hello.version = 99;
  if (strcmp (manner, "narrow") == 0)
    hello.bits = 32;
  tw_put_hello (&body, &hello);
  say (reply_to (message->serial), &body, NULL, 0);
}

static void
describe (const TwMessage *message)
{
  static unsigned n_asked;
  const TwDescription nothing = { 0 };
  TwWriter body = { 0 };

  tw_put_description (&body, &nothing);
  say (reply_to (message->serial), &body, NULL, 0);
  if (++n_asked == 3)
    reply_string (0, late_serial, "/late");
}

static void
open_output (const TwMessage *message)
{
  TwReader reader = { .data = message->body, .len = message->body_len };
  TwWriter body = { 0 };
  TwOutput output;

  if (!tw_get_output (&reader, &output))
    abort ();
  tw_put_str (&body, output.path);
  tw_put_str (&body, "/");
  say (reply_to (message->serial), &body, NULL, 0);
}

static void
serve (const TwMessage *message, const char *manner)
{
  TwReader reader = { .data = message->body, .len = message->body_len };
  TwWriter body = { 0 };
  TwPush push;

  switch (message->type)
    {
    case TW_HELLO:
      say_hello (message, manner);
      break;
    case TW_CHECK_OUTPUT:
      check_output (message);
      break;
    case TW_DESCRIBE:
      describe (message);
      break;
    case TW_OPEN_OUTPUT:
      open_output (message);
      break;
    case TW_ADD_SET:
      if (message->n_fds != 1)
        abort ();
      reply_nothing (message->serial);
      break;
    case TW_ADD_CHANNEL:
      add_channel (message);
      break;
    case TW_PUSH:
      if (!tw_get_push (&reader, &push))
        abort ();
      tw_put_u64 (&body, push.offset + push.length);
      say (reply_to (message->serial), &body, NULL, 0);
      break;
    case TW_REPLACE_METADATA:
      if (message->n_fds != 1)
        abort ();
      tw_put_u64 (&body, 4096);
      say (reply_to (message->serial), &body, NULL, 0);
      break;
    case TW_READ_CLOCK:
      tw_put_clock (&body, &(TwClock){ { 7 }, "sun\xff", "A dial", 12, -5 });
      say (reply_to (message->serial), &body, NULL, 0);
      break;
    case TW_FLUSH:
    case TW_CLOSE_SET:
    case TW_CLOSE_CHANNEL:
      put_counters (&body);
      if (message->type == TW_CLOSE_CHANNEL)
        forget_channel (tw_get_u64 (&reader));
      say (reply_to (message->serial), &body, NULL, 0);
      break;
    default:
      reply_nothing (message->serial);
    }
}

int
main (int count, char **arguments)
{
  const char *dash = strrchr (arguments[0], '-');
  const char *manner = dash != NULL ? dash + 1 : "";
  int got = 0;

  argc = count;
  argv = arguments;
  signal (SIGPIPE, SIG_IGN);
  if (strcmp (manner, "exits") == 0)
    return 3;
  if (strcmp (manner, "mute") == 0)
    pause ();
  link_socket = tw_socket_new (TW_LINK_FD);
  if (link_socket == NULL)
    return 2;
  while (got >= 0)
    {
      short events = tw_socket_wants_write (link_socket) ? POLLIN | POLLOUT : POLLIN;
      struct pollfd ready = { .fd = TW_LINK_FD, .events = events };
      TwMessage message = { 0 };

      poll (&ready, 1, -1);
      tw_socket_flush (link_socket);
      got = tw_socket_receive (link_socket, &message);
      if (got > 0)
        {
          serve (&message, manner);
          tw_message_clear (&message);
        }
    }
  if (strcmp (manner, "stubborn") == 0)
    pause ();
  tw_socket_free (link_socket);
  return 0;
}
