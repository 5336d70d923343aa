/* SPDX-License-Identifier: GPL-2.0-only */
#include "wire/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  KERNEL_MAX_FDS = 253, /* what Linux lets into one packet: a control buffer for so many is never too small */
  MAX_LOOSE = 16 * (TW_MAX_FDS / TW_FRAGMENT_FDS + 1), /* of as many lives */
};

/* Starts every packet. Fragments of one message follow each other and repeat all but the offsets. */
typedef struct {
  uint32_t type, status;
  uint64_t serial;
  uint32_t body_len, n_fds;       /* of the whole message */
  uint32_t body_offset, fd_offset; /* of this fragment */
} Header;

typedef struct Outgoing {
  struct Outgoing *next;
  Header header; /* its offsets are what was sent so far */
  bool begun;
  int *fds;
  uint8_t body[];
} Outgoing;

struct TwSocket {
  int fd;
  Outgoing *first, **last;
  bool allows_cuts;
  bool cut_once; /* not after the first whole message */
  unsigned loose; /* fragments since the last whole message */
  size_t max_fds; /* of a message that comes in */
  TwMessage incoming; /* type 0: none has begun */
  Header expected;    /* of the next fragment of @incoming */
  uint8_t buffer[TW_FRAGMENT_BODY];
};

/* What came may be anything: a socket that lingers would keep us here. */
static void
close_one (int fd)
{
  const struct linger off = { 0, 0 };

  setsockopt (fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
  close (fd);
}

static void
close_all (int *fds, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      if (fds[i] >= 0)
        close_one (fds[i]);
      fds[i] = -1;
    }
}

void
tw_message_clear (TwMessage *self)
{
  close_all (self->fds, self->n_fds);
  free (self->fds);
  free (self->body);
  memset (self, 0, sizeof *self);
}

TwSocket *
tw_socket_new (int fd)
{
  TwSocket *self;
  int type = 0;
  socklen_t len = sizeof type;
  int flags = fcntl (fd, F_GETFL);

  if (flags < 0 || getsockopt (fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
    return NULL;
  if (type != SOCK_SEQPACKET)
    {
      errno = EPROTOTYPE;
      return NULL;
    }
  if (fcntl (fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl (fd, F_SETFD, FD_CLOEXEC) < 0)
    return NULL;
  self = calloc (1, sizeof *self);
  if (self == NULL)
    return NULL;
  self->fd = fd;
  self->last = &self->first;
  self->max_fds = TW_MAX_FDS;
  return self;
}

static void
outgoing_free (Outgoing *self)
{
  close_all (self->fds, self->header.n_fds);
  free (self->fds);
  free (self);
}

void
tw_socket_free (TwSocket *self)
{
  if (self == NULL)
    return;
  while (self->first != NULL)
    {
      Outgoing *next = self->first->next;

      outgoing_free (self->first);
      self->first = next;
    }
  tw_message_clear (&self->incoming);
  close (self->fd);
  free (self);
}

int
tw_socket_fd (const TwSocket *self)
{
  return self->fd;
}

void
tw_socket_allow_cuts (TwSocket *self, bool once)
{
  self->allows_cuts = true;
  self->cut_once = once;
}

static size_t
min_size (size_t a, size_t b)
{
  return a < b ? a : b;
}

void
tw_socket_expect_fds (TwSocket *self, size_t most)
{
  self->max_fds = min_size (most, TW_MAX_FDS);
}

/* Sends one fragment, from the header's offsets on. 0, or -1 with errno (EAGAIN: not now). */
static int
send_fragment (TwSocket *self, const Header *header, const uint8_t *body, const int *fds)
{
  union {
    struct cmsghdr align;
    char space[CMSG_SPACE (TW_FRAGMENT_FDS * sizeof (int))];
  } control;
  size_t body_len = min_size (header->body_len - header->body_offset, TW_FRAGMENT_BODY);
  size_t n_fds = min_size (header->n_fds - header->fd_offset, TW_FRAGMENT_FDS);
  struct iovec iov[2] = {
    { .iov_base = (void *) header, .iov_len = sizeof *header },
    { .iov_base = (void *) (body_len > 0 ? body + header->body_offset : NULL), .iov_len = body_len },
  };
  struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };
  ssize_t sent;

  if (n_fds > 0)
    {
      struct cmsghdr *cmsg;

      memset (&control, 0, sizeof control);
      message.msg_control = &control;
      message.msg_controllen = CMSG_SPACE (n_fds * sizeof (int));
      cmsg = CMSG_FIRSTHDR (&message);
      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN (n_fds * sizeof (int));
      memcpy (CMSG_DATA (cmsg), fds + header->fd_offset, n_fds * sizeof (int));
    }
  do
    sent = sendmsg (self->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  if (sent >= 0)
    return 0;
  if (errno == EWOULDBLOCK)
    errno = EAGAIN;
  else if (errno == ECONNRESET || errno == ENOTCONN)
    errno = EPIPE;
  return -1;
}

static Outgoing *
outgoing_new (const Header *header, const void *body, const int *fds)
{
  Outgoing *self = malloc (sizeof *self + header->body_len);

  if (self == NULL)
    return NULL;
  self->next = NULL;
  self->begun = false;
  self->header = *header;
  self->header.n_fds = 0;
  self->fds = malloc ((header->n_fds > 0 ? header->n_fds : 1) * sizeof (int));
  if (self->fds == NULL)
    {
      free (self);
      errno = ENOMEM;
      return NULL;
    }
  if (header->body_len > 0)
    memcpy (self->body, body, header->body_len);
  while (self->header.n_fds < header->n_fds)
    {
      int copy = fcntl (fds[self->header.n_fds], F_DUPFD_CLOEXEC, 0);

      if (copy < 0)
        {
          int errnum = errno;

          outgoing_free (self);
          errno = errnum;
          return NULL;
        }
      self->fds[self->header.n_fds++] = copy;
    }
  return self;
}

int
tw_socket_send (TwSocket *self, const TwMessage *message)
{
  Header header = {
    .type = message->type,
    .status = message->status,
    .serial = message->serial,
    .body_len = (uint32_t) message->body_len,
    .n_fds = (uint32_t) message->n_fds,
  };
  Outgoing *outgoing;

  if (message->body_len > TW_MAX_BODY || message->n_fds > TW_MAX_FDS)
    {
      errno = E2BIG;
      return -1;
    }
  /* What fits one packet goes out without a copy. Of more, the rest may have to wait: copy all of it first. */
  if (self->first == NULL && message->body_len <= TW_FRAGMENT_BODY && message->n_fds <= TW_FRAGMENT_FDS)
    {
      if (send_fragment (self, &header, message->body, message->fds) == 0)
        return 0;
      if (errno != EAGAIN)
        return -1;
    }
  outgoing = outgoing_new (&header, message->body, message->fds);
  if (outgoing == NULL)
    return -1;
  *self->last = outgoing;
  self->last = &outgoing->next;
  return tw_socket_flush (self);
}

static bool
outgoing_is_sent (const Outgoing *self)
{
  return self->begun && self->header.body_offset == self->header.body_len &&
         self->header.fd_offset == self->header.n_fds;
}

int
tw_socket_flush (TwSocket *self)
{
  while (self->first != NULL)
    {
      Outgoing *outgoing = self->first;
      Header *header = &outgoing->header;
      size_t n_fds = min_size (header->n_fds - header->fd_offset, TW_FRAGMENT_FDS);

      if (send_fragment (self, header, outgoing->body, outgoing->fds) < 0)
        return errno == EAGAIN ? 0 : -1;
      close_all (outgoing->fds + header->fd_offset, n_fds);
      outgoing->begun = true;
      header->body_offset += (uint32_t) min_size (header->body_len - header->body_offset, TW_FRAGMENT_BODY);
      header->fd_offset += (uint32_t) n_fds;
      if (outgoing_is_sent (outgoing))
        {
          self->first = outgoing->next;
          if (self->first == NULL)
            self->last = &self->first;
          outgoing_free (outgoing);
        }
    }
  return 0;
}

bool
tw_socket_wants_write (const TwSocket *self)
{
  return self->first != NULL;
}

/* Collects every descriptor of @message into @fds, which holds KERNEL_MAX_FDS. */
static size_t
collect_fds (struct msghdr *message, int *fds)
{
  size_t n = 0;

  for (struct cmsghdr *cmsg = CMSG_FIRSTHDR (message); cmsg != NULL; cmsg = CMSG_NXTHDR (message, cmsg))
    {
      size_t here;

      if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
        continue;
      here = min_size ((cmsg->cmsg_len - CMSG_LEN (0)) / sizeof (int), KERNEL_MAX_FDS - n);
      memcpy (fds + n, CMSG_DATA (cmsg), here * sizeof (int));
      n += here;
    }
  return n;
}

static bool
begin (TwSocket *self, const Header *header)
{
  TwMessage *incoming = &self->incoming;

  if (header->type == 0 || header->body_len > TW_MAX_BODY || header->n_fds > self->max_fds)
    {
      errno = EPROTO;
      return false;
    }
  incoming->body = malloc (header->body_len > 0 ? header->body_len : 1);
  incoming->fds = malloc ((header->n_fds > 0 ? header->n_fds : 1) * sizeof (int));
  if (incoming->body == NULL || incoming->fds == NULL)
    {
      tw_message_clear (incoming);
      errno = ENOMEM;
      return false;
    }
  incoming->type = header->type;
  incoming->status = header->status;
  incoming->serial = header->serial;
  self->expected = *header;
  self->expected.body_offset = 0;
  self->expected.fd_offset = 0;
  return true;
}

static bool
begins_message (const Header *header)
{
  return header->body_offset == 0 && header->fd_offset == 0;
}

/* A life of the other end leaves a message's worth of fragments at most; who goes on with them says nothing. */
static bool
is_loose (TwSocket *self)
{
  if (self->loose++ < MAX_LOOSE)
    return true;
  errno = EPROTO;
  return false;
}

/* Adds one fragment. 1: the message is whole, 0: more to come, -1 with errno; takes @fds only if it does not fail. */
static int
assemble (TwSocket *self, const Header *header, size_t body_len, const int *fds, size_t n_fds)
{
  TwMessage *incoming = &self->incoming;
  Header *expected = &self->expected;

  if (self->allows_cuts)
    {
      if (!is_loose (self))
        return -1;
      if (begins_message (header))
        tw_message_clear (incoming);
    }
  if (incoming->type == 0 && !begin (self, header))
    return -1;
  /* A fragment goes on where the last one ended and is as full as can be: no holes, no message in a million bits. */
  if (memcmp (header, expected, sizeof *header) != 0
      || body_len != min_size (header->body_len - header->body_offset, TW_FRAGMENT_BODY)
      || n_fds != min_size (header->n_fds - header->fd_offset, TW_FRAGMENT_FDS))
    {
      errno = EPROTO;
      return -1;
    }
  memcpy (incoming->body + incoming->body_len, self->buffer, body_len);
  memcpy (incoming->fds + incoming->n_fds, fds, n_fds * sizeof (int));
  incoming->body_len += body_len;
  incoming->n_fds += n_fds;
  expected->body_offset = (uint32_t) incoming->body_len;
  expected->fd_offset = (uint32_t) incoming->n_fds;
  return incoming->body_len == header->body_len && incoming->n_fds == header->n_fds;
}

/* One packet. 1: the message is whole, 0: more to come, -1 with errno (EAGAIN: nothing there). */
static int
receive_fragment (TwSocket *self)
{
  union {
    struct cmsghdr align;
    char space[CMSG_SPACE (KERNEL_MAX_FDS * sizeof (int))];
  } control;
  Header header;
  struct iovec iov[2] = {
    { .iov_base = &header, .iov_len = sizeof header },
    { .iov_base = self->buffer, .iov_len = sizeof self->buffer },
  };
  struct msghdr message = {
    .msg_iov = iov, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control,
  };
  int fds[KERNEL_MAX_FDS];
  size_t n_fds;
  ssize_t got;
  int result;

  do
    got = recvmsg (self->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    {
      if (errno == EWOULDBLOCK)
        errno = EAGAIN;
      else if (errno == ECONNRESET)
        errno = EPIPE;
      return -1;
    }
  n_fds = collect_fds (&message, fds);
  if (got == 0 && n_fds == 0)
    errno = EPIPE;
  else if (message.msg_flags & MSG_CTRUNC)
    errno = EMFILE;
  else if (got < (ssize_t) sizeof header || message.msg_flags & MSG_TRUNC)
    errno = EPROTO;
  else if (self->allows_cuts && self->incoming.type == 0 && !begins_message (&header) && is_loose (self))
    {
      close_all (fds, n_fds);
      return 0;
    }
  else if ((result = assemble (self, &header, (size_t) got - sizeof header, fds, n_fds)) >= 0)
    return result;
  result = errno;
  close_all (fds, n_fds);
  errno = result;
  return -1;
}

int
tw_socket_receive (TwSocket *self, TwMessage *message)
{
  int result;

  do
    result = receive_fragment (self);
  while (result == 0);
  if (result < 0)
    return errno == EAGAIN ? 0 : -1;
  self->loose = 0;
  self->allows_cuts &= !self->cut_once;
  *message = self->incoming;
  memset (&self->incoming, 0, sizeof self->incoming);
  return 1;
}
