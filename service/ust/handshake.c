/* SPDX-License-Identifier: GPL-2.0-only */
#include "ust/handshake.h"

#include "base/quota.h"
#include "base/stray.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* One half-open connection. */
typedef struct {
  TbusHandshake *handshake;
  GList node; /* in @queue: oldest first, so the next deadline is the first one's */
  GList user_node; /* in its user's queue: oldest first */
  int fd;
  TbusPollerWatch *watch; /* NULL while it is new: many are gone, or whole, at the first look */
  TbusPeer peer;
  gint64 deadline;
  guint8 raw[TBUS_REGISTRATION_SIZE];
  guint have; /* of @raw */
  gboolean waiting; /* its record is whole and @registration valid: in one of the tables */
  TbusRegistration registration;
} HalfOpen;

struct TbusHandshake {
  TbusPoller *poller;
  TbusHandshakeLimits limits;
  TbusHandshakeEvents events;
  gpointer data;
  GQueue queue;
  GHashTable *commands, *notifies; /* of HalfOpen that wait for the other, by peer */
  GHashTable *users;               /* uid to GQueue of HalfOpen */
  GSource *timer;                  /* NULL while nothing is half open */
};

static guint
peer_hash (gconstpointer key)
{
  const HalfOpen *connection = key;

  return (guint) connection->peer.pid * 31 + connection->peer.uid;
}

static gboolean
peer_equal (gconstpointer a, gconstpointer b)
{
  const TbusPeer *left = &((const HalfOpen *) a)->peer, *right = &((const HalfOpen *) b)->peer;

  return left->pid == right->pid && left->uid == right->uid;
}

TbusHandshake *
tbus_handshake_new (TbusPoller *poller, const TbusHandshakeLimits *limits, const TbusHandshakeEvents *events,
                    gpointer data)
{
  TbusHandshake *self = g_new0 (TbusHandshake, 1);

  self->poller = poller;
  self->limits = *limits;
  self->events = *events;
  self->data = data;
  g_queue_init (&self->queue);
  self->commands = g_hash_table_new (peer_hash, peer_equal);
  self->notifies = g_hash_table_new (peer_hash, peer_equal);
  self->users = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return self;
}

static GQueue *
find_user (const TbusHandshake *self, uid_t uid)
{
  return g_hash_table_lookup (self->users, GUINT_TO_POINTER (uid));
}

static void
join_user (TbusHandshake *self, HalfOpen *connection)
{
  GQueue *of_user = find_user (self, connection->peer.uid);

  if (of_user == NULL)
    {
      of_user = g_new0 (GQueue, 1);
      g_hash_table_insert (self->users, GUINT_TO_POINTER (connection->peer.uid), of_user);
    }
  connection->user_node.data = connection;
  g_queue_push_tail_link (of_user, &connection->user_node);
}

static void
leave_user (TbusHandshake *self, HalfOpen *connection)
{
  GQueue *of_user = find_user (self, connection->peer.uid);

  g_queue_unlink (of_user, &connection->user_node);
  if (of_user->length == 0)
    g_hash_table_remove (self->users, GUINT_TO_POINTER (connection->peer.uid));
}

static void
stop_timer (TbusHandshake *self)
{
  if (self->timer == NULL)
    return;
  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

/* Takes the connection out of everything and returns its descriptor. */
static int
half_open_take (HalfOpen *connection)
{
  TbusHandshake *self = connection->handshake;
  int fd = connection->fd;

  if (connection->waiting)
    g_hash_table_remove (connection->registration.notify ? self->notifies : self->commands, connection);
  if (connection->watch != NULL)
    tbus_poller_watch_remove (connection->watch);
  g_queue_unlink (&self->queue, &connection->node);
  leave_user (self, connection);
  g_free (connection);
  if (self->queue.length == 0)
    stop_timer (self);
  return fd;
}

/* @why: (nullable): a sentence to tell. */
static void
half_open_close (HalfOpen *connection, const char *why)
{
  TbusHandshake *self = connection->handshake;
  uid_t uid = connection->peer.uid;

  tbus_stray_close_socket (half_open_take (connection));
  if (why != NULL)
    self->events.refused (uid, why, self->data);
}

static void
half_open_refuse (HalfOpen *connection, const char *what)
{
  g_autofree char *why = g_strdup_printf ("Process %d %s", (int) connection->peer.pid, what);

  half_open_close (connection, why);
}

static gboolean
on_deadline (gpointer user_data)
{
  TbusHandshake *self = user_data;
  gint64 now = g_get_monotonic_time ();

  while (self->queue.head != NULL)
    {
      HalfOpen *connection = self->queue.head->data;

      if (connection->deadline > now)
        {
          g_source_set_ready_time (self->timer, connection->deadline);
          break;
        }
      half_open_refuse (connection, connection->waiting ? "never made the second connection of its registration"
                                                        : "connected, but did not register in time");
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
timer_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);
  return callback (user_data);
}

static GSourceFuncs timer_funcs = { NULL, NULL, timer_dispatch, NULL, NULL, NULL };

/* Set for the oldest connection; when that goes earlier, it fires once for nothing. */
static void
start_timer (TbusHandshake *self, gint64 deadline)
{
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_static_name (self->timer, "tracebus-handshake");
  g_source_set_callback (self->timer, on_deadline, self, NULL);
  g_source_set_ready_time (self->timer, deadline);
  g_source_attach (self->timer, tbus_thread_context (TBUS_THREAD_LINK));
}

static void
pair (TbusHandshake *self, HalfOpen *command, HalfOpen *notify)
{
  TbusRegistration registration = command->registration;
  int notify_fd = half_open_take (notify);
  int command_fd = half_open_take (command);

  self->events.paired (&registration, command_fd, notify_fd, self->data);
}

/* The record is whole: the other connection is there already, or this one waits for it. FALSE: it is not half open. */
static gboolean
half_open_registered (HalfOpen *connection)
{
  TbusHandshake *self = connection->handshake;
  gboolean notify = connection->registration.notify;
  HalfOpen *other = g_hash_table_lookup (notify ? self->commands : self->notifies, connection);
  HalfOpen *former = g_hash_table_lookup (notify ? self->notifies : self->commands, connection);

  if (other != NULL)
    {
      pair (self, notify ? other : connection, notify ? connection : other);
      return FALSE;
    }
  if (former != NULL)
    half_open_refuse (former, "registered again before its registration was complete");
  connection->waiting = TRUE;
  g_hash_table_add (notify ? self->notifies : self->commands, connection);
  if (connection->watch != NULL)
    tbus_poller_watch_set (connection->watch, EPOLLRDHUP); /* what it says from now on is for whoever serves it */
  return TRUE;
}

/* FALSE: it is not half open any more. */
static gboolean
half_open_read (HalfOpen *connection)
{
  g_autoptr(GError) error = NULL;
  gssize n;

  if (connection->waiting)
    {
      half_open_refuse (connection, "went before its registration was complete");
      return FALSE;
    }
  n = tbus_stray_recv (connection->fd, connection->raw + connection->have, sizeof connection->raw - connection->have);
  if (n < 0 && errno == EPROTO)
    {
      half_open_refuse (connection, "sent descriptors");
      return FALSE;
    }
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return TRUE;
  if (n <= 0)
    {
      if (connection->have == 0)
        half_open_close (connection, NULL); /* somebody looked whether we are alive */
      else
        half_open_refuse (connection, "went before its registration was complete");
      return FALSE;
    }
  connection->have += n;
  if (connection->have < sizeof connection->raw)
    return TRUE;
  if (tbus_registration_decode (&connection->registration, connection->raw, &connection->peer, &error))
    return half_open_registered (connection);
  half_open_close (connection, error->message);
  return FALSE;
}

static void
on_readable (guint32 events, gpointer user_data)
{
  tbus_thread_report (TBUS_THREAD_LINK, "registrations");
  half_open_read (user_data);
  tbus_thread_report (TBUS_THREAD_LINK, NULL);
}

/* The user who holds most: with equal ones, whoever came now. */
static GQueue *
find_heaviest (TbusHandshake *self, uid_t newcomer)
{
  GQueue *heaviest = find_user (self, newcomer), *of_user;
  GHashTableIter iter;

  g_hash_table_iter_init (&iter, self->users);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &of_user))
    if (of_user->length > heaviest->length)
      heaviest = of_user;
  return heaviest;
}

/* With the one that came now there may be one too many: the oldest of its user goes, or of who holds most. */
static void
make_room (TbusHandshake *self, uid_t newcomer)
{
  GQueue *of_user = find_user (self, newcomer);

  if (of_user->length > self->limits.per_user && tbus_quota_binds (newcomer))
    half_open_refuse (of_user->head->data,
                      "had to make room: its user has too many connections that have not registered yet");
  else if (self->queue.length > self->limits.limit)
    half_open_refuse (find_heaviest (self, newcomer)->head->data,
                      "had to make room: too many connections have not registered yet");
}

static void
watch (TbusHandshake *self, HalfOpen *connection)
{
  guint32 events = connection->waiting ? EPOLLRDHUP : EPOLLIN | EPOLLRDHUP;
  g_autoptr(GError) error = NULL;
  uid_t uid = connection->peer.uid;

  connection->watch = tbus_poller_add (self->poller, connection->fd, events, on_readable, connection, &error);
  if (connection->watch == NULL)
    half_open_close (connection, error->message);
  else
    make_room (self, uid);
}

void
tbus_handshake_add (TbusHandshake *self, int fd)
{
  g_autoptr(GError) error = NULL;
  HalfOpen *connection;
  TbusPeer peer;

  if (!tbus_peer_init (&peer, fd, &error))
    {
      tbus_stray_close_socket (fd);
      self->events.refused ((uid_t) -1, error->message, self->data);
      return;
    }
  connection = g_new0 (HalfOpen, 1);
  connection->handshake = self;
  connection->node.data = connection;
  connection->fd = fd;
  connection->peer = peer;
  connection->deadline = g_get_monotonic_time () + self->limits.timeout_ms * G_TIME_SPAN_MILLISECOND;
  g_queue_push_tail_link (&self->queue, &connection->node);
  join_user (self, connection);
  if (self->timer == NULL)
    start_timer (self, connection->deadline);
  if (half_open_read (connection))
    watch (self, connection);
}

guint
tbus_handshake_count (const TbusHandshake *self)
{
  return self->queue.length;
}

void
tbus_handshake_free (TbusHandshake *self)
{
  while (self->queue.head != NULL)
    half_open_close (self->queue.head->data, NULL);
  stop_timer (self);
  g_hash_table_unref (self->commands);
  g_hash_table_unref (self->notifies);
  g_hash_table_unref (self->users);
  g_free (self);
}
