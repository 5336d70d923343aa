/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "ust/outbox.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { MAX_IOVECS = 32 };

typedef struct {
  const guint8 *data; /* NULL: own */
  gsize size, sent;
  guint n_fds;
  int fds[TBUS_OUTBOX_MAX_FDS];
  guint8 own[];
} Piece;

struct TbusOutbox {
  GQueue pieces;
  gsize size; /* bytes not sent yet */
};

TbusOutbox *
tbus_outbox_new (void)
{
  TbusOutbox *self = g_new0 (TbusOutbox, 1);

  g_queue_init (&self->pieces);
  return self;
}

void
tbus_outbox_clear (TbusOutbox *self)
{
  g_queue_clear_full (&self->pieces, g_free);
  self->size = 0;
}

void
tbus_outbox_free (TbusOutbox *self)
{
  tbus_outbox_clear (self);
  g_free (self);
}

static Piece *
piece_add (TbusOutbox *self, gsize own_size)
{
  Piece *piece = g_malloc0 (sizeof *piece + own_size);

  piece->size = own_size;
  g_queue_push_tail (&self->pieces, piece);
  self->size += own_size;
  return piece;
}

gpointer
tbus_outbox_add (TbusOutbox *self, gsize size)
{
  return piece_add (self, size)->own;
}

void
tbus_outbox_add_borrowed (TbusOutbox *self, gconstpointer data, gsize size)
{
  Piece *piece;

  if (size == 0)
    return;
  piece = piece_add (self, 0);
  piece->data = data;
  piece->size = size;
  self->size += size;
}

void
tbus_outbox_add_fds (TbusOutbox *self, const int *fds, guint n)
{
  Piece *piece = piece_add (self, 1);

  g_assert (n <= TBUS_OUTBOX_MAX_FDS);
  memcpy (piece->fds, fds, n * sizeof *fds);
  piece->n_fds = n;
}

gsize
tbus_outbox_size (const TbusOutbox *self)
{
  return self->size;
}

static const guint8 *
piece_data (const Piece *piece)
{
  return piece->data != NULL ? piece->data : piece->own;
}

static void
attach_fds (struct msghdr *message, const Piece *piece)
{
  struct cmsghdr *header = CMSG_FIRSTHDR (message);

  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (piece->n_fds * sizeof (int));
  memcpy (CMSG_DATA (header), piece->fds, piece->n_fds * sizeof (int));
  message->msg_controllen = CMSG_SPACE (piece->n_fds * sizeof (int));
}

/* One message: plain pieces together, or one with descriptors alone. */
static gssize
send_some (TbusOutbox *self, int fd)
{
  char control[CMSG_SPACE (TBUS_OUTBOX_MAX_FDS * sizeof (int))] = { 0 };
  struct iovec vectors[MAX_IOVECS];
  struct msghdr message = { .msg_iov = vectors };

  for (GList *l = self->pieces.head; l != NULL && message.msg_iovlen < MAX_IOVECS; l = l->next)
    {
      const Piece *piece = l->data;

      if (piece->n_fds > 0 && message.msg_iovlen > 0)
        break;
      vectors[message.msg_iovlen++] = (struct iovec){ (void *) (piece_data (piece) + piece->sent),
                                                      piece->size - piece->sent };
      if (piece->n_fds > 0)
        {
          message.msg_control = control;
          message.msg_controllen = sizeof control;
          attach_fds (&message, piece);
          break;
        }
    }
  return sendmsg (fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
drop_sent (TbusOutbox *self, gsize n)
{
  self->size -= n;
  while (n > 0)
    {
      Piece *piece = self->pieces.head->data;
      gsize part = MIN (n, piece->size - piece->sent);

      piece->sent += part;
      n -= part;
      if (piece->sent == piece->size)
        g_free (g_queue_pop_head (&self->pieces));
    }
}

TbusSent
tbus_outbox_flush (TbusOutbox *self, int fd, gsize *n_sent)
{
  while (self->pieces.head != NULL)
    {
      gssize n = send_some (self, fd);

      if (n >= 0)
        {
          drop_sent (self, n);
          *n_sent += n;
        }
      else if (errno == EAGAIN)
        return TBUS_SENT_BLOCKED;
      else if (errno == ENOMEM || errno == ENOBUFS || errno == ETOOMANYREFS)
        return TBUS_SENT_STARVED;
      else if (errno != EINTR)
        return TBUS_SENT_GONE;
    }
  return TBUS_SENT_ALL;
}
