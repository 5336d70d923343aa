/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fixture: a bus of its own with a fake service, and a home of its own, for runs of tracebusctl.
 *
 * Owner:   one test.
 * Threads: main.
 */
#include "fake.h"
#include "support/bus.h"
#include "support/dir.h"

G_BEGIN_DECLS

#define S1 "/org/tracebus1/session/1"
#define RESULT "'apps-applied': <uint32 1>, 'apps-pending': <@ao []>, 'apps-failed': <uint32 0>, 'warnings': <@as []>"

typedef struct {
  TstDir *dir;
  TstBus *bus;
  TstFake *fake; /* nullable */
  char **environment;
  /* Of the latest run. */
  char *output, *errors;
  int status; /* the exit code; minus the signal that ended it */
} Fixture;

void fixture_set_up (Fixture *self, gconstpointer data);
/* Without a service: nobody is on the bus. */
void fixture_set_up_bus (Fixture *self);
void fixture_tear_down (Fixture *self, gconstpointer data);
/* Starts tracebusctl with the arguments of @line, which is split as a shell does. */
GSubprocess *fixture_start (Fixture *self, const char *line);
/* Waits for its end; takes @process. */
void fixture_finish (Fixture *self, GSubprocess *process);
/* Both. */
void fixture_run (Fixture *self, const char *line);
/* What the service has been asked since the last time. */
void fixture_assert_calls (Fixture *self, const char *expected);
/* The service has the session "demo" at S1, and it is the current one. */
void fixture_add_demo (Fixture *self);

#define TST_ADD(path, function) \
  g_test_add (path, Fixture, NULL, fixture_set_up, function, fixture_tear_down)

G_END_DECLS
