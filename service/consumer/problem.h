/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Problems: what keeps one session's traces from being written, told to the service once when it
 * begins and once when it is over.
 *
 * Several streams may meet the same problem: it lasts as long as one of them has it. Changes are told
 * at most once a second and problem, so that a disk at the brink of full does not flood the link; while nobody reads
 * there, not at all: afterwards, what is true then.
 * Owner:   an output.
 * Threads: begin and end any; the rest, and telling, main.
 */
#include "consumer/loop.h"
#include "wire/wire.h"

#include <pthread.h>

typedef enum {
  TC_PROBLEM_NO_SPACE,
  TC_PROBLEM_OUTPUT_GONE,
  TC_PROBLEM_WRITE_FAILED,
  TC_PROBLEM_TORN_STREAM, /* an app wrote nonsense into its buffers, or died while it wrote */
  TC_N_PROBLEMS
} TcProblem;

typedef struct TcProblems TcProblems;
/* False: not now, try again. */
typedef bool (*TcProblemFunc) (void *data, const TwProblem *problem);

/* What can have problems: a stream, a metadata file. Used by one thread at a time. */
typedef struct {
  TcProblems *problems; /* of its output */
  uint32_t has;         /* bits */
} TcSubject;

struct TcProblems {
  uint64_t session;
  TcLoop *loop; /* main's */
  TcProblemFunc tell;
  void *tell_data;
  TcTimer timer;
  TcMail mail;

  pthread_mutex_t lock;
  bool mailed; /* this and all below under @lock */
  struct {
    unsigned having;
    bool noted; /* one of these */
    bool told;
    uint64_t told_at;
    int errnum;
    char message[256];
  } problems[TC_N_PROBLEMS];
};

void tc_problems_init (TcProblems *self, uint64_t session, TcLoop *loop, TcProblemFunc tell, void *tell_data);
/* Whoever was told is gone: what lasts is told to the next. */
void tc_problems_tell_again (TcProblems *self);
/* Nobody has a problem any more, or can get one. */
void tc_problems_clear (TcProblems *self);

/* What a write error means. */
TcProblem tc_problem_of_errno (int errnum);
void tc_problem_begin (TcSubject *subject, TcProblem problem, int errnum, const char *format, ...)
  __attribute__ ((format (printf, 4, 5)));
/* Something is lost, which no later success mends: the problem lasts until tc_problems_forget(). */
void tc_problem_note (TcProblems *self, TcProblem problem, int errnum, const char *format, ...)
  __attribute__ ((format (printf, 4, 5)));
/* Main: what was noted has been seen. */
void tc_problems_forget (TcProblems *self);
/* Ends all of @problems (bits) that @subject has. Costs nothing where it has none. */
void tc_problem_end (TcSubject *subject, uint32_t problems);

enum {
  TC_WRITE_PROBLEMS = 1 << TC_PROBLEM_NO_SPACE | 1 << TC_PROBLEM_OUTPUT_GONE | 1 << TC_PROBLEM_WRITE_FAILED,
  TC_ALL_PROBLEMS = (1 << TC_N_PROBLEMS) - 1,
};
