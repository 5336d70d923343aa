/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Threads and their roles.
 *
 *   main    sessions, channels, apps, D-Bus, supervision, consumer links
 *   link    the rendezvous socket, handshakes, every app's command socket
 *   notify  every app's notify socket, class registries, metadata logs
 *   worker  short blocking errands (name service, /proc, big replies)
 *
 * No role ever waits for another. They meet in lookups under RCU (core/tracee-index)
 * and in posts: a post to one role from one thread arrives in order.
 *
 * Threads: any, unless a function says otherwise.
 */
#include <glib.h>

G_BEGIN_DECLS

/* Annotations: who may call. Documentation for readers and for clang's analysis. */
#define TBUS_MAIN_ONLY
#define TBUS_LINK_ONLY
#define TBUS_NOTIFY_ONLY

typedef enum {
  TBUS_THREAD_MAIN,
  TBUS_THREAD_LINK,
  TBUS_THREAD_NOTIFY,
  TBUS_N_THREADS
} TbusThreadRole;

typedef void (*TbusPostFunc) (gpointer data);

/*
 * Blocks the signals that the tracer library claims (SIGRTMIN .. SIGRTMIN+2) and ignores SIGPIPE.
 * Call it first in main(), before any thread exists. Then enters the main role.
 */
void tbus_thread_init (void);

/*
 * Starts the thread of @role, which runs a GMainContext of its own until tbus_thread_stop().
 * Posts made before it runs are kept. LINK and NOTIFY only.
 */
void tbus_thread_start (TbusThreadRole role);
/* Runs what was posted so far, ends the thread and joins it. Posts after that are dropped (and their data freed). */
void tbus_thread_stop (TbusThreadRole role);

/* Returns when everything that RCU was to free by now is freed. For the end of the process. */
void tbus_thread_end_grace_periods (void);

/* The context of @role, for GSources. (transfer none) */
GMainContext *tbus_thread_context (TbusThreadRole role);

/*
 * Runs @func (@data) on @role, from any thread, in order. @destroy (nullable) frees @data after
 * it ran, or when it never will. Many posts cost one wake-up.
 */
void tbus_post (TbusThreadRole role, TbusPostFunc func, gpointer data, GDestroyNotify destroy);

gboolean tbus_thread_is (TbusThreadRole role);
#define tbus_thread_assert(role) g_assert (tbus_thread_is (role))
#define tbus_thread_assert_main() tbus_thread_assert (TBUS_THREAD_MAIN)

/* At one thing for longer than this, a part of the service is stuck. */
#define TBUS_STUCK_MS 5000

/* Health (B29): what @role does since when; NULL @doing means idle. Called by the role itself. */
typedef struct {
  gboolean alive;
  gint64 since; /* monotonic, microseconds */
  const char *doing;
} TbusHealth;
void tbus_thread_report (TbusThreadRole role, const char *doing);
TbusHealth tbus_thread_health (TbusThreadRole role);
/* Whether it has been at one thing for too long. */
gboolean tbus_health_is_stuck (const TbusHealth *self);
const char *tbus_thread_role_name (TbusThreadRole role);

G_END_DECLS
