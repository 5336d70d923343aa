/* SPDX-License-Identifier: GPL-2.0-only */
#include "core/filter/lexer.h"

#include "base/error.h"
#include "base/limits.h"

#include <math.h>
#include <string.h>

gboolean
tbus_filter_fail (GError **error, guint column, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, TBUS_ERROR, TBUS_ERROR_FILTER_SYNTAX, "Column %u of the filter: %s", column, message);
  return FALSE;
}

void
tbus_token_clear (TbusToken *token)
{
  g_free (token->text);
  *token = (TbusToken){ TBUS_TOKEN_END };
}

void
tbus_filter_lexer_init (TbusFilterLexer *self, const char *expression)
{
  *self = (TbusFilterLexer){ expression, expression, 1 };
}

static void
advance (TbusFilterLexer *self, gsize n_bytes)
{
  for (; n_bytes > 0; n_bytes--, self->at++)
    self->column += ((guchar) *self->at & 0xc0) != 0x80; /* not inside of a character */
}

static gboolean
skip_comment (TbusFilterLexer *self, gboolean *found, GError **error)
{
  const char *end;

  *found = g_str_has_prefix (self->at, "//") || g_str_has_prefix (self->at, "/*");
  if (!*found)
    return TRUE;
  if (self->at[1] == '/')
    {
      advance (self, strcspn (self->at, "\n"));
      return TRUE;
    }
  end = strstr (self->at + 2, "*/");
  if (end == NULL)
    return tbus_filter_fail (error, self->column, "this comment has no end: */ closes it");
  advance (self, end + 2 - self->at);
  return TRUE;
}

static gboolean
skip_blanks (TbusFilterLexer *self, GError **error)
{
  gboolean found = TRUE;

  while (found)
    {
      advance (self, strspn (self->at, " \t\n\r\v\f"));
      if (!skip_comment (self, &found, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
begins_name (char c)
{
  return g_ascii_isalpha (c) || c == '_' || c == ':';
}

static gsize
span_name (const char *text)
{
  gsize length = 0;

  while (begins_name (text[length]) || g_ascii_isdigit (text[length]))
    length++;
  return length;
}

/* Numbers: everything that may belong to one is read first, and is a number then, or wrong as a whole. */

static gboolean
is_hexadecimal (const char *text)
{
  return text[0] == '0' && g_ascii_tolower (text[1]) == 'x';
}

static gsize
span_number (const char *text)
{
  char exponent = is_hexadecimal (text) ? 'p' : 'e';
  gsize length = 1;

  for (;; length++)
    {
      char c = text[length];
      gboolean sign = (c == '+' || c == '-') && g_ascii_tolower (text[length - 1]) == exponent;

      if (!g_ascii_isalnum (c) && c != '_' && c != '.' && !sign)
        return length;
    }
}

static gboolean
parse_float (const char *word, double *value)
{
  char *end;

  *value = g_ascii_strtod (word, &end);
  if (end != word && *end != '\0' && strchr ("fFlL", *end) != NULL)
    end++;
  return *end == '\0';
}

static gboolean
is_integer_suffix (const char *text)
{
  static const char *const suffixes[] = { "", "u", "l", "ul", "lu", "ll", "ull", "llu", NULL };
  g_autofree char *lower = g_ascii_strdown (text, -1);

  return g_strv_contains (suffixes, lower);
}

static gboolean
parse_integer (const char *word, guint64 *value, gboolean *overflow)
{
  guint base = is_hexadecimal (word) ? 16 : word[0] == '0' ? 8 : 10;
  const char *digit = base == 16 ? word + 2 : word;
  const char *first = digit;

  *value = 0;
  *overflow = FALSE;
  for (; g_ascii_isxdigit (*digit) && (guint) g_ascii_xdigit_value (*digit) < base; digit++)
    *overflow |= !g_uint64_checked_mul (value, *value, base)
                 || !g_uint64_checked_add (value, *value, g_ascii_xdigit_value (*digit));
  return digit != first && is_integer_suffix (digit);
}

static gboolean
lex_number (TbusFilterLexer *self, TbusToken *token, GError **error)
{
  gsize length = span_number (self->at);
  g_autofree char *word = g_strndup (self->at, length);
  gboolean overflow = FALSE, valid;

  if (strchr (word, '.') != NULL || strpbrk (word, is_hexadecimal (word) ? "pP" : "eE") != NULL)
    {
      token->kind = TBUS_TOKEN_FLOAT;
      valid = parse_float (word, &token->real);
      overflow = valid && !isfinite (token->real);
    }
  else
    {
      token->kind = TBUS_TOKEN_INTEGER;
      valid = parse_integer (word, &token->integer, &overflow);
    }
  if (!valid)
    return tbus_filter_fail (error, self->column,
                             "\"%.64s\" is no number: numbers are as 10, 0x1f, 017, 1.5, 1e-3 and 0x1p3", word);
  if (overflow)
    return tbus_filter_fail (error, self->column, "\"%.64s\" is too large: %s", word,
                             token->kind == TBUS_TOKEN_FLOAT ? "a float has 64 bits"
                                                             : "integers go up to 18446744073709551615");
  advance (self, length);
  return TRUE;
}

/* Strings: "..." or '...'. */

static gboolean
lex_string (TbusFilterLexer *self, TbusToken *token, GError **error)
{
  g_autoptr(GString) text = g_string_new (NULL);
  char quote = *self->at;

  advance (self, 1);
  while (*self->at != quote)
    {
      char c = *self->at;

      if (c == '\0')
        return tbus_filter_fail (error, token->column, "this string has no end: %c closes it", quote);
      if (c == '\\')
        {
          char escaped = self->at[1];

          if (escaped == '\0' || strchr ("\\*\"'", escaped) == NULL)
            return tbus_filter_fail (error, self->column,
                                     "after a backslash come \\, *, \" or ' only; write \\\\ for a backslash");
          if (escaped == '\\' || escaped == '*')
            g_string_append_c (text, '\\');
          g_string_append_c (text, escaped);
          advance (self, 2);
          continue;
        }
      if (c != '*')
        g_string_append_c (text, c);
      else if (self->at[1] != '*') /* of several in a row, the last */
        {
          g_string_append_c (text, '*');
          token->pattern = TRUE;
        }
      advance (self, 1);
    }
  advance (self, 1);
  token->kind = TBUS_TOKEN_STRING;
  token->text = g_string_free (g_steal_pointer (&text), FALSE);
  return TRUE;
}

static gboolean
lex_name (TbusFilterLexer *self, TbusToken *token, GError **error)
{
  gsize length = span_name (self->at);

  if (length > TBUS_MAX_PATTERN)
    return tbus_filter_fail (error, self->column, "a name has at most %d bytes, not %" G_GSIZE_FORMAT,
                             TBUS_MAX_PATTERN, length);
  token->kind = TBUS_TOKEN_NAME;
  token->text = g_strndup (self->at, length);
  advance (self, length);
  return TRUE;
}

static gboolean
lex_root (TbusFilterLexer *self, TbusToken *token, GError **error)
{
  static const struct {
    const char *name;
    TbusTokenKind kind;
  } roots[] = { { "ctx", TBUS_TOKEN_CONTEXT }, { "app", TBUS_TOKEN_APP_CONTEXT } };
  gsize length = span_name (self->at + 1);

  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    if (length == strlen (roots[i].name) && strncmp (self->at + 1, roots[i].name, length) == 0)
      {
        token->kind = roots[i].kind;
        advance (self, 1 + length);
        return TRUE;
      }
  return tbus_filter_fail (error, self->column, "after $ come ctx or app only: $ctx.NAME and $app.PROVIDER:TYPE");
}

static gboolean
lex_sign (TbusFilterLexer *self, TbusToken *token, GError **error)
{
  static const char signs[] = ".()[]";
  static const TbusTokenKind kinds[] = { TBUS_TOKEN_DOT, TBUS_TOKEN_OPEN, TBUS_TOKEN_CLOSE, TBUS_TOKEN_OPEN_INDEX,
                                         TBUS_TOKEN_CLOSE_INDEX };
  const char *sign = strchr (signs, *self->at);

  if (sign != NULL)
    {
      token->kind = kinds[sign - signs];
      advance (self, 1);
      return TRUE;
    }
  if (g_str_has_prefix (self->at, "->"))
    return tbus_filter_fail (error, self->column, "-> is not in this language: a member is written a.b");
  for (guint op = 0; op < TBUS_FILTER_N_OPERATORS; op++)
    if (g_str_has_prefix (self->at, tbus_filter_operators[op].text))
      {
        token->kind = TBUS_TOKEN_OPERATOR;
        token->op = op;
        advance (self, strlen (tbus_filter_operators[op].text));
        return TRUE;
      }
  if (strchr ("*/%", *self->at) != NULL)
    return tbus_filter_fail (error, self->column, "%c is arithmetic, which filters do not have", *self->at);
  if (*self->at == '=')
    return tbus_filter_fail (error, self->column, "a comparison is written ==");
  return tbus_filter_fail (error, self->column, "\"%.*s\" means nothing here",
                           (int) (g_utf8_next_char (self->at) - self->at), self->at);
}

static gboolean
lex (TbusFilterLexer *self, TbusToken *token, GError **error)
{
  const char *at = self->at;

  if (*at == '\0')
    return TRUE;
  if (g_ascii_isdigit (*at) || (*at == '.' && g_ascii_isdigit (at[1])))
    return lex_number (self, token, error);
  if (begins_name (*at))
    return lex_name (self, token, error);
  if (*at == '"' || *at == '\'')
    return lex_string (self, token, error);
  if (*at == '$')
    return lex_root (self, token, error);
  return lex_sign (self, token, error);
}

gboolean
tbus_filter_lexer_next (TbusFilterLexer *self, TbusToken *token, GError **error)
{
  g_auto(TbusToken) next = { TBUS_TOKEN_END };

  if (!skip_blanks (self, error))
    return FALSE;
  next.column = self->column;
  next.offset = self->at - self->expression;
  if (!lex (self, &next, error))
    return FALSE;
  next.length = self->at - self->expression - next.offset;
  *token = next;
  next.text = NULL;
  return TRUE;
}
