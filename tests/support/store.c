/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/store.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAX_TEXT = 4096, MAX_FDS = 253 };

struct TstStore {
  char *path;
  int fd;
  int end_fd; /* readable: the thread is to end */
  GThread *thread;
  GMutex lock;
  /* Under the lock. */
  guint limit;
  gboolean held_back;
  GPtrArray *names; /* of char * */
  GArray *fds;      /* of int: one a name */
};

static gboolean
is_same (int a, int b)
{
  return syscall (SYS_kcmp, getpid (), getpid (), KCMP_FILE, a, b) == 0;
}

static void
remove_at (TstStore *self, guint i)
{
  close (g_array_index (self->fds, int, i));
  g_array_remove_index (self->fds, i);
  g_ptr_array_remove_index (self->names, i);
}

static void
keep (TstStore *self, const char *name, int fd)
{
  gboolean known = FALSE;

  for (guint i = 0; i < self->fds->len && !known; i++)
    known = is_same (g_array_index (self->fds, int, i), fd);
  if (known || self->fds->len >= self->limit)
    {
      close (fd);
      return;
    }
  g_array_append_val (self->fds, fd);
  g_ptr_array_add (self->names, g_strdup (name));
}

static void
drop (TstStore *self, const char *name)
{
  for (guint i = self->names->len; i-- > 0;)
    if (g_str_equal (g_ptr_array_index (self->names, i), name))
      remove_at (self, i);
}

static const char *
find_value (char **lines, const char *key)
{
  for (; *lines != NULL; lines++)
    if (g_str_has_prefix (*lines, key))
      return *lines + strlen (key);
  return NULL;
}

static void
handle (TstStore *self, const char *text, const int *fds, gsize n_fds)
{
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);
  const char *name = find_value (lines, "FDNAME=");
  gboolean wanted = find_value (lines, "FDSTORE=1") != NULL && name != NULL;

  for (gsize i = 0; i < n_fds; i++)
    if (wanted)
      keep (self, name, fds[i]);
    else
      close (fds[i]);
  if (find_value (lines, "FDSTOREREMOVE=1") != NULL && name != NULL)
    drop (self, name);
}

/* Takes what is there, unless that is held back. */
static void
receive (TstStore *self)
{
  union {
    struct cmsghdr align;
    char space[CMSG_SPACE (MAX_FDS * sizeof (int))];
  } control;
  char text[MAX_TEXT + 1];

  while (!self->held_back)
    {
      struct iovec iov = { .iov_base = text, .iov_len = MAX_TEXT };
      struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control,
      };
      gssize n = recvmsg (self->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      struct cmsghdr *cmsg;

      if (n < 0)
        return;
      text[n] = '\0';
      cmsg = CMSG_FIRSTHDR (&message);
      if (cmsg != NULL && cmsg->cmsg_type == SCM_RIGHTS)
        handle (self, text, (const int *) (gpointer) CMSG_DATA (cmsg), (cmsg->cmsg_len - CMSG_LEN (0)) / sizeof (int));
      else
        handle (self, text, NULL, 0);
    }
}

static gpointer
run (gpointer data)
{
  TstStore *self = data;

  for (;;)
    {
      struct pollfd fds[2] = { { .fd = self->fd, .events = POLLIN }, { .fd = self->end_fd, .events = POLLIN } };

      g_mutex_lock (&self->lock);
      fds[0].fd = self->held_back ? -1 : self->fd;
      g_mutex_unlock (&self->lock);
      poll (fds, 2, -1);
      g_mutex_lock (&self->lock);
      receive (self);
      g_mutex_unlock (&self->lock);
      if (fds[1].revents != 0)
        {
          guint64 letters;

          (void) !read (self->end_fd, &letters, sizeof letters);
          if (self->path == NULL)
            return NULL;
        }
    }
}

static void
wake (TstStore *self)
{
  guint64 one = 1;

  g_assert_cmpint (write (self->end_fd, &one, sizeof one), ==, sizeof one);
}

TstStore *
tst_store_new (TstDir *dir, guint limit)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  TstStore *self = g_new0 (TstStore, 1);

  self->limit = limit;
  self->path = tst_dir_file (dir, "notify");
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->fds = g_array_new (FALSE, FALSE, sizeof (int));
  self->end_fd = eventfd (0, EFD_CLOEXEC);
  self->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_assert_cmpuint (g_strlcpy (address.sun_path, self->path, sizeof address.sun_path), <, sizeof address.sun_path);
  g_assert_cmpint (bind (self->fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  self->thread = g_thread_new ("store", run, self);
  return self;
}

void
tst_store_clear (TstStore *self)
{
  g_mutex_lock (&self->lock);
  receive (self);
  while (self->fds->len > 0)
    remove_at (self, self->fds->len - 1);
  g_mutex_unlock (&self->lock);
}

void
tst_store_free (TstStore *self)
{
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->path, g_free);
  g_mutex_unlock (&self->lock);
  wake (self);
  g_thread_join (self->thread);
  tst_store_clear (self);
  g_array_unref (self->fds);
  g_ptr_array_unref (self->names);
  close (self->end_fd);
  close (self->fd);
  g_free (self);
}

void
tst_store_hold_back (TstStore *self, gboolean hold)
{
  g_mutex_lock (&self->lock);
  self->held_back = hold;
  g_mutex_unlock (&self->lock);
  wake (self);
}

GStrv
tst_store_environ (TstStore *self, GStrv environment)
{
  g_autofree char *limit = NULL, *n = NULL, *names = NULL;
  GPtrArray *copy;

  g_mutex_lock (&self->lock);
  receive (self);
  limit = g_strdup_printf ("%u", self->limit);
  n = g_strdup_printf ("%u", self->fds->len);
  copy = g_ptr_array_copy (self->names, NULL, NULL);
  g_mutex_unlock (&self->lock);
  g_ptr_array_set_free_func (copy, NULL);
  g_ptr_array_add (copy, NULL);
  names = g_strjoinv (":", (char **) copy->pdata);
  g_ptr_array_unref (copy);
  environment = g_environ_setenv (environment, "NOTIFY_SOCKET", self->path, TRUE);
  environment = g_environ_setenv (environment, "FDSTORE", limit, TRUE);
  environment = g_environ_setenv (environment, "LISTEN_FDS", n, TRUE);
  return g_environ_setenv (environment, "LISTEN_FDNAMES", names, TRUE);
}

const int *
tst_store_get_fds (TstStore *self, gsize *n)
{
  *n = self->fds->len;
  return (const int *) (gpointer) self->fds->data;
}

guint
tst_store_count (TstStore *self, const char *prefix)
{
  guint count = 0;

  g_mutex_lock (&self->lock);
  receive (self);
  for (guint i = 0; i < self->names->len; i++)
    count += g_str_has_prefix (g_ptr_array_index (self->names, i), prefix) ? 1 : 0;
  g_mutex_unlock (&self->lock);
  return count;
}

gboolean
tst_store_has (TstStore *self, const char *name)
{
  gboolean found;

  g_mutex_lock (&self->lock);
  receive (self);
  found = g_ptr_array_find_with_equal_func (self->names, name, g_str_equal, NULL);
  g_mutex_unlock (&self->lock);
  return found;
}
