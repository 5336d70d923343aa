/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Context: what all objects of one bus share.
 *
 * Owner:   references: the bus, its objects and the calls in flight, which may outlast it. Threads: main.
 */
#include "bus/changes.h"
#include "bus/ephemeral.h"
#include "bus/gate.h"
#include "bus/peer.h"
#include "core/core.h"

G_BEGIN_DECLS

typedef struct TbusBusContext TbusBusContext;

/* All owned. */
struct TbusBusContext {
  TbusCore *core;
  TbusGate *gate;
  TbusPeerSet *peers;
  TbusChanges *changes;
  TbusEphemerals *ephemerals; /* NULL while there is no connection */
  struct TbusObjectList *objects; /* the object tree's; likewise */
  char *version;
  char *tracer_version;
  char *registration_socket;
};

TbusBusContext *tbus_bus_context_new (void);
TbusBusContext *tbus_bus_context_ref (TbusBusContext *self);
void tbus_bus_context_unref (TbusBusContext *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusBusContext, tbus_bus_context_unref)

G_END_DECLS
