/* SPDX-License-Identifier: GPL-2.0-only */
/* What a session says anew while it goes on: how its clock compares with the wall clock, and what apps have loaded. */
#include "core/session-private.h"

#include "base/error.h"
#include "core/kept.h"

#include <string.h>
#include <unistd.h>

/* The clock. */

static void
on_clock (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  TbusSessionWork *work = data;
  TbusCtfClock *clock = &work->session->clock;
  const TbusClockReport *report = reply;

  if (error != NULL && work->error == NULL)
    work->error = g_error_copy (error);
  if (error == NULL)
    {
      tbus_ctf_clock_clear (clock);
      memcpy (clock->uuid, report->uuid, sizeof clock->uuid);
      clock->name = g_strdup (report->name);
      clock->description = g_strdup (report->description);
      clock->frequency = report->frequency;
      clock->offset = report->offset;
    }
  tbus_work_release (work);
}

void
tbus_session_read_clock (TbusSession *self, TbusConsumer *consumer, TbusSessionWork *work)
{
  tbus_work_hold (work);
  TBUS_CONSUMER_GET_CLASS (consumer)->read_clock (consumer, on_clock, work);
}

/* Metadata. */

typedef struct {
  TbusSessionWork *work;
  TbusBufferSet *set; /* a reference */
} ReplaceCall;

static void
on_replaced (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data)
{
  g_autofree ReplaceCall *call = data;
  TbusSessionWork *work = call->work;
  g_autoptr(TbusBufferSet) set = call->set;
  GPtrArray *warnings = tbus_operation_get_outcome_mutable (work->operation)->warnings;

  tbus_metadata_log_end_version (set->log, error == NULL);
  tbus_kept_drop_next_log (set);
  if (error == NULL && set->push != NULL)
    tbus_kept_put_log (set);
  tbus_hub_touch_buffers (work->session->hub);
  if (set->push != NULL)
    tbus_metadata_push_release (set->push, error == NULL ? (gint64) * (const guint64 *) reply : -1);
  if (error != NULL)
    g_ptr_array_add (warnings, g_strdup_printf ("The metadata of %s is as it was: %s", set->directory, error->message));
  tbus_work_release (work);
}

/* Takes @log_fd. */
static void
send_version (TbusSessionWork *work, TbusBufferSet *set, int log_fd)
{
  const TbusReplaceRequest request = { set->id, log_fd };
  ReplaceCall *call = g_new (ReplaceCall, 1);

  *call = (ReplaceCall){ work, tbus_buffer_set_ref (set) };
  tbus_metadata_push_hold (set->push);
  tbus_work_hold (work);
  TBUS_CONSUMER_GET_CLASS (set->consumer)->replace_metadata (set->consumer, &request, on_replaced, call);
  close (log_fd);
}

/* FALSE with @error: nothing has happened. */
static gboolean
replace_metadata (TbusSessionWork *work, TbusBufferSet *set, GError **error)
{
  g_autoptr(GString) head = g_string_new (NULL);
  gsize replaced = tbus_ctf_append_with_clock (head, tbus_metadata_log_text (set->log),
                                               tbus_metadata_log_length (set->log), &work->session->clock);
  int log_fd;

  log_fd = tbus_metadata_log_begin_version (set->log, head->str, head->len, replaced, error);
  if (log_fd < 0)
    return FALSE;
  tbus_kept_put_next_log (set);
  send_version (work, set, log_fd);
  return TRUE;
}

/* Sets that are still being made too: the request follows theirs on an ordered link. */
static void
replace_all (TbusSessionWork *work)
{
  TbusSession *self = work->session;
  GPtrArray *warnings = tbus_operation_get_outcome_mutable (work->operation)->warnings;

  if (work->error != NULL)
    {
      tbus_work_fail (work, g_steal_pointer (&work->error));
      return;
    }
  work->step = tbus_work_finish;
  tbus_work_hold (work);
  for (guint i = 0; i < self->sets->len; i++)
    {
      TbusBufferSet *set = g_ptr_array_index (self->sets, i);
      g_autoptr(GError) error = NULL;

      if (set->state != TBUS_SET_READY && set->state != TBUS_SET_MAKING)
        continue;
      if (!replace_metadata (work, set, &error))
        g_ptr_array_add (warnings, g_strdup (error->message));
    }
  tbus_work_release (work);
}

/* The consumer has it by now, or not: it is asked once more, and then it does. */
static void
send_versions_again (TbusSessionWork *work)
{
  TbusSession *self = work->session;

  work->step = tbus_work_finish;
  tbus_work_hold (work);
  for (guint i = 0; i < self->sets->len; i++)
    {
      TbusBufferSet *set = g_ptr_array_index (self->sets, i);
      int log_fd;

      if (!tbus_metadata_log_has_version (set->log))
        continue;
      log_fd = tbus_metadata_log_open_next_reader (set->log, NULL);
      if (log_fd >= 0)
        send_version (work, set, log_fd);
      else
        tbus_metadata_log_end_version (set->log, FALSE);
    }
  tbus_work_release (work);
}

void
tbus_session_finish_regeneration (TbusSession *self)
{
  for (guint i = 0; i < self->sets->len; i++)
    if (tbus_metadata_log_has_version (((TbusBufferSet *) g_ptr_array_index (self->sets, i))->log))
      {
        tbus_work_submit (tbus_work_new (self, NULL, NULL, NULL), send_versions_again);
        return;
      }
}

static void
begin_regenerate_metadata (TbusSessionWork *work)
{
  TbusSession *self = work->session;
  g_autoptr(TbusConsumer) consumer = NULL;
  GError *error = NULL;

  if (!tbus_work_expect_alive (work))
    return;
  if (!self->ever_started)
    {
      tbus_work_fail (work, g_error_new (TBUS_ERROR, TBUS_ERROR_INVALID_STATE,
                                         "Session \"%s\" was not started yet: it has no metadata", self->name));
      return;
    }
  consumer = tbus_core_obtain_consumer (self->hub->core, self->owner, sizeof (long) * 8, &error);
  if (consumer == NULL)
    {
      tbus_work_fail (work, error);
      return;
    }
  work->step = replace_all;
  work->stuck = TBUS_STUCK_FAILS;
  tbus_work_hold (work);
  tbus_session_read_clock (self, consumer, work);
  tbus_work_release (work);
}

void
tbus_session_regenerate_metadata_async (TbusSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  tbus_work_submit (tbus_work_new (self, NULL, callback, user_data), begin_regenerate_metadata);
}

/* State. */

static void
begin_regenerate_statedump (TbusSessionWork *work)
{
  TbusSession *self = work->session;
  g_autoptr(GPtrArray) apps = tbus_app_set_list (self->hub->apps);

  if (self->state != TBUS_SESSION_ACTIVE)
    {
      tbus_work_fail (work, g_error_new (TBUS_ERROR, TBUS_ERROR_INVALID_STATE,
                                         "Session \"%s\" is %s: apps tell their state while it is active", self->name,
                                         tbus_session_state_to_string (self->state)));
      return;
    }
  for (guint i = 0; i < apps->len; i++)
    tbus_app_want_statedump (g_ptr_array_index (apps, i), self->id);
  work->step = tbus_work_finish;
  tbus_work_hold (work);
  tbus_work_reach_apps (work);
  tbus_work_release (work);
}

void
tbus_session_regenerate_statedump_async (TbusSession *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  tbus_work_submit (tbus_work_new (self, cancellable, callback, user_data), begin_regenerate_statedump);
}
