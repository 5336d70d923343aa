/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/session-private.h"

#include "base/error.h"
#include "core/room.h"

#include "base/log-rate.h"

#include <string.h>

enum {
  MAX_CODE = 64, /* bytes that a consumer's word may have */
  MAX_TOLD = 16, /* problems of one session that a consumer may tell of: its words are its own */
};

void
tbus_problem_free (TbusProblem *self)
{
  g_free (self->code);
  g_free (self->message);
  g_free (self);
}

static TbusProblem *
find_problem (TbusSession *self, const char *code, guint64 consumer)
{
  for (guint i = 0; i < self->problems->len; i++)
    {
      TbusProblem *problem = g_ptr_array_index (self->problems, i);

      if (problem->consumer == consumer && g_str_equal (problem->code, code))
        return problem;
    }
  return NULL;
}

static guint
count_problems (TbusSession *self, guint64 consumer)
{
  guint n = 0;

  for (guint i = 0; i < self->problems->len; i++)
    n += ((TbusProblem *) g_ptr_array_index (self->problems, i))->consumer == consumer;
  return n;
}

void
tbus_session_set_problem (TbusSession *self, const char *code, const char *message, guint64 consumer)
{
  TbusProblem *problem = find_problem (self, code, consumer);

  if (problem != NULL && g_str_equal (problem->message, message))
    return;
  if (problem == NULL)
    {
      problem = g_new0 (TbusProblem, 1);
      problem->code = g_strdup (code);
      problem->consumer = consumer;
      problem->since = g_get_real_time ();
      g_ptr_array_add (self->problems, problem);
    }
  g_free (problem->message);
  problem->message = g_strdup (message);
  tbus_log_warning_of (self->owner, TBUS_MSG_SESSION_PROBLEM, "TRACEBUS_SESSION", self->name, "Session \"%s\": %s",
                       self->name, message);
  tbus_session_changed (self, "problems");
}

gboolean
tbus_session_has_problem (TbusSession *self, const char *code)
{
  return find_problem (self, code, 0) != NULL;
}

const char *
tbus_session_look_up_problem (TbusSession *self, const char *code)
{
  for (guint i = 0; i < self->problems->len; i++)
    {
      const TbusProblem *problem = g_ptr_array_index (self->problems, i);

      if (g_str_equal (problem->code, code))
        return problem->message;
    }
  return NULL;
}

void
tbus_session_clear_problem (TbusSession *self, const char *code, guint64 consumer)
{
  TbusProblem *problem = find_problem (self, code, consumer);

  if (problem == NULL)
    return;
  g_ptr_array_remove (self->problems, problem);
  tbus_session_changed (self, "problems");
}

void
tbus_session_clear_problems (TbusSession *self, const char *code)
{
  for (guint i = self->problems->len; i-- > 0;)
    {
      const TbusProblem *problem = g_ptr_array_index (self->problems, i);

      if (g_str_equal (problem->code, code))
        tbus_session_clear_problem (self, code, problem->consumer);
    }
}

void
tbus_session_app_problem (TbusSession *self, const TbusAppSession *app_session)
{
  const char *warning = app_session->warnings->len > 0 ? g_ptr_array_index (app_session->warnings, 0) : NULL;
  gboolean no_room = g_error_matches (app_session->error, TBUS_ERROR, TBUS_ERROR_EXHAUSTED);
  const char *code = no_room ? TBUS_PROBLEM_NO_ROOM : TBUS_PROBLEM_APP_FAILED;

  if (no_room)
    tbus_room_want (self->hub->room);
  if (app_session->error != NULL && find_problem (self, code, 0) == NULL)
    tbus_session_set_problem (self, code, app_session->error->message, 0);
  if (warning != NULL && find_problem (self, TBUS_PROBLEM_APP_LACKS, 0) == NULL)
    tbus_session_set_problem (self, TBUS_PROBLEM_APP_LACKS, warning, 0);
}

void
tbus_session_app_late (TbusSession *self, pid_t pid, const char *name)
{
  g_autofree char *message = NULL;

  self->apps_late++;
  tbus_session_changed (self, "apps-late");
  tbus_hub_touch (self->hub);
  if (find_problem (self, TBUS_PROBLEM_APP_LATE, 0) != NULL)
    return;
  message = g_strdup_printf ("process %d (%s) did not wait any longer for its buffers, which took more than a second: "
                             "what it does until they are there is not recorded, and is not counted", (int) pid, name);
  tbus_session_set_problem (self, TBUS_PROBLEM_APP_LATE, message, 0);
}

/* What is lost stays lost, whoever tells of it, or is no longer there to tell: that is over with the next Start. */
static gboolean
is_lasting (const char *code)
{
  return g_str_equal (code, TBUS_PROBLEM_TORN_STREAM);
}

void
tbus_session_problem (TbusSession *self, const TbusProblemReport *report, TbusConsumer *consumer)
{
  g_autofree char *code = g_utf8_make_valid (report->code, strnlen (report->code, MAX_CODE));
  g_autofree char *message = g_utf8_make_valid (report->message, -1);
  guint64 id = tbus_consumer_get_id (consumer);

  if (!report->active && !is_lasting (code))
    tbus_session_clear_problem (self, code, id);
  else if (!report->active)
    return;
  else if (is_lasting (code) && find_problem (self, code, 0) != NULL)
    return; /* known from a former life */
  else if (find_problem (self, code, id) != NULL || count_problems (self, id) < MAX_TOLD)
    {
      tbus_session_set_problem (self, code, message, id);
      find_problem (self, code, id)->told = TRUE;
      if (is_lasting (code))
        tbus_hub_touch (self->hub);
    }
}

gboolean
tbus_session_uses_consumer (TbusSession *self, TbusConsumer *consumer)
{
  if (tbus_session_find_output (self, consumer) != NULL
      || count_problems (self, tbus_consumer_get_id (consumer)) > 0) /* which its next process ends */
    return TRUE;
  for (guint i = 0; i < self->sets->len; i++)
    if (((TbusBufferSet *) g_ptr_array_index (self->sets, i))->consumer == consumer)
      return TRUE;
  return FALSE;
}

void
tbus_session_forget_told (TbusSession *self, TbusConsumer *consumer)
{
  for (guint i = self->problems->len; i-- > 0;)
    {
      const TbusProblem *problem = g_ptr_array_index (self->problems, i);

      if (problem->told && !is_lasting (problem->code) && problem->consumer == tbus_consumer_get_id (consumer))
        tbus_session_clear_problem (self, problem->code, problem->consumer);
    }
}

/* Not where it died once more meanwhile: then another of these is to come. */
static void
end_restart (TbusSessionWork *work)
{
  if (tbus_consumer_get_state (work->consumer) == TBUS_CONSUMER_RUNNING)
    tbus_session_clear_problem (work->session, TBUS_PROBLEM_CONSUMER_RESTARTING,
                                tbus_consumer_get_id (work->consumer));
  tbus_work_finish (work);
}

static void
await_apps (TbusSessionWork *work)
{
  work->step = end_restart;
  tbus_work_hold (work);
  tbus_work_reach_apps (work);
  tbus_work_release (work);
}

void
tbus_session_consumer_back (TbusSession *self, TbusConsumer *consumer)
{
  TbusSessionWork *work;

  if (find_problem (self, TBUS_PROBLEM_CONSUMER_RESTARTING, tbus_consumer_get_id (consumer)) == NULL)
    return;
  work = tbus_work_new (self, NULL, NULL, NULL);
  work->consumer = g_object_ref (consumer);
  tbus_work_submit (work, await_apps);
}
