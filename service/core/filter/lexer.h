/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once
/*
 * Lexer: the words of a filter expression, one after the other, each with the column where it begins.
 *
 * Owner:   the parser; the expression is borrowed and must be valid UTF-8.
 * Threads: any.
 * Limit:   a name has at most TBUS_MAX_PATTERN bytes, an integer 64 bits.
 */
#include "core/filter/operator.h"

G_BEGIN_DECLS

typedef enum {
  TBUS_TOKEN_END,
  TBUS_TOKEN_INTEGER,
  TBUS_TOKEN_FLOAT,
  TBUS_TOKEN_STRING,
  TBUS_TOKEN_NAME,
  TBUS_TOKEN_CONTEXT,     /* $ctx */
  TBUS_TOKEN_APP_CONTEXT, /* $app */
  TBUS_TOKEN_OPERATOR,
  TBUS_TOKEN_DOT,
  TBUS_TOKEN_OPEN,
  TBUS_TOKEN_CLOSE,
  TBUS_TOKEN_OPEN_INDEX,
  TBUS_TOKEN_CLOSE_INDEX,
} TbusTokenKind;

typedef struct {
  TbusTokenKind kind;
  guint column; /* of its first character, from 1 */
  gsize offset, length; /* where it is, in bytes */
  TbusFilterOperator op;
  guint64 integer;
  double real;
  char *text;       /* owned; NAME, and STRING as the tracer reads it: \\ for \, \* for a star, stars stand alone */
  gboolean pattern; /* STRING: has stars that stand for any text */
} TbusToken;

typedef struct {
  const char *expression;
  const char *at;
  guint column;
} TbusFilterLexer;

void tbus_filter_lexer_init (TbusFilterLexer *self, const char *expression);
/* @token: must be cleared or empty, is untouched on failure. */
gboolean tbus_filter_lexer_next (TbusFilterLexer *self, TbusToken *token, GError **error);
void tbus_token_clear (TbusToken *token);

/* FilterSyntax: "Column 7 of the filter: ...". Returns: FALSE */
gboolean tbus_filter_fail (GError **error, guint column, const char *format, ...) G_GNUC_PRINTF (3, 4);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TbusToken, tbus_token_clear)

G_END_DECLS
