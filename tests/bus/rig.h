/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Rig: the real bus folder and the real core on a private message bus, with a fake tracer and a fake consumer, and
 * a caller in the same process.
 *
 * Owner:   the test's fixture. Threads: main; every wait runs main's loop.
 */
#include "bus/bus.h"
#include "bus/interface.h"
#include "fake-consumer.h"
#include "fake-polkit.h"
#include "fake-tracer.h"
#include "support/bus.h"

G_BEGIN_DECLS

typedef struct {
  TstDir *dir;
  TstBus *daemon;
  TbusTraceeIndex *index;
  TbusCore *core;
  TstFakeTracer *tracer;
  TstFakePool pool;
  TbusBus *bus;
  TstFakePolkit *polkit; /* nullable */
  GDBusConnection *caller;
  GPtrArray *tracees;
} Rig;

/* The service is on its bus when it returns. */
Rig *rig_new (void);
/* As @service_uid, which takes root. */
Rig *rig_new_as (uid_t service_uid);
/* On what is the system bus to it, where the fake polkit decides. */
Rig *rig_new_with_polkit (void);
/* Ends everything, and checks that no descriptor is charged any more. */
void rig_free (Rig *self);

TbusBus *rig_make_bus (Rig *self);
/* Waits for the answer of tbus_bus_own_async(). */
gboolean rig_own (Rig *self, TbusBus *bus, GError **error);
gboolean rig_own_at (Rig *self, TbusBus *bus, const char *address, GError **error);
/* The service leaves the bus, and comes back with the same core. */
void rig_restart_bus (Rig *self);
/* The bus ends under the service. */
void rig_end_daemon (Rig *self);
/* A connection of another user, which takes root. (transfer full) */
GDBusConnection *rig_connect_as (Rig *self, uid_t uid);

/* @member: "Session.Start". (transfer full) NULL with @error. @parameters is sunk. */
GVariant *rig_try (Rig *self, GDBusConnection *caller, const char *path, const char *member, GVariant *parameters,
                   GError **error);
/* Ends the test where the call fails. (transfer full) */
GVariant *rig_call (Rig *self, const char *path, const char *member, GVariant *parameters);
/* Ends the test unless the call fails with org.tracebus1.Error.@name. (transfer full): its message */
char *rig_refused (Rig *self, const char *path, const char *member, GVariant *parameters, const char *name);
/* A method of another interface. (transfer full) NULL with @error; or ends the test where it fails. */
GVariant *rig_try_standard (Rig *self, const char *path, const char *interface, const char *method,
                            GVariant *parameters, GError **error);
GVariant *rig_call_standard (Rig *self, const char *path, const char *interface, const char *method,
                             GVariant *parameters);
/* @property: "Session.State". (transfer full) */
GVariant *rig_get (Rig *self, const char *path, const char *property);
/* All that callers can see of objects, by GetManagedObjects, a line each. (transfer full) */
char *rig_snapshot (Rig *self);

/* All interfaces, ended by NULL; the rig's objects of each are below. */
extern const TbusInterface *const rig_interfaces[];
/* Arguments for @method that would do, with @options last where it takes them; floating. @options is sunk */
GVariant *rig_plausible (const GDBusMethodInfo *method, GVariant *options);

/* Whatever makes little difference to a test. (transfer full): their paths */
char *rig_session (Rig *self, const char *name);
char *rig_channel (Rig *self, const char *session, const char *name);
/* Registered and shown. */
char *rig_app (Rig *self, const char *name);
char *rig_app_of (Rig *self, const char *name, uid_t uid);

/* One object of each interface. */
typedef struct {
  char *session, *channel, *app, *consumer;
} RigObjects;

RigObjects *rig_objects_new (Rig *self);
void rig_objects_free (RigObjects *self);
/* @interface: "org.tracebus1.Session" and so on; (transfer none) */
const char *rig_objects_path (RigObjects *self, const char *interface);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RigObjects, rig_objects_free)

#define rig_wait_until(condition)                                                                                     \
  G_STMT_START                                                                                                        \
  {                                                                                                                   \
    while (!(condition))                                                                                              \
      g_main_context_iteration (NULL, TRUE);                                                                          \
  }                                                                                                                   \
  G_STMT_END

/* An a{sv} with one entry, or none where @key is NULL; floating. */
GVariant *rig_options (const char *key, GVariant *value);
/* The arguments of a method that takes options only, and none are given; floating. */
GVariant *rig_no_options (void);
/* The arguments of EnableEvents with one rule; floating. @options is sunk */
GVariant *rig_one_rule (const char *channel, const char *pattern, GVariant *options);

/* Of the last value in @reply, an a{sv}. (transfer full) (nullable) */
GVariant *rig_lookup (GVariant *reply, const char *key);
/* @expected: as g_variant_print() writes it, with types */
void rig_assert_entry (GVariant *reply, const char *key, const char *expected);
void rig_assert_property (Rig *self, const char *path, const char *property, const char *expected);

#define RIG_ROOT "/org/tracebus1"

/* Adds a test that gets a rig of its own. */
typedef void (*RigTest) (Rig *rig);
void rig_add (const char *name, RigTest test);
/* One that needs root, to be several users; skips otherwise. */
void rig_add_for_root (const char *name, RigTest test);
/* The same, and the rig is one with polkit. */
void rig_add_with_polkit (const char *name, RigTest test);
int rig_main (int argc, char **argv, void (*add_tests) (void));

G_END_DECLS
