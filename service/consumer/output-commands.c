/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests about outputs: the directories that sessions write to. */
#include "consumer/request.h"

#include <errno.h>
#include <inttypes.h>

/* By the path, or by the descriptor that came along. False where it is malformed; else @place is the caller's. */
static bool
get_place (TcRequest *request, uint64_t *session, TcPlace *place, TcError *error, int *result)
{
  TwOutput wanted;

  if (!tw_get_output (&request->body, &wanted) || request->message->n_fds > 1)
    return false;
  *session = wanted.session;
  *result = tc_place_init (place, &wanted, request->message->n_fds > 0 ? request->message->fds[0] : -1, error);
  return true;
}

/* NULL with @error. */
static TcOutput *
find (TcConsumer *self, TcOutput *output, const TcPlace *place, TcError *error)
{
  if (!tc_output_is_at (output, place))
    {
      tc_error (error, EEXIST, "Session %" PRIu64 " writes to %s already", output->node.key, output->path);
      return NULL;
    }
  if (output->life != self->life)
    tc_problems_tell_again (&output->problems);
  output->life = self->life;
  return output;
}

static TcOutput *
open_new (TcConsumer *self, uint64_t session, const TcPlace *place, TcError *error)
{
  TcOutput *output = tc_output_open (session, place, error);

  if (output == NULL)
    return NULL;
  output->life = self->life;
  tc_problems_init (&output->problems, session, self->loop, tc_ticks_tell_problem, self);
  if (tc_table_add (&self->outputs, &output->node) == 0)
    return output;
  tc_output_unref (output);
  tc_error (error, ENOMEM, "No memory for the output %s", place->path);
  return NULL;
}

/* What one of these does adds to the answer, which begins with where the output is. 0, or -1 with @error. */
typedef int Act (TcConsumer *self, uint64_t session, const TcPlace *place, TwWriter *answer, TcError *error);

static int
open_or_find (TcConsumer *self, uint64_t session, const TcPlace *place, TwWriter *answer, TcError *error)
{
  TcNode *node = tc_table_find (&self->outputs, session);
  TcOutput *output = node != NULL ? find (self, TC_CONTAINER (node, TcOutput, node), place, error)
                                  : open_new (self, session, place, error);

  if (output == NULL)
    return -1;
  if (output->by_descriptor)
    tw_put_str (answer, "");
  else
    tw_put_str (answer, output->mount != NULL ? output->mount : "/");
  return 0;
}

static int
check (TcConsumer *self, uint64_t session, const TcPlace *place, TwWriter *answer, TcError *error)
{
  return tc_output_check (place, error);
}

static void
answer_place (TcRequest *request, Act *act)
{
  uint64_t session;
  TcPlace place;
  TwWriter answer = { 0 };
  TcError error;
  int result;

  if (!get_place (request, &session, &place, &error, &result))
    {
      tc_request_malformed (request);
      return;
    }
  if (result == 0)
    tw_put_str (&answer, place.path);
  if (result == 0 && act (request->consumer, session, &place, &answer, &error) == 0)
    tc_consumer_reply (request->consumer, request->serial, &answer);
  else
    {
      tw_writer_clear (&answer);
      tc_consumer_refuse (request->consumer, request->serial, &error);
    }
  tc_place_clear (&place);
}

void
tc_command_check_output (TcRequest *request)
{
  answer_place (request, check);
}

void
tc_command_open_output (TcRequest *request)
{
  answer_place (request, open_or_find);
}

void
tc_command_close_output (TcRequest *request)
{
  uint64_t session;
  TcNode *node;

  if (!tc_request_get_key (request, &session))
    {
      tc_request_malformed (request);
      return;
    }
  node = tc_table_find (&request->consumer->outputs, session);
  if (node == NULL)
    {
      tc_request_refuse (request, ENOENT, "Session %" PRIu64 " has no output here", session);
      return;
    }
  /* Sets that are still being closed hold it a little longer. */
  tc_table_remove (&request->consumer->outputs, node);
  tc_output_unref (TC_CONTAINER (node, TcOutput, node));
  tc_request_reply_empty (request);
}
