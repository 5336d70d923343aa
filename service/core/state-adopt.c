/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a former life of the service had, and the descriptor store has kept, is taken over: consumers that drain the
 * buffers, programs that write into them, and what the service knew of both.
 *
 * Everything is looked at before it is taken. Programs that were told something after the last save register anew, and
 * so do all that share buffers of which an event was just being described: those are left to their consumer, which
 * drains them to the end. Nothing is believed that the marks do not say.
 */
#include "core/app-private.h"
#include "core/kept.h"
#include "core/session-private.h"
#include "core/state.h"

#include "base/fd-store.h"
#include "base/log.h"
#include "base/marks.h"
#include "base/process.h"

#include <unistd.h>

typedef struct {
  TbusHub *hub;
  TbusState *state;
  GHashTable *consumers; /* of guint64 id to TbusConsumer, references */
  GHashTable *sets;      /* of guint64 id to TbusBufferSet, references */
  GPtrArray *tracees;    /* of TbusTracee, references */
} Adopter;

/* Consumers. */

static gboolean
had_sets (const TbusState *state, guint64 consumer)
{
  for (guint i = 0; i < state->sessions->len; i++)
    {
      const TbusSavedSession *session = g_ptr_array_index (state->sessions, i);

      for (guint j = 0; j < session->sets->len; j++)
        if (((const TbusSavedSet *) g_ptr_array_index (session->sets, j))->consumer == consumer)
          return TRUE;
    }
  return FALSE;
}

/*
 * One that cannot be talked to any more drains what it has, and ends: while it does, nobody else may. One that is dead
 * has a successor where it leaves something to go on with.
 */
static gboolean
can_take_consumer (const TbusState *state, const TbusSavedConsumer *saved)
{
  g_autofree char *prefix = g_strdup_printf ("consumer-%" G_GUINT64_FORMAT "-", saved->id);
  g_auto(GStrv) names = tbus_fd_store_list (prefix);

  if (saved->pid <= 0 || tbus_process_has_ended (saved->pid))
    return had_sets (state, saved->id);
  return names[0] != NULL;
}

static void
take_consumers (Adopter *self)
{
  for (guint i = self->state->consumers->len; i-- > 0;)
    {
      const TbusSavedConsumer *saved = g_ptr_array_index (self->state->consumers, i);
      const TbusConsumerAdoption what = { saved->id, saved->uid, saved->bits };
      g_autoptr(GError) error = NULL;
      TbusConsumer *consumer;

      if (!can_take_consumer (self->state, saved))
        continue;
      consumer = tbus_core_adopt_consumer (self->hub->core, &what, &error);
      if (consumer == NULL)
        {
          tbus_log_warning (TBUS_MSG_NOT_ADOPTED, "TRACEBUS_ERROR", error->message,
                            "What the consumer of user %u had is not gone on with: %s", saved->uid, error->message);
          continue;
        }
      g_hash_table_insert (self->consumers, g_memdup2 (&saved->id, sizeof saved->id), consumer);
      g_ptr_array_remove_index (self->state->consumers, i);
    }
}

/* Buffers. */

/* FALSE with @why where the service died in the middle of a change. */
static gboolean
claim_set (const TbusSavedSet *saved, const char **why)
{
  if (!tbus_mark_claim (saved->mark))
    {
      *why = "it was not kept whole";
      return FALSE;
    }
  if (tbus_mark_get (saved->mark, TBUS_MARK_NOTICES) % 2 == 0)
    return TRUE;
  tbus_mark_give (saved->mark);
  *why = "a program was describing an event when the service ended";
  return FALSE;
}

static gboolean
take_rings (TbusBufferSet *set, const TbusSavedSet *saved)
{
  for (guint i = 0; i < saved->channels->len; i++)
    {
      TbusSetChannel *channel = &g_array_index (set->channels, TbusSetChannel, i);

      channel->ring = tbus_kept_take_ring (saved, g_ptr_array_index (saved->channels, i));
      if (channel->ring == NULL)
        return FALSE;
    }
  return TRUE;
}

/* A version that was on its way is what the consumer is asked for again: it may have it by now, or not. */
static gboolean
take_next_log (TbusBufferSet *set)
{
  int fd = tbus_kept_take_log (set->id, TRUE);

  return fd < 0 || tbus_metadata_log_adopt_version (set->log, fd, NULL);
}

/* (transfer full) (nullable): with @why, unless it was closed since. */
static TbusBufferSet *
take_set (const TbusSavedSet *saved, const char **why)
{
  int log_fd = tbus_kept_take_log (saved->id, FALSE);
  g_autoptr(TbusBufferSet) set = NULL;

  *why = NULL;
  if (log_fd < 0 && saved->key.ownership == TBUS_BUFFER_PROCESS)
    return NULL;
  if (!claim_set (saved, why))
    {
      if (log_fd >= 0)
        close (log_fd);
      return NULL;
    }
  *why = "descriptors of it are missing";
  if (log_fd >= 0)
    set = tbus_state_restore_set (saved, log_fd, NULL);
  if (set == NULL)
    {
      tbus_mark_give (saved->mark);
      return NULL;
    }
  if (!take_rings (set, saved) || !take_next_log (set))
    return NULL;
  set->state = TBUS_SET_READY; /* one that was being closed is closed again, by whoever has it now */
  return g_steal_pointer (&set);
}

static void
say_left (const TbusSession *session, const TbusSavedSet *saved, const char *why)
{
  tbus_log_warning (TBUS_MSG_NOT_ADOPTED, "TRACEBUS_SESSION", session->name,
                    "The buffers %s of session \"%s\" are drained and not gone on with: %s", saved->directory,
                    session->name, why);
}

/* Whose programs describe their events there. */
static uid_t
find_writer (Adopter *self, const TbusSession *session, const TbusSavedSet *set)
{
  if (set->key.ownership == TBUS_BUFFER_USER)
    return set->key.owner;
  for (guint i = 0; i < self->state->apps->len; i++)
    {
      const TbusSavedApp *app = g_ptr_array_index (self->state->apps, i);

      for (guint j = 0; j < app->sessions->len; j++)
        if (((TbusSavedAppSession *) g_ptr_array_index (app->sessions, j))->set == set->id)
          return app->uid;
    }
  return session->owner;
}

static void
take_sets (Adopter *self, TbusSession *session, const TbusSavedSession *saved)
{
  for (guint i = 0; i < saved->sets->len; i++)
    {
      const TbusSavedSet *saved_set = g_ptr_array_index (saved->sets, i);
      TbusConsumer *consumer = g_hash_table_lookup (self->consumers, &saved_set->consumer);
      const char *why = consumer == NULL ? "its consumer cannot be talked to" : "an older service described its events";
      TbusBufferSet *set = consumer != NULL && !self->state->older ? take_set (saved_set, &why) : NULL;

      if (set == NULL)
        {
          tbus_kept_drop_saved_set (saved_set);
          if (why != NULL)
            {
              say_left (session, saved_set, why);
              session->gap = TRUE;
            }
          continue;
        }
      tbus_class_registry_charge (set->classes, find_writer (self, session, saved_set));
      tbus_session_take_set (session, set, consumer);
      g_hash_table_insert (self->sets, &set->id, set);
    }
}

/* Their consumers are asked in one go, and know of nothing else afterwards. */
static void
go_on (TbusSession *session)
{
  g_autoptr(GPtrArray) consumers = g_ptr_array_new ();

  for (guint i = 0; i < session->outputs->len; i++)
    g_ptr_array_add (consumers, ((TbusSessionOutput *) g_ptr_array_index (session->outputs, i))->consumer);
  for (guint i = 0; i < consumers->len; i++)
    tbus_session_go_on (session, g_ptr_array_index (consumers, i));
}

static TbusSession *
find_session (Adopter *self, guint64 id)
{
  return tbus_session_set_find_id (self->hub->sessions, id);
}

static void
take_sessions (Adopter *self)
{
  for (guint i = 0; i < self->state->sessions->len; i++)
    {
      const TbusSavedSession *saved = g_ptr_array_index (self->state->sessions, i);
      TbusSession *session = find_session (self, saved->id);

      if (session == NULL)
        continue;
      session->gap = FALSE;
      take_sets (self, session, saved);
      go_on (session);
    }
}

/* Programs. */

static gboolean
has_its_buffers (Adopter *self, const TbusSavedApp *saved)
{
  for (guint i = 0; i < saved->sessions->len; i++)
    {
      const TbusSavedAppSession *session = g_ptr_array_index (saved->sessions, i);

      if (session->set != 0 && find_session (self, session->session_id) != NULL
          && !g_hash_table_contains (self->sets, &session->set))
        return FALSE;
    }
  return TRUE;
}

/* It was told, and has told, everything that the state knows, and nothing else. */
static gboolean
claim_app (Adopter *self, const TbusSavedApp *saved)
{
  if (saved->busy || saved->registering || !has_its_buffers (self, saved) || !tbus_mark_claim (saved->mark))
    return FALSE;
  if (saved->commands % 2 == 0 && tbus_mark_get (saved->mark, TBUS_MARK_COMMANDS) == saved->commands
      && tbus_mark_get (saved->mark, TBUS_MARK_NOTICES) % 2 == 0)
    return TRUE;
  tbus_mark_give (saved->mark);
  return FALSE;
}

/* (transfer full) (nullable) */
static TbusTracee *
take_tracee (Adopter *self, const TbusSavedApp *saved)
{
  int command_fd, notify_fd;

  if (!claim_app (self, saved))
    {
      tbus_kept_end_app (saved->id);
      return NULL;
    }
  if (tbus_kept_take_app (saved->id, &command_fd, &notify_fd))
    return tbus_state_restore_tracee (saved, command_fd, notify_fd);
  tbus_mark_give (saved->mark);
  return NULL;
}

/* What the program calls its session and channels. */
static void
bind_handles (Adopter *self, TbusTracee *tracee, const TbusAppSession *app_session)
{
  if (!app_session->there || app_session->set == NULL)
    return;
  tbus_tracee_index_bind (self->hub->index, tracee, app_session->handle, app_session->set, TBUS_NO_CHANNEL);
  for (guint i = 0; i < app_session->channels->len; i++)
    {
      const TbusAppChannel *channel = &g_array_index (app_session->channels, TbusAppChannel, i);

      if (channel->there)
        tbus_tracee_index_bind (self->hub->index, tracee, channel->handle, app_session->set, i);
    }
}

static void
count_partings (TbusSession *session, const TbusSavedSession *saved, guint64 app)
{
  for (guint i = 0; i < saved->partings->len; i++)
    if (g_array_index (saved->partings, guint64, i) == app)
      g_array_append_val (session->partings, app);
}

static void
take_app (Adopter *self, const TbusSavedApp *saved, TbusTracee *tracee)
{
  g_autoptr(TbusApp) app = tbus_app_new_restored (self->hub, tracee, saved->version);

  for (guint i = 0; i < saved->sessions->len; i++)
    {
      const TbusSavedAppSession *from = g_ptr_array_index (saved->sessions, i);
      TbusAppSession *app_session = tbus_state_restore_app_session (from, g_hash_table_lookup (self->sets, &from->set),
                                                                    find_session (self, from->session_id));

      bind_handles (self, tracee, app_session);
      g_ptr_array_add (app->sessions, app_session);
    }
  for (guint i = 0; i < self->state->sessions->len; i++)
    {
      const TbusSavedSession *session = g_ptr_array_index (self->state->sessions, i);

      if (find_session (self, session->id) != NULL)
        count_partings (find_session (self, session->id), session, saved->id);
    }
  tbus_app_set_add (self->hub->apps, app);
  tbus_app_set_show (self->hub->apps, app);
  g_ptr_array_add (self->tracees, tbus_tracee_ref (tracee));
}

/* Until it has registered anew it is not recorded. */
static void
miss_app (Adopter *self, const TbusSavedApp *saved)
{
  g_autofree char *pid = g_strdup_printf ("%d", saved->pid);

  for (guint i = 0; i < saved->sessions->len; i++)
    {
      const TbusSavedAppSession *app_session = g_ptr_array_index (saved->sessions, i);
      TbusSession *session = find_session (self, app_session->session_id);
      TbusBufferSet *set = g_hash_table_lookup (self->sets, &app_session->set);

      if (session != NULL)
        session->gap = TRUE;
      if (set != NULL)
        tbus_session_app_left (set, saved->pid);
    }
  tbus_log_message (TBUS_MSG_NOT_ADOPTED, "TRACEBUS_PID", pid,
                    "Process %s was in the middle of something when the service ended: it registers anew", pid);
}

static void
take_apps (Adopter *self)
{
  for (guint i = 0; i < self->state->apps->len; i++)
    {
      const TbusSavedApp *saved = g_ptr_array_index (self->state->apps, i);
      g_autoptr(TbusTracee) tracee = take_tracee (self, saved);

      if (tracee != NULL)
        take_app (self, saved, tracee);
      else
        miss_app (self, saved);
    }
}

/* The end of it. */

static gboolean
is_used (Adopter *self, guint64 set)
{
  for (guint i = 0; i < self->state->apps->len; i++)
    {
      const TbusSavedApp *saved = g_ptr_array_index (self->state->apps, i);
      TbusApp *app = tbus_app_set_find_id (self->hub->apps, saved->id);

      for (guint j = 0; app != NULL && j < app->sessions->len; j++)
        {
          const TbusAppSession *app_session = g_ptr_array_index (app->sessions, j);

          if (app_session->set != NULL && app_session->set->id == set)
            return TRUE;
        }
    }
  return FALSE;
}

/* What was to be closed, or has lost the process that had it to itself, is closed once it is drained. */
static void
leave_unused_sets (Adopter *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->sets);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      TbusBufferSet *set = value;

      if (set->key.ownership == TBUS_BUFFER_PROCESS && !is_used (self, set->id))
        tbus_session_leave_set (find_session (self, set->key.session), set);
      else
        tbus_metadata_push_run (set->push, TRUE, NULL, NULL);
    }
}

static void
finish_sessions (Adopter *self)
{
  for (guint i = 0; i < self->state->sessions->len; i++)
    {
      const TbusSavedSession *saved = g_ptr_array_index (self->state->sessions, i);
      TbusSession *session = find_session (self, saved->id);

      if (session == NULL)
        continue;
      if (!session->gap && saved->ever_started)
        session->rebuilds--; /* nothing is made anew */
      tbus_session_finish_regeneration (session);
      if (session->state == TBUS_SESSION_INACTIVE && session->sets->len > 0)
        tbus_session_finish_stop (session);
    }
}

/* Programs may have died meanwhile; and what its consumer had told nobody has heard. */
static void
inspect (gpointer id, gpointer data, gpointer user_data)
{
  Adopter *self = user_data;
  TbusBufferSet *set = data;
  TbusSession *session = find_session (self, set->key.session);

  if (session != NULL && set->key.ownership == TBUS_BUFFER_USER)
    tbus_session_inspect_set (session, set);
}

static void
settle (gpointer id, gpointer consumer, gpointer data)
{
  TBUS_CONSUMER_GET_CLASS (consumer)->settle (consumer, NULL, NULL);
}

/* Stopped for good, and started again: nothing was kept, not even for those who could be told by their state. */
static gboolean
is_anything_kept (void)
{
  g_auto(GStrv) names = tbus_fd_store_list ("");

  return names[0] != NULL;
}

GPtrArray *
tbus_core_adopt (TbusCore *core, TbusState *state)
{
  Adopter self = {
    .hub = tbus_core_get_hub (core),
    .state = state,
    .consumers = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref),
    .sets = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify) tbus_buffer_set_unref),
    .tracees = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_tracee_unref),
  };

  tbus_thread_assert_main ();
  self.hub->keeps_buffers = TRUE;
  if (tbus_state_is_of_this_boot (state) && is_anything_kept ())
    {
      take_consumers (&self);
      take_sessions (&self);
      take_apps (&self);
      leave_unused_sets (&self);
      finish_sessions (&self);
      g_hash_table_foreach (self.consumers, settle, NULL);
      g_hash_table_foreach (self.sets, inspect, &self);
    }
  tbus_kept_sweep ();
  g_hash_table_unref (self.sets);
  g_hash_table_unref (self.consumers);
  return self.tracees;
}
