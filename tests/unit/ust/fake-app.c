/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake-app.h"

#include "support/child.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
tst_fake_connect (const char *socket_path)
{
  struct timeval patience = { .tv_sec = TST_PATIENCE_MS / 1000 };
  int fd = tst_registration_connect (socket_path);

  if (fd < 0)
    g_error ("connect %s: %s", socket_path, g_strerror (errno));
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

TstFakeApp
tst_fake_app_new (const char *socket_path)
{
  TbusUstRegistration command = tst_registration ("fake", FALSE), notify = tst_registration ("fake", TRUE);
  TstFakeApp self;

  self.command_fd = tst_fake_connect (socket_path);
  tst_fake_write (self.command_fd, &command, sizeof command);
  self.notify_fd = tst_fake_connect (socket_path);
  tst_fake_write (self.notify_fd, &notify, sizeof notify);
  return self;
}

void
tst_fake_app_clear (TstFakeApp *self)
{
  if (self->command_fd >= 0)
    close (self->command_fd);
  if (self->notify_fd >= 0)
    close (self->notify_fd);
  self->command_fd = self->notify_fd = -1;
}

void
tst_fake_write (int fd, gconstpointer data, gsize size)
{
  const char *next = data;

  while (size > 0)
    {
      gssize n = send (fd, next, size, MSG_NOSIGNAL);

      if (n < 0)
        g_error ("send: %s", g_strerror (errno));
      next += n;
      size -= n;
    }
}

void
tst_fake_read (int fd, gpointer data, gsize size)
{
  char *next = data;

  while (size > 0)
    {
      gssize n = recv (fd, next, size, 0);

      if (n <= 0)
        g_error ("recv: %s with %zu bytes to go", n == 0 ? "closed" : g_strerror (errno), size);
      next += n;
      size -= n;
    }
}

void
tst_fake_wait_closed (int fd)
{
  char rest[4096];
  gssize n;

  while ((n = recv (fd, rest, sizeof rest, 0)) > 0)
    ;
  if (n < 0 && errno != ECONNRESET)
    g_error ("the service did not close the connection: %s", g_strerror (errno));
}

TbusUstMessage
tst_fake_read_command (const TstFakeApp *self)
{
  TbusUstMessage message;

  tst_fake_read (self->command_fd, &message, sizeof message);
  return message;
}

void
tst_fake_reply (const TstFakeApp *self, const TbusUstMessage *message, int code, guint32 value)
{
  const TbusUstReply reply = { .handle = message->handle, .cmd = message->cmd, .ret_code = code, .ret_val = value };

  tst_fake_write (self->command_fd, &reply, sizeof reply);
}

void
tst_fake_expect (const TstFakeApp *self, guint32 handle, guint32 cmd, int code, guint32 value)
{
  TbusUstMessage message = tst_fake_read_command (self);

  g_assert_cmphex (message.cmd, ==, cmd);
  g_assert_cmpuint (message.handle, ==, handle);
  tst_fake_reply (self, &message, code, value);
}
