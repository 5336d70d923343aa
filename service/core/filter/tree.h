/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Tree: a parsed filter.
 *
 * Operators of one level in a row are one chain, so that a long filter is wide and not deep: whoever walks it
 * calls itself no deeper than parentheses and prefixes are nested.
 *
 * Owner:   one; never changed once made. Threads: any.
 * Limit:   base/limits.h: TBUS_MAX_FILTER bytes of text, TBUS_MAX_FILTER_NESTING.
 */
#include "core/filter/operator.h"

G_BEGIN_DECLS

typedef enum {
  TBUS_FILTER_NODE_INTEGER,
  TBUS_FILTER_NODE_FLOAT,
  TBUS_FILTER_NODE_STRING,
  TBUS_FILTER_NODE_REFERENCE, /* to a field or a context */
  TBUS_FILTER_NODE_PREFIX,
  TBUS_FILTER_NODE_CHAIN,
} TbusFilterNodeKind;

typedef enum {
  TBUS_FILTER_ROOT_PAYLOAD,
  TBUS_FILTER_ROOT_CONTEXT,
  TBUS_FILTER_ROOT_APP_CONTEXT,
} TbusFilterRoot;

/* One part of a.b[3]: a name, or, where that is NULL, an index. */
typedef struct {
  char *name; /* owned */
  guint64 index;
  guint column;
} TbusFilterStep;

typedef struct TbusFilterNode TbusFilterNode;

/* What follows the first operand of a chain: "op operand". */
typedef struct {
  TbusFilterOperator op;
  guint column; /* of the operator */
  TbusFilterNode *operand; /* owned */
} TbusFilterLink;

struct TbusFilterNode {
  TbusFilterNodeKind kind;
  guint column;
  guint64 integer;      /* INTEGER: two's complement */
  gboolean is_unsigned; /* INTEGER: beyond what 64 signed bits hold */
  double real;          /* FLOAT */
  char *string;         /* STRING, owned: as TbusToken.text */
  gboolean pattern;     /* STRING */
  TbusFilterRoot root;  /* REFERENCE */
  GArray *steps;        /* REFERENCE, owned, of TbusFilterStep: the first is a name */
  TbusFilterOperator op; /* PREFIX */
  TbusFilterNode *operand; /* PREFIX and, its first, CHAIN; owned */
  GArray *links;           /* CHAIN, owned, of TbusFilterLink: one at least */
};

TbusFilterNode *tbus_filter_node_new (TbusFilterNodeKind kind, guint column);
void tbus_filter_node_free (TbusFilterNode *self);
/* @name: (transfer full) (nullable) */
void tbus_filter_node_add_step (TbusFilterNode *self, char *name, guint64 index, guint column);
/* @operand: (transfer full) */
void tbus_filter_node_add_link (TbusFilterNode *self, TbusFilterOperator op, guint column, TbusFilterNode *operand);

/* A reference: whether any of its steps is an index. */
gboolean tbus_filter_node_is_indexed (const TbusFilterNode *self);
/* A reference without indexes as the tracer names it, as "$ctx.vpid". (transfer full) */
char *tbus_filter_node_name (const TbusFilterNode *self);
/* How many nodes it has, itself and its steps too: what walking it costs. */
gsize tbus_filter_node_count (const TbusFilterNode *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TbusFilterNode, tbus_filter_node_free)

G_END_DECLS
