/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "ust/rendezvous.h"

#include "base/error.h"
#include "base/fd-store.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <lttng/ust-ctl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* Where the tracer library looks; it has no setting for that. */
#define SYSTEM_DIRECTORY "/var/run/lttng"

/*
 * Who connects faster than is accepted waits in connect(), and there each thread has one place. In the queue one may
 * have all of them, and others wait until all of those have been looked at.
 */
enum { BACKLOG = 64 };

struct TbusRendezvous {
  TbusRendezvousPaths paths;
  int lock_fd, socket_fd, wait_fd;
  gboolean bound;      /* the socket's name is ours to remove */
  gboolean inherited;  /* a former life made it, and the next one can have it, too */
  char *kept;            /* nullable: what the descriptor store calls it */
  gboolean published;
  gint32 *wait_word; /* read-only: see set_wait_word() */
};

gboolean
tbus_rendezvous_paths_init (TbusRendezvousPaths *self, gboolean system, GError **error)
{
  const char *home = g_getenv ("LTTNG_HOME");

  if (home == NULL)
    home = g_getenv ("HOME");
  if (!system && (home == NULL || home[0] != '/'))
    {
      g_set_error_literal (error, TBUS_ERROR, TBUS_ERROR_NOT_FOUND,
                           "Neither LTTNG_HOME nor HOME is an absolute path, so apps would not find the service");
      return FALSE;
    }
  *self = (TbusRendezvousPaths){ 0 };
  self->directory = system ? g_strdup (SYSTEM_DIRECTORY) : g_build_filename (home, ".lttng", NULL);
  self->directory_mode = system ? 0755 : 0750;
  self->socket = g_build_filename (self->directory, LTTNG_UST_SOCK_FILENAME, NULL);
  self->lock = g_build_filename (self->directory, "tracebus.lock", NULL);
  self->wait_shm = system ? g_strdup ("/" LTTNG_UST_WAIT_FILENAME)
                          : g_strdup_printf ("/" LTTNG_UST_WAIT_FILENAME "-%u", (unsigned) getuid ());
  self->wait_mode = system ? 0664 : 0640;
  return TRUE;
}

void
tbus_rendezvous_paths_clear (TbusRendezvousPaths *self)
{
  g_clear_pointer (&self->directory, g_free);
  g_clear_pointer (&self->socket, g_free);
  g_clear_pointer (&self->lock, g_free);
  g_clear_pointer (&self->wait_shm, g_free);
}

void
tbus_rendezvous_paths_copy (TbusRendezvousPaths *to, const TbusRendezvousPaths *from)
{
  *to = *from;
  to->directory = g_strdup (from->directory);
  to->socket = g_strdup (from->socket);
  to->lock = g_strdup (from->lock);
  to->wait_shm = g_strdup (from->wait_shm);
}

static gboolean
fail (GError **error, int errnum, const char *what, const char *path)
{
  tbus_set_errno (error, tbus_error_from_errno (errnum), errnum, "Cannot %s %s", what, path);
  return FALSE;
}

static gboolean
make_directory (const TbusRendezvousPaths *paths, GError **error)
{
  if (mkdir (paths->directory, paths->directory_mode) == 0)
    return chmod (paths->directory, paths->directory_mode) == 0 /* whatever the umask */
           || fail (error, errno, "set the mode of", paths->directory);
  return errno == EEXIST || fail (error, errno, "make the directory", paths->directory);
}

static gboolean
take_lock (TbusRendezvous *self, GError **error)
{
  self->lock_fd = open (self->paths.lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (self->lock_fd < 0)
    return fail (error, errno, "open the lock", self->paths.lock);
  if (flock (self->lock_fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return fail (error, errno, "lock", self->paths.lock);
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS,
               "Another tracebusd serves the apps of %s; stop it first", self->paths.socket);
  return FALSE;
}

static gboolean
set_address (struct sockaddr_un *address, const char *path, GError **error)
{
  *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
  if (g_strlcpy (address->sun_path, path, sizeof address->sun_path) < sizeof address->sun_path)
    return TRUE;
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_INVALID_ARGS, "The socket path %s is longer than %zu bytes", path,
               sizeof address->sun_path - 1);
  return FALSE;
}

/* Whoever accepts, or has a full queue, is alive. A name that nobody answers to is taken away. */
static gboolean
remove_dead_socket (const char *path, const struct sockaddr_un *address, GError **error)
{
  struct stat status;
  int fd, result, errnum;

  if (lstat (path, &status) < 0)
    return errno == ENOENT || fail (error, errno, "look at", path);
  if (!S_ISSOCK (status.st_mode))
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS, "%s is in the way: it is not a socket", path);
      return FALSE;
    }
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return fail (error, errno, "make a socket for", path);
  result = connect (fd, (const struct sockaddr *) address, sizeof *address);
  errnum = errno;
  close (fd);
  if (result == 0 || errnum == EAGAIN)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_ALREADY_EXISTS,
                   "Another tracer daemon (lttng-sessiond?) is listening on %s; stop it first", path);
      return FALSE;
    }
  if (errnum != ECONNREFUSED)
    return errnum == ENOENT || fail (error, errnum, "find out who listens on", path);
  tbus_log_message (TBUS_MSG_RENDEZVOUS_TAKEN, "TRACEBUS_SOCKET", path,
                    "%s was left behind by a daemon that is gone; taking it over", path);
  return unlink (path) == 0 || errno == ENOENT || fail (error, errno, "remove the dead socket", path);
}

#define KEPT_PREFIX "rendezvous-"

/* What the socket at @path is kept under. (transfer full) (nullable) */
static char *
name_socket (const char *path)
{
  struct stat status;

  if (lstat (path, &status) < 0 || !S_ISSOCK (status.st_mode))
    return NULL;
  return g_strdup_printf (KEPT_PREFIX "%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, (guint64) status.st_dev,
                          (guint64) status.st_ino);
}

/* One whose file is not ours any more: nobody finds it, and those in its queue would wait in vain. */
static void
end_other_sockets (const char *kept)
{
  g_auto(GStrv) names = tbus_fd_store_list (KEPT_PREFIX);

  for (guint i = 0; names[i] != NULL; i++)
    if (kept == NULL || !g_str_equal (names[i], kept))
      tbus_fd_store_end (names[i]);
}

/* FALSE: there is none of a former life. */
static gboolean
take_kept_socket (TbusRendezvous *self)
{
  g_autofree char *name = name_socket (self->paths.socket);

  end_other_sockets (name);
  self->socket_fd = name != NULL ? tbus_fd_store_take (name) : -1;
  if (self->socket_fd < 0)
    return FALSE;
  self->kept = g_steal_pointer (&name);
  self->bound = self->inherited = TRUE;
  return TRUE;
}

static gboolean
listen_on_socket (TbusRendezvous *self, GError **error)
{
  const char *path = self->paths.socket;
  struct sockaddr_un address;

  if (take_kept_socket (self))
    return TRUE;
  if (!set_address (&address, path, error) || !remove_dead_socket (path, &address, error))
    return FALSE;
  self->socket_fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (self->socket_fd < 0)
    return fail (error, errno, "make a socket for", path);
  if (bind (self->socket_fd, (struct sockaddr *) &address, sizeof address) < 0)
    return fail (error, errno, "bind", path);
  self->bound = TRUE;
  if (chmod (path, 0666) < 0) /* apps run as any user */
    return fail (error, errno, "set the mode of", path);
  if (listen (self->socket_fd, BACKLOG) < 0)
    return fail (error, errno, "listen on", path);
  self->kept = name_socket (path);
  if (self->kept != NULL)
    tbus_fd_store_keep (self->kept, geteuid (), self->socket_fd);
  return TRUE;
}

/*
 * Apps may have made it first. With fs.protected_regular, O_CREAT on what another user made in a
 * sticky directory is refused although it may be opened.
 */
static int
open_wait_shm (const TbusRendezvousPaths *paths)
{
  int fd = shm_open (paths->wait_shm, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, paths->wait_mode);

  if (fd < 0 && errno == EACCES)
    fd = shm_open (paths->wait_shm, O_RDWR | O_CLOEXEC | O_NONBLOCK, paths->wait_mode);
  return fd;
}

/* A file, under this name alone: what it is taken over as must be nobody's other file. */
static gboolean
is_own_file (int fd)
{
  struct stat status;

  return fstat (fd, &status) == 0 && S_ISREG (status.st_mode) && status.st_nlink == 1;
}

/* Anybody may put anything in the place before us: a pipe, a link, a socket. Apps could not have used it either. */
static gboolean
open_wait_word (TbusRendezvous *self, GError **error)
{
  const char *name = self->paths.wait_shm;

  self->wait_fd = open_wait_shm (&self->paths);
  if (self->wait_fd >= 0 && is_own_file (self->wait_fd))
    return TRUE;
  if (self->wait_fd < 0 && errno != ELOOP && errno != ENXIO)
    return fail (error, errno, "open the shared memory", name);
  if (self->wait_fd >= 0)
    close (self->wait_fd);
  self->wait_fd = -1;
  if (shm_unlink (name) < 0 && errno != ENOENT)
    return fail (error, errno, "remove what is in the place of the shared memory", name);
  tbus_log_message (TBUS_MSG_RENDEZVOUS_TAKEN, "TRACEBUS_SOCKET", self->paths.socket,
                    "The shared memory %s was not a file of its own; it is made anew", name);
  self->wait_fd = shm_open (name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, self->paths.wait_mode);
  return self->wait_fd >= 0 || fail (error, errno, "make the shared memory", name);
}

static gboolean
map_wait_word (TbusRendezvous *self, GError **error)
{
  const char *name = self->paths.wait_shm;
  gsize page = sysconf (_SC_PAGE_SIZE);
  struct stat status;
  void *memory;

  if (!open_wait_word (self, error))
    return FALSE;
  if (fstat (self->wait_fd, &status) < 0)
    return fail (error, errno, "look at the shared memory", name);
  /* Apps refuse a user's own one that belongs to somebody else; the system's becomes root's. */
  if (status.st_uid != geteuid () && fchown (self->wait_fd, geteuid (), getegid ()) < 0)
    return fail (error, errno, "take over the shared memory", name);
  if ((status.st_mode & 07777) != self->paths.wait_mode && fchmod (self->wait_fd, self->paths.wait_mode) < 0)
    return fail (error, errno, "set the mode of the shared memory", name);
  if (status.st_size < (off_t) page && ftruncate (self->wait_fd, page) < 0)
    return fail (error, errno, "size the shared memory", name);
  memory = mmap (NULL, page, PROT_READ, MAP_SHARED, self->wait_fd, 0);
  if (memory == MAP_FAILED)
    return fail (error, errno, "map the shared memory", name);
  self->wait_word = memory;
  return TRUE;
}

TbusRendezvous *
tbus_rendezvous_claim (const TbusRendezvousPaths *paths, GError **error)
{
  g_autoptr(TbusRendezvous) self = g_new0 (TbusRendezvous, 1);

  self->lock_fd = self->socket_fd = self->wait_fd = -1;
  tbus_rendezvous_paths_copy (&self->paths, paths);
  if (make_directory (paths, error) && take_lock (self, error) && listen_on_socket (self, error)
      && map_wait_word (self, error))
    return g_steal_pointer (&self);
  /* Programs wait in its queue: for whoever has more luck. */
  if (self->inherited)
    tbus_rendezvous_leave (g_steal_pointer (&self));
  return NULL;
}

int
tbus_rendezvous_get_fd (const TbusRendezvous *self)
{
  return self->socket_fd;
}

const char *
tbus_rendezvous_get_socket_path (const TbusRendezvous *self)
{
  return self->paths.socket;
}

/* By pwrite(): whoever made the memory can cut it short, and touching the mapping then would kill us. */
static void
set_wait_word (TbusRendezvous *self, gint32 value)
{
  if (pwrite (self->wait_fd, &value, sizeof value, 0) != sizeof value)
    tbus_log_warning (TBUS_MSG_RENDEZVOUS_TAKEN, "TRACEBUS_SOCKET", self->paths.socket,
                      "Cannot write the shared memory %s (%s): apps that already run may not find the service",
                      self->paths.wait_shm, g_strerror (errno));
}

void
tbus_rendezvous_publish (TbusRendezvous *self)
{
  set_wait_word (self, 1);
  self->published = TRUE;
  syscall (SYS_futex, self->wait_word, FUTEX_WAKE, G_MAXINT, NULL, NULL, 0);
}

void
tbus_rendezvous_free (TbusRendezvous *self)
{
  if (self->published && !self->paths.stay_awake)
    set_wait_word (self, 0);
  if (self->bound)
    unlink (self->paths.socket);
  if (self->kept != NULL)
    tbus_fd_store_end (self->kept);
  tbus_rendezvous_leave (self);
}

void
tbus_rendezvous_leave (TbusRendezvous *self)
{
  if (self->wait_word != NULL)
    munmap (self->wait_word, sysconf (_SC_PAGE_SIZE));
  if (self->wait_fd >= 0)
    close (self->wait_fd);
  if (self->socket_fd >= 0)
    close (self->socket_fd);
  if (self->lock_fd >= 0)
    close (self->lock_fd); /* last: whoever comes next finds nothing of ours */
  tbus_rendezvous_paths_clear (&self->paths);
  g_free (self->kept);
  g_free (self);
}
