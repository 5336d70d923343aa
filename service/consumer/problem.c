/* SPDX-License-Identifier: GPL-2.0-only */
#include "consumer/problem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SECOND = 1000000000 };

static const char *const codes[TC_N_PROBLEMS] = {
  [TC_PROBLEM_NO_SPACE] = "no-space",
  [TC_PROBLEM_OUTPUT_GONE] = "output-gone",
  [TC_PROBLEM_WRITE_FAILED] = "write-failed",
  [TC_PROBLEM_TORN_STREAM] = "torn-stream",
};

/* Tells what has changed of problem @i, unless it was told of just now. Returns: when to look again, or UINT64_MAX. */
static uint64_t
tell_change (TcProblems *self, int i, uint64_t now)
{
  char message[sizeof self->problems[i].message];
  TwProblem news = { .session = self->session, .code = codes[i], .message = message };
  uint64_t due = UINT64_MAX;

  pthread_mutex_lock (&self->lock);
  news.active = self->problems[i].having > 0;
  news.errnum = (uint32_t) self->problems[i].errnum;
  memcpy (message, self->problems[i].message, sizeof message);
  if (news.active != self->problems[i].told)
    due = self->problems[i].told_at == 0 ? now : self->problems[i].told_at + SECOND;
  if (due <= now)
    {
      self->problems[i].told = news.active;
      self->problems[i].told_at = now;
    }
  pthread_mutex_unlock (&self->lock);
  if (due > now)
    return due;
  if (self->tell (self->tell_data, &news))
    return UINT64_MAX;
  pthread_mutex_lock (&self->lock);
  self->problems[i].told = !news.active;
  pthread_mutex_unlock (&self->lock);
  return now + SECOND;
}

static void
tell_changes (TcProblems *self)
{
  uint64_t now = tc_now ();
  uint64_t next = UINT64_MAX;

  for (int i = 0; i < TC_N_PROBLEMS; i++)
    {
      uint64_t due = tell_change (self, i, now);

      next = due < next ? due : next;
    }
  if (next != UINT64_MAX)
    tc_loop_arm (self->loop, &self->timer, next);
}

static void
on_mail (TcMail *mail)
{
  TcProblems *self = (TcProblems *) ((char *) mail - offsetof (TcProblems, mail));

  pthread_mutex_lock (&self->lock);
  self->mailed = false;
  pthread_mutex_unlock (&self->lock);
  tell_changes (self);
}

static void
on_timer (TcTimer *timer)
{
  tell_changes ((TcProblems *) ((char *) timer - offsetof (TcProblems, timer)));
}

void
tc_problems_init (TcProblems *self, uint64_t session, TcLoop *loop, TcProblemFunc tell, void *tell_data)
{
  memset (self, 0, sizeof *self);
  self->session = session;
  self->loop = loop;
  self->tell = tell;
  self->tell_data = tell_data;
  self->timer.fire = on_timer;
  self->mail.run = on_mail;
  pthread_mutex_init (&self->lock, NULL);
}

void
tc_problems_tell_again (TcProblems *self)
{
  pthread_mutex_lock (&self->lock);
  for (int i = 0; i < TC_N_PROBLEMS; i++)
    {
      self->problems[i].told = false;
      self->problems[i].told_at = 0;
    }
  pthread_mutex_unlock (&self->lock);
  tell_changes (self);
}

void
tc_problems_clear (TcProblems *self)
{
  tc_loop_disarm (self->loop, &self->timer);
  tc_loop_take_back (self->loop, &self->mail); /* what was over as the last set went has nobody to be told of */
  pthread_mutex_destroy (&self->lock);
}

TcProblem
tc_problem_of_errno (int errnum)
{
  switch (errnum)
    {
    case ENOSPC:
    case EDQUOT:
      return TC_PROBLEM_NO_SPACE;
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ESTALE:
    case ENOTCONN:
      return TC_PROBLEM_OUTPUT_GONE;
    default:
      return TC_PROBLEM_WRITE_FAILED;
    }
}

/* Under the lock. */
static void
change (TcProblems *self, TcProblem problem, int by)
{
  self->problems[problem].having += by;
  if (self->mailed || (self->problems[problem].having > 0) == self->problems[problem].told)
    return;
  self->mailed = true;
  tc_loop_post (self->loop, &self->mail);
}

/* Under the lock. */
static void
begin (TcProblems *self, TcProblem problem, int errnum, const char *format, va_list args)
{
  if (self->problems[problem].having == 0)
    {
      self->problems[problem].errnum = errnum;
      vsnprintf (self->problems[problem].message, sizeof self->problems[problem].message, format, args);
    }
  change (self, problem, 1);
}

void
tc_problem_begin (TcSubject *subject, TcProblem problem, int errnum, const char *format, ...)
{
  TcProblems *self = subject->problems;
  va_list args;

  if (subject->has & 1u << problem)
    return;
  subject->has |= 1u << problem;
  va_start (args, format);
  pthread_mutex_lock (&self->lock);
  begin (self, problem, errnum, format, args);
  pthread_mutex_unlock (&self->lock);
  va_end (args);
}

void
tc_problem_note (TcProblems *self, TcProblem problem, int errnum, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  pthread_mutex_lock (&self->lock);
  if (!self->problems[problem].noted)
    begin (self, problem, errnum, format, args);
  self->problems[problem].noted = true;
  pthread_mutex_unlock (&self->lock);
  va_end (args);
}

void
tc_problems_forget (TcProblems *self)
{
  pthread_mutex_lock (&self->lock);
  for (int i = 0; i < TC_N_PROBLEMS; i++)
    if (self->problems[i].noted)
      {
        self->problems[i].noted = false;
        change (self, i, -1);
      }
  pthread_mutex_unlock (&self->lock);
}

void
tc_problem_end (TcSubject *subject, uint32_t problems)
{
  TcProblems *self = subject->problems;

  problems &= subject->has;
  if (problems == 0)
    return;
  subject->has &= ~problems;
  pthread_mutex_lock (&self->lock);
  for (int i = 0; i < TC_N_PROBLEMS; i++)
    if (problems & 1u << i)
      change (self, i, -1);
  pthread_mutex_unlock (&self->lock);
}
