/* SPDX-License-Identifier: GPL-2.0-only */
#include "support/silent-file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_LIFE = 60 }; /* seconds */

struct TstSilentFile
{
  char *path;
  pid_t server;
};

static void
answer (int device, const struct fuse_in_header *request, gconstpointer body, gsize length)
{
  struct {
    struct fuse_out_header header;
    char body[sizeof (struct fuse_init_out) + sizeof (struct fuse_attr_out)];
  } reply = { .header = { .unique = request->unique, .len = sizeof reply.header + length } };

  memcpy (reply.body, body, length);
  if (write (device, &reply, reply.header.len) < 0 && errno != ENOENT) /* who asked has given up */
    _exit (1);
}

static void
serve (int device, const struct fuse_in_header *request)
{
  const struct fuse_init_out init = {
    .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = 4096,
  };
  const struct fuse_attr_out attributes = {
    .attr_valid = 3600, .attr = { .ino = 1, .mode = S_IFREG | 0666, .nlink = 1 },
  };
  const struct fuse_open_out open = { .fh = 1 };

  if (request->opcode == FUSE_INIT)
    answer (device, request, &init, sizeof init);
  else if (request->opcode == FUSE_GETATTR)
    answer (device, request, &attributes, sizeof attributes);
  else if (request->opcode == FUSE_OPEN)
    answer (device, request, &open, sizeof open);
}

/*
 * A process of its own, that no one needs to end: with its descriptor, the only one, the file system ends, and whoever
 * waits for it goes on. In a process that waits for it, it would be there for good.
 */
static pid_t
start_server (int device)
{
  union {
    struct fuse_in_header header;
    char space[FUSE_MIN_READ_BUFFER];
  } request;
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid > 0)
    return pid;
  close_range (0, device - 1, 0);
  close_range (device + 1, ~0U, 0);
  alarm (MAX_LIFE);
  while (read (device, &request, sizeof request) > 0)
    serve (device, &request.header);
  _exit (0);
}

TstSilentFile *
tst_silent_file_new (const char *path)
{
  TstSilentFile *self;
  g_autofree char *options = NULL;
  int device = open ("/dev/fuse", O_RDWR | O_CLOEXEC);

  if (device < 0)
    return NULL;
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  options = g_strdup_printf ("fd=%d,rootmode=100000,user_id=0,group_id=0,allow_other", device);
  if (mount ("silent", path, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
    {
      close (device);
      return NULL;
    }
  self = g_new0 (TstSilentFile, 1);
  self->path = g_strdup (path);
  self->server = start_server (device);
  close (device);
  return self;
}

void
tst_silent_file_free (TstSilentFile *self)
{
  umount2 (self->path, MNT_DETACH);
  kill (self->server, SIGKILL);
  waitpid (self->server, NULL, 0);
  g_free (self->path);
  g_free (self);
}
