/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Check: whether the parts of a filter go together, and whether a tracer could ever find it true.
 *
 * The tracer links a filter with each event that its rule matches. Where one name is unknown or one type does not
 * fit, the link fails and the event is never recorded, whatever else the filter says; it tells nobody. This is
 * the same decision, made where it can be told.
 *
 * Owner: none. Threads: any; pure.
 */
#include "core/filter/tree.h"

G_BEGIN_DECLS

typedef enum {
  TBUS_FILTER_FIELD_INTEGER, /* enumerations too */
  TBUS_FILTER_FIELD_FLOAT,
  TBUS_FILTER_FIELD_STRING,   /* arrays and sequences of text too */
  TBUS_FILTER_FIELD_ARRAY,    /* of integers, as many as are known */
  TBUS_FILTER_FIELD_SEQUENCE, /* of integers */
  TBUS_FILTER_FIELD_OTHER,    /* no scalar: perhaps one of the two before, perhaps nothing that a filter reads */
} TbusFilterFieldKind;

/* A field as far as whoever lists it knows it. */
typedef struct {
  const char *name;
  TbusFilterFieldKind kind;
  guint32 length; /* ARRAY: elements */
} TbusFilterField;

/* An event that a rule matches. */
typedef struct {
  const char *name;
  const TbusFilterField *fields;
  gsize n_fields;
} TbusFilterEvent;

/* Which names are held against what is known. */
typedef enum {
  TBUS_FILTER_CHECK_LANGUAGE, /* none: constants and operators only */
  TBUS_FILTER_CHECK_TRACER,   /* the tracer's contexts */
  TBUS_FILTER_CHECK_EVENT,    /* and the fields of an event */
} TbusFilterScope;

/* FALSE with FilterSyntax. @event: with scope EVENT only. */
gboolean tbus_filter_check_tree (const TbusFilterNode *tree, TbusFilterScope scope, const TbusFilterEvent *event,
                                 GError **error);

G_END_DECLS
