/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Interface: what an object says on the bus, as tables. The methods are the whole authorisation policy of an
 * interface: no row, no method. Tests walk the tables beside the XML.
 *
 * Owner: none; constant. Threads: main.
 */
#include "bus/gate.h"

G_BEGIN_DECLS

typedef struct TbusCall TbusCall;
typedef struct TbusBusContext TbusBusContext;

/* Runs after the grant; takes the call, and answers it exactly once. */
typedef void (*TbusHandler) (TbusCall *call, gpointer object);
/* Returns: (transfer none): a floating value of the type that the XML says. */
typedef GVariant *(*TbusGetter) (TbusBusContext *bus, gpointer object);

typedef struct {
  const char *name;
  TbusAction action;
  TbusHandler handler;
  const char *narrow; /* (nullable): the options that make its reply smaller */
  gboolean lists_all; /* its reply may have TBUS_MAX_OBJECTS bytes */
  gboolean durable;   /* its answer is a promise: what it changed is on the disk before */
} TbusMethod;

typedef enum {
  TBUS_PROPERTY_CONST,
  TBUS_PROPERTY_CHANGING, /* signalled when main is idle, and before any reply */
  TBUS_PROPERTY_COUNTER,  /* signalled at most once a second */
  TBUS_PROPERTY_SILENT,   /* never signalled */
} TbusPropertyKind;

/* "BytesWritten" follows the GObject property "bytes-written" of the object, where it has one. */
typedef struct {
  const char *name;
  TbusGetter get;
  TbusPropertyKind kind;
} TbusProperty;

/* Tables end with a NULL name and have at most 64 rows; NULL: empty. */
typedef struct {
  const GDBusInterfaceInfo *info; /* from the XML */
  const TbusMethod *methods;
  const TbusProperty *properties;
} TbusInterface;

extern const TbusInterface tbus_manager_interface;  /* of TbusCore */
extern const TbusInterface tbus_session_interface;  /* of TbusSession */
extern const TbusInterface tbus_channel_interface;  /* of TbusChannel */
extern const TbusInterface tbus_app_interface;      /* of TbusApp */
extern const TbusInterface tbus_consumer_interface; /* of TbusConsumer */

G_END_DECLS
