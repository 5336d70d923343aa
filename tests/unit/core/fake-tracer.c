/* SPDX-License-Identifier: GPL-2.0-only */
#include "fake-tracer.h"

#include "base/fd-budget.h"
#include "core/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { FIRST_HANDLE = 1, N_OPS = TBUS_OP_LIST + 1 };

typedef struct Object Object;
struct Object {
  guint32 handle;
  guint32 parent; /* 0: the root */
  char *name;     /* "session", a channel's or a pattern */
  gboolean enabled;
  gboolean was_active;
  guint contexts;
};

typedef struct {
  TbusTracee *tracee;
  GPtrArray *objects; /* of Object, in the order of their creation */
  guint32 next_handle;
  TbusJob *job;
  guint n_jobs;
  guint answer; /* source */
  gboolean frozen, held;
  int refused[N_OPS];
  int die_at; /* TbusOp, or -1 */
  GPtrArray *tracepoints;
  GString *log;
} App;

struct FakeTracer {
  TbusTraceeIndex *index;
  TbusCore *core;
  GPtrArray *apps; /* of App */
  int refused[N_OPS];
};

static const char *const op_names[N_OPS] = {
  "version", "create-session", "send-ring", "add-context", "create-event", "enable",
  "disable", "wait", "statedump", "release", "done", "list",
};

static void
object_free (gpointer data)
{
  Object *object = data;

  g_free (object->name);
  g_free (object);
}

static void
app_free (gpointer data)
{
  App *app = data;

  g_ptr_array_unref (app->objects);
  g_clear_pointer (&app->tracepoints, g_ptr_array_unref);
  g_string_free (app->log, TRUE);
  tbus_tracee_unref (app->tracee);
  g_free (app);
}

FakeTracer *
fake_tracer_new (TbusTraceeIndex *index)
{
  FakeTracer *self = g_new0 (FakeTracer, 1);

  self->index = index;
  self->apps = g_ptr_array_new_with_free_func (app_free);
  return self;
}

void
fake_tracer_free (FakeTracer *self)
{
  g_assert_cmpuint (self->apps->len, ==, 0);
  g_ptr_array_unref (self->apps);
  g_free (self);
}

void
fake_tracer_set_core (FakeTracer *self, TbusCore *core)
{
  self->core = core;
}

static App *
find_app (FakeTracer *self, const TbusTracee *tracee)
{
  for (guint i = 0; i < self->apps->len; i++)
    {
      App *app = g_ptr_array_index (self->apps, i);

      if (app->tracee == tracee)
        return app;
    }
  g_error ("This app is not registered (any more)");
}

static Object *
find_object (App *app, guint32 handle)
{
  for (guint i = 0; i < app->objects->len; i++)
    {
      Object *object = g_ptr_array_index (app->objects, i);

      if (object->handle == handle)
        return object;
    }
  g_error ("Process %d has no object with handle %u", (int) app->tracee->pid, handle);
}

static Object *
add_object (App *app, guint32 parent, const char *name, gboolean enabled)
{
  Object *object = g_new0 (Object, 1);

  if (parent != 0)
    find_object (app, parent);
  object->handle = app->next_handle++;
  object->parent = parent;
  object->name = g_strdup (name);
  object->enabled = enabled;
  g_ptr_array_add (app->objects, object);
  return object;
}

static void
release_object (FakeTracer *self, App *app, guint32 handle)
{
  Object *object = find_object (app, handle);

  for (guint i = 0; i < app->objects->len; i++)
    g_assert_cmpuint (((Object *) g_ptr_array_index (app->objects, i))->parent, !=, handle);
  tbus_tracee_index_unbind (self->index, app->tracee, handle);
  g_ptr_array_remove (app->objects, object);
}

static const char *
name_of (App *app, const TbusCommand *command, guint32 target)
{
  switch (command->op)
    {
    case TBUS_OP_SEND_RING:
      return g_array_index (command->set->channels, TbusSetChannel, command->channel).name;
    case TBUS_OP_CREATE_EVENT:
      return command->rule->pattern;
    case TBUS_OP_ADD_CONTEXT:
      return command->context->type;
    case TBUS_OP_ENABLE:
    case TBUS_OP_DISABLE:
    case TBUS_OP_RELEASE:
    case TBUS_OP_STATEDUMP:
      return find_object (app, target)->name;
    default:
      return NULL;
    }
}

/* An app takes neither channels nor contexts once the session was active. */
static gboolean
is_too_late (App *app, guint32 session)
{
  return find_object (app, session)->was_active;
}

static int
create (FakeTracer *self, App *app, const TbusCommand *command, guint32 target, guint32 *result)
{
  const char *name = name_of (app, command, target);

  switch (command->op)
    {
    case TBUS_OP_CREATE_SESSION:
      *result = add_object (app, 0, "session", FALSE)->handle;
      g_assert_true (tbus_tracee_index_bind (self->index, app->tracee, *result, command->set, TBUS_NO_CHANNEL));
      return 0;
    case TBUS_OP_SEND_RING:
      if (is_too_late (app, target))
        return -EINVAL;
      g_assert_nonnull (command->ring);
      g_assert_cmpint (command->ring->wakeup_fd, >=, 0);
      *result = add_object (app, target, name, TRUE)->handle;
      g_assert_true (tbus_tracee_index_bind (self->index, app->tracee, *result, command->set, command->channel));
      return 0;
    case TBUS_OP_ADD_CONTEXT:
      if (is_too_late (app, find_object (app, target)->parent))
        return -EINVAL;
      find_object (app, target)->contexts++;
      return 0;
    default:
      g_assert_cmpint (command->op, ==, TBUS_OP_CREATE_EVENT);
      *result = add_object (app, target, name, FALSE)->handle;
      return 0;
    }
}

static int
carry_out (FakeTracer *self, App *app, TbusCommand *command, guint32 target, guint32 *result)
{
  switch (command->op)
    {
    case TBUS_OP_TRACER_VERSION:
      memcpy (app->job->version, ((guint32[]){ 2, 13, 5 }), sizeof app->job->version);
      return 0;
    case TBUS_OP_ENABLE:
    case TBUS_OP_DISABLE:
      find_object (app, target)->enabled = command->op == TBUS_OP_ENABLE;
      find_object (app, target)->was_active |= command->op == TBUS_OP_ENABLE;
      return 0;
    case TBUS_OP_RELEASE:
      release_object (self, app, target);
      return 0;
    case TBUS_OP_LIST:
      app->job->tracepoints = app->tracepoints != NULL ? g_ptr_array_ref (app->tracepoints) : NULL;
      return app->tracepoints != NULL ? 0 : -EINVAL;
    case TBUS_OP_CREATE_SESSION:
    case TBUS_OP_SEND_RING:
    case TBUS_OP_ADD_CONTEXT:
    case TBUS_OP_CREATE_EVENT:
      return create (self, app, command, target, result);
    default:
      return 0;
    }
}

static void
run_command (FakeTracer *self, App *app, TbusCommand *command)
{
  guint32 target = g_array_index (app->job->slots, guint32, command->target);
  guint32 *result = &g_array_index (app->job->slots, guint32, command->result);
  int refused = app->refused[command->op] != 0 ? app->refused[command->op] : self->refused[command->op];
  guint32 unused = 0;
  const char *name;

  if (target == TBUS_SLOT_VOID)
    {
      command->status = -ECANCELED;
      return;
    }
  name = name_of (app, command, target);
  g_string_append_printf (app->log, "%s%s%s%s", app->log->len > 0 ? ", " : "", op_names[command->op],
                          name != NULL ? " " : "", name != NULL ? name : "");
  if (command->op == TBUS_OP_LIST && refused != 0) /* what came before it failed */
    carry_out (self, app, command, target, &unused);
  command->status = refused != 0 ? refused : carry_out (self, app, command, target, command->result ? result : &unused);
}

/* Answers the job. Returns: whether the app died meanwhile. */
static gboolean
finish_job (FakeTracer *self, App *app, gboolean gone)
{
  TbusJob *job = app->job;

  g_clear_handle_id (&app->answer, g_source_remove);
  for (guint i = 0; i < job->commands->len; i++)
    {
      TbusCommand *command = &g_array_index (job->commands, TbusCommand, i);

      gone |= (int) command->op == app->die_at;
      if (gone)
        command->status = -EPIPE;
      else
        run_command (self, app, command);
    }
  app->job = NULL;
  job->gone = gone;
  job->done (job, job->data);
  return gone;
}

typedef struct {
  FakeTracer *self;
  App *app;
} Answer;

static void
remove_app (FakeTracer *self, App *app)
{
  g_autoptr(TbusTracee) tracee = tbus_tracee_ref (app->tracee);

  tbus_tracee_index_remove (self->index, tracee);
  g_ptr_array_remove (self->apps, app);
  tbus_core_tracer_events.gone (self->core, tracee);
}

static gboolean
on_answer (gpointer data)
{
  Answer *answer = data;
  App *app = answer->app;
  FakeTracer *self = answer->self;

  app->answer = 0;
  if (finish_job (self, app, FALSE))
    remove_app (self, app);
  return G_SOURCE_REMOVE;
}

static void
schedule (FakeTracer *self, App *app)
{
  Answer *answer;

  if (app->job == NULL || app->answer != 0 || app->frozen || app->held)
    return;
  answer = g_new (Answer, 1);
  *answer = (Answer){ self, app };
  app->answer = g_idle_add_full (G_PRIORITY_DEFAULT, on_answer, answer, g_free);
}

static void
submit (gpointer tracer, TbusJob *job)
{
  FakeTracer *self = tracer;
  App *app = find_app (self, job->tracee);

  g_assert_null (app->job); /* one job an app at a time */
  g_assert_cmpuint (job->commands->len, >, 0);
  app->job = job;
  app->n_jobs++;
  schedule (self, app);
  if (app->frozen)
    tbus_core_tracer_events.stalled (self->core, app->tracee, TRUE);
}

static void
drop (gpointer tracer, TbusTracee *tracee)
{
  fake_tracer_hang_up (tracer, tracee);
}

TbusTracer
fake_tracer_get_port (FakeTracer *self)
{
  static const TbusTracerOps ops = { submit, drop };

  return (TbusTracer){ &ops, self };
}

TbusTracee *
fake_tracer_register (FakeTracer *self, const FakeApp *fake)
{
  App *app = g_new0 (App, 1);
  TbusTracee *tracee;

  g_assert_true (tbus_fd_budget_take (2, "An app", NULL));
  tracee = tbus_tracee_new (open ("/dev/null", O_RDWR | O_CLOEXEC), open ("/dev/null", O_RDWR | O_CLOEXEC));
  tracee->id = tbus_id_next (TBUS_ID_APP);
  tracee->pid = fake->pid;
  tracee->uid = fake->uid;
  tracee->gid = fake->uid;
  g_strlcpy (tracee->name, fake->name != NULL ? fake->name : "app", sizeof tracee->name);
  tracee->abi = (TbusAbi){ fake->bits != 0 ? fake->bits : 64, 8, 16, 32, 64, fake->bits != 0 ? fake->bits : 64, TRUE };
  tracee->registered_at = g_get_real_time ();
  app->tracee = tracee;
  app->objects = g_ptr_array_new_with_free_func (object_free);
  app->next_handle = FIRST_HANDLE;
  app->die_at = -1;
  app->log = g_string_new (NULL);
  g_ptr_array_add (self->apps, app);
  tbus_tracee_index_add (self->index, tracee);
  tbus_core_tracer_events.registered (self->core, tracee);
  return tracee;
}

void
fake_tracer_hang_up (FakeTracer *self, TbusTracee *tracee)
{
  App *app = find_app (self, tracee);

  if (app->job != NULL)
    finish_job (self, app, TRUE);
  remove_app (self, app);
}

void
fake_tracer_hang_up_all (FakeTracer *self)
{
  while (self->apps->len > 0)
    fake_tracer_hang_up (self, ((App *) g_ptr_array_index (self->apps, 0))->tracee);
}

void
fake_tracer_freeze (FakeTracer *self, TbusTracee *tracee)
{
  App *app = find_app (self, tracee);

  app->frozen = TRUE;
  g_clear_handle_id (&app->answer, g_source_remove);
  if (app->job != NULL)
    tbus_core_tracer_events.stalled (self->core, tracee, TRUE);
}

void
fake_tracer_thaw (FakeTracer *self, TbusTracee *tracee)
{
  App *app = find_app (self, tracee);

  app->frozen = FALSE;
  if (app->job != NULL)
    tbus_core_tracer_events.stalled (self->core, tracee, FALSE);
  schedule (self, app);
}

void
fake_tracer_hold (FakeTracer *self, TbusTracee *tracee, gboolean hold)
{
  App *app = find_app (self, tracee);

  app->held = hold;
  if (hold)
    g_clear_handle_id (&app->answer, g_source_remove);
  schedule (self, app);
}

gboolean
fake_tracer_has_job (FakeTracer *self, TbusTracee *tracee)
{
  return find_app (self, tracee)->job != NULL;
}

guint
fake_tracer_count_jobs (FakeTracer *self, TbusTracee *tracee)
{
  return find_app (self, tracee)->n_jobs;
}

void
fake_tracer_refuse (FakeTracer *self, TbusTracee *tracee, TbusOp op, int status)
{
  if (tracee != NULL)
    find_app (self, tracee)->refused[op] = status;
  else
    self->refused[op] = status;
}

void
fake_tracer_die_at (FakeTracer *self, TbusTracee *tracee, TbusOp op)
{
  find_app (self, tracee)->die_at = op;
}

void
fake_tracer_set_tracepoints (FakeTracer *self, TbusTracee *tracee, GPtrArray *tracepoints)
{
  App *app = find_app (self, tracee);

  g_clear_pointer (&app->tracepoints, g_ptr_array_unref);
  app->tracepoints = tracepoints;
}

char *
fake_tracer_take_log (FakeTracer *self, TbusTracee *tracee)
{
  App *app = find_app (self, tracee);
  char *log = g_strdup (app->log->str);

  g_string_truncate (app->log, 0);
  return log;
}

/* The first child of @parent called @name. */
static Object *
find_child (App *app, guint32 parent, const char *name)
{
  for (guint i = 0; i < app->objects->len; i++)
    {
      Object *object = g_ptr_array_index (app->objects, i);

      if (object->parent == parent && g_str_equal (object->name, name))
        return object;
    }
  return NULL;
}

guint32
fake_tracer_get_session (FakeTracer *self, TbusTracee *tracee)
{
  Object *session = find_child (find_app (self, tracee), 0, "session");

  return session != NULL ? session->handle : 0;
}

guint32
fake_tracer_get_channel (FakeTracer *self, TbusTracee *tracee, const char *name)
{
  guint32 session = fake_tracer_get_session (self, tracee);
  Object *channel = session != 0 ? find_child (find_app (self, tracee), session, name) : NULL;

  return channel != NULL ? channel->handle : 0;
}

static void
describe_children (App *app, guint32 parent, GString *out)
{
  const char *separator = "";

  for (guint i = 0; i < app->objects->len; i++)
    {
      const Object *object = g_ptr_array_index (app->objects, i);

      if (object->parent != parent)
        continue;
      g_string_append_printf (out, "%s%s%s", separator, object->enabled ? "" : "-", object->name);
      if (object->contexts > 0)
        g_string_append_printf (out, "+%u", object->contexts);
      g_string_append_c (out, '(');
      describe_children (app, object->handle, out);
      g_string_append_c (out, ')');
      if (g_str_has_suffix (out->str, "()"))
        g_string_truncate (out, out->len - 2);
      separator = " ";
    }
}

char *
fake_tracer_describe (FakeTracer *self, TbusTracee *tracee)
{
  GString *out = g_string_new (NULL);

  describe_children (find_app (self, tracee), 0, out);
  return g_string_free (out, FALSE);
}
