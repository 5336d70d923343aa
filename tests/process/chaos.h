/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Chaos: four sessions and twenty programs, what may happen to them, and what is known of what they emitted.
 *
 * What happens is a function of the fixture and of a program, chosen by chance; it returns as soon as it has happened,
 * and what it began, as a full disk, another call of it ends. chaos_calm_down() ends all of that.
 *
 * Owner:   the test's fixture.
 * Threads: main.
 * Limit:   %CHAOS_MAX_TALLIES lives of programs, their forks too.
 */
#include "support/recording.h"

#include <stdatomic.h>

G_BEGIN_DECLS

enum {
  CHAOS_SESSIONS = 4,
  CHAOS_MEMBERS = 20,
  CHAOS_MAX_TALLIES = 1 << 16,
};

/* How a session records. */
typedef struct {
  const char *name, *options;
  guint packet;    /* bytes */
  gboolean shared; /* several programs write into one */
} ChaosKind;
extern const ChaosKind chaos_kinds[CHAOS_SESSIONS];

/* What app-chaos counts; of the first, begun says how many there are. */
typedef struct {
  _Atomic guint64 begun, done, who;
} ChaosTally;

/* A program. */
typedef struct {
  TstChild *child;
  gboolean ready, busy, frozen;
  guint tally;
} ChaosMember;

typedef struct {
  char *path;     /* of the object */
  char *folder;   /* all that it ever recorded is below */
  char *output;   /* in the folder */
  guint removals; /* of the output */
  gboolean gone;  /* the output was removed, and not made again */
  guint64 unseen; /* events of which somebody said that they are not recorded */
} ChaosSession;

typedef struct {
  TstService *service;
  TstStore *store;
  ChaosSession sessions[CHAOS_SESSIONS];
  char *path; /* of the tallies */
  ChaosTally *tallies;
  ChaosMember members[CHAOS_MEMBERS];
  GRand *random;
  gboolean with_service; /* is killed as well */
  guint max_exponent;    /* of the number of events in a burst */
  gint64 consumer_killed, service_killed; /* monotonic */
  guint64 deaths;        /* of programs that may have been within an event */
  char *mount;           /* nullable: the first session's disk, which is small */
  gboolean full;         /* it is */
} Chaos;

typedef void (*ChaosEvent) (Chaos *self, ChaosMember *member);

/* chaos-programs.c */
void chaos_start_member (Chaos *self, ChaosMember *member);
/* Waits until it has done what it was told, and is recorded. */
void chaos_settle (Chaos *self, ChaosMember *member);
/* By how many sessions it is recorded: all, in the end. */
void chaos_await_recorded (Chaos *self, ChaosMember *member);
/* How many events one burst has. */
guint chaos_some (Chaos *self);
/* How many programs each session missed the start of. */
void chaos_get_late (Chaos *self, guint64 late[CHAOS_SESSIONS]);
void chaos_emit (Chaos *self, ChaosMember *member);
void chaos_fork (Chaos *self, ChaosMember *member);
void chaos_freeze_or_thaw (Chaos *self, ChaosMember *member);
void chaos_kill (Chaos *self, ChaosMember *member);
void chaos_tear (Chaos *self, ChaosMember *member);
void chaos_end (Chaos *self, ChaosMember *member);
void chaos_run_poor (Chaos *self, ChaosMember *member);

/* chaos-services.c */
gboolean chaos_consumer_runs (Chaos *self);
void chaos_kill_consumer (Chaos *self, ChaosMember *member);
void chaos_stop_consumer (Chaos *self, ChaosMember *member);
void chaos_suspend_all (Chaos *self, ChaosMember *member);
void chaos_kill_service (Chaos *self, ChaosMember *member);
void chaos_kill_both (Chaos *self, ChaosMember *member);
void chaos_restart_service (Chaos *self, ChaosMember *member);
void chaos_flush (Chaos *self, ChaosMember *member);

/* chaos-outputs.c */
/* The first session's disk; without one, where that cannot be had, it is never full. */
void chaos_mount (Chaos *self);
void chaos_unmount (Chaos *self);
void chaos_fill_or_free_disk (Chaos *self, ChaosMember *member);
void chaos_remove_or_make_output (Chaos *self, ChaosMember *member);
void chaos_calm_down (Chaos *self);

G_END_DECLS
