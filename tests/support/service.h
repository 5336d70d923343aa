/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Service: a whole tracebusd with its consumers, on a private bus, with a tracer's home of its own; and a caller.
 *
 * Calls are written as text: the format of g_variant_new_parsed() for a method's arguments. They end the test where
 * they fail, and so does what a sanitizer said of the service or of its consumers.
 *
 * Owner:   the test's fixture.
 * Threads: main; waits run its loop.
 * Limit:   %TST_PATIENCE_MS a wait; %TST_CALL_MS a call.
 */
#include "support/bus.h"
#include "support/child.h"
#include "support/dir.h"
#include "support/store.h"

G_BEGIN_DECLS

enum { TST_CALL_MS = 4 * TST_PATIENCE_MS };

typedef struct TstService TstService;

/* A directory and a bus, and the service on it. */
TstService *tst_service_new (void);
/* The same without the service, for tests of how it starts. */
TstService *tst_service_new_idle (void);
/* From its next start on, what it asks to be kept is kept, as systemd does. (transfer none) */
TstStore *tst_service_use_store (TstService *self);
/* Stops the service where it runs, then removes all that is left. */
void tst_service_free (TstService *self);

/* What is started from now on has a limit, as the shell's ulimit takes it: "-n 256". */
void tst_service_limit (TstService *self, const char *limit);
/* A variable of the environment of what is started from now on, programs too. */
void tst_service_setenv (TstService *self, const char *name, const char *value);
/* Starts the service, with @option (nullable) beside the common ones, and waits until it has its name. */
void tst_service_start (TstService *self, const char *option);
/* As root, in a namespace: the system's service on this bus, for every user, as polkit there says. */
void tst_service_start_for_all (TstService *self);
/* As tst_service_start() without waiting; its stderr goes to the file @log (nullable: the test's). (transfer none) */
TstChild *tst_service_launch (TstService *self, const char *option, const char *log);
/* Asks it to end, and waits until it has: its status is 0 and no consumer of it is left. */
void tst_service_stop (TstService *self);
/* Ends it as a crash would. */
void tst_service_kill (TstService *self);
pid_t tst_service_pid (TstService *self);
/* The only consumer, which runs. */
pid_t tst_service_consumer_pid (TstService *self);
/* (transfer none) */
TstDir *tst_service_dir (TstService *self);
TstBus *tst_service_bus (TstService *self);
const char *const *tst_service_environment (TstService *self);

/* Starts a program of tests/support/apps, with arguments until NULL. (transfer full) */
TstChild *tst_app_start (TstService *self, const char *name, ...) G_GNUC_NULL_TERMINATED;
/* Runs it to its end, which is a success. */
void tst_app_run (TstService *self, const char *name, ...) G_GNUC_NULL_TERMINATED;
/* Runs app-idle's next round: emits @n ticks, and returns when it has. */
void tst_app_go (TstChild *app, guint n);

/* @member: "Session.Start"; @format and what follows: its arguments, as text in parentheses. (transfer full) */
GVariant *tst_call (TstService *self, const char *path, const char *member, const char *format, ...);
/* For methods whose answer says nothing to the test. */
void tst_do (TstService *self, const char *path, const char *member, const char *format, ...);
/* Ends the test unless it fails. (transfer full): "InvalidState: the message" */
char *tst_refused (TstService *self, const char *path, const char *member, const char *format, ...);
/* Ends the test unless @said begins with @beginning. @said: (transfer full) */
void tst_expect (char *said, const char *beginning);
/* Asks without waiting; tst_answer() waits for it. (transfer full) */
typedef struct TstAnswer TstAnswer;
TstAnswer *tst_ask (TstService *self, const char *path, const char *member, const char *format, ...);
gboolean tst_answer_is_there (TstAnswer *answer);
/* Consumes @answer. (transfer full) */
GVariant *tst_answer (TstAnswer *answer);
/* The same for one that may be an error, as when the service dies meanwhile. Returns: whether it is none. */
gboolean tst_answer_ignore (TstAnswer *answer);

/* @property: "Session.State". (transfer full) */
GVariant *tst_get (TstService *self, const char *path, const char *property);
guint64 tst_get_number (TstService *self, const char *path, const char *property);
char *tst_get_string (TstService *self, const char *path, const char *property);
/* How many entries a property has that is a list. */
guint tst_get_length (TstService *self, const char *path, const char *property);
/* Paths of the objects that have the interface: "Consumer". (transfer full) */
GStrv tst_objects (TstService *self, const char *interface);
/* The App object of @pid; waits until it is there and State is @state (nullable: any). (transfer full) */
char *tst_wait_app (TstService *self, pid_t pid, const char *state);

/* Whether a property has ever been told to have a value whose text contains @text: "'consumer-restarting'". */
gboolean tst_heard (TstService *self, const char *property, const char *text);

/*
 * Runs the loop until @condition, which is looked at again whenever the service says something on the bus, and ten
 * times a second for what it never says.
 */
#define tst_wait_until(service, condition)                                                                            \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    tst_service_begin_wait (service, #condition);                                                                     \
    while (!(condition))                                                                                              \
      tst_service_iterate (service);                                                                                  \
    tst_service_end_wait (service);                                                                                   \
  }                                                                                                                   \
  G_STMT_END
void tst_service_begin_wait (TstService *self, const char *what);
void tst_service_iterate (TstService *self);
void tst_service_end_wait (TstService *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstService, tst_service_free)

#define TST_ROOT "/org/tracebus1"
#define TST_NO_OPTIONS "@a{sv} {}"

G_END_DECLS
