/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/filter/parse.h"

#include "base/limits.h"
#include "core/filter/lexer.h"

#include <string.h>

typedef struct {
  TbusFilterLexer lexer;
  TbusToken token; /* the next one */
  guint nesting;
} Parser;

static TbusFilterNode *parse_chain (Parser *self, guint level, GError **error);

/* @token: filled with what is taken; NULL where nobody wants it. */
static gboolean
take (Parser *self, TbusToken *token, GError **error)
{
  g_auto(TbusToken) taken = self->token;

  self->token = (TbusToken){ TBUS_TOKEN_END };
  if (!tbus_filter_lexer_next (&self->lexer, &self->token, error))
    return FALSE;
  if (token != NULL)
    {
      *token = taken;
      taken.text = NULL;
    }
  return TRUE;
}

/* "EXPECTED, not "what is there"". */
static gboolean
unexpected (Parser *self, const char *expected, GError **error)
{
  const TbusToken *token = &self->token;

  if (token->kind == TBUS_TOKEN_END)
    return tbus_filter_fail (error, token->column, "it ends where there should be %s", expected);
  return tbus_filter_fail (error, token->column, "there should be %s, not %.*s%s", expected,
                           (int) MIN (token->length, 64), self->lexer.expression + token->offset,
                           token->length > 64 ? "..." : "");
}

static gboolean
expect (Parser *self, TbusTokenKind kind, const char *name, GError **error)
{
  if (self->token.kind != kind)
    return unexpected (self, name, error);
  return take (self, NULL, error);
}

static gboolean
enter (Parser *self, GError **error)
{
  if (self->nesting == TBUS_MAX_FILTER_NESTING)
    return tbus_filter_fail (error, self->token.column, "parentheses and prefixes are nested %d deep at most",
                             TBUS_MAX_FILTER_NESTING);
  self->nesting++;
  return TRUE;
}

static gboolean
parse_name (Parser *self, TbusFilterNode *reference, GError **error)
{
  g_auto(TbusToken) token = { TBUS_TOKEN_END };

  if (self->token.kind != TBUS_TOKEN_NAME)
    return unexpected (self, "a name", error);
  if (!take (self, &token, error))
    return FALSE;
  tbus_filter_node_add_step (reference, g_steal_pointer (&token.text), 0, token.column);
  return TRUE;
}

static gboolean
parse_index (Parser *self, TbusFilterNode *reference, GError **error)
{
  g_auto(TbusToken) token = { TBUS_TOKEN_END };

  if (!take (self, NULL, error))
    return FALSE;
  if (self->token.kind != TBUS_TOKEN_INTEGER)
    return unexpected (self, "an index, a number such as 3", error);
  /* The tracer multiplies by the element's size and does not see that go round. */
  if (self->token.integer > G_MAXUINT32)
    return tbus_filter_fail (error, self->token.column, "an index is %u at most", G_MAXUINT32);
  if (!take (self, &token, error) || !expect (self, TBUS_TOKEN_CLOSE_INDEX, "the ] of this index", error))
    return FALSE;
  tbus_filter_node_add_step (reference, NULL, token.integer, token.column);
  return TRUE;
}

static gboolean
check_app_context (const TbusFilterNode *reference, GError **error)
{
  gboolean named = FALSE;

  for (guint i = 0; i < reference->steps->len; i++)
    {
      const char *name = g_array_index (reference->steps, TbusFilterStep, i).name;
      const char *colon = name != NULL ? strchr (name, ':') : NULL;

      named |= colon != NULL && (colon != name || i > 0) && colon[1] != '\0';
    }
  return named || tbus_filter_fail (error, reference->column, "an application's context is $app.PROVIDER:TYPE");
}

static gboolean
parse_steps (Parser *self, TbusFilterNode *reference, GError **error)
{
  if (!parse_name (self, reference, error))
    return FALSE;
  for (;;)
    {
      if (self->token.kind == TBUS_TOKEN_OPEN_INDEX)
        {
          if (!parse_index (self, reference, error))
            return FALSE;
        }
      else if (self->token.kind == TBUS_TOKEN_DOT)
        {
          if (!take (self, NULL, error) || !parse_name (self, reference, error))
            return FALSE;
        }
      else
        return reference->root != TBUS_FILTER_ROOT_APP_CONTEXT || check_app_context (reference, error);
    }
}

static TbusFilterNode *
parse_reference (Parser *self, GError **error)
{
  g_autoptr(TbusFilterNode) node = tbus_filter_node_new (TBUS_FILTER_NODE_REFERENCE, self->token.column);

  if (self->token.kind != TBUS_TOKEN_NAME)
    {
      node->root = self->token.kind == TBUS_TOKEN_CONTEXT ? TBUS_FILTER_ROOT_CONTEXT : TBUS_FILTER_ROOT_APP_CONTEXT;
      if (!take (self, NULL, error) || !expect (self, TBUS_TOKEN_DOT, "a dot and a context's name", error))
        return NULL;
    }
  return parse_steps (self, node, error) ? g_steal_pointer (&node) : NULL;
}

static TbusFilterNode *
parse_literal (Parser *self, TbusFilterNodeKind kind, GError **error)
{
  g_auto(TbusToken) token = { TBUS_TOKEN_END };
  TbusFilterNode *node;

  if (!take (self, &token, error))
    return NULL;
  node = tbus_filter_node_new (kind, token.column);
  node->integer = token.integer;
  node->is_unsigned = token.integer > G_MAXINT64;
  node->real = token.real;
  node->string = g_steal_pointer (&token.text);
  node->pattern = token.pattern;
  return node;
}

static TbusFilterNode *
parse_parentheses (Parser *self, GError **error)
{
  g_autoptr(TbusFilterNode) node = NULL;

  if (!enter (self, error) || !take (self, NULL, error))
    return NULL;
  node = parse_chain (self, TBUS_FILTER_LEVEL_OR, error);
  if (node == NULL || !expect (self, TBUS_TOKEN_CLOSE, "an operator, or the ) of a parenthesis", error))
    return NULL;
  self->nesting--;
  return g_steal_pointer (&node);
}

static TbusFilterNode *
parse_primary (Parser *self, GError **error)
{
  switch (self->token.kind)
    {
    case TBUS_TOKEN_INTEGER:
      return parse_literal (self, TBUS_FILTER_NODE_INTEGER, error);
    case TBUS_TOKEN_FLOAT:
      return parse_literal (self, TBUS_FILTER_NODE_FLOAT, error);
    case TBUS_TOKEN_STRING:
      return parse_literal (self, TBUS_FILTER_NODE_STRING, error);
    case TBUS_TOKEN_NAME:
    case TBUS_TOKEN_CONTEXT:
    case TBUS_TOKEN_APP_CONTEXT:
      return parse_reference (self, error);
    case TBUS_TOKEN_OPEN:
      return parse_parentheses (self, error);
    default:
      unexpected (self, "a field, a context, a constant or a parenthesis", error);
      return NULL;
    }
}

/* -9223372036854775808 is one number: alone, what follows the - is not. */
static gboolean
fold_lowest (TbusFilterNode *operand)
{
  if (operand->kind != TBUS_FILTER_NODE_INTEGER || operand->integer != (guint64) G_MAXINT64 + 1
      || !operand->is_unsigned)
    return FALSE;
  operand->is_unsigned = FALSE;
  return TRUE;
}

static TbusFilterNode *
parse_prefix (Parser *self, GError **error)
{
  g_autoptr(TbusFilterNode) node = NULL;
  gboolean before_literal;

  if (self->token.kind != TBUS_TOKEN_OPERATOR
      || tbus_filter_operators[self->token.op].level != TBUS_FILTER_LEVEL_PREFIX)
    return parse_primary (self, error);
  node = tbus_filter_node_new (TBUS_FILTER_NODE_PREFIX, self->token.column);
  node->op = self->token.op;
  if (!enter (self, error) || !take (self, NULL, error))
    return NULL;
  before_literal = self->token.kind == TBUS_TOKEN_INTEGER;
  node->operand = parse_prefix (self, error);
  if (node->operand == NULL)
    return NULL;
  self->nesting--;
  if (node->op == TBUS_FILTER_MINUS && before_literal && fold_lowest (node->operand))
    return g_steal_pointer (&node->operand);
  return g_steal_pointer (&node);
}

static TbusFilterNode *
parse_chain (Parser *self, guint level, GError **error)
{
  g_autoptr(TbusFilterNode) first = NULL;
  g_autoptr(TbusFilterNode) chain = NULL;

  if (level > TBUS_FILTER_LEVEL_SHIFT)
    return parse_prefix (self, error);
  first = parse_chain (self, level + 1, error);
  if (first == NULL)
    return NULL;
  while (self->token.kind == TBUS_TOKEN_OPERATOR && tbus_filter_operators[self->token.op].level == level)
    {
      TbusFilterOperator op = self->token.op;
      guint column = self->token.column;
      TbusFilterNode *operand;

      if (chain == NULL)
        {
          chain = tbus_filter_node_new (TBUS_FILTER_NODE_CHAIN, first->column);
          chain->operand = g_steal_pointer (&first);
        }
      operand = take (self, NULL, error) ? parse_chain (self, level + 1, error) : NULL;
      if (operand == NULL)
        return NULL;
      tbus_filter_node_add_link (chain, op, column, operand);
    }
  return chain != NULL ? g_steal_pointer (&chain) : g_steal_pointer (&first);
}

static gboolean
expect_end (Parser *self, GError **error)
{
  const TbusToken *token = &self->token;

  if (token->kind == TBUS_TOKEN_END)
    return TRUE;
  if (token->kind == TBUS_TOKEN_CLOSE)
    return tbus_filter_fail (error, token->column, "this ) closes nothing");
  if (token->kind == TBUS_TOKEN_OPERATOR && (token->op == TBUS_FILTER_PLUS || token->op == TBUS_FILTER_MINUS))
    return tbus_filter_fail (error, token->column, "%s is arithmetic, which filters do not have",
                             tbus_filter_operators[token->op].text);
  return unexpected (self, "an operator, such as == or &&, or the end", error);
}

TbusFilterNode *
tbus_filter_parse_tree (const char *expression, GError **error)
{
  Parser self = { .token = { TBUS_TOKEN_END } };
  g_autoptr(TbusFilterNode) tree = NULL;
  gboolean parsed;

  tbus_filter_lexer_init (&self.lexer, expression);
  parsed = tbus_filter_lexer_next (&self.lexer, &self.token, error);
  if (parsed)
    tree = parse_chain (&self, TBUS_FILTER_LEVEL_OR, error);
  parsed = tree != NULL && expect_end (&self, error);
  tbus_token_clear (&self.token);
  return parsed ? g_steal_pointer (&tree) : NULL;
}
