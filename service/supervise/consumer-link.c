/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/consumer-link.h"

#include "base/cpus.h"
#include "base/error.h"
#include "base/thread.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  TURN_MESSAGES = 64,
  TURN_BYTES = 1 << 20,
};

struct TbusConsumerLink {
  guint refs; /* the owner's, and one during a dispatch */
  TwSocket *socket;
  GSource *source;
  gpointer tag;
  GIOCondition wanted; /* what @source waits for */
  const TbusConsumerLinkOps *ops;
  gpointer owner; /* NULL once freed */
  guint64 last_serial;
  GTree *pending; /* serial to TbusRequest */
  gboolean resuming; /* what comes may be for a former service */
  gboolean broken;
  int send_errno; /* that broke it; told from the main loop */

  gint64 patience;     /* microseconds; 0: endless */
  gint64 heard;        /* monotonic: when it said something last, or had nothing to say */
  gint64 due;          /* when it is looked after, as long as it owes an answer */
  guint64 ping_serial; /* 0: none under way */
};

typedef struct {
  GSource source;
  TbusConsumerLink *link;
} LinkSource;

static gint
compare_serials (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return x < y ? -1 : x > y;
}

static void
link_unref (TbusConsumerLink *self)
{
  if (--self->refs > 0)
    return;
  g_tree_unref (self->pending);
  tw_socket_free (self->socket);
  g_free (self);
}

/* GLib wakes the loop up for each change of what it waits for: three calls, which most messages need not cost. */
static void
watch (TbusConsumerLink *self)
{
  GIOCondition wanted = G_IO_IN | (tw_socket_wants_write (self->socket) ? G_IO_OUT : 0);

  if (self->source == NULL || wanted == self->wanted)
    return;
  self->wanted = wanted;
  g_source_modify_unix_fd (self->source, self->tag, wanted);
}

static void
stop_watching (TbusConsumerLink *self)
{
  if (self->source == NULL)
    return;
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
break_off (TbusConsumerLink *self, const GError *why)
{
  if (self->broken)
    return;
  self->broken = TRUE;
  stop_watching (self);
  if (self->owner != NULL)
    self->ops->broken (self->owner, why);
}

static void
break_off_errno (TbusConsumerLink *self, int errnum)
{
  g_autoptr(GError) error = NULL;

  if (errnum == EPROTO)
    g_set_error (&error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "sent something that is no message");
  else if (errnum != EPIPE)
    tbus_set_errno (&error, TBUS_ERROR_CONSUMER_FAILED, errnum, "could not be talked to");
  break_off (self, error);
}

static gboolean
handle_reply (TbusConsumerLink *self, TwMessage *message, GError **error)
{
  guint64 serial = message->serial;
  TbusRequest *request = g_tree_lookup (self->pending, &serial);

  if (self->ping_serial != 0 && serial == self->ping_serial)
    {
      self->ping_serial = 0;
      return TRUE;
    }
  if (request == NULL && self->resuming)
    return TRUE;
  if (request == NULL)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "answered request %" G_GUINT64_FORMAT
                   ", which nobody made", serial);
      return FALSE;
    }
  self->resuming = FALSE;
  g_tree_remove (self->pending, &serial);
  if (self->ops->reply (self->owner, request, message, error))
    return TRUE;
  g_tree_insert (self->pending, g_memdup2 (&serial, sizeof serial), request);
  return FALSE;
}

static void
handle (TbusConsumerLink *self, TwMessage *message)
{
  g_autoptr(GError) error = NULL;
  gboolean fine = TRUE;

  if (message->type == TW_REPLY)
    fine = handle_reply (self, message, &error);
  else if (!self->resuming || message->type == TW_OUTPUT_STUCK) /* that is so for whoever comes next, too */
    fine = self->ops->event (self->owner, message, &error);
  tw_message_clear (message);
  if (!fine)
    break_off (self, error);
}

static gboolean
is_usable (TbusConsumerLink *self)
{
  return !self->broken && self->owner != NULL;
}

/* Takes one message. Returns: its size, or 0 where there is none or no use for more. */
static gsize
receive (TbusConsumerLink *self)
{
  TwMessage message = { 0 };
  gsize size;
  int got;

  if (!is_usable (self))
    return 0;
  got = tw_socket_receive (self->socket, &message);
  if (got < 0)
    break_off_errno (self, errno);
  if (got <= 0)
    return 0;
  size = 1 + message.body_len;
  self->heard = g_get_monotonic_time ();
  handle (self, &message);
  return size;
}

static void
receive_turn (TbusConsumerLink *self)
{
  gsize taken = 0;

  for (guint i = 0; i < TURN_MESSAGES && taken < TURN_BYTES; i++)
    {
      gsize size = receive (self);

      if (size == 0)
        return;
      taken += size;
    }
}

/* Whether it owes an answer. */
static gboolean
is_waiting (TbusConsumerLink *self)
{
  return self->patience != 0 && g_tree_nnodes (self->pending) > 0;
}

/* What it is asked may take it long; its main loop answers in between, unless it hangs. */
static void
ping (TbusConsumerLink *self)
{
  TwMessage message = { .type = TW_DESCRIBE, .serial = self->last_serial + 1 };

  if (self->ping_serial != 0 || tw_socket_send (self->socket, &message) < 0)
    return;
  self->ping_serial = message.serial;
  self->last_serial = message.serial;
}

static void
check_patience (TbusConsumerLink *self)
{
  gint64 now = g_get_monotonic_time ();
  g_autoptr(GError) error = NULL;

  if (!is_waiting (self))
    return;
  if (now - self->heard >= self->patience)
    {
      error = g_error_new (TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "said nothing for %" G_GINT64_FORMAT " ms",
                           self->patience / G_TIME_SPAN_MILLISECOND);
      break_off (self, error);
      return;
    }
  if (now - self->heard >= self->patience / 3)
    ping (self);
  self->due = now + self->patience / 3;
}

static gboolean
link_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  TbusConsumerLink *self = ((LinkSource *) source)->link;

  self->refs++;
  if (self->send_errno == 0 && tw_socket_wants_write (self->socket) && tw_socket_flush (self->socket) < 0)
    self->send_errno = errno;
  /* What it said before it went still counts. */
  receive_turn (self);
  if (self->send_errno != 0 && is_usable (self))
    break_off_errno (self, self->send_errno);
  if (is_usable (self))
    check_patience (self);
  if (is_usable (self))
    watch (self);
  link_unref (self);
  return G_SOURCE_CONTINUE;
}

/* A time for the loop to wake up at, while it owes an answer only: one that owes nothing is left alone. */
static gboolean
link_prepare (GSource *source, gint *timeout)
{
  TbusConsumerLink *self = ((LinkSource *) source)->link;
  gint64 left;

  *timeout = -1;
  if (self->send_errno != 0)
    return TRUE;
  if (!is_waiting (self))
    return FALSE;
  left = self->due - g_source_get_time (source);
  *timeout = MAX (left, 0) / G_TIME_SPAN_MILLISECOND + 1;
  return left <= 0;
}

static gboolean
link_check (GSource *source)
{
  TbusConsumerLink *self = ((LinkSource *) source)->link;

  return g_source_query_unix_fd (source, self->tag) != 0
         || (is_waiting (self) && g_source_get_time (source) >= self->due);
}

static GSourceFuncs link_source_funcs = { .prepare = link_prepare, .check = link_check, .dispatch = link_dispatch };

TbusConsumerLink *
tbus_consumer_link_new (int fd, const TbusConsumerLinkOps *ops, gpointer owner, GError **error)
{
  TwSocket *socket = tw_socket_new (fd);
  TbusConsumerLink *self;

  if (socket == NULL)
    {
      tbus_set_errno (error, TBUS_ERROR_CONSUMER_FAILED, errno, "Cannot use the link to a consumer");
      close (fd);
      return NULL;
    }
  /* No answer has more than that of a channel in files: its own pipe, and of each stream two ends and the memory. */
  tw_socket_expect_fds (socket, 1 + 3 * (gsize) tbus_cpus_possible ());
  self = g_new0 (TbusConsumerLink, 1);
  self->refs = 1;
  self->socket = socket;
  self->ops = ops;
  self->owner = owner;
  self->pending = g_tree_new_full (compare_serials, NULL, g_free, NULL);
  self->source = g_source_new (&link_source_funcs, sizeof (LinkSource));
  ((LinkSource *) self->source)->link = self;
  g_source_set_static_name (self->source, "tracebus-consumer-link");
  self->wanted = G_IO_IN;
  self->tag = g_source_add_unix_fd (self->source, fd, self->wanted);
  /* Nobody iterates the context from a callback; see base/poller. */
  g_source_set_can_recurse (self->source, TRUE);
  g_source_attach (self->source, tbus_thread_context (TBUS_THREAD_MAIN));
  return self;
}

void
tbus_consumer_link_free (TbusConsumerLink *self)
{
  g_return_if_fail (g_tree_nnodes (self->pending) == 0);
  stop_watching (self);
  self->owner = NULL;
  link_unref (self);
}

gboolean
tbus_consumer_link_send (TbusConsumerLink *self, TbusRequest *request, GError **error)
{
  gsize n_fds;
  g_autofree int *fds = tbus_request_list_fds (request, &n_fds);
  guint64 serial = self->last_serial + 1;
  TwMessage message = {
    .type = request->type,
    .serial = serial,
    .body = request->body.data,
    .body_len = request->body.len,
    .fds = fds,
    .n_fds = n_fds,
  };

  if (request->body.failed)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED, "No memory for a request to a consumer");
      return FALSE;
    }
  if (!self->broken && self->send_errno == 0 && tw_socket_send (self->socket, &message) < 0)
    {
      /* Too many descriptors are on their way: nothing of it was sent, unless a part stands in the queue. */
      gboolean refused = errno == ETOOMANYREFS && !tw_socket_wants_write (self->socket);

      if (errno == E2BIG || errno == ENOMEM || errno == EMFILE || refused)
        {
          tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot send a request to a consumer");
          return FALSE;
        }
      self->send_errno = errno;
    }
  if (g_tree_nnodes (self->pending) == 0)
    {
      self->heard = g_get_monotonic_time ();
      self->due = self->heard + self->patience / 3;
    }
  /* Where the link broke, it is answered with how the process ended. */
  self->last_serial = serial;
  g_tree_insert (self->pending, g_memdup2 (&serial, sizeof serial), request);
  watch (self);
  return TRUE;
}

const TbusRequest *
tbus_consumer_link_get_oldest (TbusConsumerLink *self)
{
  GTreeNode *node = g_tree_node_first (self->pending);

  return node != NULL ? g_tree_node_value (node) : NULL;
}

/* Serials count from what no former service can have come to. */
void
tbus_consumer_link_resume (TbusConsumerLink *self)
{
  self->resuming = TRUE;
  self->last_serial = (guint64) g_get_monotonic_time ();
  tw_socket_allow_cuts (self->socket, true);
}

void
tbus_consumer_link_hang_up (TbusConsumerLink *self)
{
  shutdown (tw_socket_fd (self->socket), SHUT_RDWR);
}

void
tbus_consumer_link_suspend (TbusConsumerLink *self)
{
  self->broken = TRUE;
  stop_watching (self);
}

void
tbus_consumer_link_set_patience (TbusConsumerLink *self, guint ms)
{
  self->patience = ms * G_TIME_SPAN_MILLISECOND;
}

void
tbus_consumer_link_give_up_checks (TbusConsumerLink *self, const GQueue *waiting)
{
  g_autoptr(GPtrArray) checks = g_ptr_array_new ();
  g_autoptr(GError) error = NULL;

  g_set_error (&error, TBUS_ERROR, TBUS_ERROR_OUTPUT_UNAVAILABLE, "A file system does not answer");
  for (GTreeNode *node = g_tree_node_first (self->pending); node != NULL; node = g_tree_node_next (node))
    if (((TbusRequest *) g_tree_node_value (node))->type == TW_CHECK_OUTPUT)
      g_ptr_array_add (checks, g_tree_node_value (node));
  for (GList *item = waiting->head; item != NULL; item = item->next)
    if (((TbusRequest *) item->data)->type == TW_CHECK_OUTPUT)
      g_ptr_array_add (checks, item->data);
  for (guint i = 0; i < checks->len; i++)
    tbus_request_give_up (checks->pdata[i], error);
}

void
tbus_consumer_link_drain (TbusConsumerLink *self)
{
  /* From here on nothing can be added, whoever else has the other end. */
  shutdown (tw_socket_fd (self->socket), SHUT_RD);
  self->refs++;
  while (receive (self) > 0)
    ;
  link_unref (self);
}

GPtrArray *
tbus_consumer_link_take_pending (TbusConsumerLink *self)
{
  GPtrArray *requests = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_request_free);

  for (GTreeNode *node = g_tree_node_first (self->pending); node != NULL; node = g_tree_node_next (node))
    g_ptr_array_add (requests, g_tree_node_value (node));
  g_tree_remove_all (self->pending);
  return requests;
}
