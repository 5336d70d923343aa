/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "process/tracer.h"

#include "ctf/trace.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <lttng/ust-ctl.h>
#include <lttng/ust-error.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct TstTracer {
  int listener;
  TstLog *log;
  const TstChannel *channel;
  int command, notify; /* of the app; -1 before */
  int session;
  GThread *notify_thread;
  guint n_events;
};

/* Events of the tests' provider, as they are described. */
static const struct { const char *name, *fields; } known[] = {
  { "tbtest:tick",
    "\t\tinteger { size = 64; align = 8; signed = 0; encoding = none; base = 10; } _seq;\n"
    "\t\tstring _who;\n" },
  { "tbtest:torn",
    "\t\tinteger { size = 64; align = 8; signed = 0; encoding = none; base = 10; } _seq;\n"
    "\t\tstring _who;\n" },
  { "tbtest:burst",
    "\t\tinteger { size = 64; align = 8; signed = 0; encoding = none; base = 10; } _seq;\n"
    "\t\tinteger { size = 32; align = 8; signed = 0; encoding = none; base = 10; } __payload_length;\n"
    "\t\tinteger { size = 8; align = 8; signed = 0; encoding = none; base = 10; } _payload[ __payload_length ];\n" },
};

static void
publish_preamble (TstTracer *self)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GError) error = NULL;
  TbusCtfClock clock = { 0 };
  const TbusCtfStream stream = { .id = self->channel->config.chan_id, .header = TBUS_CTF_HEADER_LARGE };
  const TbusCtfEnv env[] = { { .name = "domain", .text = "ust" }, { 0 } };
  TbusCtfTrace trace = {
    .abi = {
      .bits_per_long = GLIB_SIZEOF_LONG * 8,
      .align_u8 = 8, .align_u16 = 8, .align_u32 = 8, .align_u64 = 8, .align_long = 8,
      .little_endian = G_BYTE_ORDER == G_LITTLE_ENDIAN,
    },
    .clock = &clock, .env = env,
  };

  tbus_ctf_clock_init (&clock);
  memcpy (trace.uuid, self->channel->config.uuid, sizeof trace.uuid);
  tbus_ctf_append_preamble (text, &trace);
  tbus_ctf_append_stream (text, &stream, NULL, NULL, &error);
  g_assert_no_error (error);
  tbus_ctf_clock_clear (&clock);
  tst_log_publish (self->log, text->str);
}

TstTracer *
tst_tracer_new (TstDir *dir, TstLog *log, const TstChannel *channel)
{
  TstTracer *self = g_new0 (TstTracer, 1);
  g_autofree char *folder = tst_dir_file (dir, ".lttng");
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  self->log = log;
  self->channel = channel;
  self->command = self->notify = -1;
  g_assert_cmpint (g_mkdir_with_parents (folder, 0755), ==, 0);
  g_assert_cmpint (g_snprintf (address.sun_path, sizeof address.sun_path, "%s/%s", folder, LTTNG_UST_SOCK_FILENAME), <,
                   sizeof address.sun_path);
  self->listener = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (self->listener, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (self->listener, 16), ==, 0);
  publish_preamble (self);
  return self;
}

void
tst_tracer_free (TstTracer *self)
{
  close (self->listener);
  if (self->command >= 0)
    shutdown (self->command, SHUT_RDWR);
  if (self->notify >= 0)
    shutdown (self->notify, SHUT_RDWR);
  if (self->notify_thread != NULL)
    g_thread_join (self->notify_thread);
  if (self->command >= 0)
    close (self->command);
  if (self->notify >= 0)
    close (self->notify);
  g_free (self);
}

/* The description is published before the app hears its id: rule for whoever records. */
static gboolean
answer_event (TstTracer *self)
{
  char name[LTTNG_UST_ABI_SYM_NAME_LEN];
  g_autofree char *text = NULL;
  int session, channel, loglevel;
  struct lttng_ust_ctl_field *fields = NULL;
  char *signature = NULL, *uri = NULL;
  const char *described = NULL;
  gsize n_fields;

  if (lttng_ust_ctl_recv_register_event (self->notify, &session, &channel, name, &loglevel, &signature, &n_fields,
                                         &fields, &uri) < 0)
    return FALSE;
  free (signature);
  free (fields);
  free (uri);
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (strcmp (known[i].name, name) == 0)
      described = known[i].fields;
  if (described == NULL)
    return lttng_ust_ctl_reply_register_event (self->notify, 0, -EINVAL) >= 0;
  text = g_strdup_printf ("event {\n\tname = \"%s\";\n\tid = %u;\n\tstream_id = %u;\n\tloglevel = 13;\n"
                          "\tfields := struct {\n%s\t};\n};\n\n",
                          name, self->n_events, self->channel->config.chan_id, described);
  tst_log_publish (self->log, text);
  return lttng_ust_ctl_reply_register_event (self->notify, self->n_events++, 0) >= 0;
}

static gboolean
answer_channel (TstTracer *self)
{
  struct lttng_ust_ctl_field *fields = NULL;
  int session, channel;
  gsize n_fields;

  if (lttng_ust_ctl_recv_register_channel (self->notify, &session, &channel, &n_fields, &fields) < 0)
    return FALSE;
  free (fields);
  return lttng_ust_ctl_reply_register_channel (self->notify, self->channel->config.chan_id,
                                               LTTNG_UST_CTL_CHANNEL_HEADER_LARGE, 0) >= 0;
}

static gpointer
answer_notifications (gpointer data)
{
  TstTracer *self = data;
  enum lttng_ust_ctl_notify_cmd command;
  gboolean going = TRUE;

  while (going && lttng_ust_ctl_recv_notify (self->notify, &command) >= 0)
    going = command == LTTNG_UST_CTL_NOTIFY_CMD_EVENT ? answer_event (self)
            : command == LTTNG_UST_CTL_NOTIFY_CMD_CHANNEL ? answer_channel (self) : FALSE;
  return NULL;
}

static void
accept_one (TstTracer *self)
{
  struct pollfd ready = { .fd = self->listener, .events = POLLIN };
  enum lttng_ust_ctl_socket_type type;
  uint32_t major, minor, pid, ppid, uid, gid, bits, align[5];
  char name[LTTNG_UST_ABI_PROCNAME_LEN];
  int byte_order, fd;

  g_assert_cmpint (poll (&ready, 1, TST_PATIENCE_MS), ==, 1);
  fd = accept4 (self->listener, NULL, NULL, SOCK_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (lttng_ust_ctl_recv_reg_msg (fd, &type, &major, &minor, &pid, &ppid, &uid, &gid, &bits, &align[0],
                                               &align[1], &align[2], &align[3], &align[4], &byte_order, name), ==, 0);
  *(type == LTTNG_UST_CTL_SOCKET_CMD ? &self->command : &self->notify) = fd;
}

/* Descriptors are duplicated: the object closes its own. */
static struct lttng_ust_abi_object_data *
channel_object (const TstChannel *channel)
{
  struct lttng_ust_abi_object_data *object = calloc (1, sizeof *object);
  gsize size;
  gconstpointer header = g_bytes_get_data (channel->header, &size);

  object->type = LTTNG_UST_ABI_OBJECT_TYPE_CHANNEL;
  object->handle = -1;
  object->size = size;
  object->u.channel.data = malloc (size);
  memcpy (object->u.channel.data, header, size);
  object->u.channel.type = LTTNG_UST_ABI_CHAN_PER_CPU;
  object->u.channel.wakeup_fd = fcntl (channel->wake_up, F_DUPFD_CLOEXEC, 0);
  return object;
}

static struct lttng_ust_abi_object_data *
stream_object (const TstChannel *channel, guint cpu)
{
  struct lttng_ust_abi_object_data *object = calloc (1, sizeof *object);

  object->type = LTTNG_UST_ABI_OBJECT_TYPE_STREAM;
  object->handle = -1;
  object->size = channel->memory_size;
  object->u.stream.shm_fd = fcntl (channel->memory[cpu], F_DUPFD_CLOEXEC, 0);
  object->u.stream.wakeup_fd = fcntl (channel->stream_wake_up[cpu], F_DUPFD_CLOEXEC, 0);
  object->u.stream.stream_nr = cpu;
  return object;
}

static void
release (struct lttng_ust_abi_object_data *object)
{
  lttng_ust_ctl_release_object (-1, object);
  free (object);
}

static void
enable_event (TstTracer *self, struct lttng_ust_abi_object_data *channel, const char *pattern)
{
  struct lttng_ust_abi_event event = { .instrumentation = LTTNG_UST_ABI_TRACEPOINT, .loglevel = -1 };
  struct lttng_ust_abi_object_data *object = NULL;

  g_strlcpy (event.name, pattern, sizeof event.name);
  g_assert_cmpint (lttng_ust_ctl_create_event (self->command, &event, channel, &object), ==, 0);
  g_assert_cmpint (lttng_ust_ctl_enable (self->command, object), ==, 0);
  free (object);
}

void
tst_tracer_start (TstTracer *self)
{
  struct lttng_ust_abi_object_data *channel;

  accept_one (self);
  accept_one (self);
  self->notify_thread = g_thread_new ("notify", answer_notifications, self);
  self->session = lttng_ust_ctl_create_session (self->command);
  g_assert_cmpint (self->session, >=, 0);
  channel = channel_object (self->channel);
  g_assert_cmpint (lttng_ust_ctl_send_channel_to_ust (self->command, self->session, channel), ==, 0);
  for (guint cpu = 0; cpu < self->channel->n_streams; cpu++)
    {
      struct lttng_ust_abi_object_data *stream = stream_object (self->channel, cpu);

      g_assert_cmpint (lttng_ust_ctl_send_stream_to_ust (self->command, channel, stream), ==, 0);
      release (stream);
    }
  enable_event (self, channel, "tbtest:*");
  release (channel);
  tst_tracer_start_again (self);
  g_assert_cmpint (lttng_ust_ctl_register_done (self->command), ==, 0);
}

void
tst_tracer_stop (TstTracer *self)
{
  g_assert_cmpint (lttng_ust_ctl_stop_session (self->command, self->session), ==, 0);
  g_assert_cmpint (lttng_ust_ctl_wait_quiescent (self->command), ==, 0);
}

void
tst_tracer_start_again (TstTracer *self)
{
  g_assert_cmpint (lttng_ust_ctl_start_session (self->command, self->session), ==, 0);
}
