/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Consumers that die. The service has the rings' memory and pipes, so the next consumer goes on with them, and apps are
 * not even told. It is asked for everything that the dead one held, before what was in flight comes to it. What it
 * cannot go on with is given up, and made anew in another directory: break before make.
 */
#include "core/session-private.h"

#include "base/error.h"

#include <unistd.h>

enum { MAX_TRIES = 4 }; /* of buffers that no consumer survives */

/* One death of one consumer, until its successor has answered for all of the session's buffers. */
typedef struct {
  TbusSession *session;   /* a reference */
  TbusConsumer *consumer; /* a reference */
  guint held;             /* answers that it waits for */
  GError *lost;           /* why a set was given up; nullable */
} Adoption;

/* One request of it. */
typedef struct {
  Adoption *adoption;
  TbusBufferSet *set; /* a reference; NULL: the output */
} Call;

/* A later death has begun another one: what this one still hears says nothing. */
static gboolean
is_current (const Adoption *self)
{
  TbusSessionOutput *output = tbus_session_find_output (self->session, self->consumer);

  return output != NULL && output->adoption == self;
}

/* Those whose buffers are gone, or were being made, plan anew. */
static void
replan_apps (TbusSession *session)
{
  g_autoptr(GPtrArray) apps = tbus_app_set_list (session->hub->apps);

  for (guint i = 0; i < apps->len; i++)
    {
      TbusApp *app = g_ptr_array_index (apps, i);
      TbusAppSession *app_session = tbus_app_find_session (app, session->id);

      if (app_session == NULL
          || (app_session->error == NULL && (app_session->set == NULL || app_session->set->consumer != NULL)))
        continue;
      tbus_app_retry_session (app, session->id);
      tbus_app_kick (app);
    }
}

static void
on_undone (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
}

static void
give_up_set (Adoption *self, TbusBufferSet *set, const GError *error)
{
  TbusSession *session = self->session;

  if (set->consumer == NULL || set->state == TBUS_SET_CLOSING)
    return; /* given up already, or its closing will be answered */
  if (self->lost == NULL)
    {
      /* Names are taken from now on: what is made anew, also by an app that comes at this moment, goes elsewhere. */
      self->lost = g_error_copy (error);
      session->rebuilds++;
      tbus_hub_touch (session->hub);
    }
  TBUS_CONSUMER_GET_CLASS (self->consumer)->close_set (self->consumer, set->id, on_undone, NULL);
  tbus_session_drop_set (session, set, TBUS_SET_CLOSED);
}

static void
say_lost (Adoption *self)
{
  g_autofree char *message = NULL;

  message = g_strdup_printf ("the consumer of user %u (%u-bit) died, and nobody could go on with its buffers; what it "
                             "had not written is lost, recording goes on in new buffers: %s",
                             (guint) tbus_consumer_get_uid (self->consumer), tbus_consumer_get_bits (self->consumer),
                             self->lost->message);
  tbus_session_set_problem (self->session, TBUS_PROBLEM_BUFFERS_LOST, message, tbus_consumer_get_id (self->consumer));
  tbus_hub_touch (self->session->hub);
}

/* Nobody is left who would have another one started. */
static void
say_failed (Adoption *self)
{
  g_autofree char *message = NULL;

  message = g_strdup_printf ("the consumer of user %u (%u-bit) died again and again, and none runs now: the next "
                             "program that is recorded, or Stop and Start, has another one tried",
                             (guint) tbus_consumer_get_uid (self->consumer), tbus_consumer_get_bits (self->consumer));
  tbus_session_set_problem (self->session, TBUS_PROBLEM_CONSUMER_RESTARTING, message,
                            tbus_consumer_get_id (self->consumer));
}

static void
finish (Adoption *self)
{
  TbusSession *session = self->session;
  TbusSessionOutput *output = tbus_session_find_output (session, self->consumer);

  output->adoption = NULL;
  for (guint i = 0; i < session->sets->len; i++)
    {
      TbusBufferSet *set = g_ptr_array_index (session->sets, i);

      if (set->consumer == self->consumer)
        set->adoptions = 0;
    }
  if (output->error != NULL)
    g_ptr_array_remove (session->outputs, output); /* whoever needs it next opens it */
  if (session->state != TBUS_SESSION_DESTROYING)
    {
      if (self->lost != NULL)
        say_lost (self);
      replan_apps (session);
      if (tbus_consumer_get_state (self->consumer) == TBUS_CONSUMER_FAILED)
        say_failed (self);
    }
  if (tbus_consumer_get_state (self->consumer) != TBUS_CONSUMER_RUNNING)
    return; /* it failed: once it is given another try and runs, that is over */
  if (self->lost != NULL)
    tbus_session_consumer_back (session, self->consumer);
  else
    tbus_session_clear_problem (session, TBUS_PROBLEM_CONSUMER_RESTARTING, tbus_consumer_get_id (self->consumer));
}

static void
release (Adoption *self)
{
  if (--self->held > 0)
    return;
  if (is_current (self))
    finish (self);
  g_clear_error (&self->lost);
  g_object_unref (self->consumer);
  g_object_unref (self->session);
  g_free (self);
}

static Call *
call_new (Adoption *adoption, TbusBufferSet *set)
{
  Call *call = g_new (Call, 1);

  *call = (Call){ adoption, set != NULL ? tbus_buffer_set_ref (set) : NULL };
  adoption->held++;
  return call;
}

static void
call_ended (Call *call, const GError *error)
{
  if (error != NULL && call->set != NULL && is_current (call->adoption))
    give_up_set (call->adoption, call->set, error);
  g_clear_pointer (&call->set, tbus_buffer_set_unref);
  release (call->adoption);
  g_free (call);
}

static void
on_output_opened (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  Call *call = data;

  if (error != NULL && is_current (call->adoption))
    tbus_session_find_output (call->adoption->session, consumer)->error = g_error_copy (error);
  call_ended (call, NULL);
}

static void
on_set_added (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  call_ended (data, error);
}

static void
on_channel_adopted (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  Call *call = data;

  if (error == NULL)
    tbus_session_take_counters (call->adoption->session, reply);
  call_ended (call, error);
}

static void
adopt_channels (Adoption *self, TbusBufferSet *set)
{
  TbusSession *session = self->session;
  gboolean quiescent = session->state == TBUS_SESSION_INACTIVE && g_queue_is_empty (&session->works);

  for (guint i = 0; i < set->channels->len; i++)
    {
      const TbusSetChannel *made = &g_array_index (set->channels, TbusSetChannel, i);
      TbusChannelRequest channel = tbus_session_make_channel_request (session, set, i);
      TbusAdoptRequest request = { &channel, made->ring, &made->counters, quiescent };

      if (made->ring != NULL) /* else it is still being asked for */
        TBUS_CONSUMER_GET_CLASS (self->consumer)
          ->adopt_channel (self->consumer, &request, on_channel_adopted, call_new (self, set));
    }
}

static void
adopt_set (Adoption *self, TbusBufferSet *set)
{
  g_autoptr(GError) error = NULL;
  TbusSetRequest request;
  int log_fd;

  if (++set->adoptions > MAX_TRIES)
    {
      g_set_error (&error, TBUS_ERROR, TBUS_ERROR_CONSUMER_FAILED, "%d consumers died of them", MAX_TRIES);
      give_up_set (self, set, error);
      return;
    }
  log_fd = tbus_metadata_log_open_reader (set->log, &error);
  if (log_fd < 0)
    {
      give_up_set (self, set, error);
      return;
    }
  request = tbus_session_make_set_request (self->session, set, log_fd);
  TBUS_CONSUMER_GET_CLASS (self->consumer)->add_set (self->consumer, &request, on_set_added, call_new (self, set));
  close (log_fd);
  adopt_channels (self, set);
}

static void
adopt_all (Adoption *self)
{
  TbusSession *session = self->session;
  TbusOutputRequest request = { session->id, session->output, session->directory, session->mount };
  g_autoptr(GPtrArray) sets = g_ptr_array_new_with_free_func ((GDestroyNotify) tbus_buffer_set_unref);

  for (guint i = 0; i < session->sets->len; i++)
    if (((TbusBufferSet *) g_ptr_array_index (session->sets, i))->consumer == self->consumer)
      g_ptr_array_add (sets, tbus_buffer_set_ref (g_ptr_array_index (session->sets, i)));
  TBUS_CONSUMER_GET_CLASS (self->consumer)
    ->open_output (self->consumer, &request, on_output_opened, call_new (self, NULL));
  for (guint i = 0; i < sets->len; i++)
    adopt_set (self, g_ptr_array_index (sets, i));
}

void
tbus_session_go_on (TbusSession *self, TbusConsumer *consumer)
{
  TbusSessionOutput *output = tbus_session_find_output (self, consumer);
  Adoption *adoption = g_new0 (Adoption, 1);

  adoption->session = g_object_ref (self);
  adoption->consumer = g_object_ref (consumer);
  adoption->held = 1;
  output->adoption = adoption;
  g_clear_error (&output->error);
  tbus_session_forget_told (self, consumer); /* its successor meets them, too, where they are still there */
  adopt_all (adoption);
  release (adoption);
}

void
tbus_session_consumer_died (TbusSession *self, TbusConsumer *consumer)
{
  g_autofree char *message = NULL;

  tbus_session_output_stuck (self, consumer, FALSE); /* its successor finds out */
  if (tbus_session_find_output (self, consumer) == NULL)
    return;
  message = g_strdup_printf ("the consumer of user %u (%u-bit) died; the next one goes on with its buffers",
                             (guint) tbus_consumer_get_uid (consumer), tbus_consumer_get_bits (consumer));
  if (self->state != TBUS_SESSION_DESTROYING)
    tbus_session_set_problem (self, TBUS_PROBLEM_CONSUMER_RESTARTING, message, tbus_consumer_get_id (consumer));
  tbus_session_go_on (self, consumer);
}

void
tbus_session_consumer_running (TbusSession *self, TbusConsumer *consumer)
{
  TbusSessionOutput *output = tbus_session_find_output (self, consumer);

  if (output == NULL || output->adoption == NULL)
    tbus_session_consumer_back (self, consumer);
}
