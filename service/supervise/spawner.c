/* SPDX-License-Identifier: GPL-2.0-only */
#include "supervise/spawner.h"

#include "base/errand.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/thread.h"
#include "supervise/backoff.h"
#include "supervise/identity.h"
#include "wire/wire.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* One argument of execve() is at most 128 KiB. */
enum { MAX_ARGUMENT = 100 << 10 };

struct _TbusSpawner {
  GObject parent_instance;
  char *program64, *program32;
  TbusSpawnerTimes times;
  char *staging; /* nullable: an argument for consumers */
  guint n_starting;
  GPtrArray *children; /* alive, or not yet reaped */
  GTask *finishing;    /* nullable */
  guint deadline;
  gboolean late; /* the deadline has passed */
};

G_DEFINE_FINAL_TYPE (TbusSpawner, tbus_spawner, G_TYPE_OBJECT)

/* A worker's errand. */
typedef struct {
  char *program, *staging;
  uid_t uid;
  gboolean switch_user;
  GSubprocess *process; /* what it brings */
  int link_fd;
} Birth;

static void
birth_free (gpointer data)
{
  Birth *self = data;

  if (self->link_fd >= 0)
    close (self->link_fd);
  g_clear_object (&self->process);
  g_free (self->program);
  g_free (self->staging);
  g_free (self);
}

static void
tbus_spawner_finalize (GObject *object)
{
  TbusSpawner *self = TBUS_SPAWNER (object);

  g_assert (self->children->len == 0);
  g_ptr_array_unref (self->children);
  g_free (self->program64);
  g_free (self->program32);
  g_free (self->staging);
  G_OBJECT_CLASS (tbus_spawner_parent_class)->finalize (object);
}

static void
tbus_spawner_class_init (TbusSpawnerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tbus_spawner_finalize;
}

static void
tbus_spawner_init (TbusSpawner *self)
{
  self->times = (TbusSpawnerTimes){ TBUS_HELLO_TIMEOUT_MS, TBUS_SILENCE_TIMEOUT_MS, TBUS_EXIT_TIMEOUT_MS,
                                    TBUS_BACKOFF_MS, (guint) tbus_limit (TBUS_LIMIT_CONSUMER_IDLE) * 1000 };
  self->children = g_ptr_array_new_with_free_func (g_object_unref);
}

TbusSpawner *
tbus_spawner_new (const char *program64, const char *program32)
{
  TbusSpawner *self = g_object_new (TBUS_TYPE_SPAWNER, NULL);

  /* Absolute: they are started from another directory. */
  self->program64 = program64 != NULL ? g_canonicalize_filename (program64, NULL) : NULL;
  self->program32 = program32 != NULL ? g_canonicalize_filename (program32, NULL) : NULL;
  return self;
}

TbusSpawnerTimes *
tbus_spawner_get_times (TbusSpawner *self)
{
  return &self->times;
}

void
tbus_spawner_set_staging_pool (TbusSpawner *self, guint mib)
{
  g_free (self->staging);
  self->staging = g_strdup_printf ("--staging-pool=%u", mib);
}

static const char *
find_program (TbusSpawner *self, guint32 bits)
{
  return bits == 32 ? self->program32 : self->program64;
}

gboolean
tbus_spawner_check (TbusSpawner *self, uid_t uid, guint32 bits, GError **error)
{
  if (find_program (self, bits) == NULL)
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED,
                   "No consumer for %u-bit apps: install tracebus-consumerd%s", bits, bits == 32 ? "32" : "");
      return FALSE;
    }
  if (geteuid () != 0 && uid != geteuid ())
    {
      g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED,
                   "A service that runs as user %u cannot run a consumer as user %u: it would have to run as root",
                   geteuid (), uid);
      return FALSE;
    }
  return TRUE;
}

/* Returns: (transfer full): what a consumer needs of our environment, and nothing else. */
static char **
make_environment (const TbusIdentity *identity)
{
  static const char *const kept[] = {
    "PATH", "LANG", "HOME", "LTTNG_HOME", "LTTNG_UST_CLOCK_PLUGIN", "LTTNG_UST_GETCPU_PLUGIN",
    "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS",
  };
  char **environment = g_new0 (char *, 1);

  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    {
      const char *value = g_getenv (kept[i]);

      if (value != NULL)
        environment = g_environ_setenv (environment, kept[i], value, TRUE);
    }
  if (identity != NULL)
    environment = g_environ_setenv (environment, "HOME", identity->home, TRUE);
  return environment;
}

/* Returns: (transfer full): the command line. */
static GStrv
make_arguments (const Birth *birth, const TbusIdentity *identity, GError **error)
{
  g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GString) groups = g_string_new ("--groups=");

  g_ptr_array_add (arguments, g_strdup (birth->program));
  if (identity != NULL)
    {
      for (guint i = 0; i < identity->groups->len; i++)
        g_string_append_printf (groups, i == 0 ? "%u" : ",%u", g_array_index (identity->groups, gid_t, i));
      if (groups->len > MAX_ARGUMENT)
        {
          g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED,
                       "User %s is in %u groups, too many for a consumer", identity->name, identity->groups->len);
          return NULL;
        }
      g_ptr_array_add (arguments, g_strdup_printf ("--uid=%u", identity->uid));
      g_ptr_array_add (arguments, g_strdup_printf ("--gid=%u", identity->gid));
      g_ptr_array_add (arguments, g_strdup (groups->str));
    }
  if (birth->staging != NULL)
    g_ptr_array_add (arguments, g_strdup (birth->staging));
  g_ptr_array_add (arguments, NULL);
  return (GStrv) g_ptr_array_steal (arguments, NULL);
}

static gboolean
birth_run (Birth *self, GError **error)
{
  g_autoptr(TbusIdentity) identity = NULL;
  g_autoptr(GSubprocessLauncher) launcher = NULL;
  g_auto(GStrv) environment = NULL;
  g_auto(GStrv) arguments = NULL;
  g_autoptr(GError) local = NULL;
  int link[2];

  if (self->switch_user)
    {
      identity = tbus_identity_lookup (self->uid, error);
      if (identity == NULL)
        return FALSE;
    }
  arguments = make_arguments (self, identity, error);
  if (arguments == NULL)
    return FALSE;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, link) < 0)
    {
      tbus_set_errno (error, TBUS_ERROR_EXHAUSTED, errno, "Cannot make a link to a consumer");
      return FALSE;
    }
  self->link_fd = link[0];
  environment = make_environment (identity);
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_subprocess_launcher_set_environ (launcher, environment);
  g_subprocess_launcher_set_cwd (launcher, "/");
  g_subprocess_launcher_take_fd (launcher, link[1], TW_LINK_FD);
  self->process = g_subprocess_launcher_spawnv (launcher, (const char *const *) arguments, &local);
  if (self->process != NULL)
    return TRUE;
  /* Now, and not when the worker lets go of its errand. */
  close (self->link_fd);
  self->link_fd = -1;
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "Cannot start a consumer: %s", local->message);
  return FALSE;
}

static void
birth_in_worker (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr(TbusErrand) at = tbus_errand_begin ("starting a consumer");
  GError *error = NULL;

  if (birth_run (task_data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
try_finish (TbusSpawner *self)
{
  g_autoptr(GTask) task = NULL;

  if (self->finishing == NULL || self->children->len > 0 || self->n_starting > 0)
    return;
  g_clear_handle_id (&self->deadline, g_source_remove);
  task = g_steal_pointer (&self->finishing);
  g_task_return_boolean (task, TRUE);
}

static void
on_ended (TbusChild *child, gpointer user_data)
{
  TbusSpawner *self = user_data;

  g_ptr_array_remove_fast (self->children, child);
  try_finish (self);
  g_object_unref (self);
}

/* The child keeps the spawner, so that none is left alone. */
void
tbus_spawner_adopt (TbusSpawner *self, TbusChild *child)
{
  g_ptr_array_add (self->children, g_object_ref (child));
  g_signal_connect (child, "ended", G_CALLBACK (on_ended), g_object_ref (self));
  if (self->late)
    tbus_child_kill (child);
}

/* Whoever calls has a reference to us. */
static void
let_go_of (TbusSpawner *self, guint i)
{
  g_signal_handlers_disconnect_by_func (self->children->pdata[i], on_ended, self);
  g_ptr_array_remove_index_fast (self->children, i);
  g_object_unref (self);
}

void
tbus_spawner_let_go (TbusSpawner *self)
{
  while (self->children->len > 0)
    let_go_of (self, 0);
}

static TbusChild *
take (TbusSpawner *self, Birth *birth)
{
  TbusChild *child = tbus_child_new (birth->process, birth->link_fd);

  birth->link_fd = -1;
  tbus_spawner_adopt (self, child);
  return child;
}

static void
on_born (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr(GTask) task = user_data;
  TbusSpawner *self = g_task_get_source_object (task);
  GError *error = NULL;

  tbus_thread_assert_main ();
  self->n_starting--;
  if (g_task_propagate_boolean (G_TASK (result), &error))
    g_task_return_pointer (task, take (self, g_task_get_task_data (G_TASK (result))), g_object_unref);
  else
    g_task_return_error (task, error);
  try_finish (self);
}

void
tbus_spawner_spawn_async (TbusSpawner *self, uid_t uid, guint32 bits, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  GTask *answer = g_task_new (self, NULL, callback, user_data);
  /* A worker lets go of its errand when it likes: that must not be what keeps us. */
  g_autoptr(GTask) errand = g_task_new (NULL, NULL, on_born, answer);
  Birth *birth = g_new0 (Birth, 1);

  tbus_thread_assert_main ();
  birth->program = g_strdup (find_program (self, bits));
  birth->staging = g_strdup (self->staging);
  birth->uid = uid;
  birth->switch_user = uid != geteuid ();
  birth->link_fd = -1;
  self->n_starting++;
  g_task_set_task_data (errand, birth, birth_free);
  g_task_run_in_thread (errand, birth_in_worker);
}

TbusChild *
tbus_spawner_spawn_finish (TbusSpawner *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
on_deadline (gpointer user_data)
{
  TbusSpawner *self = user_data;

  self->deadline = 0;
  self->late = TRUE;
  for (guint i = 0; i < self->children->len; i++)
    tbus_child_kill_late (self->children->pdata[i], self->times.exit_ms);
  return G_SOURCE_REMOVE;
}

/* Nobody could end them, and nobody else writes what they have. */
static void
leave_stuck (TbusSpawner *self)
{
  for (guint i = self->children->len; i-- > 0;)
    if (tbus_child_is_let_be (self->children->pdata[i]))
      {
        g_autofree char *pid = g_strdup_printf ("%d", tbus_child_get_pid (self->children->pdata[i]));

        tbus_log_warning (TBUS_MSG_CONSUMER_FAILED, "TRACEBUS_CONSUMER_PID", pid,
                          "Consumer process %s waits for a file system that does not answer; it is left to write what "
                          "it has when that does", pid);
        let_go_of (self, i);
      }
}

void
tbus_spawner_finish_async (TbusSpawner *self, GAsyncReadyCallback callback, gpointer user_data)
{
  tbus_thread_assert_main ();
  g_return_if_fail (self->finishing == NULL);
  self->finishing = g_task_new (self, NULL, callback, user_data);
  leave_stuck (self);
  self->deadline = g_timeout_add (self->times.exit_ms, on_deadline, self);
  try_finish (self);
}

void
tbus_spawner_finish_finish (TbusSpawner *self, GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}
