/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Operators of the filter language: how they are written, how tightly they bind, and the tracer's opcode.
 *
 * They bind as in C but for one thing, on purpose of those who made the language: | ^ & bind tighter than
 * comparisons, so that a & 1 == 1 asks for the lowest bit.
 *
 * Owner: none; constant. Threads: any.
 */
#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  TBUS_FILTER_OR,
  TBUS_FILTER_AND,
  TBUS_FILTER_EQ,
  TBUS_FILTER_NE,
  TBUS_FILTER_LE,
  TBUS_FILTER_GE,
  TBUS_FILTER_LSHIFT,
  TBUS_FILTER_RSHIFT,
  TBUS_FILTER_LT,
  TBUS_FILTER_GT,
  TBUS_FILTER_BIT_OR,
  TBUS_FILTER_BIT_XOR,
  TBUS_FILTER_BIT_AND,
  TBUS_FILTER_NOT,
  TBUS_FILTER_BIT_NOT,
  TBUS_FILTER_MINUS,
  TBUS_FILTER_PLUS,
  TBUS_FILTER_N_OPERATORS
} TbusFilterOperator;

enum {
  TBUS_FILTER_LEVEL_PREFIX = 0,
  TBUS_FILTER_LEVEL_OR,
  TBUS_FILTER_LEVEL_AND,
  TBUS_FILTER_LEVEL_EQUALITY,
  TBUS_FILTER_LEVEL_ORDER,
  TBUS_FILTER_LEVEL_BIT_OR,
  TBUS_FILTER_LEVEL_BIT_XOR,
  TBUS_FILTER_LEVEL_BIT_AND,
  TBUS_FILTER_LEVEL_SHIFT, /* the tightest between two operands */
};

typedef struct {
  char text[3];
  guint8 level;  /* PREFIX: before one operand */
  guint8 opcode; /* 0: none is needed */
} TbusFilterOperatorInfo;

/* By TbusFilterOperator; what begins with another one comes before it. */
extern const TbusFilterOperatorInfo tbus_filter_operators[TBUS_FILTER_N_OPERATORS];

G_END_DECLS
