/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fixture: a spawner of fake consumers, answers that can be waited for, and a look for leaks at the end.
 *
 * Owner: one test. Threads: main.
 * Limit: no wait is bounded by time; the test harness ends what hangs.
 */
#include "base/error.h"
#include "core/consumer.h"
#include "supervise/consumer.h"
#include "supervise/spawner.h"
#include "support/dir.h"

typedef struct {
  TstDir *dir;
  TbusSpawner *spawner;
  TbusConsumer *consumer; /* nullable */
  char *fds_before;
} Fixture;

/* @data of the test: the manner of the fake consumer ("mute"), or NULL for a good one. */
void fixture_set_up (Fixture *f, gconstpointer data);
/* Without a consumer. */
void fixture_set_up_bare (Fixture *f, gconstpointer data);
/* Asserts that no process, descriptor or budget is left. */
void fixture_tear_down (Fixture *f, gconstpointer data);
/* Returns: (transfer full): the path of a fake consumer of @manner. */
char *fixture_program (Fixture *f, const char *manner);

/* Iterates the main loop until @condition. */
#define wait_until(condition)                                                                                        \
  while (!(condition))                                                                                               \
  g_main_context_iteration (NULL, TRUE)
void wait_state (Fixture *f, TbusConsumerState state);

typedef struct {
  gboolean done;
  char *text;       /* of a path */
  guint64 number;   /* of a push; how many counters */
  guint64 bytes;    /* of all counters */
  TbusRing *ring;
  GError *error;
} Answer;

void answer_clear (Answer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

void on_done (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data);
void on_path (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data);
void on_ring (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data);
void on_number (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data);
void on_counters (TbusConsumer *consumer, gconstpointer reply, const GError *error, gpointer data);

/* Asks the fake what its path says: see support/fake-consumer.c. */
void check (Fixture *f, const char *path, Answer *answer);
void check_and_wait (Fixture *f, const char *path, Answer *answer);
void add_channel (Fixture *f, guint64 channel, guint64 set, const char *name, Answer *answer);

/* The log lines so far, and forgets them. */
char *take_log (void);
/* In place of g_test_init(). */
void fixture_init (int *argc, char ***argv);
