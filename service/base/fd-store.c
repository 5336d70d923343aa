/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/fd-store.h"

#include "base/fd-budget.h"
#include "base/log.h"
#include "base/parcel.h"
#include "base/quota.h"
#include "base/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum { MAX_NAME = 255 };

typedef struct {
  int fd;            /* of another life, and nobody has taken it; or -1 */
  TbusCharge charge; /* whose it is */
} Entry;

/* On its way to systemd. */
typedef struct {
  char *label;
  int fd; /* a copy of ours, to be kept under @label; or -1: what @label is is dropped */
} Message;

static GMutex lock;
/* Under the lock. */
static GHashTable *names; /* to Entry */
static guint n_apps;
static guint limit; /* 0: there is no store */
static int manager_fd = -1;
static GQueue queue = G_QUEUE_INIT; /* of Message */
static guint flush_source;
static int refused; /* the errno of what was queued and could not be told; 0: none */
static GHashTable *told; /* uids of those who have no room, which was said; ALL */

#define ALL ((gpointer) -1)

static gboolean
is_app (const char *name)
{
  return g_str_has_prefix (name, "app-");
}

static gboolean
is_name (const char *name)
{
  gsize length = strlen (name);

  for (gsize i = 0; i < length; i++)
    if (name[i] <= ' ' || name[i] > '~' || name[i] == ':' || name[i] == '@')
      return FALSE;
  return length > 0 && length <= MAX_NAME;
}

static void
entry_free (gpointer data)
{
  Entry *self = data;

  tbus_charge_clear (&self->charge);
  g_free (self);
}

/* What systemd calls it: whose it is comes back with it. (transfer full) */
static char *
make_label (const char *name, uid_t uid)
{
  return tbus_quota_binds (uid) ? g_strdup_printf ("%s@%u", name, (guint) uid) : g_strdup (name);
}

static void
message_free (Message *self)
{
  if (self->fd >= 0)
    {
      close (self->fd);
      tbus_fd_budget_give (1);
    }
  g_free (self->label);
  g_free (self);
}

/* -1 with errno. */
static int
connect_to_manager (void)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  gsize length = path != NULL ? strlen (path) : 0;
  int fd;

  if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
    {
      errno = EINVAL;
      return -1;
    }
  memcpy (address.sun_path, path, length);
  if (path[0] == '@')
    address.sun_path[0] = '\0';
  fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return -1;
  length += offsetof (struct sockaddr_un, sun_path) + (path[0] == '/' ? 1 : 0);
  if (connect (fd, (struct sockaddr *) &address, length) == 0)
    return fd;
  close (fd);
  return -1;
}

/* Returns: 0, or an errno. */
static int
send_message (const char *label, int fd)
{
  g_autofree char *text = fd >= 0 ? g_strdup_printf ("FDSTORE=1\nFDNAME=%s\nFDPOLL=0", label)
                                  : g_strdup_printf ("FDSTOREREMOVE=1\nFDNAME=%s", label);
  union {
    struct cmsghdr align;
    char space[CMSG_SPACE (sizeof (int))];
  } control = { 0 };
  struct iovec iov = { .iov_base = text, .iov_len = strlen (text) };
  struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

  if (fd >= 0)
    {
      struct cmsghdr *cmsg;

      message.msg_control = &control;
      message.msg_controllen = sizeof control;
      cmsg = CMSG_FIRSTHDR (&message);
      cmsg->cmsg_level = SOL_SOCKET;
      cmsg->cmsg_type = SCM_RIGHTS;
      cmsg->cmsg_len = CMSG_LEN (sizeof fd);
      memcpy (CMSG_DATA (cmsg), &fd, sizeof fd);
    }
  return sendmsg (manager_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0 ? 0 : errno;
}

/* Under the lock. Its sender was told that it is on its way. */
static void
say_refused (const Message *message, int errnum)
{
  if (errnum == refused)
    return;
  refused = errnum;
  tbus_log_warning (TBUS_MSG_STORE_REFUSED, "TRACEBUS_NAME", message->label, "systemd cannot be told to %s \"%s\": %s",
                    message->fd >= 0 ? "keep" : "drop", message->label, g_strerror (errnum));
}

/* Under the lock. As much as systemd takes now: whether that is all. */
static gboolean
send_queued (void)
{
  Message *message;

  while ((message = g_queue_peek_head (&queue)) != NULL)
    {
      int errnum = send_message (message->label, message->fd);

      if (errnum == EAGAIN)
        return FALSE;
      if (errnum != 0)
        say_refused (message, errnum);
      message_free (g_queue_pop_head (&queue));
    }
  return TRUE;
}

static gboolean
on_writable (gint fd, GIOCondition condition, gpointer data)
{
  gboolean all;

  tbus_thread_assert_main ();
  g_mutex_lock (&lock);
  all = send_queued ();
  if (all)
    flush_source = 0;
  g_mutex_unlock (&lock);
  return all ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
start_flushing (void)
{
  g_autoptr(GSource) source = NULL;

  if (flush_source != 0)
    return;
  source = g_unix_fd_source_new (manager_fd, G_IO_OUT);
  g_source_set_static_name (source, "tracebus-fd-store");
  g_source_set_callback (source, (GSourceFunc) (void (*) (void)) on_writable, NULL, NULL);
  flush_source = g_source_attach (source, tbus_thread_context (TBUS_THREAD_MAIN));
}

/* FALSE: it cannot be told, now or later. */
static gboolean
tell (const char *label, int fd)
{
  int errnum = queue.length > 0 ? EAGAIN : send_message (label, fd);
  Message *message;

  if (errnum != EAGAIN)
    return errnum == 0;
  if (fd >= 0 && !tbus_fd_budget_take (1, "Keeping a descriptor", NULL))
    return FALSE;
  message = g_new (Message, 1);
  *message = (Message){ g_strdup (label), -1 };
  if (fd >= 0)
    message->fd = fcntl (fd, F_DUPFD_CLOEXEC, 0);
  if (fd >= 0 && message->fd < 0)
    {
      tbus_fd_budget_give (1);
      message_free (message);
      return FALSE;
    }
  g_queue_push_tail (&queue, message);
  start_flushing ();
  return TRUE;
}

/* Whoever comes and goes while systemd is busy costs it nothing. FALSE: it has been told. */
static gboolean
take_back (const char *label)
{
  for (GList *l = queue.tail; l != NULL; l = l->prev)
    {
      Message *message = l->data;

      if (!g_str_equal (message->label, label))
        continue;
      if (message->fd < 0)
        return FALSE;
      message_free (message);
      g_queue_delete_link (&queue, l);
      return TRUE;
    }
  return FALSE;
}

/* (transfer full): @entry */
static void
add_entry (const char *name, Entry *entry)
{
  g_hash_table_insert (names, g_strdup (name), entry);
  n_apps += is_app (name) ? 1 : 0;
}

static Entry *
make_entry (int fd, uid_t uid)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->fd = fd;
  tbus_charge_init (&entry->charge, TBUS_LIMIT_KEPT, uid);
  return entry;
}

/* @label came with @fd, which is taken. */
static void
inherit (const char *label, int fd)
{
  const char *at = strrchr (label, '@');
  g_autofree char *name = at != NULL ? g_strndup (label, at - label) : g_strdup (label);
  Entry *entry;

  if (limit == 0 || !is_name (name) || g_hash_table_contains (names, name))
    {
      close (fd);
      return;
    }
  entry = make_entry (fd, at != NULL ? (uid_t) g_ascii_strtoull (at + 1, NULL, 10) : 0);
  tbus_charge_force (&entry->charge, 1);
  add_entry (name, entry);
}

static void
take_inherited (void)
{
  char **labels = NULL;
  int n = sd_listen_fds_with_names (1, &labels);

  for (int i = 0; i < n; i++)
    {
      inherit (labels[i], SD_LISTEN_FDS_START + i);
      free (labels[i]);
    }
  free (labels);
}

void
tbus_fd_store_init (void)
{
  const char *size = g_getenv ("FDSTORE");

  names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  told = g_hash_table_new (NULL, NULL);
  limit = size != NULL ? (guint) CLAMP (g_ascii_strtoll (size, NULL, 10), 0, G_MAXINT) : 0;
  manager_fd = limit > 0 ? connect_to_manager () : -1;
  if (manager_fd < 0)
    limit = 0;
  take_inherited ();
}

gboolean
tbus_fd_store_is_there (void)
{
  return limit > 0;
}

guint
tbus_fd_store_size (void)
{
  return limit;
}

static void
say_full (void)
{
  g_autofree char *number = g_strdup_printf ("%u", limit);

  if (g_hash_table_add (told, ALL))
    tbus_log_warning (TBUS_MSG_STORE_FULL, "TRACEBUS_LIMIT", number, "The descriptor store is full (%s): what came "
                      "last is not traced across a restart of the service; raise FileDescriptorStoreMax", number);
}

static void
say_share_is_full (uid_t uid)
{
  g_autofree char *sentence = tbus_limit_describe (TBUS_LIMIT_KEPT);
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, tbus_limit (TBUS_LIMIT_KEPT));

  if (g_hash_table_add (told, GUINT_TO_POINTER (uid)))
    tbus_log_warning (TBUS_MSG_STORE_FULL, "TRACEBUS_LIMIT", number, "%s: what came last of user %u is not traced "
                      "across a restart of the service", sentence, (guint) uid);
}

static gboolean
has_room (const char *name)
{
  if (g_hash_table_size (names) < limit && (!is_app (name) || n_apps < limit - limit / 4))
    return TRUE;
  say_full ();
  return FALSE;
}

/* As many as with all others, apps leave some of a user's share to buffers. */
static gboolean
charge (const char *name, Entry *entry)
{
  uid_t uid = entry->charge.uid;
  guint64 share = tbus_limit (TBUS_LIMIT_KEPT);

  if ((!is_app (name) || !tbus_quota_binds (uid) || tbus_quota_used (TBUS_LIMIT_KEPT, uid) < share - share / 4)
      && tbus_charge_add (&entry->charge, 1, NULL))
    return TRUE;
  say_share_is_full (uid);
  return FALSE;
}

/* Under the lock. */
static gboolean
keep (const char *name, uid_t uid, int fd)
{
  g_autofree char *label = make_label (name, uid);
  Entry *entry;

  if (g_hash_table_contains (names, name) || !has_room (name))
    return FALSE;
  entry = make_entry (-1, uid);
  if (!charge (name, entry) || !tell (label, fd))
    {
      entry_free (entry);
      return FALSE;
    }
  add_entry (name, entry);
  return TRUE;
}

gboolean
tbus_fd_store_keep (const char *name, uid_t uid, int fd)
{
  gboolean kept;

  g_return_val_if_fail (is_name (name), FALSE);
  if (limit == 0)
    return FALSE;
  g_mutex_lock (&lock);
  kept = keep (name, uid, fd);
  g_mutex_unlock (&lock);
  return kept;
}

gboolean
tbus_fd_store_keep_all (const char *name, uid_t uid, const int *fds, guint n)
{
  int parcel;
  gboolean kept;

  if (limit == 0)
    return FALSE;
  parcel = tbus_parcel_new (fds, n);
  if (parcel < 0)
    return FALSE;
  kept = tbus_fd_store_keep (name, uid, parcel);
  close (parcel);
  return kept;
}

gboolean
tbus_fd_store_take_all (const char *name, int *fds, guint n)
{
  int parcel = tbus_fd_store_take (name);
  gboolean taken = parcel >= 0 && tbus_parcel_look (parcel, fds, n);

  if (parcel >= 0)
    close (parcel);
  return taken;
}

/* For everybody who has it, or what is in it. */
static void
shut_down (int fd)
{
  if (tbus_parcel_check (fd))
    tbus_parcel_shut_down (fd);
  else
    shutdown (fd, SHUT_RDWR); /* of no effect on what is no socket */
}

/* Under the lock. Returns: its descriptor, which nobody has taken, or -1. */
static int
forget (const char *name)
{
  const Entry *entry = g_hash_table_lookup (names, name);
  g_autofree char *label = NULL;
  int fd;

  if (entry == NULL)
    return -1;
  label = make_label (name, entry->charge.uid);
  fd = entry->fd;
  g_hash_table_remove (names, name);
  n_apps -= is_app (name) ? 1 : 0;
  if (!take_back (label))
    tell (label, -1);
  return fd;
}

static void
drop (const char *name, gboolean end)
{
  int fd;

  if (limit == 0)
    return;
  g_mutex_lock (&lock);
  fd = forget (name);
  g_mutex_unlock (&lock);
  if (fd < 0)
    return;
  if (end)
    shut_down (fd);
  close (fd);
}

void
tbus_fd_store_drop (const char *name)
{
  drop (name, FALSE);
}

void
tbus_fd_store_end (const char *name)
{
  drop (name, TRUE);
}

int
tbus_fd_store_take (const char *name)
{
  Entry *entry;
  int fd = -1;

  if (limit == 0)
    return -1;
  g_mutex_lock (&lock);
  entry = g_hash_table_lookup (names, name);
  if (entry != NULL)
    {
      fd = entry->fd;
      entry->fd = -1;
    }
  g_mutex_unlock (&lock);
  return fd;
}

GStrv
tbus_fd_store_list (const char *prefix)
{
  GPtrArray *found = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer name, entry;

  g_mutex_lock (&lock);
  if (limit > 0)
    {
      g_hash_table_iter_init (&iter, names);
      while (g_hash_table_iter_next (&iter, &name, &entry))
        if (((const Entry *) entry)->fd >= 0 && g_str_has_prefix (name, prefix))
          g_ptr_array_add (found, g_strdup (name));
    }
  g_mutex_unlock (&lock);
  g_ptr_array_add (found, NULL);
  return (GStrv) g_ptr_array_free (found, FALSE);
}

guint
tbus_fd_store_count (void)
{
  guint count;

  g_mutex_lock (&lock);
  count = limit > 0 ? g_hash_table_size (names) : 0;
  g_mutex_unlock (&lock);
  return count;
}

gboolean
tbus_fd_store_flush (guint ms)
{
  gint64 end = g_get_monotonic_time () + ms * G_TIME_SPAN_MILLISECOND;

  for (;;)
    {
      struct pollfd manager = { .fd = manager_fd, .events = POLLOUT };
      gint64 left = end - g_get_monotonic_time ();
      gboolean all, good;

      g_mutex_lock (&lock);
      all = send_queued ();
      good = all && refused == 0;
      g_mutex_unlock (&lock);
      if (all || left <= 0)
        return good;
      poll (&manager, 1, left / G_TIME_SPAN_MILLISECOND + 1);
    }
}
