/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Known: what a service says of itself by introspection: its methods; and what its interfaces' documentation says of
 * options.
 *
 * Owner:   the test's fixture; constant once it is made.
 * Threads: main.
 */
#include "values.h"

#include <gio/gio.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
  char *interface;
  char *name;
  GVariantType *arguments; /* a tuple */
  GVariantType *answer;    /* likewise */
  GStrv names;             /* of the arguments */
} TstMethod;

typedef struct TstKnown TstKnown;

/* Asks the service for its objects, and one of each kind what it has. */
TstKnown *tst_known_new (GDBusConnection *connection);
void tst_known_free (TstKnown *self);
/* (transfer none): of TstMethod */
GPtrArray *tst_known_methods (TstKnown *self);
/* Tells @values of every option that is documented below introspection/, and what is known of their values. */
void tst_known_teach (TstValues *values);
/* Paths of all objects that there are now, the root's among them. (transfer full): of char * */
GPtrArray *tst_known_objects (GDBusConnection *connection);
/* Those of the sessions that @uid owns. (transfer full): of char * */
GPtrArray *tst_known_sessions (GDBusConnection *connection, uid_t uid);
/* Whether an object at @path has @interface: of the service's own, by its path; of others, any. */
gboolean tst_known_fits (const char *path, const char *interface);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TstKnown, tst_known_free)

G_END_DECLS
