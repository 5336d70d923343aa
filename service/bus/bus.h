/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Bus: the service on its message bus. main.c's only way into this folder.
 *
 * Owner:   main.c. Threads: main.
 * Signals: lost (const GError *): the bus ended the connection; the service can be reached by nobody any more.
 */
#include "core/core.h"

G_BEGIN_DECLS

#define TBUS_TYPE_BUS (tbus_bus_get_type ())
G_DECLARE_FINAL_TYPE (TbusBus, tbus_bus, TBUS, BUS, GObject)

/* Borrowed for the call. */
typedef struct {
  const char *version;             /* of the service */
  const char *tracer_version;      /* of the tracer library that it is built with */
  const char *registration_socket; /* its path */
} TbusBusInfo;

TbusBus *tbus_bus_new (TbusCore *core, const TbusBusInfo *info);

/*
 * Once: connects to @address, or where that is NULL to the session bus, else the system bus, where polkit decides
 * on what users may do; exports everything, then takes the name. When it finishes, callers can call. AlreadyExists
 * (another service has the name), NotAuthorized (the bus's policy), or what the connection failed with.
 */
void tbus_bus_own_async (TbusBus *self, const char *address, gboolean session_bus, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data);
gboolean tbus_bus_own_finish (TbusBus *self, GAsyncResult *result, GError **error);

/* Gives the name back, and takes everything from the bus once what was answered so far is on its way. */
void tbus_bus_stop_async (TbusBus *self, GAsyncReadyCallback callback, gpointer user_data);
void tbus_bus_stop_finish (TbusBus *self, GAsyncResult *result);

G_END_DECLS
