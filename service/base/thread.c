/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <urcu.h>

/* A post that waits for its role. */
typedef struct Post {
  struct Post *next;
  TbusPostFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Post;

/* A mailbox is a GSource whose ready time is set by whoever finds the list empty. */
typedef struct {
  GSource source;
  GMutex lock;
  Post *first, **last;
  gboolean closed;
} Mailbox;

typedef struct {
  GMainContext *context;
  Mailbox *mailbox;
  GThread *thread; /* NULL for main */
  gboolean stop;
  gint64 since;      /* atomic */
  const char *doing; /* atomic */
} Role;

static Role roles[TBUS_N_THREADS];
static GPrivate current_role; /* role + 1 */

static const char *const role_names[TBUS_N_THREADS] = { "main", "link", "notify" };

static Post *
mailbox_take (Mailbox *self)
{
  Post *posts;

  g_mutex_lock (&self->lock);
  posts = self->first;
  self->first = NULL;
  self->last = &self->first;
  g_mutex_unlock (&self->lock);
  return posts;
}

static void
posts_run (Post *post, gboolean call)
{
  while (post != NULL)
    {
      Post *next = post->next;

      if (call)
        post->func (post->data);
      if (post->destroy != NULL)
        post->destroy (post->data);
      g_free (post);
      post = next;
    }
}

static gboolean
mailbox_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  Mailbox *self = (Mailbox *) source;

  g_source_set_ready_time (source, -1);
  posts_run (mailbox_take (self), TRUE);
  return G_SOURCE_CONTINUE;
}

static void
mailbox_finalize (GSource *source)
{
  Mailbox *self = (Mailbox *) source;

  posts_run (mailbox_take (self), FALSE);
  g_mutex_clear (&self->lock);
}

static GSourceFuncs mailbox_funcs = { NULL, NULL, mailbox_dispatch, mailbox_finalize, NULL, NULL };

static Mailbox *
mailbox_new (GMainContext *context)
{
  Mailbox *self = (Mailbox *) g_source_new (&mailbox_funcs, sizeof *self);

  g_mutex_init (&self->lock);
  self->last = &self->first;
  g_source_set_static_name (&self->source, "tracebus-mailbox");
  g_source_attach (&self->source, context);
  return self;
}

static void
role_enter (TbusThreadRole role)
{
  g_private_set (&current_role, GINT_TO_POINTER (role + 1));
  rcu_register_thread ();
}

void
tbus_thread_init (void)
{
  sigset_t claimed;
  Role *main_role = &roles[TBUS_THREAD_MAIN];

  sigemptyset (&claimed);
  for (int i = 0; i < 3; i++)
    sigaddset (&claimed, SIGRTMIN + i);
  pthread_sigmask (SIG_BLOCK, &claimed, NULL);
  signal (SIGPIPE, SIG_IGN);

  role_enter (TBUS_THREAD_MAIN);
  tbus_thread_report (TBUS_THREAD_MAIN, NULL);
  main_role->context = g_main_context_ref (g_main_context_default ());
  main_role->mailbox = mailbox_new (main_role->context);
  for (TbusThreadRole role = TBUS_THREAD_LINK; role < TBUS_N_THREADS; role++)
    {
      roles[role].context = g_main_context_new ();
      roles[role].mailbox = mailbox_new (roles[role].context);
    }
}

static gpointer
role_run (gpointer data)
{
  TbusThreadRole role = GPOINTER_TO_INT (data);
  Role *self = &roles[role];

  role_enter (role);
  g_main_context_push_thread_default (self->context);
  tbus_thread_report (role, NULL);
  while (!g_atomic_int_get (&self->stop))
    g_main_context_iteration (self->context, TRUE);
  g_main_context_pop_thread_default (self->context);
  rcu_unregister_thread ();
  return NULL;
}

void
tbus_thread_start (TbusThreadRole role)
{
  g_autofree char *name = g_strdup_printf ("tbus-%s", role_names[role]);

  g_return_if_fail (role != TBUS_THREAD_MAIN && roles[role].thread == NULL);
  roles[role].thread = g_thread_new (name, role_run, GINT_TO_POINTER (role));
}

static void
role_stop (gpointer data)
{
  Role *self = data;

  g_atomic_int_set (&self->stop, TRUE);
}

void
tbus_thread_stop (TbusThreadRole role)
{
  Role *self = &roles[role];
  Mailbox *mailbox = self->mailbox;

  if (self->thread != NULL)
    {
      tbus_post (role, role_stop, self, NULL);
      g_thread_join (g_steal_pointer (&self->thread));
    }
  g_mutex_lock (&mailbox->lock);
  mailbox->closed = TRUE;
  g_mutex_unlock (&mailbox->lock);
  posts_run (mailbox_take (mailbox), FALSE);
}

void
tbus_thread_end_grace_periods (void)
{
  rcu_barrier ();
}

GMainContext *
tbus_thread_context (TbusThreadRole role)
{
  return roles[role].context;
}

void
tbus_post (TbusThreadRole role, TbusPostFunc func, gpointer data, GDestroyNotify destroy)
{
  Mailbox *mailbox = roles[role].mailbox;
  Post *post = g_new (Post, 1);
  gboolean first, closed;

  *post = (Post){ NULL, func, data, destroy };
  g_mutex_lock (&mailbox->lock);
  closed = mailbox->closed;
  first = mailbox->first == NULL;
  if (!closed)
    {
      *mailbox->last = post;
      mailbox->last = &post->next;
    }
  g_mutex_unlock (&mailbox->lock);
  if (closed)
    posts_run (post, FALSE);
  else if (first)
    g_source_set_ready_time (&mailbox->source, 0);
}

gboolean
tbus_thread_is (TbusThreadRole role)
{
  return g_private_get (&current_role) == GINT_TO_POINTER (role + 1);
}

void
tbus_thread_report (TbusThreadRole role, const char *doing)
{
  __atomic_store_n (&roles[role].since, g_get_monotonic_time (), __ATOMIC_RELAXED);
  g_atomic_pointer_set (&roles[role].doing, doing);
}

TbusHealth
tbus_thread_health (TbusThreadRole role)
{
  return (TbusHealth){
    .alive = role == TBUS_THREAD_MAIN || roles[role].thread != NULL,
    .since = __atomic_load_n (&roles[role].since, __ATOMIC_RELAXED),
    .doing = g_atomic_pointer_get (&roles[role].doing),
  };
}

gboolean
tbus_health_is_stuck (const TbusHealth *self)
{
  return self->doing != NULL && g_get_monotonic_time () - self->since > TBUS_STUCK_MS * G_TIME_SPAN_MILLISECOND;
}

const char *
tbus_thread_role_name (TbusThreadRole role)
{
  return role_names[role];
}
