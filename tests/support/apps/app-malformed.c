/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * app-malformed SOCKET MANNER: registers as a program, does what it is told until it has a session and a channel, and
 * then says nothing but what no tracer says, as MANNER has it, until the service has closed its connections: "dropped
 * MS" is how long that took. Without a session that reaches it, it waits for ever.
 */
#include "support/lingering.h"
#include "support/registration.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SESSION = 1, CHANNEL = 2, MORE = 3, N_ENTRIES = 60000 };

static int command_fd, notify_fd;

static void
die (const char *what)
{
  fprintf (stderr, "app-malformed: %s: %s\n", what, strerror (errno));
  exit (1);
}

static gint64
now_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int
join (const char *path, gboolean notify)
{
  int fd = tst_registration_send (path, "malformed", notify);

  if (fd < 0)
    die (path);
  return fd;
}

static void
take (void *data, gsize size)
{
  if (size > 0 && recv (command_fd, data, size, MSG_WAITALL) != (gssize) size)
    die ("the service has let the program go");
}

/* Whatever it is told works; the first session is SESSION, the first channel CHANNEL. */
static guint32
obey (void)
{
  static guint32 next = MORE;
  TbusUstMessage message;
  TbusUstReply reply;
  char *rest;

  take (&message, sizeof message);
  rest = g_malloc (tst_command_count_rest (&message));
  take (rest, tst_command_count_rest (&message));
  g_free (rest);
  reply = (TbusUstReply){ .handle = message.handle, .cmd = message.cmd };
  if (message.cmd == LTTNG_UST_ABI_TRACER_VERSION)
    reply.u.version = (struct lttng_ust_abi_tracer_version){ .major = 2, .minor = 13 };
  else if (message.cmd == LTTNG_UST_ABI_SESSION)
    reply.ret_val = SESSION;
  else if (message.cmd == LTTNG_UST_ABI_CHANNEL)
    reply.ret_val = CHANNEL;
  else
    reply.ret_val = next++;
  if (send (command_fd, &reply, sizeof reply, MSG_NOSIGNAL) != sizeof reply)
    die ("send");
  return message.cmd;
}

/* FALSE: nobody is there any more. What is answered meanwhile is passed over. */
static gboolean
say (gconstpointer data, gsize size)
{
  const char *at = data;
  char answers[4096];

  while (size > 0)
    {
      struct pollfd fd = { notify_fd, POLLIN | POLLOUT, 0 };
      gssize n;

      poll (&fd, 1, -1);
      if (fd.revents & POLLIN && recv (notify_fd, answers, sizeof answers, 0) <= 0)
        return FALSE;
      if (!(fd.revents & (POLLOUT | POLLERR | POLLHUP)))
        continue;
      n = send (notify_fd, at, size, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno != EAGAIN)
        return FALSE;
      at += MAX (n, 0);
      size -= MAX (n, 0);
    }
  return TRUE;
}

/* An event of fields as @field has them; @length: what is announced. */
static gboolean
say_event (const struct lttng_ust_ctl_field *field, guint n, guint32 length)
{
  struct lttng_ust_ctl_field *fields = g_new (struct lttng_ust_ctl_field, n);
  guint32 kind = LTTNG_UST_CTL_NOTIFY_CMD_EVENT;
  TbusUstEventNotice notice = { .session_handle = SESSION, .channel_handle = CHANNEL, .name = "no:event",
                                .fields_len = length };
  gboolean said;

  for (guint i = 0; i < n; i++)
    fields[i] = *field;
  said = say (&kind, sizeof kind) && say (&notice, sizeof notice) && say (fields, n * sizeof *fields);
  g_free (fields);
  return said;
}

static gboolean
say_lengths (guint round)
{
  struct lttng_ust_ctl_field field = { .name = "x", .type.atype = lttng_ust_ctl_atype_string };

  return say_event (&field, 1, sizeof field - 1);
}

static gboolean
say_names (guint round)
{
  guint32 kind = LTTNG_UST_CTL_NOTIFY_CMD_EVENT;
  TbusUstEventNotice notice = { .session_handle = SESSION, .channel_handle = CHANNEL };

  memset (notice.name, 'n', sizeof notice.name);
  return say (&kind, sizeof kind) && say (&notice, sizeof notice);
}

static gboolean
say_counts (guint round)
{
  guint32 kind = LTTNG_UST_CTL_NOTIFY_CMD_ENUM;
  TbusUstEnumNotice notice = { .session_handle = SESSION, .name = "map", .entries_len = G_MAXUINT32 };

  return say (&kind, sizeof kind) && say (&notice, sizeof notice);
}

static gboolean
say_nesting (guint round)
{
  struct lttng_ust_ctl_field field = { .name = "x", .type.atype = lttng_ust_ctl_atype_struct_nestable };

  field.type.u.struct_nestable.nr_fields = 1;
  return say_event (&field, 1024, 1024 * sizeof field);
}

static gboolean
say_types (guint round)
{
  struct lttng_ust_ctl_field field = { .name = "x", .type.atype = 9999 };

  return say_event (&field, 1, sizeof field);
}

static gboolean
say_kinds (guint round)
{
  guint32 kind = 4711;

  return say (&kind, sizeof kind);
}

/* Answers that nobody has asked for. */
static gboolean
say_replies (guint round)
{
  TbusUstReply reply = { .handle = 99, .cmd = LTTNG_UST_ABI_ENABLE };

  return send (command_fd, &reply, sizeof reply, MSG_NOSIGNAL) == sizeof reply;
}

static gboolean
say_enumerations (guint round)
{
  static struct lttng_ust_ctl_enum_entry entries[N_ENTRIES];
  guint32 kind = LTTNG_UST_CTL_NOTIFY_CMD_ENUM;
  TbusUstEnumNotice notice = { .session_handle = SESSION, .name = "map", .entries_len = sizeof entries };

  memset (entries, 0, sizeof entries);
  memcpy (entries[0].string, &round, sizeof round);
  return say (&kind, sizeof kind) && say (&notice, sizeof notice) && say (entries, sizeof entries);
}

static gboolean
say_descriptors (guint round)
{
  int listening, fd = tst_lingering_socket (&listening);
  gboolean sent = tst_send_descriptor (notify_fd, fd);

  if (!sent)
    setsockopt (fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 0, 0 }, sizeof (struct linger));
  close (fd);
  return sent;
}

static const struct {
  const char *name;
  gboolean (*say) (guint round);
} manners[] = {
  { "lengths", say_lengths }, { "names", say_names },     { "counts", say_counts },
  { "nesting", say_nesting }, { "types", say_types },     { "kinds", say_kinds },
  { "replies", say_replies }, { "enumerations", say_enumerations }, { "descriptors", say_descriptors },
};

int
main (int argc, char **argv)
{
  gboolean has_channel = FALSE;
  gint64 began;
  guint manner = 0;

  while (argc == 3 && manner < G_N_ELEMENTS (manners) && strcmp (manners[manner].name, argv[2]) != 0)
    manner++;
  if (argc != 3 || manner == G_N_ELEMENTS (manners))
    {
      fprintf (stderr, "usage: app-malformed SOCKET MANNER\n");
      return 2;
    }
  command_fd = join (argv[1], FALSE);
  notify_fd = join (argv[1], TRUE);
  for (guint32 command = 0; !has_channel || command != LTTNG_UST_ABI_REGISTER_DONE;)
    {
      command = obey ();
      has_channel = has_channel || command == LTTNG_UST_ABI_CHANNEL;
    }
  began = now_ms ();
  for (guint round = 0; manners[manner].say (round); round++)
    ;
  printf ("dropped %" G_GINT64_FORMAT "\n", now_ms () - began);
  return 0;
}
