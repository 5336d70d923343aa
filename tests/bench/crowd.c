/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * crowd SOCKET N: plays N programs with one tracepoint, "crowd:tick", that never happens. It speaks the app's side of
 * the tracer's protocol on two connections for each, so that a service meets more programs than a machine has room for.
 * Says "ready NS" when all are registered; "told EVENTS" for each line of stdin, with the number of events that it has
 * described so far. Ends with stdin.
 */
#include "support/registration.h"

#include <errno.h>
#include <linux/sockios.h>
#include <lttng/ust-error.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENT "crowd:tick"
#define SIGNATURE "int, value"

typedef enum { SESSION, CHANNEL, STREAM, RULE, LISTING } Kind;

typedef struct {
  Kind kind;
  guint32 parent; /* handle; of a rule its channel, of a channel its session */
  gboolean enabled;
  gboolean done;    /* a rule, a channel: described; a listing: at its end */
  gboolean matches; /* a rule: meets EVENT */
} Object;

typedef struct App App;

typedef struct {
  App *app;
  gboolean notify;
} Source;

struct App {
  int command_fd, notify_fd;
  Source command, notice;
  GArray *objects; /* (Object); a handle is an index */
  TbusUstMessage message;
  gsize have, skip; /* bytes of the message; bytes that follow it and are not looked at */
  GQueue due;       /* (guint32 handle): rules and channels to describe before the command is answered */
  TbusUstReply reply; /* waits for them */
  gsize answered;   /* bytes of the answer to what was described last */
};

typedef struct {
  int epoll;
  GPtrArray *apps;
  guint n, registered;
  guint64 described;
  gint64 began;
} Crowd;

static gint64
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static void
die (const char *what)
{
  fprintf (stderr, "crowd: %s: %s\n", what, strerror (errno));
  exit (1);
}

static void
put (int fd, gconstpointer data, gsize size)
{
  gssize n = send (fd, data, size, MSG_NOSIGNAL);

  if (n < 0 || (gsize) n != size)
    die ("send");
}

static void
watch (Crowd *self, int operation, Source *source, guint32 events)
{
  struct epoll_event event = { .events = events, .data.ptr = source };
  int fd = source->notify ? source->app->notify_fd : source->app->command_fd;

  if (epoll_ctl (self->epoll, operation, fd, &event) < 0)
    die ("epoll");
}

/* All have the same process id: the service has read of one before the next one comes. */
static int
join (const char *path, gboolean notify)
{
  int fd = tst_registration_send (path, "crowd", notify), unread = 0;

  if (fd < 0)
    die (path);
  while (notify && ioctl (fd, SIOCOUTQ, &unread) == 0 && unread > 0)
    sched_yield ();
  return fd;
}

static void
describe_event (App *self, const Object *rule)
{
  struct {
    guint32 cmd;
    TbusUstEventNotice notice;
    char signature[sizeof SIGNATURE];
    struct lttng_ust_ctl_field field;
  } __attribute__ ((packed)) all = {
    .cmd = LTTNG_UST_CTL_NOTIFY_CMD_EVENT,
    .notice = { .session_handle = g_array_index (self->objects, Object, rule->parent).parent,
                .channel_handle = rule->parent,
                .name = EVENT,
                .loglevel = 13,
                .signature_len = sizeof SIGNATURE,
                .fields_len = sizeof (struct lttng_ust_ctl_field) },
    .signature = SIGNATURE,
    .field = { .name = "value",
               .type = { .atype = lttng_ust_ctl_atype_integer,
                         .u.integer = { .size = 32, .signedness = 1, .base = 10, .alignment = 8 } } },
  };

  put (self->notify_fd, &all, sizeof all);
}

static void
describe_channel (App *self, guint32 handle)
{
  struct {
    guint32 cmd;
    TbusUstChannelNotice notice;
  } __attribute__ ((packed)) all = {
    .cmd = LTTNG_UST_CTL_NOTIFY_CMD_CHANNEL,
    .notice = { .session_handle = g_array_index (self->objects, Object, handle).parent, .channel_handle = handle },
  };

  put (self->notify_fd, &all, sizeof all);
}

/* The next description, or the answer that waited for the last. */
static void
go_on (Crowd *self, App *app)
{
  guint32 handle = GPOINTER_TO_UINT (g_queue_peek_head (&app->due));
  const Object *object = &g_array_index (app->objects, Object, handle);

  if (handle == 0)
    {
      put (app->command_fd, &app->reply, sizeof app->reply);
      watch (self, EPOLL_CTL_MOD, &app->command, EPOLLIN);
    }
  else if (object->kind == RULE)
    {
      self->described++;
      describe_event (app, object);
    }
  else
    describe_channel (app, handle);
}

static Object *
get_object (App *self, guint32 handle)
{
  return &g_array_index (self->objects, Object, handle);
}

static gboolean
is_due (App *self, const Object *object, Kind kind, guint32 session)
{
  if (object->kind != kind || object->done)
    return FALSE;
  if (kind == CHANNEL)
    return object->parent == session;
  return object->enabled && object->matches && get_object (self, object->parent)->parent == session;
}

/* What was not described yet of a session that is enabled: events before channels, as the tracer's library does. */
static void
find_due (App *self, guint32 session, Kind kind)
{
  for (guint32 i = 1; i < self->objects->len; i++)
    {
      Object *object = get_object (self, i);

      if (is_due (self, object, kind, session))
        {
          object->done = TRUE;
          g_queue_push_tail (&self->due, GUINT_TO_POINTER (i));
        }
    }
}

static guint32
add_object (App *self, Kind kind)
{
  Object object = { .kind = kind, .parent = self->message.handle };

  if (kind == RULE)
    object.matches = g_pattern_match_simple (self->message.u.event.name, EVENT);
  g_array_append_val (self->objects, object);
  return self->objects->len - 1;
}

static void
enable (App *self)
{
  guint32 handle = self->message.handle;
  Object *object = get_object (self, handle);

  object->enabled = TRUE;
  if (object->kind == RULE)
    handle = get_object (self, object->parent)->parent;
  if (object->kind != RULE && object->kind != SESSION)
    return;
  if (get_object (self, handle)->enabled)
    {
      find_due (self, handle, RULE);
      find_due (self, handle, CHANNEL);
    }
}

static void
list (App *self)
{
  Object *listing = get_object (self, self->message.handle);

  self->reply.ret_code = listing->done ? -LTTNG_UST_ERR_NOENT : 0;
  listing->done = TRUE;
  g_strlcpy (self->reply.u.tracepoint.name, EVENT, sizeof self->reply.u.tracepoint.name);
  self->reply.u.tracepoint.loglevel = 13;
}

static void
obey (Crowd *self, App *app)
{
  const TbusUstMessage *message = &app->message;

  app->reply = (TbusUstReply){ .handle = message->handle, .cmd = message->cmd };
  if (message->handle >= app->objects->len)
    app->reply.ret_code = -LTTNG_UST_ERR_NOENT;
  else if (message->cmd == LTTNG_UST_ABI_TRACER_VERSION)
    app->reply.u.version = (struct lttng_ust_abi_tracer_version){ .major = 2, .minor = 13 };
  else if (message->cmd == LTTNG_UST_ABI_SESSION)
    app->reply.ret_val = add_object (app, SESSION);
  else if (message->cmd == LTTNG_UST_ABI_CHANNEL)
    app->reply.ret_val = add_object (app, CHANNEL);
  else if (message->cmd == LTTNG_UST_ABI_STREAM)
    app->reply.ret_val = add_object (app, STREAM);
  else if (message->cmd == LTTNG_UST_ABI_EVENT)
    app->reply.ret_val = add_object (app, RULE);
  else if (message->cmd == LTTNG_UST_ABI_TRACEPOINT_LIST)
    app->reply.ret_val = add_object (app, LISTING);
  else if (message->cmd == LTTNG_UST_ABI_TRACEPOINT_LIST_GET)
    list (app);
  else if (message->cmd == LTTNG_UST_ABI_ENABLE)
    enable (app);
  else if (message->cmd == LTTNG_UST_ABI_REGISTER_DONE && ++self->registered == self->n)
    {
      printf ("ready %" G_GINT64_FORMAT "\n", now_ns () - self->began);
      fflush (stdout);
    }
  watch (self, EPOLL_CTL_MOD, &app->command, 0);
  go_on (self, app);
}

static void
read_command (Crowd *self, App *app)
{
  char rest[4096];
  gboolean header = app->have < sizeof app->message;
  gsize want = header ? sizeof app->message - app->have : MIN (app->skip, sizeof rest);
  gssize n = recv (app->command_fd, header ? (char *) &app->message + app->have : rest, want, 0);

  if (n <= 0)
    {
      fprintf (stderr, "crowd: the service has let a program go\n");
      exit (1);
    }
  if (!header)
    app->skip -= n;
  else if ((app->have += n) == sizeof app->message)
    app->skip = tst_command_count_rest (&app->message);
  if (app->have < sizeof app->message || app->skip > 0)
    return;
  app->have = 0;
  obey (self, app);
}

static void
read_answer (Crowd *self, App *app)
{
  guint32 handle = GPOINTER_TO_UINT (g_queue_peek_head (&app->due));
  char answer[64];
  gboolean event = g_array_index (app->objects, Object, handle).kind == RULE;
  gsize size = event ? sizeof (TbusUstEventAnswer) : sizeof (TbusUstChannelAnswer);
  gssize n = recv (app->notify_fd, answer, size - app->answered, 0);

  if (n <= 0 || handle == 0)
    {
      fprintf (stderr, "crowd: the service has let a program go\n");
      exit (1);
    }
  app->answered += n;
  if (app->answered < size)
    return;
  app->answered = 0;
  g_queue_pop_head (&app->due);
  go_on (self, app);
}

static void
app_new (Crowd *self, const char *path)
{
  App *app = g_new0 (App, 1);
  const Object none = { .kind = LISTING };

  app->command = (Source){ app, FALSE };
  app->notice = (Source){ app, TRUE };
  app->objects = g_array_new (FALSE, TRUE, sizeof (Object));
  g_array_append_val (app->objects, none);
  g_ptr_array_add (self->apps, app);
  app->command_fd = join (path, FALSE);
  app->notify_fd = join (path, TRUE);
  watch (self, EPOLL_CTL_ADD, &app->command, EPOLLIN);
  watch (self, EPOLL_CTL_ADD, &app->notice, EPOLLIN);
}

/* FALSE when @timeout_ms has passed without a word, or stdin has ended. */
static gboolean
serve (Crowd *self, int timeout_ms)
{
  struct epoll_event events[64];
  int n = epoll_wait (self->epoll, events, G_N_ELEMENTS (events), timeout_ms);

  for (int i = 0; i < n; i++)
    {
      Source *source = events[i].data.ptr;
      char line[64];

      if (source == NULL && fgets (line, sizeof line, stdin) == NULL)
        exit (0);
      if (source == NULL)
        {
          printf ("told %" G_GUINT64_FORMAT "\n", self->described);
          fflush (stdout);
        }
      else if (source->notify)
        read_answer (self, source->app);
      else
        read_command (self, source->app);
    }
  return n > 0;
}

int
main (int argc, char **argv)
{
  Crowd self = { .epoll = epoll_create1 (EPOLL_CLOEXEC), .apps = g_ptr_array_new (), .began = now_ns () };
  struct epoll_event input = { .events = EPOLLIN };
  struct rlimit files;

  if (argc != 3)
    {
      fprintf (stderr, "usage: crowd SOCKET N\n");
      return 2;
    }
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);
  setvbuf (stdin, NULL, _IONBF, 0);
  if (epoll_ctl (self.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input) < 0)
    die ("stdin");
  self.n = strtoul (argv[2], NULL, 10);
  for (guint i = 0; i < self.n; i++)
    {
      app_new (&self, argv[1]);
      while (serve (&self, 0))
        ;
    }
  for (;;)
    serve (&self, -1);
}
