/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/core/filter/machine.h"

#include <string.h>

enum { MAX_DEPTH = 8 };

/* What is on the stack: a pointer on the way to a field, or a value of a type as far as that is known. */
typedef enum { POINTER, SIGNED, UNSIGNED, DOUBLE, TEXT, GLOB, UNKNOWN } Type;

typedef struct {
  guint depth;
  Type stack[MAX_DEPTH];
} State;

typedef struct {
  const guint8 *code;
  gsize length, size; /* of the code, and with the table */
  gsize at;
  State state;
  GHashTable *merges; /* offset -> State: what skips to there leave */
} Machine;

static const char *
push (Machine *self, Type type)
{
  if (self->state.depth == MAX_DEPTH)
    return "the stack is full";
  self->state.stack[self->state.depth++] = type;
  return NULL;
}

static Type
top (const Machine *self, guint below)
{
  return self->state.stack[self->state.depth - 1 - below];
}

static gboolean
same_state (const State *a, const State *b)
{
  if (a->depth != b->depth)
    return FALSE;
  for (guint i = 0; i < a->depth; i++)
    if (a->stack[i] != b->stack[i] && a->stack[i] != UNKNOWN && b->stack[i] != UNKNOWN)
      return FALSE;
  return TRUE;
}

static gboolean
is_number (Type type)
{
  return type == SIGNED || type == UNSIGNED || type == DOUBLE || type == UNKNOWN;
}

static const char *
run_binary (Machine *self, guint8 op)
{
  Type left, right;
  gboolean bitwise = op <= 11;

  if (self->state.depth < 2)
    return "an operand is missing";
  right = top (self, 0);
  left = top (self, 1);
  if (left == POINTER || right == POINTER)
    return "a pointer is no operand";
  if (bitwise && (!is_number (left) || !is_number (right) || left == DOUBLE || right == DOUBLE))
    return "bitwise operators take integers";
  if (!bitwise && left != UNKNOWN && right != UNKNOWN && is_number (left) != is_number (right))
    return "a string and a number";
  if (!bitwise && left == GLOB && right == GLOB)
    return "two patterns";
  if (op > 13 && !bitwise && (left == GLOB || right == GLOB))
    return "a pattern has no order";
  self->state.depth -= 2;
  return push (self, bitwise ? UNSIGNED : SIGNED);
}

static const char *
run_unary (Machine *self, guint8 op)
{
  Type *type = &self->state.stack[self->state.depth - 1];

  if (self->state.depth < 1 || !is_number (*type))
    return "a number is missing";
  if (op == 98 && *type == DOUBLE)
    return "~ takes integers";
  if (op == 68 && *type != DOUBLE)
    return "this cast takes a double";
  if (op == 49)
    *type = UNKNOWN;
  else if (op == 98)
    *type = UNSIGNED;
  else if (op != 50)
    *type = SIGNED;
  return NULL;
}

static const char *
run_logical (Machine *self)
{
  guint16 target;
  State *known;

  if (self->at + 3 > self->length)
    return "the code ends inside of a skip";
  memcpy (&target, self->code + self->at + 1, sizeof target);
  if (target <= self->at || target >= self->length)
    return "a skip goes back, or out of the code";
  if (self->state.depth < 1 || (top (self, 0) != SIGNED && top (self, 0) != UNSIGNED))
    return "no integer to decide a skip";
  known = g_hash_table_lookup (self->merges, GUINT_TO_POINTER (target));
  if (known != NULL && !same_state (known, &self->state))
    return "skips to one place leave different types";
  if (known == NULL)
    g_hash_table_insert (self->merges, GUINT_TO_POINTER (target), g_memdup2 (&self->state, sizeof self->state));
  self->state.depth--;
  self->at += 3;
  return NULL;
}

/* Loads: the operand's bytes, and what comes onto the stack, for each. */
static const char *
run_load (Machine *self, guint8 op)
{
  static const guint8 operands[] = {
    [59] = 2, [65] = 8, [66] = 8, [70] = 2, [79] = 0, [80] = 0, [81] = 0,
  };
  static const Type types[] = {
    [59] = UNKNOWN, [64] = TEXT, [65] = SIGNED, [66] = DOUBLE, [70] = UNKNOWN,
    [76] = GLOB, [79] = POINTER, [80] = POINTER, [81] = POINTER,
  };
  gsize operand = op != 64 && op != 76 ? operands[op] : 0;

  if (op == 64 || op == 76)
    {
      const guint8 *end = memchr (self->code + self->at, '\0', self->length - self->at);

      if (end == NULL)
        return "a string has no end";
      operand = end - (self->code + self->at);
    }
  self->at += 1 + operand;
  if (self->at >= self->length)
    return "the code ends inside of a load";
  return push (self, types[op]);
}

static const char *
run_path (Machine *self, guint8 op)
{
  guint16 symbol;

  if (self->state.depth < 1 || top (self, 0) != POINTER)
    return "no pointer to follow";
  if (op == 82)
    {
      if (self->at + 3 > self->length)
        return "the code ends inside of a symbol";
      memcpy (&symbol, self->code + self->at + 1, sizeof symbol);
      if (self->length + symbol >= self->size)
        return "a symbol is out of the table";
    }
  if (op == 86)
    self->state.stack[self->state.depth - 1] = UNKNOWN;
  self->at += op == 82 ? 3 : op == 85 ? 9 : 1;
  return self->at < self->length ? NULL : "the code ends inside of a path";
}

static const char *
run_one (Machine *self)
{
  guint8 op = self->code[self->at];

  if (op == 57 || op == 58)
    return run_logical (self);
  if (op == 59 || (op >= 64 && op <= 66) || op == 70 || op == 76 || (op >= 79 && op <= 81))
    return run_load (self, op);
  if (op == 82 || op == 85 || op == 86)
    return run_path (self, op);
  self->at++;
  if (op >= 7 && op <= 17)
    return run_binary (self, op);
  if (op == 49 || op == 50 || op == 67 || op == 68 || op == 98)
    return run_unary (self, op);
  return "an unknown instruction";
}

static const char *
run (Machine *self)
{
  const char *reason = NULL;

  while (reason == NULL && self->at < self->length)
    {
      State *merge = g_hash_table_lookup (self->merges, GUINT_TO_POINTER (self->at));

      if (merge != NULL && !same_state (merge, &self->state))
        return "ways meet with different types";
      g_hash_table_remove (self->merges, GUINT_TO_POINTER (self->at));
      if (self->code[self->at] == 1)
        {
          if (self->at + 1 != self->length || g_hash_table_size (self->merges) > 0)
            return "the return is not the end";
          return self->state.depth == 1 && top (self, 0) != POINTER && top (self, 0) != GLOB ? NULL : "no result";
        }
      reason = run_one (self);
    }
  return reason != NULL ? reason : "nothing returns";
}

static const char *
check_table (const Machine *self)
{
  static const guint8 referring[] = { 59, 70, 82, 0 };
  gsize at = self->length;

  while (at < self->size)
    {
      const guint8 *end;
      guint16 offset;

      if (at + 3 > self->size)
        return "the table ends inside of an entry";
      memcpy (&offset, self->code + at, sizeof offset);
      end = memchr (self->code + at + 2, '\0', self->size - at - 2);
      if (end == NULL || end == self->code + at + 2)
        return "a name has no end, or is empty";
      if (offset + 3u > self->length || strchr ((const char *) referring, self->code[offset]) == NULL)
        return "an entry refers to no instruction";
      at = end - self->code + 1;
    }
  return NULL;
}

gboolean
tst_compile (const char *expression, GBytes **bytecode, guint32 *reloc_offset, GError **error)
{
  g_autoptr(TbusFilter) filter = tbus_filter_parse (expression, error);

  return filter != NULL && tbus_filter_compile (filter, bytecode, reloc_offset, error);
}

const char *
tst_machine_refuses (GBytes *bytecode, guint32 reloc_offset)
{
  g_autoptr(GHashTable) merges = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  Machine self = { .length = reloc_offset, .merges = merges };
  const char *reason;

  self.code = g_bytes_get_data (bytecode, &self.size);
  if (self.size > G_MAXUINT16 || reloc_offset == 0 || reloc_offset > self.size)
    return "it is too long, or empty";
  reason = check_table (&self);
  return reason != NULL ? reason : run (&self);
}
