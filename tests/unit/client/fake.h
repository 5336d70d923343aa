/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Fake: a service that answers what the test tells it to, and remembers what it was asked.
 *
 * It takes only calls that introspection/ describes, below $TRACEBUS_SOURCE; any other ends the test.
 * A call is one line of text: "/org/tracebus1/session/1 Session.Start (@a{sv} {},)". Dictionaries are sorted.
 *
 * Owner:   the test's fixture.
 * Threads: any; it answers on GDBus's own thread, so that the test may wait for a child meanwhile.
 */
#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct TstFake TstFake;

/* Owns org.tracebus1 on @connection. */
TstFake *tst_fake_new (GDBusConnection *connection);
void tst_fake_free (TstFake *self);
/* Calls whose line begins with @call are answered with the tuple @answer, as text. What was told last comes first. */
void tst_fake_answer (TstFake *self, const char *call, const char *answer);
/* They fail. */
void tst_fake_refuse (TstFake *self, const char *call, const char *error_name, const char *message);
/* They are not answered. */
void tst_fake_ignore (TstFake *self, const char *call);
/* Returns: (transfer full): the lines of all calls since the last time. */
char *tst_fake_take_calls (TstFake *self);
/* Returns when a call came whose line begins with @call. */
void tst_fake_wait_call (TstFake *self, const char *call);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstFake, tst_fake_free)

G_END_DECLS
